import { groupBy } from '../../layers/shared/group.ts'
import { resourceOf } from '../../layers/workloads/read.ts'
import type { Cluster, KubeObject } from '../../model/cluster.ts'
import { getField, getText } from '../../model/fields.ts'
import { isControlPlane } from '../../observe/wanted.ts'
import { factTexts, nodeKind, serviceKind, workloadKind } from './kinds.ts'
import { chosenLabels } from './node-labels.ts'
import { budgets, byName, type Selector, services, type Unit, type Units, unitsOf } from './workload-units.ts'

/** Of so many kinds some are practised; of more than these the rarest are not. */
const most = { nodes: 30, workloads: 100, services: 60 }
/** Pods of system namespaces that are all practised; with more, workloads there stand for each other as everywhere. */
const mostOfSystem = 500

/** What of a cluster stays the same, whatever is wanted besides. */
export interface Sorted {
  readonly cluster: Cluster
  readonly units: Units
  /** DaemonSets, and workloads that layers read: they all stay. */
  readonly always: ReadonlySet<Unit>
  /** Workloads of system namespaces that do not, since there are too many. */
  readonly crowd: readonly Unit[]
  /** But for control planes, which all stay. */
  readonly nodes: Kinds<KubeObject>
  readonly workloads: Kinds<Unit>
  readonly services: Kinds<Selector>
}

export interface Kinds<Item> {
  readonly what: string
  readonly name: (item: Item) => string
  /** The members of each kind, those that are taken first in front; so are the kinds. */
  readonly groups: readonly (readonly Item[])[]
  /** Kinds beyond so many are not practised. */
  readonly most: number
}

/** Nodes, workloads and Services of a cluster by what matters of them for a conversion. */
export function sortOut(cluster: Cluster, limit = mostOfSystem): Sorted {
  const units = unitsOf(cluster)
  const all = [...units.units.values()]
  const { always, crowd } = alwaysOf(all, limit)
  const chosen = chosenLabels(cluster)
  const nodeName = ({ metadata }: KubeObject): string => metadata.name
  const shape = (node: KubeObject): string => nodeKind(node, chosen(node))
  const facts = (node: KubeObject): string => {
    const own = cluster.nodes[node.metadata.name]
    return own === undefined ? 'not read' : factTexts(node.metadata.name, addressesOf(cluster, node))(own)
  }
  const key = ({ key }: Unit | Selector): string => key
  return {
    cluster,
    units,
    always,
    crowd,
    nodes: {
      what: 'node',
      name: nodeName,
      most: most.nodes,
      groups: kindsOf(
        (cluster.objects['v1/nodes'] ?? []).filter(node => !isControlPlane(node)),
        [shape, facts],
        (a, b) => byName(nodeName(a), nodeName(b)),
      ),
    },
    workloads: {
      what: 'workload',
      name: key,
      most: most.workloads,
      groups: kindsOf(
        all.filter(unit => !always.has(unit)),
        [unit => workloadKind(unit.kind, unit.object, unit.pods, budgetsOf(unit))],
        byFewPods,
      ),
    },
    services: {
      what: 'Service',
      name: key,
      most: most.services,
      groups: kindsOf(
        units.selectors.filter(({ resource }) => resource === services),
        [({ object, units: selected }) => serviceKind(object, selected.size > 0)],
        (a, b) => byName(a.key, b.key),
      ),
    },
  }
}

/** Layers read what is in these. */
const isSystem = (namespace: string): boolean => /^(?:kube-|calico-|tigera-)/.test(namespace)
/** What is made to end, and what nobody makes again, layers do not look for. */
const isLasting = (kind: string): boolean => kind in resourceOf && kind !== 'Job'

function alwaysOf(units: readonly Unit[], limit: number): Pick<Sorted, 'always' | 'crowd'> {
  const always = new Set(units.filter(({ kind }) => kind === 'DaemonSet'))
  const crowd: Unit[] = []
  let room = limit
  const own = units.filter(({ kind, namespace }) => isSystem(namespace) && isLasting(kind))
  for (const unit of own.filter(one => !always.has(one)).toSorted(byFewPods)) {
    const size = Math.max(1, unit.pods.length)
    if (size > room) crowd.push(unit)
    else {
      always.add(unit)
      room -= size
    }
  }
  return { always, crowd }
}

/** Two pods wait for each other, one is enough for what has but one; more only take longer. */
function byFewPods(a: Unit, b: Unit): number {
  return (
    Number(a.pods.length === 1) - Number(b.pods.length === 1) ||
    a.pods.length - b.pods.length ||
    byName(a.key, b.key)
  )
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

/**
 * Things by their kind, the most frequent first: but one kind of each that are alike in what counts most comes before the second of any.
 * Where each node has a file like no other, another kernel is found all the same.
 * @param ways what makes a kind, what counts most first
 */
function kindsOf<Item>(
  items: readonly Item[],
  ways: readonly ((item: Item) => string)[],
  order: (a: Item, b: Item) => number,
): readonly (readonly Item[])[] {
  const [rough = () => '', ...finer] = ways
  const alike = [...groupBy(items, rough).values()].map(group =>
    [...groupBy(group, item => finer.map(way => way(item)).join('\n')).values()]
      .map(members => members.toSorted(order))
      .toSorted(bySize(order)),
  )
  const firsts = alike.flatMap(groups => groups.slice(0, 1))
  const others = alike.flatMap(groups => groups.slice(1))
  return [...firsts.toSorted(bySize(order)), ...others.toSorted(bySize(order))]
}

const bySize =
  <Item>(order: (a: Item, b: Item) => number) =>
  (a: readonly Item[], b: readonly Item[]): number =>
    b.length - a.length || (a[0] !== undefined && b[0] !== undefined ? order(a[0], b[0]) : 0)
