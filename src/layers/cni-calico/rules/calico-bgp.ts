import { familyOf, tryParseIP } from '../../../address/index.ts'
import { getField } from '../../../model/fields.ts'
import type { KubeObject } from '../../../model/cluster.ts'
import { familiesIn } from '../../shared/policy-blocks.ts'
import {
  bgpConfigurationResource,
  bgpSetting,
  type CalicoFacts,
  calicoRule,
  filterResource,
  list,
  peerResource,
} from './calico-rule.ts'
import { encapsulationOf } from './calico-encapsulation.ts'
import { calicoSituation, named, pool4, pool6 } from './example.ts'

const reads = [
  { kind: 'list', resource: bgpConfigurationResource } as const,
  { kind: 'list', resource: peerResource } as const,
]
const page = 'docs.tigera.io/calico/latest/networking/configuring/bgp'

const text = (object: KubeObject, field: string): string => {
  const value = getField(object, ['spec', field])
  return typeof value === 'string' ? value : ''
}

/** `10.0.0.1`, `10.0.0.1:1790`, `[fd00::1]:179` */
const addressOf = (peer: KubeObject): string =>
  text(peer, 'peerIP')
    .replace(/^\[([^\]]*)\](?::\d+)?$/, '$1')
    .replace(/^(\d+(?:\.\d+){3}):\d+$/, '$1')

const isOfFamily = (peer: KubeObject, { added }: CalicoFacts): boolean => {
  const address = addressOf(peer)
  return tryParseIP(address) !== undefined && familyOf(address) === added
}

/** Chooses Calico's nodes: a session is made in each family that both ends have. */
const isBySelector = (peer: KubeObject): boolean => text(peer, 'peerSelector') !== ''
const peersOf = ({ cluster }: CalicoFacts): readonly KubeObject[] => cluster.objects[peerResource] ?? []
const usesBGP = ({ calico }: CalicoFacts): boolean => calico.backend === 'bird'
const isMeshOff = ({ calico }: CalicoFacts): boolean => bgpSetting(calico, 'nodeToNodeMeshEnabled') === false

const noPeers = calicoRule({
  id: 'calico-bgp/mesh-off',
  title: 'without the full mesh, peers of the new family carry its routes',
  severity: 'error',
  why: 'With nodeToNodeMeshEnabled off nodes learn routes from their BGPPeers only. Peers given by IPv4 addresses carry IPv4 routes: pods of other nodes stay unreachable over the new family.',
  source: page,
  covers: ['cni 2.2', 'P26', 'P27', 'practice mesh'],
  remedy:
    'Make a BGPPeer with the address of the new family for each router, or one with a peerSelector where nodes are route reflectors.',
  reads,
  find: facts => {
    if (!usesBGP(facts) || !isMeshOff(facts)) return []
    if (encapsulationOf(facts) !== 'None') return []
    const carries = peersOf(facts).some(peer => isBySelector(peer) || isOfFamily(peer, facts))
    return carries
      ? []
      : [
          {
            object: 'BGPConfiguration default',
            field: 'spec.nodeToNodeMeshEnabled',
            message: `the mesh is off, and no BGPPeer of ${facts.added} is there`,
          },
        ]
  },
  examples: {
    bad: [
      () => calicoSituation({ bgp: { nodeToNodeMeshEnabled: false } }),
      () =>
        calicoSituation({
          bgp: { nodeToNodeMeshEnabled: false },
          objects: { [peerResource]: [named('tor', { peerIP: '10.0.0.1', asNumber: 64512 })] },
        }),
    ],
    good: [
      () => calicoSituation(),
      () =>
        calicoSituation({
          bgp: { nodeToNodeMeshEnabled: false },
          objects: { [peerResource]: [named('tor', { peerIP: '[fd00:10::1]:179', asNumber: 64512 })] },
        }),
      () =>
        calicoSituation({
          bgp: { nodeToNodeMeshEnabled: false },
          objects: { [peerResource]: [named('rr', { peerSelector: 'has(route-reflector)' })] },
        }),
    ],
  },
})

const onePeerFamily = calicoRule({
  id: 'calico-bgp/peers-of-one-family',
  title: 'routers that learn pod routes of one family learn the other too',
  severity: 'warning',
  why: 'A BGPPeer given by an address carries routes of the family of that address. What the network outside reaches over the old family it does not reach over the new one.',
  source: page,
  covers: ['cni 2.2', 'P27', 'P39'],
  remedy: 'Make a BGPPeer with the router’s address of the new family, and open TCP port 179 for it.',
  reads,
  find: facts => {
    const outside = peersOf(facts).filter(peer => addressOf(peer) !== '')
    if (!usesBGP(facts) || isMeshOff(facts) || outside.length === 0) return []
    return outside.some(peer => isOfFamily(peer, facts))
      ? []
      : outside.map(peer => ({
          object: `BGPPeer ${peer.metadata.name}`,
          field: 'spec.peerIP',
          message: `${text(peer, 'peerIP')} learns no ${facts.added} routes: there is no peer of that family`,
        }))
  },
  examples: {
    bad: [() => calicoSituation({ objects: { [peerResource]: [named('tor', { peerIP: '10.0.0.1' })] } })],
    good: [
      () => calicoSituation(),
      () =>
        calicoSituation({
          objects: {
            [peerResource]: [named('tor', { peerIP: '10.0.0.1' }), named('tor6', { peerIP: 'fd00:10::1' })],
          },
        }),
    ],
  },
})

