import type { KubeObject } from '../model/cluster.ts'
import { getField } from '../model/fields.ts'
import { type LabelSelector, selects } from '../layers/shared/selector.ts'
import { scaled } from '../layers/workloads/budget.ts'
import { deleted } from './deletion.ts'
import { countsOtherwise, isLive, isReady } from './pod-status.ts'
import { podsSelected, Selecting } from './selection.ts'
import { podResource, type Site } from './site.ts'

const resource = 'policy/v1/poddisruptionbudgets'

const selectorOf = (budget: KubeObject): LabelSelector | undefined =>
  (budget['spec'] as { selector?: LabelSelector } | undefined)?.selector

const matches = (budget: KubeObject, pod: KubeObject): boolean =>
  budget.metadata.namespace === pod.metadata.namespace &&
  selects(selectorOf(budget), pod.metadata.labels ?? {})

/** The disruption controller: counts a budget again whenever it, or a pod that it selects, is written. */
export function keepBudgets(site: Site): void {
  const selecting = new Selecting(site.store, resource, selectorOf)
  const look = ({ metadata: { namespace, name } }: KubeObject): void =>
    site.soon(`budget ${namespace ?? ''}/${name}`, 0.1, () => {
      const budget = site.store.get(resource, namespace, name)
      if (budget !== undefined) count(site, budget)
    })
  site.store.onWrite(({ resource: written, before, after }) => {
    if (written === resource && after !== undefined) look(after)
    const pod = written === podResource && countsOtherwise(before, after) ? (after ?? before) : undefined
    if (pod !== undefined) for (const budget of selecting.of(pod)) look(budget)
  })
}

function count(site: Site, budget: KubeObject): void {
  const pods = podsSelected(site.store, budget.metadata.namespace ?? '', selectorOf(budget)).filter(isLive)
  const expected = expectedPods(site, pods)
  const { minAvailable, maxUnavailable } = (budget['spec'] ?? {}) as Record<string, unknown>
  const desired =
    maxUnavailable === undefined
      ? scaled(minAvailable, expected, 'up', 1)
      : Math.max(0, expected - scaled(maxUnavailable, expected, 'up', 0))
  const healthy = pods.filter(isReady).length
  site.setStatus(resource, budget, {
    ...(budget['status'] as object | undefined),
    observedGeneration: budget.metadata.generation,
    disruptionsAllowed: Math.max(0, healthy - desired),
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
  })
}

/** As many as their controllers want: a pod that is being made again counts. */
function expectedPods(site: Site, pods: readonly KubeObject[]): number {
  const replicas = new Map<string, number>()
  const asked = new Set<string>()
  for (const pod of pods) {
    const owner = pod.metadata.ownerReferences?.find(one => one.controller === true)
    if (owner !== undefined && asked.has(owner.uid)) continue
    if (owner !== undefined) asked.add(owner.uid)
    const found =
      owner === undefined ? undefined : controllerOf(site, pod.metadata.namespace, owner.kind, owner.name)
    const wanted = getField(found?.object, ['spec', 'replicas'])
    if (found === undefined || typeof wanted !== 'number') replicas.set(pod.metadata.uid ?? '', 1)
    else replicas.set(found.key, wanted)
  }
  return [...replicas.values()].reduce((sum, one) => sum + one, 0)
}

const resources: Readonly<Record<string, string>> = {
  ReplicaSet: 'apps/v1/replicasets',
  StatefulSet: 'apps/v1/statefulsets',
  Deployment: 'apps/v1/deployments',
}

function controllerOf(
  site: Site,
  namespace: string | undefined,
  kind: string,
  name: string,
): { key: string; object: KubeObject } | undefined {
  const object = site.store.get(resources[kind] ?? '', namespace, name)
  const owner = object?.metadata.ownerReferences?.find(one => one.controller === true)
  if (owner?.kind === 'Deployment') return controllerOf(site, namespace, 'Deployment', owner.name)
  return object && { key: object.metadata.uid ?? '', object }
}

/** The eviction API: asks the budgets, then deletes. A pod that is not ready may go where its budget is kept without it. */
export function evict(site: Site, pod: KubeObject): 'evicted' | { readonly blocked: string } {
  const held = site.store.list(resource, pod.metadata.namespace).filter(budget => matches(budget, pod))
  if (held.length > 1)
    return {
      blocked:
        'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    }
  for (const budget of held) {
    const status = (budget['status'] ?? {}) as Record<string, number | undefined>
    const { disruptionsAllowed = 0, currentHealthy = 0, desiredHealthy = 0 } = status
    if (!isReady(pod) && currentHealthy >= desiredHealthy) continue
    if (disruptionsAllowed > 0) {
      site.setStatus(resource, budget, { ...status, disruptionsAllowed: disruptionsAllowed - 1 })
      continue
    }
    return {
      blocked: `The disruption budget ${budget.metadata.name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
    }
  }
  deleted(site, podResource, pod)
  return 'evicted'
}
