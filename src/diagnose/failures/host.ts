import type { Failure } from '../../model/failure.ts'
import { failures, quoted, says } from './define.ts'

/** What kernels and firewalls say. */
export const hostLogFailures: readonly Failure[] = failures('host', 'host', {
  'duplicate-address': {
    title: 'another machine of the network has the same IPv6 address',
    cause:
      'Duplicate address detection found somebody with it: a cloned machine, or a virtual IP. The kernel does not use the address.',
    fix: 'Give one of the two another address; then `ip -6 address` must not show dadfailed.',
    source: 'Linux net/ipv6/addrconf.c; RFC 4862 5.4',
    signs: [
      says('any', 'IPv6 duplicate address * detected!'),
      says('any', 'duplicate address detected!', 'likely', { near: ['ipv6'] }),
    ],
    sample: quoted(
      'Nov 23 03:01:00 n1 kernel: IPv6: eth0: IPv6 duplicate address fd00:10::11 used by 02:42:ac:11:00:02 detected!',
    ),
  },
  'neighbour-table': {
    title: 'the table of neighbours is full',
    cause:
      'More neighbours than gc_thresh3 allows, in IPv6 often because each pod has two addresses there: new connections fail at random.',
    fix: 'Raise net.ipv6.neigh.default.gc_thresh1 to 3 (and ipv4’s) on the nodes.',
    source: 'Linux net/core/neighbour.c',
    covers: ['practice route-cache'],
    signs: [
      says('any', 'neighbour: ndisc_cache: neighbor table overflow!'),
      says('any', 'neighbor table overflow!', 'likely'),
      says('any', 'Route cache is full: consider increasing sysctl net.ipv6.route.max_size'),
    ],
    sample: quoted('Nov 23 03:01:00 n1 kernel: neighbour: ndisc_cache: neighbor table overflow!'),
  },
  'conntrack-full': {
    title: 'the connection table of the node is full',
    cause:
      'New connections are dropped; probes and tests at full speed in two families can do that on small nodes.',
    fix: 'Raise net.netfilter.nf_conntrack_max, or conntrack.maxPerCore of kube-proxy.',
    source: 'Linux net/netfilter/nf_conntrack_core.c',
    signs: [says('any', 'nf_conntrack: table full, dropping packet')],
    sample: quoted('Nov 23 03:01:00 n1 kernel: nf_conntrack: nf_conntrack: table full, dropping packet'),
  },
  'no-route': {
    title: 'a node or pod has no route of that family',
    cause:
      'An address of the family is used, and nothing says where to: no default route (lost with router advertisements?), or no route to pods of other nodes.',
    fix: '`ip -6 route` on the node: a default route, and one for each other node’s pods. accept_ra must be 2 where the route comes from advertisements and the node forwards.',
    source: 'Linux ENETUNREACH; Documentation/networking/ip-sysctl.rst',
    covers: ['P01', 'P39'],
    signs: [
      says('any', 'dial tcp [*]:*: connect: network is unreachable', 'likely'),
      says('any', 'dial tcp [*]:*: connect: no route to host', 'likely'),
    ],
    sample: quoted('dial tcp [2001:db8::10]:443: connect: network is unreachable'),
  },
  'certificate-expired': {
    title: 'a certificate of the control plane has expired',
    cause: 'Certificates of kubeadm are good for a year; nobody can speak to whom it belongs to.',
    fix: 'On each control plane: `kubeadm certs check-expiration`, `kubeadm certs renew all`, then restart the static pods.',
    source: 'Go crypto/x509; kubeadm certs',
    layer: 'kubeadm',
    covers: ['practice certificates'],
    signs: [says('any', 'x509: certificate has expired or is not yet valid')],
    sample: quoted(
      'E1123 03:01:00.000000     812 kubelet_node_status.go:540] "Error updating node status" err="tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-11-23T03:01:00Z is after 2026-11-01T00:00:00Z"',
    ),
  },
  'certificate-name': {
    title: 'the API server’s certificate does not name the address by which it is asked',
    cause:
      'Somebody reaches the API server by a new address, and its certificate has only the first Service address and the advertised one.',
    fix: 'Add the address to apiServer.certSANs in kubeadm-config and renew the certificate, or ask by an address that it names.',
    source: 'Go crypto/x509; k/k:cmd/kubeadm/app/util/pkiutil/pki_helpers.go',
    layer: 'kubeadm',
    covers: ['K12', 'P38'],
    signs: [
      says('any', 'x509: certificate is valid for *, not '),
      says('any', "x509: cannot validate certificate for * because it doesn't contain any IP SANs"),
    ],
    sample: quoted(
      'tls: failed to verify certificate: x509: certificate is valid for 10.96.0.1, 10.0.0.11, not fd00:96::1',
    ),
  },
  'disk-full': {
    title: 'the disk of a node is full',
    cause: 'Nothing can be written any more: etcd stops, pods are evicted, files are cut.',
    fix: 'Make room, first below /var/lib/etcd, /var/lib/containerd and /var/log.',
    source: 'Linux ENOSPC',
    signs: [says('any', 'no space left on device', 'likely')],
    sample: quoted('write /var/lib/etcd/member/wal/0.tmp: no space left on device'),
  },
})
