import type { Cluster } from './cluster.ts'
import type { Violation } from './rule.ts'

/** Who says a line, or whose state it is: also names what must be looked at. */
export type Speaker =
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kubelet'
  | 'kube-proxy'
  | 'etcd'
  | 'kubeadm'
  | 'containerd'
  | 'calico-node'
  | 'calico-cni'
  | 'calico-kube-controllers'
  | 'tigera-operator'
  | 'calicoctl'
  | 'cilium-agent'
  | 'cilium-operator'
  | 'kube-flannel'
  | 'coredns'
  | 'kernel'
  | 'any'

/** By what a known failure shows. */
export type Sign =
  | {
      readonly kind: 'log'
      readonly speaker: Speaker
      /** The component's own words, `*` standing for what varies; found anywhere in a line. */
      readonly line: string
      /** One of these must stand in the line too, in any case: the field that a general message is about. */
      readonly near?: readonly string[]
      /** None of these may stand in the line: the same words, said where nothing is wrong. */
      readonly except?: readonly string[]
      /** As long as it holds it is said again within so many seconds: what is older is over. Absent: six minutes. */
      readonly again?: number
    }
  | {
      readonly kind: 'event'
      /** '': any. */
      readonly reason: string
      /** As `line` of a log. */
      readonly message: string
    }
  | {
      /** A status, or that something is absent. Pure; [] when it does not show. */
      readonly kind: 'state'
      readonly what: string
      judge(cluster: Cluster, seen?: SeenOnNodes): readonly Violation[]
    }

/** What nodes tell besides their files: their containers, per node. A node that was not asked is absent. */
export type SeenOnNodes = Readonly<Record<string, readonly ContainerSeen[]>>

/** A container as `crictl ps -a` and `crictl inspect` show it; of several attempts of one container the newest. */
export interface ContainerSeen {
  readonly namespace: string
  readonly pod: string
  readonly container: string
  readonly attempt: number
  readonly state: 'running' | 'exited' | 'created' | 'unknown'
  readonly exitCode?: number
  /** RFC 3339 */
  readonly finishedAt?: string
}

/** A known failure: what is seen, why, how to mend it. What a rule's `says` states is a failure by itself and not written again. */
export interface Failure {
  /** `topic/name`, as rules have it. */
  readonly id: string
  /** The cause in one sentence, as a colleague would say it. */
  readonly title: string
  /** Layer or component that it is about; with several causes the lower layer comes first. */
  readonly layer: string
  readonly versions?: string
  readonly cause: string
  readonly fix: string
  readonly source: string
  readonly covers: readonly string[]
  /** Any of them. `sure`: nothing else says that; `likely`: other causes are known. */
  readonly signs: readonly (Sign & { readonly certainty: 'sure' | 'likely' })[]
  /** A real line or state, and where it comes from. */
  readonly sample?: { readonly line: string; readonly from: 'lab' | 'quoted' }
}

/** One cause found, with what it was concluded from. */
export interface Diagnosis {
  readonly failure: string
  readonly title: string
  readonly certainty: 'sure' | 'likely'
  readonly cause: string
  readonly fix: string
  readonly source: string
  /** Lines and states, each with where it was seen: `kube-apiserver on n1, container log`. */
  readonly because: readonly Evidence[]
  /** Layer of the failure: by it causes are ordered. */
  readonly layer: string
  /** Ids of failures that say the same less exactly: they are told with this one, and not beside it. */
  readonly also?: readonly string[]
  /** Layers in which a run of ours has steps to do yet that explain it: it may pass, and is not sure. */
  readonly halfDone?: readonly string[]
}

export interface Evidence {
  readonly where: string
  readonly says: string
  /** When it was seen first. RFC 3339, or as the log has it. */
  readonly at?: string
  /** How often, where it was more than once. */
  readonly times?: number
}

/** A run of ours that is under way, or that did not come to its end: what is found may be its half-done state. */
export interface RunSeen {
  readonly state: 'under-way' | 'interrupted'
  /** undefined: nobody says. */
  readonly command?: 'apply' | 'rollback'
  /** Name of its journal. */
  readonly run?: string
  readonly by?: string
  /** RFC 3339: since when it is under way, or when it was last heard of. */
  readonly at?: string
  /** Its first step that is not done, and the stage of that. */
  readonly step?: string
  readonly stage?: string
  /** In a sentence. */
  readonly says: string
  /** What to do about it. */
  readonly next: string
  readonly because: readonly Evidence[]
}

export interface Diagnoses {
  /** Absent: no sign of a run that has not come to its end. */
  readonly run?: RunSeen
  /** What comes first is likely to cause what follows. */
  readonly found: readonly Diagnosis[]
  readonly lookedAt: readonly string[]
  readonly notRead: readonly string[]
  /** Errors that no known failure explains: what to collect is said with them. */
  readonly unknown: readonly Evidence[]
  /** What a person should collect for those. */
  readonly collect: readonly string[]
}
