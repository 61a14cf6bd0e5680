import type { KubeObject } from '../model/cluster.ts'
import { getField } from '../model/fields.ts'
import { isDeleting, isReady, nodeOf } from './pod-status.ts'
import type { Revisions } from './revisions.ts'
import type { Site } from './site.ts'
import { anyPods, endPod, makePod, numberAt, writeCounts } from './workloads.ts'

const statefulSets = 'apps/v1/statefulsets'
const hashLabel = 'controller-revision-hash'

const ordinalOf = ({ metadata }: KubeObject): number =>
  Number(metadata.name.slice(metadata.name.lastIndexOf('-') + 1))

/** A StatefulSet: pods 0 to n, one after the other; new templates from the last to the first, each ready before the next goes. */
export function reconcileStatefulSet(site: Site, revisions: Revisions, set: KubeObject): void {
  const wanted = numberAt(set, 'spec', 'replicas') ?? 1
  const hash = revisions.of(set)
  const pods = anyPods(site, set).toSorted((a, b) => ordinalOf(a) - ordinalOf(b))
  const isNew = (pod: KubeObject) => pod.metadata.labels?.[hashLabel] === hash
  if (pods.every(pod => !isDeleting(pod))) step()
  count()

  /** One thing at a time, and only while nothing is on its way out. */
  function step(): void {
    const isParallel = getField(set, ['spec', 'podManagementPolicy']) === 'Parallel'
    for (let ordinal = 0; ordinal < wanted; ordinal++) {
      const pod = pods.find(one => ordinalOf(one) === ordinal)
      if (pod === undefined) make(ordinal)
      if (!isParallel && (pod === undefined || !isReady(pod))) return
    }
    const surplus = pods.findLast(pod => ordinalOf(pod) >= wanted)
    if (surplus !== undefined) return endPod(site, surplus)
    if (getField(set, ['spec', 'updateStrategy', 'type']) === 'OnDelete') return
    const partition = numberAt(set, 'spec', 'updateStrategy', 'rollingUpdate', 'partition') ?? 0
    const old = pods.findLast(pod => !isNew(pod) && ordinalOf(pod) >= partition)
    if (old !== undefined && pods.every(pod => isReady(pod) || pod === old)) endPod(site, old)
  }

  function make(ordinal: number): void {
    const name = `${set.metadata.name}-${ordinal}`
    const node = revisions.placeOf(set, ordinal)
    makePod(site, statefulSets, set, {
      name,
      ...(node === undefined ? {} : { node }),
      labels: {
        'apps.kubernetes.io/pod-index': String(ordinal),
        [hashLabel]: hash,
        'statefulset.kubernetes.io/pod-name': name,
      },
    })
  }

  function count(): void {
    const live = pods.filter(pod => !isDeleting(pod))
    for (const pod of live) if (nodeOf(pod) !== '') revisions.remember(set, ordinalOf(pod), nodeOf(pod))
    const updated = live.filter(isNew).length
    const ready = live.filter(isReady).length
    const isDone = updated === wanted && ready === wanted
    const before = getField(set, ['status', 'currentRevision'])
    const current = isDone || typeof before !== 'string' ? hash : before
    writeCounts(site, statefulSets, set, {
      observedGeneration: set.metadata.generation,
      replicas: live.length,
      readyReplicas: ready,
      availableReplicas: ready,
      currentReplicas: isDone ? wanted : live.length - updated,
      // Left out once all have it, as the real one does.
      updatedReplicas: isDone ? 0 : updated,
      currentRevision: current,
      updateRevision: hash,
    })
  }
}
