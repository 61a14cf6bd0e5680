import type { PerFamily } from '../address/family.ts'
import type { Json } from '../base/json.ts'
import type { Cluster } from './cluster.ts'
import type { Goal } from './goal.ts'
import type { Notice, Reading, Step } from './plan.ts'
import type { FreshRead, Read } from './read.ts'
import type { Simulation } from './simulation.ts'

/** One row of `dualstack status`. A layer on several nodes gives one row for all, or one for each that differs. */
export interface StatusRow {
  /** What the row is about, e.g. `kube-apiserver`, `kubelet n2`. */
  readonly subject: string
  /** What files and objects say, per family; a missing family: nothing is said for it. */
  readonly configured: PerFamily<string>
  /** What runs. */
  readonly running: PerFamily<string>
  /** Anything a person should know: what differs, what could not be read. */
  readonly note?: string
}

/** A gate of a layer: what it wants read afresh, and a pure predicate. */
export interface GateKind {
  reads(args: Json, cluster: Cluster): readonly FreshRead[]
  judge(cluster: Cluster, args: Json): Reading
  /**
   * While it does not hold: what is enough to ask next, as other arguments, seeing the cluster as last judged and by which arguments. Of ten
   * thousand owners only those that are still to come. That these hold says nothing but that the whole is to be asked again.
   */
  narrow?(cluster: Cluster, args: Json): Json
}

/**
 * A layer of a cluster: knows what dual-stack means for it and gives steps, for the way there and for the way back, from the same code.
 * `steps` looks at what is *configured* (gates look at what runs), so that the planner can fold: each step is computed on the cluster
 * as the steps before it leave it. A layer with several stages (Calico's pool, addresses, assignment) tags each step with its stage, and is
 * asked once for every stage.
 */
export interface Layer<State = unknown> {
  readonly id: string
  readonly title: string
  readonly reads: readonly Read[]
  /** undefined: this layer is not in this cluster. */
  read(cluster: Cluster): State | undefined
  status(state: State): readonly StatusRow[]
  /** The steps of one stage, in order. Empty: at its target. Throws RefusedError where an edit would not be exact. */
  steps(state: State, goal: Goal, stage: string): readonly Step[]
  /** What a person must know about this way: what is left alone, what cannot return. */
  notices?(state: State, goal: Goal): readonly Notice[]
  readonly gates: Readonly<Record<string, GateKind>>
  /** How its things behave by themselves, for the practice cluster. */
  readonly simulate?: Simulation
}

/** Everything that some layers want read. Doubles do no harm: whoever reads makes one of them. */
export const readsOf = (layers: readonly Layer[]): readonly Read[] => layers.flatMap(layer => layer.reads)
