import { type Family, otherFamily, type PerFamily } from '../../address/family.ts'
import { fileOf } from '../../model/changes.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { Goal } from '../../model/goal.ts'
import type { Gate } from '../../model/plan.ts'
import type { FreshRead } from '../../model/read.ts'
import { listed } from '../shared/families.ts'
import { gateKind, holds, waits } from '../shared/gate.ts'
import { kubeletConfig } from './read.ts'

/** Up to so many nodes each asks each other; of more, each asks a few. */
const allPairsUpTo = 8
/** Of more nodes than this, so many spread evenly are asked: a network that does not carry the family shows on any of them. */
const nodesAtMost = 200
const kubeletPort = 10250
/** What a packet carries besides the payload of an echo. */
const overhead: Readonly<Record<Family, number>> = { IPv4: 28, IPv6: 48 }

/** Gate, and rule of the same name (`rules/host-underlay.ts`): who ignores the one is not held up by the other. */
export const underlayId = 'host/underlay'

/** Which nodes try which addresses of each other. */
export interface Underlay {
  readonly family: Family
  readonly nodes: Readonly<Record<string, PerFamily<string>>>
}

/**
 * Before anything is changed: do the nodes reach each other over the family that is added? Nothing in the conversion itself would notice until
 * pods of two nodes cannot talk. undefined: one node, or none whose addresses are known.
 */
export function underlayGate(goal: Goal): Gate | undefined {
  const args = underlayOf(goal)
  return (
    args && {
      id: underlayId,
      args: { family: args.family, nodes: { ...args.nodes } },
      within: 20,
      steady: 0,
      because: `pods of two nodes reach each other over ${args.family} only where the nodes do; nothing has been changed yet, and --ignore ${underlayId} --i-know goes past it`,
    }
  )
}

/** undefined: no family is added, or fewer than two nodes are known by both families. */
export function underlayOf(goal: Goal): Underlay | undefined {
  const [primary, added] = goal.families
  if (primary === undefined || added === undefined) return undefined
  const family = added
  const known = Object.keys(goal.nodeAddresses).filter(
    node =>
      goal.nodeAddresses[node]?.[family] !== undefined && goal.nodeAddresses[node][primary] !== undefined,
  )
  if (known.length < 2) return undefined
  const step = Math.max(1, known.length / nodesAtMost)
  const asked = known.sort().filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step))
  return { family, nodes: Object.fromEntries(asked.map(node => [node, { ...goal.nodeAddresses[node] }])) }
}

/** The nodes that a node asks. Beyond a few: its next in a ring, and two across it. */
function peersOf(names: readonly string[], index: number): readonly string[] {
  const count = names.length
  const strides =
    count <= allPairsUpTo
      ? names.map((_, stride) => stride)
      : [1, Math.floor(count / 3), Math.floor(count / 2)]
  return [...new Set(strides.map(stride => (index + stride) % count))]
    .filter(other => other !== index)
    .flatMap(other => names[other] ?? [])
}

const pairsOf = ({ nodes }: Underlay): readonly (readonly [string, string])[] => {
  const names = Object.keys(nodes).sort()
  return names.flatMap((from, index) => peersOf(names, index).map(to => [from, to] as const))
}

const port = (address: string): string => `${address.includes(':') ? `[${address}]` : address}:${kubeletPort}`

/** As large as the sender's interface allows: a way that carries less shows here, and not in the middle of an answer. */
function fullSize(cluster: Cluster, node: string, family: Family, address: string): number {
  const found = cluster.nodes[node]?.addresses.find(one => one.family === family && one.address === address)
  return Math.min(found?.mtu ?? 1500, 9000) - overhead[family]
}

export const underlayKind = gateKind<Underlay>({
  reads(args, cluster) {
    const { family, nodes } = args
    return pairsOf(args).flatMap(([from, to]): FreshRead[] => {
      const [own, added, primary] = [
        nodes[from]?.[family],
        nodes[to]?.[family],
        nodes[to]?.[otherFamily(family)],
      ]
      if (own === undefined || added === undefined || primary === undefined) return []
      return [
        { kind: 'reach', node: from, addresses: [port(added), port(primary)] },
        {
          kind: 'ping',
          node: from,
          targets: [
            { address: added, bytes: fullSize(cluster, from, family, own) },
            { address: primary, bytes: 16 },
          ],
        },
      ]
    })
  },
  judge(cluster, args) {
    const bad = brokenWays(cluster, args).map(({ from, to, message }) => `${from} to ${to}: ${message}`)
    if (bad.length > 0)
      return waits(`${listed(bad, 3)} (${bad.length} of ${pairsOf(args).length} ways tried)`)
    return holds(
      `${Object.keys(args.nodes).length} nodes reach each other over ${args.family}, as far as was tried`,
    )
  },
})

/** The ways that do not carry the family, of those that were tried. */
export const brokenWays = (cluster: Cluster, args: Underlay) =>
  pairsOf(args).flatMap(([from, to]) => {
    const message = judgePair(cluster, args, from, to)
    return message === undefined
      ? []
      : [{ from, to: `${to} (${args.nodes[to]?.[args.family] ?? ''})`, message }]
  })

/** What is wrong between two nodes; undefined: nothing that could be shown. The family that works is asked the same, to tell by. */
function judgePair(
  cluster: Cluster,
  { family, nodes }: Underlay,
  from: string,
  to: string,
): string | undefined {
  const added = nodes[to]?.[family] ?? ''
  const primary = nodes[to]?.[otherFamily(family)] ?? ''
  const { ping = {}, reach = {} } = cluster.nodes[from] ?? {}
  if (ping[added] === 'small')
    return `small packets arrive, those of full size do not: the MTU of the way is smaller than the interface's, and nobody says so`
  if (reach[port(added)] === true) return undefined
  const isOpenInPrimary = reach[port(primary)] === true && !isBound(cluster, to)
  if (ping[added] === 'full') {
    if (!isOpenInPrimary || reach[port(added)] === undefined) return undefined
    return `answers to ping, but not on port ${kubeletPort} as it does over ${otherFamily(family)}: a firewall that knows one family only?`
  }
  // Where the family that works answers nothing either, silence says nothing.
  const isSilent = ping[added] === undefined && reach[port(added)] === undefined
  const answersInPrimary =
    ping[added] === undefined ? isOpenInPrimary : ping[primary] === 'full' || isOpenInPrimary
  return isSilent || !answersInPrimary ? undefined : `nothing answers over ${family}`
}

/** A kubelet that listens on one address only says nothing about the other family. */
function isBound(cluster: Cluster, node: string): boolean {
  const config = fileOf(cluster, node, kubeletConfig)?.text ?? ''
  const address = /^address:\s*["']?([^"'\s]+)/m.exec(config)?.[1] ?? ''
  const flag = cluster.nodes[node]?.kubeletArguments
    ?.find(argument => argument.startsWith('--address='))
    ?.slice(10)
  return !['', '0.0.0.0', '::'].includes(flag ?? address)
}
