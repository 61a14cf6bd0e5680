import type { Family, PerFamily } from '../address/family.ts'
import type { Cluster, KubeObject, Resource } from './cluster.ts'
import type { Goal } from './goal.ts'
import type { Read } from './read.ts'

/**
 * What one component is started with. A rule on it says whether that component would start: asked of what runs, of every state that a plan
 * passes through, of `cidr check`'s values, and by the practice cluster when it starts the component.
 */
export interface ComponentArguments {
  readonly component: 'kube-apiserver' | 'kube-controller-manager' | 'kubelet' | 'kube-proxy' | 'kubeadm'
  /** `v1.36.3`; of the component itself where it is known, else of the cluster. */
  readonly version: string
  /** Flag name without dashes → value as written. Fields of a component's configuration file by their path: `clusterCIDR`, `networking.podSubnet`. */
  readonly arguments: Readonly<Record<string, string>>
  /** What the component meets when it starts. Absent: not known, and a rule that needs it finds nothing. */
  readonly meets?: {
    /** Address that the component reports or is reached by, per family. */
    readonly nodeAddress?: PerFamily<string>
    /** podCIDRs of every Node. */
    readonly podCIDRs?: readonly (readonly string[])[]
  }
  /** Where it stands, for the finding: `kube-apiserver on n1`, a path. */
  readonly where?: string
}

/** Ranges that are to fit together, as a person wrote them or as a goal names them. Texts may be malformed: that is a rule too. */
export interface Ranges {
  /** `v1.36.3` */
  readonly version: string
  /** In order: the first is the primary family. */
  readonly families: readonly Family[]
  readonly pods: PerFamily<string>
  readonly services: PerFamily<string>
  readonly nodeMask: PerFamily<number>
  /** Prefix length of a Calico block; {}: no Calico. */
  readonly blockSize: PerFamily<number>
  readonly nodeAddresses: Readonly<Record<string, PerFamily<string>>>
  /** Networks that are there already: of nodes, of pools, of routes. */
  readonly networks: readonly { readonly cidr: string; readonly of: string }[]
  /** What the cluster runs now, where there is one: existing ranges cannot be changed on the way. */
  readonly running?: { readonly pods: PerFamily<string>; readonly services: PerFamily<string> }
  /**
   * Flags and fields as they stand at each component: spaces, third ranges, repeats and differences between components show only here.
   * Absent: nothing but the values above is known.
   */
  readonly written?: readonly WrittenRange[]
  /** How many there are. Absent: not known. */
  readonly counts?: { readonly nodes: number; readonly pods: number; readonly services: number }
}

/** A range or a pair, as one component has it. */
export interface WrittenRange {
  /** `kube-apiserver`, `kube-controller-manager on n1`, `kube-proxy` */
  readonly component: string
  /** `--service-cluster-ip-range`, `clusterCIDR` */
  readonly field: string
  readonly of: 'pods' | 'services'
  readonly value: string
}

/** A write to an API server, as its validation sees it. Used by the practice cluster's admission. */
export interface Admission {
  readonly resource: Resource
  readonly object: KubeObject
  /** What stood there; undefined: it is created. */
  readonly old?: KubeObject
  /** The API server that was asked: its own version and service ranges, in order. */
  readonly server: { readonly version: string; readonly services: readonly string[] }
}

/** A whole cluster and what it shall be. `goal` is undefined when no goal could be made. */
export interface Situation {
  readonly cluster: Cluster
  readonly goal?: Goal
  /** RFC 3339: certificates expire. */
  readonly now: string
}

/** What rules can be about. */
export interface RuleInputs {
  readonly arguments: ComponentArguments
  readonly ranges: Ranges
  readonly admission: Admission
  readonly cluster: Situation
}

/** One break of a rule. */
export interface Violation {
  /** `Service demo/web`, `Node n1`, `kube-apiserver on n1`. */
  readonly object: string
  /** `spec.ipFamilies`, `--service-cluster-ip-range`; '' where no field is meant. */
  readonly field: string
  readonly message: string
  /** Where the rule's own remedy can be made exact. */
  readonly remedy?: string
}

export type Severity = 'error' | 'warning' | 'info'

/**
 * Something that Kubernetes, a CNI or practice demands, stated once: `cidr check`, preflight, the practice cluster's refusals, `diagnose`
 * and the docs use the same rule. One generic test runs all examples; the judge of whether a rule is true is a real cluster.
 */
export interface Rule<On extends keyof RuleInputs = keyof RuleInputs> {
  /** `topic/name`; the topic is the name of its file: `service-range/too-large`. Stable: people put it behind --ignore. */
  readonly id: string
  readonly on: On
  readonly title: string
  /** error: it would not work; warning: it works, and a person should know before; info: good to know. */
  readonly severity: Severity
  /** Kubernetes minor versions in which it holds: `>=1.33`, `<1.31`, `>=1.23 <1.25`. Absent: all. */
  readonly versions?: string
  readonly why: string
  /** Where it is written: a file of a source tree (`k/k:cmd/…`), a page, an RFC. */
  readonly source: string
  /** Places of the reference that it covers: `kubernetes 1.2`, `K7`, `P12`, `practice`. docs/rules.md maps them. */
  readonly covers: readonly string[]
  readonly remedy: string
  /** The component's own words when it is broken, `*` standing for what varies. */
  readonly says?: readonly {
    readonly component: string
    readonly line: string
    /** It only logs this, and goes on. */
    readonly goesOn?: true
  }[]
  /** Read besides what layers read; a rule whose reads failed is skipped with that reason. */
  readonly reads?: readonly Read[]
  /** Why it cannot be judged here (or does not apply); undefined: it can. */
  skip?(input: RuleInputs[On]): string | undefined
  /** Every break; [] when it is kept. Pure. */
  judge(input: RuleInputs[On]): readonly Violation[]
  /** Made when asked for. Every bad one breaks this rule, no good one does. */
  readonly examples: {
    readonly bad: readonly (() => RuleInputs[On])[]
    readonly good: readonly (() => RuleInputs[On])[]
  }
}

/** A rule of any kind, as lists hold them. */
export type AnyRule = { readonly [On in keyof RuleInputs]: Rule<On> }[keyof RuleInputs]

/** What a rule found: one break, or that it is kept, or why it was not judged. */
export interface Finding {
  readonly rule: string
  readonly severity: Severity | 'ok' | 'skipped'
  readonly object: string
  readonly field: string
  readonly message: string
  readonly remedy?: string
  /** Id of the plan's step after which it would be so; absent: as things are now. */
  readonly after?: string
}
