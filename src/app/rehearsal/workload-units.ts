import type { Cluster, KubeObject, Pod, Resource } from '../../model/cluster.ts'
import { getField } from '../../model/fields.ts'
import { ownerResolver } from '../../model/owners.ts'
import { nameOf, resourceOf } from '../../layers/workloads/read.ts'
import type { LabelSelector } from '../../layers/shared/selector.ts'
import { whoSelects } from '../../layers/shared/who-selects.ts'

/** An owner with all its pods: it is practised as a whole, or not at all. DaemonSets are on the nodes that are practised. */
export interface Unit {
  /** `Deployment demo/web` */
  readonly key: string
  readonly kind: string
  readonly namespace: string
  object: KubeObject | undefined
  readonly pods: Pod[]
  /** Services and budgets that select some of its pods. */
  readonly selectors: Set<Selector>
}

/** A Service or a budget: with all that it selects, or not at all; its numbers would be wrong. */
export interface Selector {
  /** `Service demo/web` */
  readonly key: string
  readonly resource: Resource
  readonly object: KubeObject
  readonly units: Set<Unit>
}

export interface Units {
  readonly units: ReadonlyMap<string, Unit>
  readonly selectors: readonly Selector[]
  /** Keys of all units and selectors. */
  readonly known: ReadonlySet<string>
  /** Undefined: a mirror pod, which belongs to its node. */
  readonly unitOf: (pod: Pod) => Unit | undefined
}

export const services: Resource = 'v1/services'
export const budgets: Resource = 'policy/v1/poddisruptionbudgets'

const selecting: Readonly<Record<Resource, { kind: string; selector: (object: KubeObject) => unknown }>> = {
  [services]: {
    kind: 'Service',
    selector: object => {
      const matchLabels = getField(object, ['spec', 'selector'])
      return matchLabels === null || Object.keys(matchLabels).length === 0 ? undefined : { matchLabels }
    },
  },
  [budgets]: {
    kind: 'PodDisruptionBudget',
    selector: object => getField(object, ['spec', 'selector']) ?? undefined,
  },
}

/** Kinds of units and of what selects them, by resource: the first word of their keys. */
export const kindOf: Readonly<Record<Resource, string>> = {
  ...Object.fromEntries(Object.entries(resourceOf).map(([kind, resource]) => [resource, kind])),
  ...Object.fromEntries(Object.entries(selecting).map(([resource, { kind }]) => [resource, kind])),
}

export const keyOf = (kind: string, { namespace = '', name }: KubeObject['metadata']): string =>
  nameOf({ kind, namespace, name })

export const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Whether an object is made by another one that stands for it. */
export const isMade = ({ metadata }: KubeObject): boolean =>
  metadata.ownerReferences?.some(({ kind, controller }) => controller === true && kind === 'Deployment') ===
  true

/** Every owner, with its pods or without any, and what selects them. */
export function unitsOf(cluster: Cluster): Units {
  const units = new Map<string, Unit>()
  const unit = (kind: string, namespace: string, name: string): Unit => {
    const key = nameOf({ kind, namespace, name })
    const known = units.get(key)
    if (known !== undefined) return known
    const made: Unit = { key, kind, namespace, object: undefined, pods: [], selectors: new Set() }
    units.set(key, made)
    return made
  }
  for (const [kind, resource] of Object.entries(resourceOf))
    for (const object of cluster.objects[resource] ?? [])
      if (!isMade(object)) unit(kind, object.metadata.namespace ?? '', object.metadata.name).object = object

  const resolve = ownerResolver(cluster)
  const owners = new Map<Pod, Unit>()
  for (const pod of cluster.pods) {
    const { kind, namespace, name } = resolve(pod)
    if (kind === 'Node') continue
    const own = unit(kind, namespace, name)
    own.pods.push(pod)
    owners.set(pod, own)
  }
  const selectors = Object.entries(selecting).flatMap(([resource, { kind }]) =>
    (cluster.objects[resource] ?? []).map(
      (object): Selector => ({ key: keyOf(kind, object.metadata), resource, object, units: new Set() }),
    ),
  )
  const find = whoSelects(selectors, ({ resource, object }) => ({
    namespace: object.metadata.namespace ?? '',
    selector: selecting[resource]?.selector(object) as LabelSelector | undefined,
  }))
  for (const [pod, own] of owners)
    for (const selector of find(pod)) {
      selector.units.add(own)
      own.selectors.add(selector)
    }
  const known = new Set([...units.keys(), ...selectors.map(({ key }) => key)])
  return { units, selectors, known, unitOf: pod => owners.get(pod) }
}
