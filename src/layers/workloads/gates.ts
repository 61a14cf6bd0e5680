import type { Family } from '../../address/family.ts'
import { findObject } from '../../model/changes.ts'
import type { Cluster, Pod } from '../../model/cluster.ts'
import { ownerResolver } from '../../model/owners.ts'
import type { OwnerRef } from '../../model/plan.ts'
import type { FreshRead } from '../../model/read.ts'
import { listed } from '../shared/families.ts'
import { gateKind, holds, waits } from '../shared/gate.ts'
import { nextProgress, type Progress, rolloutLeft, standsStill } from '../shared/rollout.ts'
import { isOurs, lacksOrExceeds, nameOf, resourceOf } from './read.ts'
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
  /** These are only those that are still to come. */
  readonly rest?: Rest
}

interface Rest {
  /** Of how many in all. */
  readonly of: number
  readonly progress: Progress
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

/** Above so many owners a list of their kind is cheaper than one request each. */
const ownersAtMost = 20

/**
 * Only those that are still to come are asked again, and the pods only of those whose controller says that it is done: of ten thousand owners
 * with a hundred and fifty thousand pods a few dozen are left after a minute.
 */
function readsOfRest(rest: Rest, owners: FamiliesArgs['owners'], cluster: Cluster): readonly FreshRead[] {
  const kinds = new Set(owners.flatMap(({ kind }) => resourceOf[kind] ?? []))
  const objects =
    owners.length <= ownersAtMost
      ? owners.flatMap(({ kind, namespace, name }): FreshRead[] => {
          const resource = resourceOf[kind]
          return resource === undefined ? [] : [{ kind: 'object', resource, namespace, name }]
        })
      : scopes(owners).flatMap(namespace =>
          [...kinds].map((resource): FreshRead => ({ kind: 'list', resource, namespace })),
        )
  const looked = owners.filter(owner => leftOf(rest, cluster, owner) === undefined)
  return [
    ...objects,
    ...scopes(looked).flatMap((namespace): FreshRead[] => [
      { kind: 'list', resource: 'apps/v1/replicasets', namespace },
      { kind: 'pods', namespace },
    ]),
  ]
}

function scopes(owners: FamiliesArgs['owners']): readonly (string | undefined)[] {
  const namespaces = [...new Set(owners.map(owner => owner.namespace))]
  return namespaces.length > namespacesAtMost ? [undefined] : namespaces
}

/** How far the controller of an owner has come; undefined: its pods are to be looked at, since it is done, says nothing, or stands still. */
function leftOf({ progress }: Rest, cluster: Cluster, owner: OwnerRef): string | undefined {
  return standsStill(progress) ? undefined : undone(cluster, owner)
}

function undone(cluster: Cluster, { kind, namespace, name }: OwnerRef): string | undefined {
  const resource = resources.find(one => one === resourceOf[kind])
  const object = resource && findObject(cluster, resource, namespace, name)
  return object && resource && rolloutLeft(object, resource)
}

/** Every pod of these owners has exactly these families, and at least as many are ready as were before. */
export const familiesGate = gateKind<FamiliesArgs>({
  reads({ owners, rest }, cluster) {
    if (rest !== undefined) return readsOfRest(rest, owners, cluster)
    return scopes(owners).flatMap((namespace): FreshRead[] => [
      // A roll-out makes a ReplicaSet, whose Deployment must be known before its pods can be told apart.
      { kind: 'list', resource: 'apps/v1/replicasets', namespace },
      ...resources.map(resource => ({ kind: 'list', resource, namespace }) as const),
      { kind: 'pods', namespace },
    ])
  },
  judge(cluster, args) {
    const { owners, families, rest } = args
    const of = rest?.of ?? owners.length
    const waiting = missing(cluster, args).map(({ says }) => says)
    if (waiting.length === 0) return holds(`all pods of ${of} owners have ${families.join(' and ')}`)
    return waits(`${waiting.length} of ${of} owners still to come: ${listed(waiting, 3)}`)
  },
  narrow(cluster, args) {
    const { families, owners, rest } = args
    const left = missing(cluster, args)
    const counts = left.map(({ says }) => says).join()
    return {
      families,
      owners: left.map(({ owner }) => owner),
      rest: { of: rest?.of ?? owners.length, progress: nextProgress(rest?.progress, counts) },
    }
  },
})

/** The owners that are still to come, and what of each. */
function missing(cluster: Cluster, { families, owners, rest }: FamiliesArgs) {
  const podsOf = podsByOwner(cluster, owners)
  return owners.flatMap(owner => {
    const isMissing = (what: string) => [{ owner, says: `${nameOf(owner)}: ${what}` }]
    const left = rest === undefined ? undefined : leftOf(rest, cluster, owner)
    if (left !== undefined) return isMissing(left)
    const pods = podsOf(owner)
    const old = pods.filter(pod => lacksOrExceeds(pod, families)).length
    if (old > 0) return isMissing(`${old} of ${pods.length} pods with other families`)
    // Scaled down or gone meanwhile: then there are fewer to be ready.
    const expected = Math.min(owner.ready, wantedOf(cluster, owner) ?? pods.length)
    const ready = pods.filter(pod => pod.ready).length
    return ready < expected ? isMissing(`${ready} of ${expected} pods ready`) : []
  })
}

/** Only pods of the namespaces of these owners are looked at. */
function podsByOwner(cluster: Cluster, owners: FamiliesArgs['owners']): (owner: OwnerRef) => readonly Pod[] {
  const namespaces = new Set(owners.map(({ namespace }) => namespace))
  const resolve = ownerResolver(cluster)
  const known = new Map<string, Pod[]>()
  for (const pod of cluster.pods) {
    if (!namespaces.has(pod.namespace) || !isOurs(pod)) continue
    const key = nameOf(resolve(pod))
    const pods = known.get(key)
    if (pods === undefined) known.set(key, [pod])
    else pods.push(pod)
  }
  return owner => known.get(nameOf(owner)) ?? []
}
