import type { Cluster, KubeObject, Pod } from './cluster.ts'
import type { OwnerRef } from './plan.ts'

/**
 * Who makes a pod again when it is gone: its controller, or the controller's own controller where that is the one people know
 * (a ReplicaSet's Deployment, a Job's CronJob stays a Job). A pod without a controller owns itself: kind `Pod`. One resolver gives the same
 * object for the same owner each time, so that pods can be grouped by it.
 */
export function ownerResolver(cluster: Cluster): (pod: Pod) => OwnerRef {
  const deployments = deploymentsOf(cluster.objects['apps/v1/replicasets'] ?? [])
  const known = new Map<string, Map<string, Map<string, OwnerRef>>>()
  const once = (namespace: string, kind: string, name: string): OwnerRef => {
    const names = inner(inner(known, namespace), kind)
    const owner = names.get(name) ?? { namespace, kind, name }
    names.set(name, owner)
    return owner
  }
  return ({ namespace, name, owner }) => {
    if (owner === undefined) return once(namespace, 'Pod', name)
    const deployment = owner.kind === 'ReplicaSet' ? deployments.get(namespace)?.get(owner.name) : undefined
    return deployment === undefined
      ? once(namespace, owner.kind, owner.name)
      : once(namespace, 'Deployment', deployment)
  }
}

/** By namespace and name of a ReplicaSet the Deployment that made it; of each list made once. */
const seen = new WeakMap<readonly KubeObject[], ReadonlyMap<string, ReadonlyMap<string, string>>>()

function deploymentsOf(sets: readonly KubeObject[]): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const before = seen.get(sets)
  if (before !== undefined) return before
  const found = new Map<string, Map<string, string>>()
  for (const { metadata } of sets) {
    const owner = metadata.ownerReferences?.find(reference => reference.controller === true)
    if (owner?.kind === 'Deployment') inner(found, metadata.namespace ?? '').set(metadata.name, owner.name)
  }
  seen.set(sets, found)
  return found
}

function inner<V>(maps: Map<string, Map<string, V>>, key: string): Map<string, V> {
  const map = maps.get(key) ?? new Map<string, V>()
  maps.set(key, map)
  return map
}

const sameOwner = (a: OwnerRef, b: OwnerRef): boolean =>
  a.namespace === b.namespace && a.kind === b.kind && a.name === b.name

/** A test for "this pod is made again by that owner". */
export function ownedBy(cluster: Cluster, owner: OwnerRef): (pod: Pod) => boolean {
  const resolve = ownerResolver(cluster)
  return pod => pod.namespace === owner.namespace && sameOwner(resolve(pod), owner)
}
