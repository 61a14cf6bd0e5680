import type { Cluster, KubeObject, Pod, Resource } from './cluster.ts'
import type { Change } from './plan.ts'

/** Why something does not start, in its own words. */
export interface Exit {
  readonly exits: string
}

/** Addresses that a CNI gives a new pod, and what it writes to remember them. */
export interface Assigned {
  readonly ips: readonly string[]
  readonly changes: readonly Change[]
}

/** Finds objects of one resource by keys of their own: of ten thousand blocks of addresses those of a node. */
export interface Index {
  readonly resource: Resource
  keys(object: KubeObject): readonly string[]
}

/** The cluster as the things in it see it. */
export interface Surroundings extends Cluster {
  /** Objects that have this key, in order; without going through all of them. */
  find(index: Index, key: string): readonly KubeObject[]
  /** How many have it. */
  count(index: Index, key: string): number
}

/**
 * How the things of a layer behave by themselves: what they write, seeing a cluster. Pure, and only what a contract case has seen on a real
 * one (src/practice/contract). The practice cluster carries the changes out, and says when.
 */
export interface Simulation {
  /** A pod's containers start on its node. `undefined`: not a pod of this layer. The exit keeps it from becoming ready; it is tried again. */
  starts?(cluster: Surroundings, pod: Pod): readonly Change[] | Exit | undefined
  /** A kubelet starts on a node. */
  boots?(cluster: Surroundings, node: string): readonly Change[]
  /** The sandbox of a pod is made. `undefined`: this layer is no CNI, or not the one of this cluster. An exit: the pod waits with these words. */
  assigns?(cluster: Surroundings, pod: Pod): Assigned | Exit | undefined
  /** A pod with these addresses is gone. */
  releases?(cluster: Surroundings, pod: Pod): readonly Change[]
  /** What controllers of this layer write some seconds after an instance of a control plane component became ready; [] when nothing is left to do. */
  reacts?(cluster: Surroundings): readonly Change[]
}
