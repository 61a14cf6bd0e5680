import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { KubeObject, NodeFacts, NodeFile, Resource } from '../model/cluster.ts'
import type { ContainerSeen } from '../model/failure.ts'
import type { PingTarget } from '../model/read.ts'

/** Thin REST. Everything is the wire shape. Errors: ApiError (HTTP status, reason) or UnreachableError. */
export interface KubeApi {
  /** gitVersion */
  version(signal?: AbortSignal): Promise<string>
  /** Pages (limit 500), each item as it comes: nothing is kept. A resource that the server does not serve: no items. */
  list(resource: Resource, options?: ListOptions): AsyncIterable<KubeObject>
  /** undefined: 404 */
  get(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    signal?: AbortSignal,
  ): Promise<KubeObject | undefined>
  create(resource: Resource, object: KubeObject, options?: WriteOptions): Promise<KubeObject>
  /** PUT: carries metadata.resourceVersion, so that nobody's change is lost; 409 is ApiError with reason `Conflict`. */
  replace(resource: Resource, object: KubeObject, options?: WriteOptions): Promise<KubeObject>
  delete(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    options?: DeleteOptions,
  ): Promise<void>
  /** POST pods/eviction; 'blocked' when a PodDisruptionBudget says no (429), with its message. 'gone': 404 */
  evict(
    namespace: string,
    name: string,
    uid: string,
  ): Promise<'evicted' | 'gone' | { readonly blocked: string }>
  /** Runs a command in a container over WebSocket (v5.channel.k8s.io). */
  exec(
    pod: { namespace: string; name: string; container: string },
    command: readonly string[],
    options?: ExecOptions,
  ): Promise<CommandResult>
  /** Opaque name of the server, for messages: `https://10.0.0.1:6443`. */
  readonly server: string
}
export interface ListOptions {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Of pods, what `projectPod` reads is enough, and comes faster. Of others all comes as ever. */
  readonly brief?: boolean
  readonly signal?: AbortSignal
}
export interface WriteOptions {
  readonly dryRun?: boolean
  readonly signal?: AbortSignal
}
export interface DeleteOptions {
  readonly uid?: string
  /** Only as it was when it was read: 409 otherwise. */
  readonly resourceVersion?: string
  readonly gracePeriodSeconds?: number
  readonly signal?: AbortSignal
}
export interface ExecOptions {
  readonly input?: string
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}
export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Carries a shell script to a node, runs it as root, brings back what it printed. ssh, pod, local. */
export interface Transport {
  readonly name: 'ssh' | 'pod' | 'local'
  /** Throws UnreachableError when the node cannot be reached; a script that fails is a result with its code. */
  run(node: string, script: string, options?: ExecOptions): Promise<CommandResult>
  close(): Promise<void>
}

/** What to read of one node. */
export interface NodeRead {
  /** Absolute paths, exact. */
  readonly files?: readonly string[]
  /** Shell patterns of files in one folder. */
  readonly patterns?: readonly string[]
  /** addresses, routes, sysctls, kubelet's arguments, kernel, manifests */
  readonly network?: boolean
  /** iptables' filter table of each family; not for gates: on a large cluster it takes a while. */
  readonly firewall?: boolean
  /** When certificates end, version of the control groups and of the kubelet's program; not for gates. */
  readonly upkeep?: boolean
  readonly apiServer?: { readonly askDualStack: boolean }
  /** `[fd00::1]:8080` */
  readonly reach?: readonly string[]
  readonly ping?: readonly PingTarget[]
  /** Addresses without brackets: which way would a packet take? */
  readonly ways?: readonly string[]
}

export interface FileWrite {
  readonly path: string
  /** Hash of what must stand there now; null: nothing. Neither this nor `text`'s own hash: ConflictError, nothing written. */
  readonly before: string | null
  /** null: remove it. */
  readonly text: string | null
  /** For a new file; an existing one keeps its mode and owner. */
  readonly mode?: number
  /** Names the backup folder on the node: /var/lib/dualstack/<run>/ */
  readonly run: string
}

