import { groupBy } from '../../layers/shared/group.ts'
import type { KubeObject, Pod } from '../../model/cluster.ts'
import { getField } from '../../model/fields.ts'
import { fits, type PodSpec } from '../../practice/index.ts'
import { byName, type Unit } from './workload-units.ts'

/** A DaemonSet has a pod on each node that is practised, and not on others: which nodes must be there for it, and its counts for those. */

const countOf = (set: KubeObject | undefined, field: string): number =>
  Number(getField(set, ['status', field]) ?? 0)

/** Pods of the template as it is now: nobody makes pods of an older one. */
function newest(pods: readonly Pod[]): (pod: Pod) => boolean {
  const youngest = pods.reduce<Pod | undefined>(
    (best, pod) => (best === undefined || pod.created > best.created ? pod : best),
    undefined,
  )
  return pod => pod.revision === youngest?.revision
}

/** Nodes that it wants a pod on and has none. */
function bareNodes({ object, pods }: Unit, nodes: readonly KubeObject[]): readonly string[] {
  if (countOf(object, 'currentNumberScheduled') >= countOf(object, 'desiredNumberScheduled')) return []
  const spec = (getField(object, ['spec', 'template', 'spec']) ?? {}) as PodSpec
  const there = new Set(pods.map(({ node }) => node))
  return nodes
    .filter(node => !there.has(node.metadata.name) && fits(node, spec, true))
    .map(({ metadata }) => metadata.name)
}

/**
 * Nodes to bring in, so that at least `least` have one of its pods, and one each of the states that its pods are in: what is half done in
 * the whole is half done in the part.
 */
export function nodesForDaemonSet(
  unit: Unit,
  nodes: readonly KubeObject[],
  there: ReadonlySet<string>,
  least: number,
): readonly string[] {
  const isNewest = newest(unit.pods)
  const states = groupBy(unit.pods, pod =>
    JSON.stringify([
      isNewest(pod),
      pod.phase,
      pod.ready,
      pod.deleting,
      pod.families,
      pod.waiting !== undefined,
      pod.ended !== undefined,
    ]),
  )
  const brought = new Set<string>()
  const isThere = (node: string): boolean => there.has(node) || brought.has(node)
  const bring = (names: readonly string[], count: number): void => {
    const own = [...new Set(names)].filter(node => node !== '').toSorted(byName)
    const missing = count - own.filter(isThere).length
    for (const node of own.filter(name => !isThere(name)).slice(0, Math.max(0, missing))) brought.add(node)
  }
  for (const pods of states.values())
    bring(
      pods.map(({ node }) => node),
      1,
    )
  bring(bareNodes(unit, nodes), 1)
  bring(
    unit.pods.map(({ node }) => node),
    least,
  )
  return [...brought]
}

/**
 * Its counts for the pods and nodes that are left. What was all is all of these, what was nothing stays nothing; between them lies what is
 * counted here, and never all.
 */
export function countedFor(
  set: KubeObject,
  unit: Unit | undefined,
  nodes: readonly KubeObject[],
  isKept: (pod: Pod) => boolean,
): KubeObject {
  const status = set['status'] as Readonly<Record<string, unknown>> | undefined
  const all = status?.['desiredNumberScheduled']
  if (status === undefined || unit === undefined || typeof all !== 'number') return set
  const isNewest = newest(unit.pods)
  const on = (is: (pod: Pod) => boolean): number =>
    new Set(unit.pods.filter(pod => isKept(pod) && is(pod)).map(({ node }) => node)).size
  const kept = on(() => true)
  const desired = kept + bareNodes(unit, nodes).length
  const fitted = (field: string, counted: number): number => {
    const value = countOf(set, field)
    return value >= all ? desired : value <= 0 ? 0 : Math.max(0, Math.min(counted, desired - 1))
  }
  const ready = on(pod => pod.ready)
  const available = fitted('numberAvailable', ready)
  const counts: Readonly<Record<string, number>> = {
    desiredNumberScheduled: desired,
    currentNumberScheduled: fitted('currentNumberScheduled', kept),
    updatedNumberScheduled: fitted('updatedNumberScheduled', on(isNewest)),
    numberReady: fitted('numberReady', ready),
    numberAvailable: available,
    numberUnavailable: desired - available,
  }
  return {
    ...set,
    status: Object.fromEntries(Object.entries(status).map(([key, value]) => [key, counts[key] ?? value])),
  }
}
