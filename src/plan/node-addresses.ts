import { contains, formatIP, isGlobalUnicast, parseCIDR, parseIP } from '../address/index.ts'
import { type Family, families, type PerFamily } from '../address/family.ts'
import { RefusedError, UsageError } from '../base/errors.ts'
import type { Cluster, InterfaceAddress, KubeObject } from '../model/cluster.ts'
import { virtualAddresses } from '../layers/shared/virtual-address.ts'
import { getField } from '../model/fields.ts'
import { nearest } from '../text/nearest.ts'

/** Addresses that come and go, or that belong to whoever holds a virtual IP today: never a node's own. */
const passing = ['temporary', 'deprecated', 'tentative', 'dadfailed', 'secondary']

/** How the addresses of nodes are found that nobody named one by one. */
export interface NodesFrom {
  /** Name of an interface; `*` stands for any characters. */
  readonly interface?: string
  /** CIDR in which the address lies. */
  readonly cidr?: string
}

export interface Choice {
  /** From a person, by node: wins over everything. */
  readonly given?: Readonly<Record<string, PerFamily<string>>>
  /** From a person, for all nodes; of the family `added` alone. */
  readonly from?: NodesFrom
  readonly added?: Family
}

/**
 * The address of every node in every wanted family: what a person named; else what the Node reports; else the best on the interface that
 * holds the reported one. Where a person said in which network or on which interface it lies, that counts before what the Node reports.
 * @throws RefusedError `node.no-address` naming every node that has none; UsageError `node.unknown` for a name that no node has
 */
export function chooseNodeAddresses(
  cluster: Cluster,
  wanted: readonly Family[],
  { given = {}, from, added }: Choice = {},
): Readonly<Record<string, PerFamily<string>>> {
  const chosen: Record<string, PerFamily<string>> = {}
  const without: string[] = []
  requireKnown(cluster, Object.keys(given))
  const virtual = virtualAddresses(cluster)
  for (const node of cluster.objects['v1/nodes'] ?? []) {
    const name = node.metadata.name
    const reported = reportedAddresses(node)
    const found: { [F in Family]?: string } = {}
    for (const family of families) {
      const named = given[name]?.[family]
      const address =
        named !== undefined
          ? formatIP(parseIP(named))
          : from !== undefined && family === added
            ? best(cluster, name, family, { virtual, reported, from })
            : (reported[family] ?? best(cluster, name, family, { virtual, reported }))
      if (address !== undefined) found[family] = address
      else if (wanted.includes(family)) without.push(`${name} (${family})`)
    }
    chosen[name] = found
  }
  if (without.length > 0) {
    const where = from === undefined ? '' : ` ${placeOf(from)}`
    throw new RefusedError(
      `no usable address${where} on ${without.length === 1 ? 'node' : 'nodes'} ${without.join(', ')}`,
      'node.no-address',
      'Give every node a permanent global unicast address of that family (not temporary, deprecated or tentative), or name one: --node-address NODE=ADDRESS.',
    )
  }
  return chosen
}

const placeOf = ({ interface: name, cidr }: NodesFrom): string =>
  [name === undefined ? '' : `on interface ${name}`, cidr === undefined ? '' : `in ${cidr}`]
    .filter(part => part !== '')
    .join(' ')

/** A name with a slip of the pen would leave its node with an address that nobody meant. */
function requireKnown(cluster: Cluster, names: readonly string[]): void {
  const known = (cluster.objects['v1/nodes'] ?? []).map(node => node.metadata.name)
  const stranger = names.find(name => !known.includes(name))
  if (stranger === undefined) return
  const guess = nearest(stranger, known)
  throw new UsageError(
    `an address is named for node ${stranger}, and this cluster has no such node`,
    guess === undefined ? `It has ${listed(known)}.` : `Did you mean ${guess}?`,
    'node.unknown',
  )
}

const listed = (names: readonly string[]): string =>
  names.length > 6 ? `${names.slice(0, 6).join(', ')} and ${names.length - 6} more` : names.join(', ')

/** InternalIPs of a Node, the first of each family. */
function reportedAddresses(node: KubeObject): PerFamily<string> {
  const found: { [F in Family]?: string } = {}
  const addresses = (getField(node, ['status', 'addresses']) ?? []) as readonly {
    type: string
    address: string
  }[]
  for (const { type, address } of addresses) {
    if (type !== 'InternalIP') continue
    const { family } = parseIP(address)
    found[family] ??= address
  }
  return found
}

interface Looking {
  /** Addresses that belong to whoever holds them today. */
  readonly virtual: ReadonlyMap<string, string>
  readonly reported: PerFamily<string>
  readonly from?: NodesFrom
}

function best(
  cluster: Cluster,
  node: string,
  family: Family,
  { virtual, reported, from = {} }: Looking,
): string | undefined {
  const facts = cluster.nodes[node]
  const known = new Set(Object.values(reported))
  const uplink = facts?.addresses.find(address => known.has(address.address))?.interface
  const isThere = ({ interface: name, address }: InterfaceAddress): boolean =>
    (from.interface === undefined
      ? from.cidr !== undefined || uplink === undefined || name === uplink
      : matches(name, from.interface)) &&
    (from.cidr === undefined || contains(parseCIDR(from.cidr), parseIP(address)))
  const usable = (facts?.addresses ?? []).filter(
    address =>
      address.family === family &&
      isThere(address) &&
      !virtual.has(address.address) &&
      isGlobalUnicast(parseIP(address.address)) &&
      !address.flags.some(flag => passing.includes(flag)),
  )
  return usable.toSorted((a, b) => rank(a) - rank(b) || (a.address < b.address ? -1 : 1))[0]?.address
}

/** `eth*` */
const matches = (name: string, pattern: string): boolean => {
  const parts = pattern.split('*').map(part => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(name)
}

/** Lower is better: set by hand, then by DHCPv6 or SLAAC; a host route (/32, /128) is often a virtual IP. */
function rank(address: InterfaceAddress): number {
  const isHostRoute = address.prefixLength === (address.family === 'IPv4' ? 32 : 128)
  return (address.flags.includes('dynamic') ? 1 : 0) + (isHostRoute ? 2 : 0)
}