export interface StaticPodSwap extends FileWrite {
  /** `stand-in`: no new connection is refused meanwhile; `plain`: the kubelet's way, 40 s of outage. */
  readonly how: 'stand-in' | 'plain'
  /** Cluster IP of the `kubernetes` Service, its port, and the node's address and API port: what is redirected. */
  readonly service: { readonly address: string; readonly port: number }
  readonly server: { readonly address: string; readonly port: number }
  /** Seconds until the new instance must be ready; then the old manifest goes back while the stand-in serves. */
  readonly within: number
  readonly onProgress?: (message: string) => void
}

export type SwapOutcome =
  | { readonly kind: 'swapped' }
  /** Already as wanted; nothing was done. */
  | { readonly kind: 'already' }
  /** The flags were refused before anything was touched, or the new instance did not come up and the old one is back. */
  | { readonly kind: 'undone'; readonly stage: 'proof' | 'stand-in' | 'swap'; readonly says: string }

/** What can be done on a node. Semantic: practice implements these same operations. Nothing here returns a secret. */
export interface NodeAccess {
  facts(node: string, read: NodeRead, signal?: AbortSignal): Promise<NodeFacts>
  read(node: string, path: string): Promise<NodeFile | null>
  /** Expected hash → dot-temp in the same folder → fsync → rename → verify. Backs up first. */
  write(node: string, write: FileWrite): Promise<'written' | 'already'>
  setSysctl(node: string, key: string, value: string): Promise<void>
  restartUnit(node: string, unit: string): Promise<void>
  swapStaticPod(node: string, swap: StaticPodSwap, signal?: AbortSignal): Promise<SwapOutcome>
  /** Arms the dead man's switch: at the deadline the node puts the backed-up files of `paths` back and restarts `unit`, unless `confirm` came. Survives the caller, the API server and a reboot. Call before the first write. */
  guard(
    node: string,
    guard: {
      readonly run: string
      readonly step: string
      readonly paths: readonly string[]
      readonly unit?: string
      readonly within: number
    },
  ): Promise<void>
  confirm(node: string, run: string, step: string): Promise<void>
  /** Fires the switch now, and waits until what was before is back. */
  revert(node: string, run: string, step: string): Promise<void>
  /** Is anything of ours still under way on this node (a swap or an armed switch of a run that died)? Waits for swaps to finish or undo themselves. */
  settle(node: string): Promise<void>
  /** Takes the copies of runs away that /var/lib/dualstack holds, but for the `keep` newest and what is still under way. Returns their names. */
  prune(node: string, keep: number): Promise<readonly string[]>
  /** The last lines of a static pod's container log or of a unit's journal. */
  logs(
    node: string,
    what: { readonly pod: string } | { readonly unit: string },
    lines: number,
  ): Promise<string>
  /** System containers of a node and the last `lines` of each one's log. Reads only, needs no API server. */
  containers(node: string, lines: number, signal?: AbortSignal): Promise<NodeContainers>
}

/** What a node tells of its system containers. */
export interface NodeContainers {
  /** `absent`: the node has no crictl; `silent`: it gave no answer. */
  readonly runtime: 'answered' | 'silent' | 'absent'
  /** Milliseconds since 1970, by the clock of the node: its logs are stamped by it, and it need not be ours. */
  readonly now?: number
  readonly containers: readonly ContainerSeen[]
  /** Of each container the two newest attempts, the newest first; `text` in the framing in which it lies on the disk. */
  readonly logs: readonly {
    readonly namespace: string
    readonly pod: string
    readonly container: string
    readonly attempt: number
    readonly text: string
  }[]
}

export interface World {
  readonly api: KubeApi
  readonly nodes: NodeAccess
  readonly clock: Clock
  readonly logger: Logger
}
