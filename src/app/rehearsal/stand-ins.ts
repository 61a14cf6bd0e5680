import { isControlPlane } from '../../observe/wanted.ts'
import type { Cluster } from '../../model/cluster.ts'
import { getText } from '../../model/fields.ts'
import { Choice } from './choice.ts'
import { cut } from './cut.ts'
import { nodesForDaemonSet } from './daemon-sets.ts'
import type { Kinds, Sorted } from './sort-out.ts'
import { budgets, keyOf, type Selector, type Unit } from './workload-units.ts'

/** Of each kind this many are practised: one may be alone in what it is, of two the second waits for the first. */
const ofEach = 2
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
  /** What is not practised, in words. */
  readonly left: readonly string[]
}

/**
 * The part of a cluster that stands for all of it: some of each kind of node, of workload and of Service, with what belongs to them; all
 * control planes, DaemonSets and workloads of the system. Nothing is edited but counts (see `cut`). The same cluster gives the same part.
 */
export function standIns(
  sorted: Sorted,
  wanted: Wanted,
  pods = mostPods,
  choice = choiceFor(sorted),
): StandIns {
  const { cluster, units } = sorted
  const asked = [...units.units.values()].filter(({ key }) => wanted.keys.has(key))
  for (const unit of asked) if (unit.pods.length <= pods.first) choice.keep(unit)
  const called = servicesOfWebhooks(cluster)
  for (const selector of units.selectors)
    if (called.has(selector.key)) choice.take(selector)
    else if (wanted.keys.has(selector.key)) choice.offer(selector, pods.first)
  // First one of each: there may not be room for two.
  keepOfEach(sorted.workloads, choice, 1, pods.first)
  choice.settle()
  for (const members of sorted.services.groups.slice(0, sorted.services.most)) offerSome(members, choice)
  keepOfEach(sorted.workloads, choice, ofEach, pods.second)
  choice.settle()
  const { kept, selecting, counting } = choice
  const alone = units.selectors.filter(one => one.units.size === 0 && one.resource === budgets)

  const nodes = nodesFor(sorted, kept, wanted)
  const keys = new Set([...kept, ...selecting, ...alone].map(({ key }) => key))
  const hasNone = <Item>({ groups }: Kinds<Item>, isThere: (item: Item) => boolean) =>
    groups.filter(members => !members.some(isThere))
  const tooMany = (unit: Unit): string =>
    `${unit.key}: ${unit.pods.length > pods.first ? `it has ${unit.pods.length} pods` : 'there is no room left'}`
  const selects = (selector: Selector): string =>
    `${selector.key}: it selects ${choice.pulled(selector)} pods more`
  return {
    cluster: cut(cluster, units, { nodes, keys }),
    kinds: {
      nodes: sorted.nodes.groups.length,
      workloads: sorted.workloads.groups.length,
      services: sorted.services.groups.length,
    },
    left: [
      ...new Set([
        ...leftOf(
          sorted.nodes,
          hasNone(sorted.nodes, ({ metadata }) => nodes.has(metadata.name)),
        ),
        ...leftOf(
          sorted.workloads,
          hasNone(sorted.workloads, unit => kept.has(unit)),
          tooMany,
        ),
        ...leftOf(
          sorted.services,
          hasNone(sorted.services, one => selecting.has(one)),
          selects,
        ),
        ...crowdOf(sorted, kept),
        ...asked.filter(unit => !kept.has(unit)).map(tooMany),
        ...choice.without().map(selects),
        ...[...counting].map(({ key }) => `${key}: it counts pods of a DaemonSet`),
      ]),
    ],
  }
}

const choiceFor = ({ always }: Sorted): Choice => new Choice(always)

/** Of each kind of workload as many as `count`, if there are, unless those that are left have too many pods. */
function keepOfEach({ groups, most }: Kinds<Unit>, choice: Choice, count: number, mostPods: number): void {
  for (const members of groups.slice(0, most)) {
    const there = members.filter(unit => choice.kept.has(unit)).length
    for (const unit of members.filter(one => !choice.kept.has(one)).slice(0, Math.max(0, count - there)))
      if (unit.pods.length <= mostPods) choice.keep(unit)
  }
}

/** Of a kind of Service those that bring the fewest pods along. */
function offerSome(members: readonly Selector[], choice: Choice): void {
  const there = members.filter(selector => choice.selecting.has(selector)).length
  const missing = members
    .filter(selector => !choice.selecting.has(selector))
    .map(selector => ({ selector, more: choice.pulled(selector) }))
    .toSorted((a, b) => a.more - b.more)
  for (const { selector } of missing.slice(0, Math.max(0, ofEach - there))) choice.offer(selector)
}

/** Kinds of which none is there: the rarest in one line, of others why. */
function leftOf<Item>(
  { what, name, groups, most }: Kinds<Item>,
  none: readonly (readonly Item[])[],
  why?: (item: Item) => string,
): readonly string[] {
  const rare = new Set(groups.slice(most))
  const beyond = none.filter(members => rare.has(members))
  const [one] = beyond.flat()
  return [
    ...(one === undefined
      ? []
      : [`${beyond.length} rarer kinds of ${what}s, of ${groups.length}: ${name(one)} is of one`]),
    ...none.flatMap(members => {
      const [first] = members
      return first === undefined || why === undefined || rare.has(members) ? [] : [why(first)]
    }),
  ]
}

function crowdOf({ crowd }: Sorted, kept: ReadonlySet<Unit>): readonly string[] {
  const away = crowd.filter(unit => !kept.has(unit))
  const pods = away.reduce((sum, unit) => sum + unit.pods.length, 0)
  return away.length === 0
    ? []
    : [`${away.length} workloads of system namespaces, with ${pods} pods: there are too many to have all`]
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

function nodesFor(
  { cluster, nodes: kinds }: Sorted,
  kept: ReadonlySet<Unit>,
  wanted: Wanted,
): ReadonlySet<string> {
  const all = cluster.objects['v1/nodes'] ?? []
  const nodes = new Set(wanted.nodes)
  for (const node of all) if (isControlPlane(node)) nodes.add(node.metadata.name)
  for (const unit of kept) if (unit.kind !== 'DaemonSet') for (const { node } of unit.pods) nodes.add(node)
  nodes.delete('')
  for (const unit of kept)
    if (unit.kind === 'DaemonSet')
      for (const node of nodesForDaemonSet(unit, all, nodes, ofEach)) nodes.add(node)
  for (const members of kinds.groups.slice(0, kinds.most)) {
    const there = members.filter(({ metadata }) => nodes.has(metadata.name)).length
    const others = members.filter(({ metadata }) => !nodes.has(metadata.name))
    for (const { metadata } of others.slice(0, Math.max(0, ofEach - there))) nodes.add(metadata.name)
  }
  return nodes
}
