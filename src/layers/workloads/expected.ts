import type { Cluster } from '../../model/cluster.ts'
import type { Gate, OwnerRef, Refresh, Step } from '../../model/plan.ts'
import { familiesGateId, type FamiliesArgs } from './gates.ts'
import { nameOf, readWorkloads } from './read.ts'

/** How many pods of an owner are ready. */
type Ready = (owner: OwnerRef) => number

export function readyPods(cluster: Cluster): Ready {
  const counts = new Map(
    readWorkloads(cluster).workloads.map(({ owner, pods }) => [
      nameOf(owner),
      pods.filter(pod => pod.ready).length,
    ]),
  )
  return owner => counts.get(nameOf(owner)) ?? 0
}

/** A step of a plan that was made when more pods were ready, waiting for no more than these. */
export function expectingAtMost(step: Step, ready: Ready): Step {
  const refresh = (one: Refresh): Refresh =>
    one.kind === 'recreate-pods' && one.ready !== undefined
      ? { ...one, ready: Math.min(one.ready, ready(one.owner)) }
      : one
  const gate = (one: Gate): Gate => {
    if (one.id !== familiesGateId) return one
    const { families, owners } = one.args as unknown as FamiliesArgs
    const fewer = owners.map(owner => ({ ...owner, ready: Math.min(owner.ready, ready(owner)) }))
    return { ...one, args: { families: [...families], owners: fewer } }
  }
  return { ...step, refreshes: step.refreshes.map(refresh), gates: step.gates.map(gate) }
}
