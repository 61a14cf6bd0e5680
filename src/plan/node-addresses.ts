import { isGlobalUnicast, parseIP } from '../address/index.ts'
import { type Family, families, type PerFamily } from '../address/family.ts'
import { RefusedError } from '../base/errors.ts'
import type { Cluster, InterfaceAddress, KubeObject } from '../model/cluster.ts'
import { getField } from '../model/fields.ts'

/** Addresses that come and go, or that belong to whoever holds a virtual IP today: never a node's own. */
const passing = ['temporary', 'deprecated', 'tentative', 'dadfailed', 'secondary']

/**
 * The address of every node in every wanted family: what the Node reports where it reports one, else the best on the interface that holds
 * the reported one. `given` (from a person) wins. Throws RefusedError `node.no-address` naming every node that has none.
 */
export function chooseNodeAddresses(
  cluster: Cluster,
  wanted: readonly Family[],
  given: Readonly<Record<string, PerFamily<string>>> = {},
): Readonly<Record<string, PerFamily<string>>> {
  const chosen: Record<string, PerFamily<string>> = {}
  const without: string[] = []
  for (const node of cluster.objects['v1/nodes'] ?? []) {
    const name = node.metadata.name
    const reported = reportedAddresses(node)
    const found: { [F in Family]?: string } = {}
    for (const family of families) {
      const address = given[name]?.[family] ?? reported[family] ?? best(cluster, name, family, reported)
      if (address !== undefined) found[family] = address
      else if (wanted.includes(family)) without.push(`${name} (${family})`)
    }
    chosen[name] = found
  }
  if (without.length > 0) {
    throw new RefusedError(
      `no usable address on ${without.length === 1 ? 'node' : 'nodes'} ${without.join(', ')}`,
      'node.no-address',
      'Give every node a permanent global unicast address of that family (not temporary, deprecated or tentative), or name one: --node-address NODE=ADDRESS.',
    )
  }
  return chosen
}

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

function best(
  cluster: Cluster,
  node: string,
  family: Family,
  reported: PerFamily<string>,
): string | undefined {
  const facts = cluster.nodes[node]
  const known = new Set(Object.values(reported))
  const uplink = facts?.addresses.find(address => known.has(address.address))?.interface
  const usable = (facts?.addresses ?? []).filter(
    address =>
      address.family === family &&
      (uplink === undefined || address.interface === uplink) &&
      isGlobalUnicast(parseIP(address.address)) &&
      !address.flags.some(flag => passing.includes(flag)),
  )
  return usable.toSorted((a, b) => rank(a) - rank(b) || (a.address < b.address ? -1 : 1))[0]?.address
}

/** Lower is better: set by hand, then by DHCPv6 or SLAAC; a host route (/32, /128) is often a virtual IP. */
function rank(address: InterfaceAddress): number {
  const isHostRoute = address.prefixLength === (address.family === 'IPv4' ? 32 : 128)
  return (address.flags.includes('dynamic') ? 1 : 0) + (isHostRoute ? 2 : 0)
}
