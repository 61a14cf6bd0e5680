import { familyOf, tryParseIP } from '../../address/index.ts'
import { fieldChange, findObject, objectChange } from '../../model/changes.ts'
import type { Cluster } from '../../model/cluster.ts'
import { getField } from '../../model/fields.ts'
import type { Simulation } from '../../model/simulation.ts'
import { readArguments } from '../shared/arguments.ts'
import { flag } from './read.ts'

/**
 * What a kubelet reports of its node: the addresses of --node-ip in their order, where all stand on interfaces of the node; else what it
 * reported before (nodestatus/setters.go: the setter is skipped with a log, and the Node stays Ready).
 */
export const simulateKubelet: Simulation = {
  boots(cluster, node) {
    const object = findObject(cluster, 'v1/nodes', undefined, node)
    const wanted = addressesOf(cluster, node)
    if (object === undefined || wanted === undefined) return []
    const before = (getField(object, ['status', 'addresses']) ?? []) as readonly Address[]
    const others = before.filter(({ type }) => type !== 'InternalIP')
    const after = [...wanted.map(address => ({ type: 'InternalIP', address })), ...others]
    const target = { kind: 'object', api: 'v1/nodes', name: node } as const
    return [objectChange(target, [fieldChange(object, ['status', 'addresses'], after)])].filter(
      change => change !== undefined,
    )
  },
}

type Address = { readonly type: string; readonly address: string }

/** undefined: nothing new is reported. A part that is no address is left out with a log; so is a second one of the same family. */
function addressesOf(cluster: Cluster, node: string): readonly string[] | undefined {
  const facts = cluster.nodes[node]
  const value = readArguments(facts?.kubeletArguments ?? []).get(flag)
  const given = (value ?? '')
    .split(',')
    .flatMap(part => (tryParseIP(part.trim()) === undefined ? [] : [part.trim()]))
  if (given.length === 0) return only(cluster, node)
  const known = new Set(facts?.addresses.map(one => tryParseIP(one.address)?.value))
  return given.every(address => known.has(tryParseIP(address)?.value)) ? given : undefined
}

/** Without the flag one address is reported: the one that was, or the first of them. */
function only(cluster: Cluster, node: string): readonly string[] | undefined {
  const object = findObject(cluster, 'v1/nodes', undefined, node)
  const before = (getField(object, ['status', 'addresses']) ?? []) as readonly Address[]
  const internal = before.filter(({ type }) => type === 'InternalIP').map(({ address }) => address)
  const [first] = internal
  return first === undefined
    ? undefined
    : internal.filter(address => familyOf(address) === familyOf(first)).slice(0, 1)
}