const sides = { IPv4: ['importV4', 'exportV4'], IPv6: ['importV6', 'exportV6'] } as const

const filters = calicoRule({
  id: 'calico-bgp/filter-of-one-family',
  title: 'BGP filters have rules for the new family',
  severity: 'warning',
  why: 'A BGPFilter has lists of its own per family; where a family has none, everything of it is taken and announced.',
  source: 'docs.tigera.io/calico/latest/reference/resources/bgpfilter',
  covers: ['cni 2.2'],
  remedy: 'Write the rules of the new family into the filter.',
  reads: [{ kind: 'list', resource: filterResource }],
  find: ({ cluster, added }) =>
    (cluster.objects[filterResource] ?? []).flatMap(filter => {
      const has = (side: string): boolean => {
        const rules = getField(filter, ['spec', side])
        return Array.isArray(rules) && rules.length > 0
      }
      const other = added === 'IPv6' ? sides.IPv4 : sides.IPv6
      return other.flatMap((side, index) => {
        const own = sides[added][index] ?? ''
        return has(side) && !has(own)
          ? [
              {
                object: `BGPFilter ${filter.metadata.name}`,
                field: `spec.${own}`,
                message: `${side} has rules, ${own} has none: everything of ${added} passes`,
              },
            ]
          : []
      })
    }),
  examples: {
    bad: [
      () =>
        calicoSituation({
          objects: {
            [filterResource]: [named('f', { exportV4: [{ action: 'Reject', cidr: '10.0.0.0/8' }] })],
          },
        }),
    ],
    good: [
      () => calicoSituation(),
      () =>
        calicoSituation({
          objects: {
            [filterResource]: [
              named('f', { exportV4: [{ action: 'Reject' }], exportV6: [{ action: 'Reject' }] }),
            ],
          },
        }),
    ],
  },
})

const advertised = ['serviceClusterIPs', 'serviceExternalIPs', 'serviceLoadBalancerIPs'] as const

const services = calicoRule({
  id: 'calico-bgp/service-ranges-of-one-family',
  title: 'Service ranges that Calico announces have both families',
  severity: 'warning',
  why: 'Clients outside that reach Services by their ClusterIP, external or load balancer address do so only over the families that are announced.',
  source: 'docs.tigera.io/calico/latest/networking/configuring/advertise-service-ips',
  covers: ['cni 2.2', 'P13'],
  remedy: 'Add the range of the new family to the list.',
  reads,
  find: ({ calico, added }) =>
    advertised.flatMap(field => {
      const ranges = bgpSetting(calico, field)
      const cidrs = Array.isArray(ranges) ? list(ranges.map(range => getField(range, ['cidr']))) : []
      return cidrs.length === 0 || familiesIn(cidrs).has(added)
        ? []
        : [
            {
              object: 'BGPConfiguration default',
              field: `spec.${field}`,
              message: `${cidrs.join(', ')}: nothing of ${added} is announced`,
            },
          ]
    }),
  examples: {
    bad: [() => calicoSituation({ bgp: { serviceClusterIPs: [{ cidr: '10.96.0.0/16' }] } })],
    good: [
      () => calicoSituation(),
      () =>
        calicoSituation({
          bgp: { serviceClusterIPs: [{ cidr: '10.96.0.0/16' }, { cidr: 'fd00:96::/112' }] },
        }),
    ],
  },
})

const exportOff = calicoRule({
  id: 'calico-bgp/export-off',
  title: 'routes of the new pool leave the node as those of the other do',
  severity: 'warning',
  why: 'disableBGPExport keeps the routes of a pool on their node, so that nobody outside learns them.',
  source: 'docs.tigera.io/calico/latest/reference/resources/ippool',
  covers: ['cni 2.2'],
  remedy: 'Set disableBGPExport alike on the pools of both families.',
  reads: [{ kind: 'list', resource: 'crd.projectcalico.org/v1/ippools' }],
  find: ({ calico, added }) => {
    const isOff = ({ object }: (typeof calico.pools)[number]): boolean =>
      getField(object, ['spec', 'disableBGPExport']) === true
    const others = calico.pools.filter(pool => pool.family !== added && !pool.isDisabled)
    if (others.every(isOff)) return []
    return calico.pools
      .filter(pool => pool.family === added && !pool.isDisabled && isOff(pool))
      .map(({ name }) => ({
        object: `IPPool ${name}`,
        field: 'spec.disableBGPExport',
        message: `its routes are not announced, those of ${others[0]?.name ?? ''} are`,
      }))
  },
  examples: {
    bad: [() => calicoSituation({ pools: [pool4, { ...pool6, disableBGPExport: true }] })],
    good: [
      () => calicoSituation({ pools: [pool4, pool6] }),
      () =>
        calicoSituation({
          pools: [
            { ...pool4, disableBGPExport: true },
            { ...pool6, disableBGPExport: true },
          ],
        }),
    ],
  },
})

export const bgpRules = [noPeers, onePeerFamily, filters, services, exportOff] as const
