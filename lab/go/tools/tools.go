//go:build tools

// Package tools names what the lab builds from modules of others besides Kubernetes and Calico, so that go.mod and
// go.sum pin all of it.
package tools

import (
	_ "go.etcd.io/etcd/etcdctl/v3"
	_ "go.etcd.io/etcd/etcdutl/v3"
	_ "go.etcd.io/etcd/server/v3"
)
