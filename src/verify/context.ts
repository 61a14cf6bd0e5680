import type { Family, PerFamily } from '../address/family.ts'

/** `peer`: one on each node; `second`: on the node of the first peer; `guarded`: behind a NetworkPolicy that lets the first peer in alone. */
export type Role = 'peer' | 'second' | 'guarded'

/** A test pod of ours that runs. */
export interface Tester {
  readonly pod: string
  readonly role: Role
  readonly node: string
  readonly ips: PerFamily<string>
}

export interface VerifiedNode {
  readonly name: string
  /** InternalIP of each family. */
  readonly addresses: PerFamily<string>
  /** Of the interface that has the address; absent: not known. */
  readonly mtu?: PerFamily<number>
  /** The default route of each family, in words; absent: there is none, or the node could not be asked (see `unasked`). */
  readonly defaultRoute?: PerFamily<string>
  /** What is said of each family where it has none. */
  readonly noRoute?: PerFamily<string>
  /** Why the node's own facts are not known. */
  readonly unasked?: string
}

/** A Service of ours, as the API server made it. */
export interface Exposed {
  readonly name: string
  readonly clusterIPs: PerFamily<string>
  readonly nodePort?: number
}

export type ServiceName = 'web' | 'affinity' | 'headless' | 'hairpin' | 'nodeport' | 'nodeport-local'

/** Something of the user's that is asked from outside, or outside that is asked from here. */
export interface External {
  readonly name: string
  readonly family: Family
  readonly address: string
  readonly port: number
  readonly host?: string
  readonly path?: string
}

/** A Service of the user's that has both families. */
export interface OwnService {
  readonly name: string
  readonly clusterIPs: PerFamily<string>
  readonly port: number
}

/** A way in from outside: what to ask in each family, or why nothing is asked there. */
export interface Entrance {
  readonly name: string
  readonly targets: readonly External[]
  readonly lacks: PerFamily<string>
}

/** What a cluster has that traffic can be sent to: found out before anything is sent. Scenarios are made from it, purely. */
export interface Context {
  /** That were asked for. */
  readonly families: readonly Family[]
  readonly namespace: string
  readonly nodes: readonly VerifiedNode[]
  readonly testers: readonly Tester[]
  readonly services: Readonly<Record<ServiceName, Exposed>>
  /** The servers of the test pods speak UDP and HTTP paths: the field's own image does, a shell with netcat does not. */
  readonly isAgnhost: boolean
  readonly dns?: { readonly addresses: PerFamily<string>; readonly domain: string }
  /** ClusterIPs of the Service `kubernetes`. */
  readonly apiServer: PerFamily<string>
  /** Services of the user's that have both families, with a TCP port each. */
  readonly ownServices: readonly OwnService[]
  readonly loadBalancers: readonly Entrance[]
  readonly ingresses: readonly Entrance[]
  readonly outside: readonly External[]
  readonly isSctp: boolean
  readonly isHostPorts: boolean
  /** Of this cluster's CNI: `cni-calico`; `cni` where no layer knows it. */
  readonly cni: string
}

export const ports = { http: 8080, udp: 8081, sctp: 8082, service: 80, host: 38080, kubelet: 10250 } as const
