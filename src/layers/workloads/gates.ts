import type { Family } from '../../address/family.ts'
import { findObject } from '../../model/changes.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { OwnerRef } from '../../model/plan.ts'
import type { FreshRead } from '../../model/read.ts'
import { listed } from '../shared/families.ts'
import { gateKind, holds, waits } from '../shared/gate.ts'
import { lacksOrExceeds, nameOf, readWorkloads, resourceOf } from './read.ts'
import { wantedPods } from './wanted-pods.ts'

export const familiesGateId = 'workloads/families'

export interface FamiliesArgs {
  readonly families: readonly Family[]
  readonly owners: readonly {
    readonly namespace: string
    readonly kind: string
    readonly name: string
    /** Pods that were ready when the plan was made. */
    readonly ready: number
  }[]
}

/** Above this many namespaces one list of everything is cheaper than one of each. */
const namespacesAtMost = 10

/** Whose pods may all be away at once while they are made again (Recreate, one replica, one node): none to be seen is not enough then. */
const resources = ['apps/v1/deployments', 'apps/v1/statefulsets', 'apps/v1/daemonsets'] as const

/** undefined: it is gone, or of a kind that says nothing. */
function wantedOf(cluster: Cluster, { kind, namespace, name }: OwnerRef): number | undefined {
  const resource = resourceOf[kind]
  const object = resource === undefined ? undefined : findObject(cluster, resource, namespace, name)
  return object && wantedPods(kind, object)
}

/** Every pod of these owners has exactly these families, and at least as many are ready as were before. */
export const familiesGate = gateKind<FamiliesArgs>({
  reads({ owners }) {
    const namespaces = [...new Set(owners.map(owner => owner.namespace))]
    const scopes = namespaces.length > namespacesAtMost ? [undefined] : namespaces
    return scopes.flatMap((namespace): FreshRead[] => [
      // A roll-out makes a ReplicaSet, whose Deployment must be known before its pods can be told apart.
      { kind: 'list', resource: 'apps/v1/replicasets', namespace },
      ...resources.map(resource => ({ kind: 'list', resource, namespace }) as const),
      { kind: 'pods', namespace },
    ])
  },
  judge(cluster, { families, owners }) {
    const known = new Map(readWorkloads(cluster).workloads.map(({ owner, pods }) => [nameOf(owner), pods]))
    const waiting = owners.flatMap(owner => {
      const pods = known.get(nameOf(owner)) ?? []
      const old = pods.filter(pod => lacksOrExceeds(pod, families)).length
      if (old > 0) return [`${nameOf(owner)}: ${old} of ${pods.length} pods with other families`]
      // Scaled down or gone meanwhile: then there are fewer to be ready.
      const expected = Math.min(owner.ready, wantedOf(cluster, owner) ?? pods.length)
      const ready = pods.filter(pod => pod.ready).length
      return ready < expected ? [`${nameOf(owner)}: ${ready} of ${expected} pods ready`] : []
    })
    if (waiting.length === 0)
      return holds(`all pods of ${owners.length} owners have ${families.join(' and ')}`)
    return waits(`${waiting.length} of ${owners.length} owners still to come: ${listed(waiting, 3)}`)
  },
})
