import type { Cluster, Pod, PodOwner } from './cluster.ts'
import type { OwnerRef } from './plan.ts'

const key = (namespace: string, kind: string, name: string): string => `${kind} ${namespace}/${name}`

/**
 * Who makes a pod again when it is gone: its controller, or the controller's own controller where that is the one people know
 * (a ReplicaSet's Deployment, a Job's CronJob stays a Job). A pod without a controller owns itself: kind `Pod`.
 */
export function ownerResolver(cluster: Cluster): (pod: Pod) => OwnerRef {
  const deployments = new Map<string, string>()
  for (const set of cluster.objects['apps/v1/replicasets'] ?? []) {
    const owner = set.metadata.ownerReferences?.find(reference => reference.controller === true)
    if (owner?.kind === 'Deployment')
      deployments.set(key(set.metadata.namespace ?? '', 'ReplicaSet', set.metadata.name), owner.name)
  }
  return pod => {
    const owner: PodOwner = pod.owner ?? { kind: 'Pod', name: pod.name }
    const deployment = deployments.get(key(pod.namespace, owner.kind, owner.name))
    return deployment === undefined
      ? { namespace: pod.namespace, ...owner }
      : { namespace: pod.namespace, kind: 'Deployment', name: deployment }
  }
}

const sameOwner = (a: OwnerRef, b: OwnerRef): boolean =>
  a.namespace === b.namespace && a.kind === b.kind && a.name === b.name

/** A test for "this pod is made again by that owner". */
export function ownedBy(cluster: Cluster, owner: OwnerRef): (pod: Pod) => boolean {
  const resolve = ownerResolver(cluster)
  return pod => pod.namespace === owner.namespace && sameOwner(resolve(pod), owner)
}
