import type { Cluster, KubeObject, Pod } from '../../model/cluster.ts'
import { findObject } from '../../model/changes.ts'
import { getField } from '../../model/fields.ts'
import type { Gate, Reading } from '../../model/plan.ts'
import type { FreshRead } from '../../model/read.ts'
import { isCrashLooping, lookAtLog } from './crash.ts'
import { gateKind, holds, hopeless, waits } from './gate.ts'

/** A controller whose pods follow its template. */
export interface Rollout {
  readonly resource: 'apps/v1/daemonsets' | 'apps/v1/deployments' | 'apps/v1/statefulsets'
  readonly namespace: string
  readonly name: string
}

/** How roll-outs stood when they were looked at last: what goes on well needs no look at its pods, which may be as many as there are nodes. */
export interface Progress {
  readonly counts: string
  /** How often they were found so, this time included. */
  readonly still: number
}

/** Of so many looks that find them where they were, one looks at the pods too. */
const lookAtPods = 8

export const standsStill = (progress: Progress | undefined): boolean =>
  progress === undefined || progress.still % lookAtPods === 0

export const nextProgress = (before: Progress | undefined, counts: string): Progress => ({
  counts,
  still: before?.counts === counts ? before.still + 1 : 1,
})

/** In words, how far a controller has come with the newest template; undefined: all its pods are of it. Whether they are ready is not asked. */
export function rolloutLeft(object: KubeObject, resource: Rollout['resource']): string | undefined {
  if (!isObserved(object)) return 'the change is not seen by its controller yet'
  const { wanted, updated, old } = countsOf(object, resource)
  return updated >= wanted && old === 0 ? undefined : `${updated} of ${wanted} pods updated`
}

/** Seconds, and why it is waited for. */
export interface RolloutTimes {
  readonly within: number
  readonly steady?: number
  readonly because: string
}

/** For a DaemonSet: a node takes 10 to 30 s, and they go one after the other unless it says otherwise. */
export const rolloutSeconds = ({ objects }: Cluster): number => 300 + 60 * (objects['v1/nodes'] ?? []).length

/** A gate `<layer>/rolled-out`; the layer has `rolloutGate` among its gates under `rolled-out`. */
export function rolledOut(
  layer: string,
  rollout: Rollout,
  { within, steady = 5, because }: RolloutTimes,
): Gate {
  return { id: `${layer}/rolled-out`, args: { ...rollout }, within, steady, because }
}

/** All pods are ready and of the newest template. A level: it does not say when, nor that anything changed. */
export const rolloutGate = gateKind<Rollout & { readonly progress?: Progress }>({
  reads(rollout, cluster) {
    const { resource, namespace, name, progress } = rollout
    const labelSelector = Object.entries(selectorOf(cluster, rollout))
      .map(([key, value]) => `${key}=${value}`)
      .join(',')
    const object: FreshRead = { kind: 'object', resource, namespace, name }
    return labelSelector === '' || !standsStill(progress)
      ? [object]
      : [object, { kind: 'pods', namespace, labelSelector }]
  },
  judge(cluster, rollout) {
    const what = `${kinds[rollout.resource]} ${rollout.namespace}/${rollout.name}`
    const object = findObject(cluster, rollout.resource, rollout.namespace, rollout.name)
    if (object === undefined) return hopeless(`${what} is not there`, `${what} was deleted: make a new plan.`)
    const reading = judgeObject(what, object, rollout.resource)
    const looping = reading.holds || !standsStill(rollout.progress) ? undefined : crashing(cluster, rollout)
    return looping === undefined
      ? reading
      : hopeless(
          `${reading.seen}; ${looping.name} on ${looping.node}: ${looping.waiting}`,
          lookAtLog(looping),
        )
  },
  narrow(cluster, rollout) {
    const object = findObject(cluster, rollout.resource, rollout.namespace, rollout.name)
    const counts = object === undefined ? '' : Object.values(countsOf(object, rollout.resource)).join()
    return { ...rollout, progress: nextProgress(rollout.progress, counts) }
  },
})

const kinds = {
  'apps/v1/daemonsets': 'DaemonSet',
  'apps/v1/deployments': 'Deployment',
  'apps/v1/statefulsets': 'StatefulSet',
} as const

function judgeObject(what: string, object: KubeObject, resource: Rollout['resource']): Reading {
  if (!isObserved(object)) return waits(`${what}: the change is not seen by its controller yet`)
  const { wanted, updated, ready, old } = countsOf(object, resource)
  const seen = `${what}: ${updated} of ${wanted} pods updated, ${ready} of ${wanted} available${old > 0 ? `, ${old} old ones left` : ''}`
  if (updated >= wanted && ready >= wanted && old === 0) return holds(seen)
  if (updated < wanted && getField(object, ['spec', 'updateStrategy', 'type']) === 'OnDelete') {
    return hopeless(
      seen,
      `${what} has updateStrategy OnDelete: its pods are made again only when somebody deletes them.`,
    )
  }
  return waits(seen)
}

/** Until the controller has seen a change, the counts are those of the template before. */
const isObserved = (object: KubeObject): boolean =>
  count(object, 'observedGeneration') >= (object.metadata.generation ?? 0)

interface Counts {
  readonly wanted: number
  readonly updated: number
  readonly ready: number
  /** Pods of an older template that are still there, beyond those wanted. */
  readonly old: number
}

/** The counts that `kubectl rollout status` looks at. */
function countsOf(object: KubeObject, resource: Rollout['resource']): Counts {
  if (resource === 'apps/v1/daemonsets') {
    return {
      wanted: count(object, 'desiredNumberScheduled'),
      updated: count(object, 'updatedNumberScheduled'),
      ready: count(object, 'numberAvailable'),
      old: 0,
    }
  }
  const wanted = getField(object, ['spec', 'replicas'])
  const replicas = typeof wanted === 'number' ? wanted : 1
  const updated = count(object, 'updatedReplicas')
  const old = Math.max(0, count(object, 'replicas') - updated)
  if (resource === 'apps/v1/deployments')
    return { wanted: replicas, updated, ready: count(object, 'availableReplicas'), old }
  // A StatefulSet's updatedReplicas is left out of status once updateRevision has become currentRevision.
  const same =
    getField(object, ['status', 'updateRevision']) === getField(object, ['status', 'currentRevision'])
  return {
    wanted: replicas,
    updated: same ? replicas : updated,
    ready: count(object, 'readyReplicas'),
    old: same ? 0 : old,
  }
}

function count(object: KubeObject, field: string): number {
  const value = getField(object, ['status', field])
  return typeof value === 'number' ? value : 0
}

/** A pod of the newest template that keeps exiting. The youngest pod is of the newest template: nobody makes pods of an older one. */
function crashing(cluster: Cluster, rollout: Rollout): Pod | undefined {
  const selector = Object.entries(selectorOf(cluster, rollout))
  if (selector.length === 0) return undefined
  const pods = cluster.pods.filter(
    pod => pod.namespace === rollout.namespace && selector.every(([key, value]) => pod.labels[key] === value),
  )
  const youngest = pods.toSorted((a, b) => (a.created < b.created ? 1 : -1))[0]
  return pods.find(pod => pod.revision === youngest?.revision && isCrashLooping(pod))
}

function selectorOf(
  cluster: Cluster,
  { resource, namespace, name }: Rollout,
): Readonly<Record<string, string>> {
  const labels = getField(findObject(cluster, resource, namespace, name), ['spec', 'selector', 'matchLabels'])
  return (labels ?? {}) as Readonly<Record<string, string>>
}
