import type { Cluster, KubeObject } from '../../model/cluster.ts'
import { getField, getText } from '../../model/fields.ts'
import { groupBy } from '../../layers/shared/group.ts'
import { isControlPlane } from '../../observe/wanted.ts'
import { cut, type Kept } from './cut.ts'
import { nodesForDaemonSet } from './daemon-sets.ts'
import { factTexts, nodeKind, serviceKind, workloadKind } from './kinds.ts'
import { budgets, keyOf, type Selector, services, type Unit, type Units, unitsOf } from './workload-units.ts'

/** Of each kind this many are practised: one may be alone in what it is, of two the second waits for the first. */
const ofEach = 2
/** Of kinds beyond these, the rarest are not practised, and that is told. */
const most = { nodes: 30, workloads: 100, services: 60 }
/** What selects more pods than these beside those that are practised is left out: it would bring half the cluster with it. */
const mostPulled = 100

/** Pods of one workload: with more it is left to `--whole`, and a second of its kind is taken only when it is small. */
const mostPods = { first: 300, second: 50 }

/** What must be there, by name: nodes, and keys of units and of what selects them. */
export interface Wanted {
  readonly nodes: ReadonlySet<string>
  readonly keys: ReadonlySet<string>
}

export interface StandIns {
  readonly cluster: Cluster
  /** How many kinds there are, of nodes, workloads and Services. */
  readonly kinds: { readonly nodes: number; readonly workloads: number; readonly services: number }
  /** Kinds that are not practised, in words. */
  readonly left: readonly string[]
}

/** What of a cluster stays the same, whatever is wanted besides. */
export interface Sorted {
  readonly cluster: Cluster
  readonly units: Units
  readonly nodes: Kinds<KubeObject>
  readonly workloads: Kinds<Unit>
  readonly services: Kinds<Selector>
}

interface Kinds<Item> {
  readonly all: number
  /** The members of each kind that is practised. */
  readonly members: readonly (readonly Item[])[]
  readonly left: readonly string[]
}

/** Namespaces whose workloads all stay: layers read them. */
const isSystem = (namespace: string): boolean => /^(?:kube-|calico-|tigera-)/.test(namespace)
const isAlways = ({ kind, namespace }: Unit): boolean => kind === 'DaemonSet' || isSystem(namespace)
const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Nodes, workloads and Services of a cluster by what matters of them for a conversion. */
export function sortOut(cluster: Cluster): Sorted {
  const units = unitsOf(cluster)
  const nodes = (cluster.objects['v1/nodes'] ?? []).filter(node => !isControlPlane(node))
  const others = [...units.units.values()].filter(unit => !isAlways(unit))
  return {
    cluster,
    units,
    nodes: kindsOf(
      'node',
      most.nodes,
      nodes,
      node => nodeKind(cluster, node, factTexts(node.metadata.name, addressesOf(cluster, node))),
      ({ metadata }) => metadata.name,
    ),
    workloads: kindsOf(
      'workload',
      most.workloads,
      others,
      unit => workloadKind(unit.kind, unit.object, unit.pods, budgetsOf(unit)),
      ({ key }) => key,
    ),
    services: kindsOf(
      'Service',
      most.services,
      units.selectors.filter(({ resource }) => resource === services),
      ({ object, units: selected }) => serviceKind(object, selected.size > 0),
      ({ key }) => key,
    ),
  }
}

const budgetsOf = (unit: Unit): readonly KubeObject[] =>
  [...unit.selectors].filter(({ resource }) => resource === budgets).map(({ object }) => object)

function addressesOf(cluster: Cluster, node: KubeObject): readonly string[] {
  const said = getField(node, ['status', 'addresses'])
  return [
    ...(Array.isArray(said) ? said.map(one => getText(one, ['address']) ?? '') : []),
    ...(cluster.nodes[node.metadata.name]?.addresses.map(({ address }) => address) ?? []),
  ]
}

function kindsOf<Item>(
  what: string,
  limit: number,
  items: readonly Item[],
  kind: (item: Item) => string,
  name: (item: Item) => string,
): Kinds<Item> {
  const groups = [...groupBy(items, kind).values()]
    .map(group => group.toSorted((a, b) => byName(name(a), name(b))))
    .toSorted((a, b) => b.length - a.length)
  const beyond = groups.slice(limit)
  const [first] = beyond.flat()
  return {
    all: groups.length,
    members: groups.slice(0, limit),
    left:
      first === undefined
        ? []
        : [`${beyond.length} rarer kinds of ${what}s, of ${groups.length}: ${name(first)} is of one`],
  }
}

/**
 * The part of a cluster that stands for all of it: some of each kind of node, of workload and of Service, with what belongs to them; all
 * control planes, DaemonSets and workloads of the system. Nothing is edited but counts (see `cut`). The same cluster gives the same part.
 */
