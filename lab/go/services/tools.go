//go:build tools

// Package services names what the lab builds for Services and Ingresses, so that go.mod and go.sum pin all of it.
package services

import (
	_ "github.com/traefik/traefik/v3/cmd/traefik"
	_ "go.universe.tf/metallb/controller"
	_ "go.universe.tf/metallb/speaker"
)
