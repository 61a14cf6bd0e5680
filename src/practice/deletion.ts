import type { KubeObject, Resource } from '../model/cluster.ts'
import { isDeleting } from './pod-status.ts'
import { podResource, type Site } from './site.ts'

/** Seconds from the end of a pod's grace to the end of the pod; those that serve drain meanwhile. */
const graceOf = (pod: KubeObject): number =>
  Math.min(
    2,
    (pod['spec'] as { terminationGracePeriodSeconds?: number } | undefined)?.terminationGracePeriodSeconds ??
      2,
  )

/** What a DELETE does: pods end, what has finalizers waits for them, everything else is gone. */
export function deleted(site: Site, resource: Resource, object: KubeObject): void {
  const { namespace, name, uid, finalizers = [] } = object.metadata
  const isGraceful = resource === podResource || resource === 'v1/namespaces'
  if (!isGraceful && finalizers.length === 0) return site.store.remove(resource, namespace, name)
  if (isDeleting(object)) return
  const metadata = { ...object.metadata, deletionTimestamp: site.stamp() }
  site.store.put(resource, { ...object, metadata })
  if (resource === podResource)
    site.later(graceOf(object), () => {
      if (site.store.get(podResource, namespace, name)?.metadata.uid === uid)
        site.store.remove(podResource, namespace, name)
    })
  if (resource === 'v1/namespaces') site.later(1, () => empty(site, name))
}

/** Nothing keeps it any more. */
export const isLetGo = (resource: Resource, object: KubeObject): boolean =>
  resource !== podResource &&
  resource !== 'v1/namespaces' &&
  isDeleting(object) &&
  (object.metadata.finalizers ?? []).length === 0

/** The namespace goes when all that is in it has gone. */
function empty(site: Site, namespace: string): void {
  let left = 0
  for (const resource of site.store.resources) {
    for (const object of site.store.list(resource, namespace)) {
      left++
      deleted(site, resource, object)
    }
  }
  if (left === 0) site.store.remove('v1/namespaces', undefined, namespace)
  else site.later(1, () => empty(site, namespace))
}

/** What an owner leaves behind is collected. */
export function collectGarbage(site: Site): void {
  site.store.onWrite(({ before, after }) => {
    if (before === undefined || after !== undefined) return
    const { uid } = before.metadata
    if (site.store.dependants(uid).length === 0) return
    site.later(0.5, () => {
      for (const [resource, object] of site.store.dependants(uid)) deleted(site, resource, object)
    })
  })
}
