import type { KubeObject } from '../model/cluster.ts'
import { getField } from '../model/fields.ts'
import { scaled } from '../layers/workloads/budget.ts'
import { isReady, nodeOf } from './pod-status.ts'
import { fits } from './pods.ts'
import type { Revisions } from './revisions.ts'
import type { Site } from './site.ts'
import { anyPods, endPod, livePods, makePod, templateOf, writeCounts } from './workloads.ts'

const daemonSets = 'apps/v1/daemonsets'
const hashLabel = 'controller-revision-hash'

/** A DaemonSet: one pod of its template on each node that it fits on, the old ones away as its strategy allows. */
export function reconcileDaemonSet(site: Site, revisions: Revisions, set: KubeObject): void {
  const spec = (templateOf(set).spec ?? {}) as Parameters<typeof fits>[1]
  const nodes = site.store.list('v1/nodes').filter(node => fits(node, spec, true))
  const hash = revisions.of(set)
  const isNew = (pod: KubeObject) => pod.metadata.labels?.[hashLabel] === hash
  const byNode = new Map<string, KubeObject[]>()
  for (const pod of anyPods(site, set)) byNode.set(nodeOf(pod), [...(byNode.get(nodeOf(pod)) ?? []), pod])
  const make = (node: string) =>
    makePod(site, daemonSets, set, {
      node,
      labels: { [hashLabel]: hash, 'pod-template-generation': String(set.metadata.generation ?? 1) },
    })

  for (const { metadata } of nodes) if (!byNode.has(metadata.name)) make(metadata.name)
  const strategy = (getField(set, ['spec', 'updateStrategy']) ?? {}) as {
    type?: string
    rollingUpdate?: Readonly<Record<string, unknown>>
  }
  if (strategy.type !== 'OnDelete') {
    const surge = scaled(strategy.rollingUpdate?.['maxSurge'], nodes.length, 'up', 0)
    if (surge > 0) rollWithSurge(site, [...byNode], surge, isNew, make)
    else {
      const most = scaled(strategy.rollingUpdate?.['maxUnavailable'], nodes.length, 'up', 1)
      rollInPlace(site, [...byNode], nodes.length, Math.max(1, most), isNew)
    }
  }
  count(site, set, nodes.length, isNew)
}

type ByNode = readonly (readonly [node: string, pods: readonly KubeObject[]])[]

/** An old pod goes; when it is gone the new one is made. Those that are not ready cost nothing and go at once. */
function rollInPlace(
  site: Site,
  byNode: ByNode,
  nodes: number,
  most: number,
  isNew: (pod: KubeObject) => boolean,
): void {
  const isUp = (pods: readonly KubeObject[]) =>
    pods.some(pod => isReady(pod) && pod.metadata.deletionTimestamp === undefined)
  let away = nodes - byNode.filter(([, pods]) => isUp(pods)).length
  const old = byNode.flatMap(([, pods]) =>
    pods.filter(pod => !isNew(pod) && pod.metadata.deletionTimestamp === undefined),
  )
  for (const pod of old.filter(one => !isReady(one))) endPod(site, pod)
  for (const pod of old.filter(isReady)) {
    if (away >= most) return
    away++
    endPod(site, pod)
  }
}

/** The new pod of a node is ready before the old one goes. */
function rollWithSurge(
  site: Site,
  byNode: ByNode,
  surge: number,
  isNew: (pod: KubeObject) => boolean,
  make: (node: string) => void,
): void {
  let coming = byNode.filter(([, pods]) => pods.some(isNew) && pods.some(pod => !isNew(pod))).length
  for (const [node, pods] of byNode) {
    const old = pods.filter(pod => !isNew(pod) && pod.metadata.deletionTimestamp === undefined)
    if (old.length === 0) continue
    if (pods.some(pod => isNew(pod) && isReady(pod))) for (const pod of old) endPod(site, pod)
    else if (!pods.some(isNew) && coming < surge) {
      coming++
      make(node)
    }
  }
}

function count(site: Site, set: KubeObject, desired: number, isNew: (pod: KubeObject) => boolean): void {
  const pods = livePods(site, set)
  const nodesOf = (some: readonly KubeObject[]) => new Set(some.map(nodeOf)).size
  const ready = nodesOf(pods.filter(isReady))
  writeCounts(site, daemonSets, set, {
    observedGeneration: set.metadata.generation,
    currentNumberScheduled: nodesOf(pods),
    desiredNumberScheduled: desired,
    numberReady: ready,
    updatedNumberScheduled: nodesOf(pods.filter(isNew)),
    numberAvailable: ready,
    numberUnavailable: desired - ready,
  })
}
