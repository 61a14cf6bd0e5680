import type { Resource } from './cluster.ts'

/**
 * What a layer wants to be read. Observe, snapshot, the RBAC we ask for and `skipped` findings derive from the union of these.
 * `on` says which nodes: all, or those that run a control plane.
 */
export type Read =
  | { readonly kind: 'list'; readonly resource: Resource }
  | { readonly kind: 'config-map'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'file'; readonly path: string; readonly on: 'all' | 'control-planes' }
  /** Shell pattern for files in one folder, e.g. `/etc/sysctl.d/*.conf`. */
  | { readonly kind: 'files'; readonly pattern: string; readonly on: 'all' | 'control-planes' }
  /** addresses, routes, the net.* sysctls of forwarding and router advertisements, kubelet's arguments, kernel, manifests */
  | { readonly kind: 'network'; readonly on: 'all' | 'control-planes' }
  /** iptables' filter table of each family, without the chains of kube-proxy and Calico */
  | { readonly kind: 'firewall'; readonly on: 'all' | 'control-planes' }
  /** when certificates end, version of the control groups, version of the kubelet's program */
  | { readonly kind: 'upkeep'; readonly on: 'all' | 'control-planes' }

/** What a gate wants read afresh before it judges. Narrow: it is asked again twice a second. */
export type FreshRead =
  | {
      readonly kind: 'list'
      readonly resource: Resource
      readonly namespace?: string
      readonly labelSelector?: string
    }
  | {
      readonly kind: 'object'
      readonly resource: Resource
      readonly namespace?: string
      readonly name: string
    }
  | { readonly kind: 'pods'; readonly namespace?: string; readonly labelSelector?: string }
  /** What `network` reads of a node, and files besides. */
  | { readonly kind: 'node'; readonly node: string; readonly paths?: readonly string[] }
  /** Files of a node alone. */
  | { readonly kind: 'files'; readonly node: string; readonly paths: readonly string[] }
  | { readonly kind: 'api-server'; readonly node: string; readonly askDualStack: boolean }
  /** TCP connections opened from a node: `[fd00::1]:8080` */
  | { readonly kind: 'reach'; readonly node: string; readonly addresses: readonly string[] }
  /** Echo requests sent from a node, of so many bytes of payload. */
  | { readonly kind: 'ping'; readonly node: string; readonly targets: readonly PingTarget[] }

export interface PingTarget {
  /** Without brackets: `fd00::1` */
  readonly address: string
  /** Of the ICMP payload: a packet is 48 larger in IPv6, 28 in IPv4. */
  readonly bytes: number
}
