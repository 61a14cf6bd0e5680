import type { RefusedError } from '../../base/errors.ts'
import { fileOf, findObject, nodeNames } from '../../model/changes.ts'
import type { Cluster, NodeFacts } from '../../model/cluster.ts'
import { getField } from '../../model/fields.ts'
import type { Read } from '../../model/read.ts'
import { readArguments } from '../shared/arguments.ts'
import { attempt, whyUnread } from '../shared/edit.ts'
import { envFiles, unitFolders, unitNames } from './files.ts'
import { fixedLine, type Place, placeOf } from './places.ts'
import { type Unit, type UnitLine, unitsOf } from './unit.ts'

export const flag = 'node-ip'

export interface KubeletState {
  readonly cluster: Cluster
  readonly nodes: readonly KubeletNode[]
}

export interface KubeletNode {
  readonly node: string
  /** Why nothing is known of it; undefined: it was read. */
  readonly unread: string | undefined
  readonly unit: Unit
  /** Where the --node-ip that counts stands; undefined: nowhere. */
  readonly place: Place | undefined
  /** The line of the unit that bears --node-ip itself. */
  readonly fixed: UnitLine | undefined
  /** Why its files cannot be understood. */
  readonly refused: RefusedError | undefined
  /** --node-ip of the running kubelet, '' where it has none; undefined: not known. */
  readonly running: string | undefined
  /** InternalIPs that the Node reports, in order. */
  readonly reported: readonly string[]
}

export const reads: readonly Read[] = [
  { kind: 'list', resource: 'v1/nodes' },
  { kind: 'network', on: 'all' },
  ...envFiles.map(path => ({ kind: 'file', path, on: 'all' }) as const),
  ...unitFolders.flatMap(folder => [
    ...unitNames.map(name => ({ kind: 'file', path: `${folder}/${name}`, on: 'all' }) as const),
    ...unitNames.map(name => ({ kind: 'files', pattern: `${folder}/${name}.d/*.conf`, on: 'all' }) as const),
  ]),
]

export function readKubelets(cluster: Cluster): KubeletState | undefined {
  const names = nodeNames(cluster)
  if (names.length === 0) return undefined
  const unitOf = unitsOf()
  return { cluster, nodes: names.map(node => readKubelet(cluster, node, unitOf)) }
}

function readKubelet(cluster: Cluster, node: string, unitOf: ReturnType<typeof unitsOf>): KubeletNode {
  const facts = cluster.nodes[node]
  const unit = unitOf(facts?.files ?? {})
  const text = (path: string) => fileOf(cluster, node, path)?.text
  const { value: place, refused } = attempt(node, () => placeOf(unit, text, flag))
  return {
    node,
    unread: facts === undefined ? whyUnread(cluster, node) : undefined,
    unit,
    place,
    fixed: fixedLine(unit, text, flag),
    refused,
    running: runningValue(facts),
    reported: reportedAddresses(cluster, node),
  }
}

function runningValue(facts: NodeFacts | undefined): string | undefined {
  const words = facts?.kubeletArguments
  return words === undefined ? undefined : (readArguments(words).get(flag) ?? '')
}

/** InternalIPs of a Node's status, in order. */
export function reportedAddresses(cluster: Cluster, node: string): readonly string[] {
  const addresses = getField(findObject(cluster, 'v1/nodes', undefined, node), ['status', 'addresses'])
  const list = (addresses ?? []) as readonly { type?: string; address?: string }[]
  return list.flatMap(({ type, address }) =>
    type === 'InternalIP' && address !== undefined ? [address] : [],
  )
}
