import type { KubeObject, Resource } from '../model/cluster.ts'
import { DaemonSets } from './daemonsets.ts'
import { reconcileDeployment, reconcileReplicas } from './deployments.ts'
import { countsOtherwise, isLive } from './pod-status.ts'
import { Revisions } from './revisions.ts'
import { podResource, type Site } from './site.ts'
import { reconcileStatefulSet } from './statefulsets.ts'
import { livePods, makePod, numberAt } from './workloads.ts'

/** Seconds from a write to what a controller makes of it. */
const delay = 0.1

const resources: Readonly<Record<string, Resource>> = {
  Deployment: 'apps/v1/deployments',
  ReplicaSet: 'apps/v1/replicasets',
  DaemonSet: 'apps/v1/daemonsets',
  StatefulSet: 'apps/v1/statefulsets',
  Job: 'batch/v1/jobs',
  ReplicationController: 'v1/replicationcontrollers',
}

/** The controllers that make pods. Each looks at an owner again when it, its pods or its ReplicaSets were written; until then nothing moves. */
export function runControllers(site: Site): void {
  const revisions = new Revisions(site)
  const daemonSets = new DaemonSets(site, revisions)
  const reconcile: Readonly<Record<Resource, (owner: KubeObject) => void>> = {
    'apps/v1/deployments': owner => reconcileDeployment(site, owner),
    'apps/v1/replicasets': owner => reconcileReplicas(site, 'apps/v1/replicasets', owner),
    'v1/replicationcontrollers': owner => reconcileReplicas(site, 'v1/replicationcontrollers', owner),
    'apps/v1/daemonsets': owner => daemonSets.reconcile(owner),
    'apps/v1/statefulsets': owner => reconcileStatefulSet(site, revisions, owner),
    'batch/v1/jobs': owner => reconcileJob(site, owner),
  }
  const look = (resource: Resource, namespace: string, name: string): void =>
    site.soon(`${resource} ${namespace}/${name}`, delay, () => {
      const owner = site.store.get(resource, namespace, name)
      if (owner !== undefined && owner.metadata.deletionTimestamp === undefined) reconcile[resource]?.(owner)
    })
  /** Its owner, and that one's owner: a Deployment that makes all its pods anew waits until the last old one is gone. */
  const lookAtOwner = ({ metadata: { namespace = '', ownerReferences } }: KubeObject): void => {
    const owner = ownerReferences?.find(one => one.controller === true)
    const of = resources[owner?.kind ?? '']
    if (owner === undefined || of === undefined) return
    look(of, namespace, owner.name)
    const object = site.store.get(of, namespace, owner.name)
    if (object !== undefined) lookAtOwner(object)
  }
  site.store.onWrite(({ resource, before, after }) => {
    const object = after ?? before
    if (object === undefined) return
    const { namespace = '', name } = object.metadata
    if (resource === 'v1/nodes' && (before === undefined || after === undefined)) {
      for (const set of site.store.list('apps/v1/daemonsets'))
        look('apps/v1/daemonsets', set.metadata.namespace ?? '', set.metadata.name)
      return
    }
    if (after !== undefined && resource in reconcile) look(resource, namespace, name)
    if (resource !== podResource && resource !== 'apps/v1/replicasets') return
    if (resource === podResource && !countsOtherwise(before, after)) return
    lookAtOwner(object)
  })
}

/** A Job whose pod was taken away starts another one from the beginning. */
function reconcileJob(site: Site, job: KubeObject): void {
  const { succeeded = 0, conditions = [] } = (job['status'] ?? {}) as {
    succeeded?: number
    conditions?: readonly { type: string; status: string }[]
  }
  const isOver = conditions.some(
    ({ type, status }) => ['Complete', 'Failed'].includes(type) && status === 'True',
  )
  const wanted = Math.min(
    numberAt(job, 'spec', 'parallelism') ?? 1,
    (numberAt(job, 'spec', 'completions') ?? 1) - succeeded,
  )
  if (isOver || (job['spec'] as { suspend?: boolean } | undefined)?.suspend === true) return
  for (let missing = wanted - livePods(site, job).filter(isLive).length; missing > 0; missing--)
    makePod(site, 'batch/v1/jobs', job)
}
