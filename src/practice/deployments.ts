import type { KubeObject } from '../model/cluster.ts'
import { getField, sameJson } from '../model/fields.ts'
import { scaled } from '../layers/workloads/budget.ts'
import { isReady } from './pod-status.ts'
import type { Site } from './site.ts'
import {
  anyPods,
  endPod,
  hashOfTemplate,
  leastWanted,
  livePods,
  makePod,
  numberAt,
  ownerReference,
  type Template,
  templateOf,
  writeCounts,
} from './workloads.ts'

const deployments = 'apps/v1/deployments'
const replicaSets = 'apps/v1/replicasets'
const hashLabel = 'pod-template-hash'

/** A ReplicaSet, or a ReplicationController: as many pods as it wants. */
export function reconcileReplicas(site: Site, resource: string, set: KubeObject): void {
  const wanted = numberAt(set, 'spec', 'replicas') ?? 1
  const pods = livePods(site, set)
  for (let missing = wanted - pods.length; missing > 0; missing--) makePod(site, resource, set)
  for (const pod of leastWanted(pods).slice(0, Math.max(0, pods.length - wanted))) endPod(site, pod)
  const ready = pods.filter(isReady).length
  writeCounts(site, resource, set, {
    replicas: pods.length,
    fullyLabeledReplicas: pods.length,
    readyReplicas: ready,
    availableReplicas: ready,
    observedGeneration: set.metadata.generation,
  })
}

/** A Deployment: a ReplicaSet for its template, and the others away as fast as its strategy allows. */
export function reconcileDeployment(site: Site, deployment: KubeObject): void {
  const sets = site.store.ownedBy(deployment.metadata.uid, replicaSets)
  const isPaused = getField(deployment, ['spec', 'paused']) === true
  const current = sets.find(set => sameJson(plain(templateOf(set)), plain(templateOf(deployment))))
  if (!isPaused && current === undefined) {
    makeReplicaSet(site, deployment, sets.length + 1)
    return
  }
  if (!isPaused && current !== undefined)
    roll(
      site,
      deployment,
      current,
      sets.filter(set => set !== current),
    )
  count(site, deployment, current)
}

/** A template without the label that its ReplicaSet adds. */
function plain(template: Template): Template {
  const { [hashLabel]: _hash, ...labels } = template.metadata?.labels ?? {}
  return { ...template, metadata: { ...template.metadata, labels } }
}

function makeReplicaSet(site: Site, deployment: KubeObject, revision: number): void {
  const template = templateOf(deployment)
  const hash = hashOfTemplate(template)
  const { name, namespace = '' } = deployment.metadata
  const labels = { ...template.metadata?.labels, [hashLabel]: hash }
  const matchLabels = getField(deployment, ['spec', 'selector', 'matchLabels']) as Readonly<
    Record<string, string>
  > | null
  site.make(replicaSets, {
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      generation: 1,
      labels,
      annotations: { 'deployment.kubernetes.io/revision': String(revision) },
      ownerReferences: [ownerReference(deployments, deployment)],
    },
    spec: {
      replicas: 0,
      selector: { matchLabels: { ...matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
    status: { replicas: 0 },
  })
}

function roll(site: Site, deployment: KubeObject, current: KubeObject, others: readonly KubeObject[]): void {
  const wanted = numberAt(deployment, 'spec', 'replicas') ?? 1
  const all = [current, ...others]
  const sizeOf = (set: KubeObject) => numberAt(set, 'spec', 'replicas') ?? 0
  const total = all.reduce((sum, set) => sum + sizeOf(set), 0)
  if (getField(deployment, ['spec', 'strategy', 'type']) === 'Recreate') {
    for (const set of others) scale(site, set, 0)
    if (others.every(set => anyPods(site, set).length === 0)) scale(site, current, wanted)
    return
  }
  const { surge, unavailable } = limits(deployment, wanted)
  const room = wanted + surge - total
  if (sizeOf(current) > wanted) scale(site, current, wanted)
  else if (sizeOf(current) < wanted && room > 0)
    scale(site, current, Math.min(wanted, sizeOf(current) + room))
  const available = all.flatMap(set => livePods(site, set)).filter(isReady).length
  let spare = available - (wanted - unavailable)
  for (const set of others) {
    // What is not ready serves nobody and goes first.
    const unready = livePods(site, set).filter(pod => !isReady(pod)).length
    const take = Math.min(sizeOf(set), unready + Math.max(0, spare))
    spare -= Math.max(0, take - unready)
    if (take > 0) scale(site, set, sizeOf(set) - take)
  }
}

/** Both rounded to nothing would never move: one may be missing then (ResolveFenceposts). */
function limits(deployment: KubeObject, wanted: number): { surge: number; unavailable: number } {
  const rolling = (getField(deployment, ['spec', 'strategy', 'rollingUpdate']) ?? {}) as Readonly<
    Record<string, unknown>
  >
  const surge = scaled(rolling['maxSurge'], wanted, 'up', '25%')
  const unavailable = scaled(rolling['maxUnavailable'], wanted, 'down', '25%')
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable }
}

function scale(site: Site, set: KubeObject, replicas: number): void {
  const { namespace, name } = set.metadata
  site.update(replicaSets, namespace, name, now => {
    if (numberAt(now, 'spec', 'replicas') === replicas) return now
    const generation = (now.metadata.generation ?? 0) + 1
    return {
      ...now,
      metadata: { ...now.metadata, generation },
      spec: { ...(now['spec'] as object), replicas },
    }
  })
}

function count(site: Site, deployment: KubeObject, current: KubeObject | undefined): void {
  const sets = site.store.ownedBy(deployment.metadata.uid, replicaSets)
  const pods = sets.flatMap(set => livePods(site, set))
  const updated = current === undefined ? 0 : livePods(site, current).length
  const ready = pods.filter(isReady).length
  writeCounts(site, deployments, deployment, {
    observedGeneration: deployment.metadata.generation,
    replicas: pods.length,
    updatedReplicas: updated,
    readyReplicas: ready,
    availableReplicas: ready,
    unavailableReplicas: Math.max(0, (numberAt(deployment, 'spec', 'replicas') ?? 1) - ready),
  })
}
