import { cidrOf, formatCIDR, parseIP, tryParseCIDR } from '../address/index.ts'
import type { Family } from '../address/family.ts'
import { cniCalico } from '../layers/cni-calico/index.ts'
import type { Cluster } from '../model/cluster.ts'
import { getField } from '../model/fields.ts'
import type { Goal } from '../model/goal.ts'

type Encapsulation = Goal['calico']['encapsulation']

const vxlanModes: Readonly<Record<string, Encapsulation>> = {
  Always: 'VXLAN',
  CrossSubnet: 'VXLANCrossSubnet',
}

/**
 * How the new family travels between nodes, where nobody said: as the family that is there does. VXLAN stays VXLAN; IP in IP carries IPv4
 * only, and becomes nothing inside one network, VXLAN between networks where nodes stand in several; without BGP only VXLAN carries at all.
 */
export function likeTheOther(
  cluster: Cluster,
  primary: Family,
  added: Family,
  nodeAddresses: Goal['nodeAddresses'],
): Encapsulation {
  const open = (cluster.objects['crd.projectcalico.org/v1/ippools'] ?? []).filter(
    pool => familyOfPool(pool) === primary && getField(pool, ['spec', 'disabled']) !== true,
  )
  const mode = (pool: unknown, field: string): string => {
    const value = getField(pool, ['spec', field])
    return typeof value === 'string' ? value : 'Never'
  }
  const vxlan = open.map(pool => vxlanModes[mode(pool, 'vxlanMode')]).find(found => found !== undefined)
  if (vxlan !== undefined) return vxlan
  const isTunnelled = open.some(pool => !['Never', ''].includes(mode(pool, 'ipipMode')))
  if (isTunnelled && networks(cluster, added, nodeAddresses) > 1) return 'VXLANCrossSubnet'
  const backend = cniCalico.read(cluster)?.backend ?? 'bird'
  return backend === 'vxlan' ? 'VXLAN' : 'None'
}

function familyOfPool(pool: unknown): Family | undefined {
  const cidr = getField(pool, ['spec', 'cidr'])
  return typeof cidr === 'string' ? tryParseCIDR(cidr, { allowHostBits: true })?.family : undefined
}

/** How many networks of a family the nodes stand in. An address of which no interface tells the network does not count. */
function networks(cluster: Cluster, family: Family, nodeAddresses: Goal['nodeAddresses']): number {
  const found = Object.entries(nodeAddresses).flatMap(([node, { [family]: own }]) => {
    const known = cluster.nodes[node]?.addresses.find(({ address }) => address === own)
    return own === undefined || known === undefined
      ? []
      : [formatCIDR(cidrOf(parseIP(own), known.prefixLength))]
  })
  return new Set(found).size
}
