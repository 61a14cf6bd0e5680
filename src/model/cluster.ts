import type { Family, PerFamily } from '../address/family.ts'

/** Object metadata, only what we read. https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/ */
export interface ObjectMeta {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly ownerReferences?: readonly OwnerReference[]
  readonly finalizers?: readonly string[]
}

export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
}

/** Any object as the API server answered it: the wire shape, nothing converted. */
export interface KubeObject {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectMeta
  readonly [field: string]: unknown
}

/**
 * A resource as paths name it: `v1/services`, `apps/v1/deployments`, `crd.projectcalico.org/v1/ippools`.
 * The core group has no group part. Also the key of `Cluster.objects` and the bundle's path below `objects/`.
 */
export type Resource = string

/** A pod, projected to a fixed shape while a page is parsed. Strings that repeat (namespace, node, owner) are interned. */
export interface Pod {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  /** '' while not scheduled. */
  readonly node: string
  /** The controlling owner; a pod of a Deployment names its ReplicaSet. Mirror pods name their Node. */
  readonly owner: PodOwner | undefined
  readonly ips: readonly string[]
  /** The families of `ips`. In a planned state it may say what the pod made again will have, while `ips` is still the old list. */
  readonly families: readonly Family[]
  readonly hostNetwork: boolean
  readonly phase: string
  /** The Ready condition. */
  readonly ready: boolean
  /** RFC 3339: since when it is ready without a break. Absent: it is not, or nobody says. */
  readonly readySince?: string
  readonly deleting: boolean
  readonly labels: Readonly<Record<string, string>>
  /** annotation kubernetes.io/config.mirror: the hash of the static pod manifest that runs; undefined for other pods */
  readonly mirror: string | undefined
  /** command and args of each container, kept for mirror pods only (kube-system's static pods) */
  readonly commands: Readonly<Record<string, readonly string[]>> | undefined
  /** metadata.creationTimestamp, RFC 3339 */
  readonly created: string
  /** Image of the first container. */
  readonly image: string
  /** `metadata.labels['pod-template-generation' | 'controller-revision-hash' | 'pod-template-hash']`, whichever is there. */
  readonly revision: string | undefined
  /**
   * Why a container waits instead of running, from status.containerStatuses (init containers too): `<reason>: <message>` of the first such
   * one, e.g. `CrashLoopBackOff: back-off 20s restarting failed container=…`. Absent: none waits.
   */
  readonly waiting?: string
  /** Of the first container (init containers too) that ended with an error and is to be started again: `Error: exit code 1`. Absent: none. */
  readonly ended?: string
  /** kubernetes.io annotations we read, e.g. cni.projectcalico.org/ipFamilies; undefined when none is there */
  readonly annotations: Readonly<Record<string, string>> | undefined
}

export interface PodOwner {
  readonly kind: string
  readonly name: string
}

/** A file on a node. `text` is exact: line ends and a missing last newline are kept. */
export interface NodeFile {
  readonly text: string
  /** Permission bits, e.g. 0o600; undefined where a bundle does not know. */
  readonly mode?: number
  /** `uid:gid` */
  readonly owner?: string
}

/** One address of one interface, from `ip -j address`. */
export interface InterfaceAddress {
  readonly interface: string
  readonly family: Family
  /** Canonical text, without prefix length. */
  readonly address: string
  readonly prefixLength: number
  readonly scope: string
  /** `temporary`, `deprecated`, `tentative`, `dynamic`, `mngtmpaddr`, `noprefixroute`, … */
  readonly flags: readonly string[]
  /** Of its interface. Absent: not known. */
  readonly mtu?: number
}

/** One route of the main table, from `ip -j route`. */
export interface Route {
  readonly family: Family
  /** `default` or a CIDR. */
  readonly destination: string
  readonly interface: string
  readonly gateway?: string
  /** `ra`, `kernel`, `static`, `bird`, … */
  readonly protocol: string
}

/** What one API server instance says to its own node, asked over loopback. */
export interface ApiServerFacts {
  readonly ready: boolean
  /** Answer to a server-side dry run of a RequireDualStack Service; undefined: not asked. */
  readonly requireDualStack?: 'accepted' | { readonly refused: string }
}

/** What decides whether the components of a node come up again as they are. Dates and versions only: no certificate, no key. */
export interface Upkeep {
  /** Path → RFC 3339 time at which the certificate in that file ends. Absent: the node has no openssl. */
  readonly certificates?: Readonly<Record<string, string>>
  /** Version of the control groups that are mounted. Absent: not known. */
  readonly cgroup?: 1 | 2
  /** `v1.36.3`, of the kubelet's program as it lies there now: what the next start runs. Absent: not known. */
  readonly kubeletVersion?: string
}

/** Facts that only the node itself knows. `undefined`: not read. */
export interface NodeFacts {
  /** Keyed by absolute path. `null`: looked for and not there. A path that is not a key was not read. */
  readonly files: Readonly<Record<string, NodeFile | null>>
  /** Keyed as sysctl(8) prints them: `net.ipv6.conf.all.forwarding`. */
  readonly sysctls: Readonly<Record<string, string>>
  readonly addresses: readonly InterfaceAddress[]
  readonly routes: readonly Route[]
  /** Arguments of the running kubelet, without the program itself; undefined: it does not run. */
  readonly kubeletArguments?: readonly string[]
  /** Paths of every entry of the static pod folder, hidden ones too. */
  readonly manifests?: readonly string[]
  /** `uname -r` */
  readonly kernel?: string
  /**
   * Lines of iptables' filter table, as iptables-save prints them (`:INPUT DROP [0:0]`, `-A INPUT …`), without the chains of kube-proxy
   * and Calico. A family is absent where its table could not be read; the whole, where nobody asked.
   */
  readonly firewall?: PerFamily<readonly string[]>
  /**
   * Lines of the tables of nftables that people or firewalld made, as `nft list table` prints them: without those of iptables, kube-proxy
   * and this tool. Absent: nobody asked, or the node has no nft.
   */
  readonly nftables?: readonly string[]
  /** Absent: nobody asked. */
  readonly upkeep?: Upkeep
  readonly apiServer?: ApiServerFacts
  /** Connections tried from this node: `[fd00::1]:8080` → it answered. */
  readonly reach?: Readonly<Record<string, boolean>>
  /** Echoes asked of addresses from this node, keyed by address. An address is absent where the node has no ping. */
  readonly ping?: Readonly<Record<string, PingAnswer>>
  /** What the kernel would do with a packet for an address: the route that it takes and the neighbour that it goes to, as ip(8) prints them. */
  readonly ways?: Readonly<Record<string, string>>
}

/** `full`: packets of the size asked for come back; `small`: only small ones; `none`: nothing answers. */
export type PingAnswer = 'full' | 'small' | 'none'

/**
 * A cluster, as observed. Immutable data: everything above the world works on it and nothing else.
 * A resource that is not a key of `objects` was not read; `unread` says why when it was wanted. An empty list means: read, none there
 * (also when the cluster does not serve that resource).
 */
export interface Cluster {
  /** UID of the namespace kube-system: the usual identity of a cluster. */
  readonly uid: string
  /** gitVersion of the API server that answered, e.g. `v1.36.3`. */
  readonly version: string
  readonly objects: Readonly<Record<Resource, readonly KubeObject[]>>
  readonly pods: readonly Pod[]
  /** Keyed by node name. A node whose own facts were not read is absent here, and present in objects['v1/nodes']. */
  readonly nodes: Readonly<Record<string, NodeFacts>>
  readonly unread: Readonly<Record<string, string>>
}