export function standIns(sorted: Sorted, wanted: Wanted, pods = mostPods): StandIns {
  const { cluster, units } = sorted
  const kept = new Set<Unit>()
  const left: string[] = []
  for (const unit of units.units.values()) if (isAlways(unit) || wanted.keys.has(unit.key)) kept.add(unit)
  for (const members of sorted.workloads.members) {
    const [first, ...others] = members.toSorted(byFewPods)
    if (first === undefined) continue
    if (first.pods.length > pods.first) {
      if (!kept.has(first)) left.push(`${first.key}: it has ${first.pods.length} pods`)
    } else
      for (const unit of [first, ...others.slice(0, ofEach - 1)])
        if (unit === first || unit.pods.length <= pods.second) kept.add(unit)
  }

  const selecting = new Set<Selector>()
  const counting = new Set<Selector>()
  const pulled = (selector: Selector): number =>
    [...selector.units].reduce((sum, unit) => sum + (kept.has(unit) ? 0 : unit.pods.length), 0)
  const take = (selector: Selector): void => {
    // Of a DaemonSet's pods only those on nodes that are practised are there: a budget that counts them would allow none to go.
    if (selector.resource === budgets && [...selector.units].some(({ kind }) => kind === 'DaemonSet')) {
      counting.add(selector)
      return
    }
    selecting.add(selector)
    for (const unit of selector.units) kept.add(unit)
  }
  // First those that bring nothing along: they may be of every kind.
  settle(kept, take, pulled)
  const called = servicesOfWebhooks(cluster)
  for (const selector of units.selectors)
    if (wanted.keys.has(selector.key) || called.has(selector.key)) take(selector)
  for (const members of sorted.services.members) {
    const there = members.filter(selector => selecting.has(selector)).length
    const missing = members
      .filter(selector => !selecting.has(selector))
      .map(selector => ({ selector, more: pulled(selector) }))
      .toSorted((a, b) => a.more - b.more)
      .slice(0, Math.max(0, ofEach - there))
    for (const { selector, more } of missing)
      if (more <= mostPulled) take(selector)
      else if (there === 0 && !selecting.has(selector))
        left.push(`${selector.key}: it selects ${more} pods more`)
  }
  settle(kept, take, pulled)
  for (const selector of units.selectors)
    if (selector.units.size === 0 && selector.resource === budgets) selecting.add(selector)

  const nodes = nodesFor(sorted, kept, wanted)
  const keys = new Set([...[...kept].map(({ key }) => key), ...[...selecting].map(({ key }) => key)])
  const chosen: Kept = { nodes, keys }
  return {
    cluster: cut(cluster, units, chosen),
    kinds: { nodes: sorted.nodes.all, workloads: sorted.workloads.all, services: sorted.services.all },
    left: [
      ...sorted.nodes.left,
      ...sorted.workloads.left,
      ...sorted.services.left,
      ...left,
      ...[...counting].map(({ key }) => `${key}: it counts pods of a DaemonSet`),
    ],
  }
}

/** A webhook that nobody answers would refuse what the whole cluster takes. */
function servicesOfWebhooks(cluster: Cluster): ReadonlySet<string> {
  const called = new Set<string>()
  for (const [resource, objects] of Object.entries(cluster.objects))
    if (resource.endsWith('webhookconfigurations'))
      for (const object of objects) {
        const { webhooks } = object as { webhooks?: unknown }
        for (const webhook of Array.isArray(webhooks) ? (webhooks as unknown[]) : []) {
          const service = (key: string): string => getText(webhook, ['clientConfig', 'service', key]) ?? ''
          called.add(keyOf('Service', { namespace: service('namespace'), name: service('name') }))
        }
      }
  return called
}

/** Two pods wait for each other, one is enough for what has but one; more only take longer. */
const byFewPods = (a: Unit, b: Unit): number =>
  Number(a.pods.length === 1) - Number(b.pods.length === 1) ||
  a.pods.length - b.pods.length ||
  byName(a.key, b.key)

/** Brings in what selects pods of the units that are kept, until nothing more comes. */
function settle(
  kept: ReadonlySet<Unit>,
  take: (selector: Selector) => void,
  pulled: (selector: Selector) => number,
): void {
  // A set gives those that come while it is gone through, too.
  for (const unit of kept)
    for (const selector of unit.selectors)
      if (isAlways(unit) ? pulled(selector) === 0 : pulled(selector) <= mostPulled) take(selector)
}

function nodesFor(
  { cluster, nodes: kinds }: Sorted,
  kept: ReadonlySet<Unit>,
  wanted: Wanted,
): ReadonlySet<string> {
  const nodes = new Set(wanted.nodes)
  for (const node of cluster.objects['v1/nodes'] ?? [])
    if (isControlPlane(node)) nodes.add(node.metadata.name)
  for (const unit of kept) if (unit.kind !== 'DaemonSet') for (const { node } of unit.pods) nodes.add(node)
  nodes.delete('')
  for (const unit of kept)
    if (unit.kind === 'DaemonSet')
      for (const node of nodesForDaemonSet(unit, cluster.objects['v1/nodes'] ?? [], nodes, ofEach))
        nodes.add(node)
  for (const members of kinds.members) {
    const there = members.filter(({ metadata }) => nodes.has(metadata.name)).length
    const others = members.filter(({ metadata }) => !nodes.has(metadata.name))
    for (const { metadata } of others.slice(0, Math.max(0, ofEach - there))) nodes.add(metadata.name)
  }
  return nodes
}
