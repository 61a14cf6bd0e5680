import { createHash } from 'node:crypto'
import type { KubeObject, OwnerReference, Resource } from '../model/cluster.ts'
import { getField } from '../model/fields.ts'
import { deleted } from './deletion.ts'
import { isDeleting, isLive, isReady } from './pod-status.ts'
import { podResource, type Site } from './site.ts'

/** A pod template, as controllers stamp it. */
export interface Template {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec?: Readonly<Record<string, unknown>>
}

export const templateOf = (owner: KubeObject): Template =>
  ((owner['spec'] ?? {}) as { template?: Template }).template ?? {}

export const numberAt = (object: KubeObject, ...path: readonly string[]): number | undefined => {
  const value = getField(object, path)
  return typeof value === 'number' ? value : undefined
}

const kinds: Readonly<Record<Resource, string>> = {
  'apps/v1/deployments': 'Deployment',
  'apps/v1/replicasets': 'ReplicaSet',
  'apps/v1/daemonsets': 'DaemonSet',
  'apps/v1/statefulsets': 'StatefulSet',
  'batch/v1/jobs': 'Job',
  'v1/replicationcontrollers': 'ReplicationController',
}

export function ownerReference(resource: Resource, owner: KubeObject): OwnerReference {
  const apiVersion = resource.slice(0, resource.lastIndexOf('/'))
  const { name, uid = '' } = owner.metadata
  return { apiVersion, kind: kinds[resource] ?? '', name, uid, controller: true }
}

/** Pods of an owner that count: neither finished nor leaving. */
export const livePods = (site: Site, owner: KubeObject): readonly KubeObject[] =>
  site.store.ownedBy(owner.metadata.uid, podResource).filter(isLive)

export const anyPods = (site: Site, owner: KubeObject): readonly KubeObject[] =>
  site.store.ownedBy(owner.metadata.uid, podResource)

/** A pod from its owner's template. */
export function makePod(
  site: Site,
  resource: Resource,
  owner: KubeObject,
  more: {
    readonly name?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly node?: string
  } = {},
): void {
  const { metadata = {}, spec = {} } = templateOf(owner)
  const { namespace = '', name } = owner.metadata
  const labels = { ...metadata.labels, ...more.labels }
  const pod: KubeObject = {
    metadata: {
      name: more.name ?? `${name}-${site.suffix()}`,
      namespace,
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
      ...(metadata.annotations === undefined ? {} : { annotations: metadata.annotations }),
      ownerReferences: [ownerReference(resource, owner)],
    },
    spec: { ...spec, ...(more.node === undefined ? {} : { nodeName: more.node }) },
  }
  site.make(podResource, pod)
}

export const endPod = (site: Site, pod: KubeObject): void => {
  if (!isDeleting(pod)) deleted(site, podResource, pod)
}

/** As generated hashes look; the same for the same template. */
export function hashOfTemplate(template: Template): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
  const bytes = createHash('sha256').update(JSON.stringify(template)).digest().subarray(0, 10)
  return [...bytes].map(byte => alphabet[byte % alphabet.length]).join('')
}

/** Status without the counts that are zero, as Go leaves them out, over what stood there besides. */
export function writeCounts(
  site: Site,
  resource: Resource,
  owner: KubeObject,
  counts: Readonly<Record<string, number | string | undefined>>,
): void {
  const now = site.store.get(resource, owner.metadata.namespace, owner.metadata.name)
  if (now === undefined) return
  const old = (now['status'] ?? {}) as Readonly<Record<string, unknown>>
  const kept = Object.entries(old).filter(([key]) => !(key in counts))
  const shown = Object.entries(counts).filter(
    ([key, value]) => value !== undefined && (value !== 0 || key === 'replicas'),
  )
  const status = Object.fromEntries([...shown, ...kept])
  const same =
    Object.keys(status).length === Object.keys(old).length &&
    shown.every(([key, value]) => old[key] === value)
  if (!same) site.setStatus(resource, now, status)
}

/** Those to go first: not ready, then the youngest. */
export const leastWanted = (pods: readonly KubeObject[]): readonly KubeObject[] =>
  pods.toSorted(
    (a, b) =>
      Number(isReady(a)) - Number(isReady(b)) ||
      ((a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? 1 : -1),
  )
