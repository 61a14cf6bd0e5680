import { cidrOf, formatCIDR, tryParseIP } from '../../../address/index.ts'
import { getField } from '../../../model/fields.ts'
import { listed } from '../../shared/families.ts'
import { poolResource } from '../read.ts'
import { type CalicoFacts, calicoRule, peerResource } from './calico-rule.ts'
import { calicoSituation, healthyNode, pool4, pool6 } from './example.ts'

export const reads = [{ kind: 'list', resource: poolResource } as const]

const page = 'tigera/docs:calico/networking/configuring/vxlan-ipip.mdx'

const modeOf = (object: unknown, field: 'ipipMode' | 'vxlanMode'): string => {
  const mode = getField(object, ['spec', field])
  return typeof mode === 'string' && mode !== '' ? mode : 'Never'
}

/** What carries packets of the new family between nodes: of the pool that is there, else as planned. */
export function encapsulationOf({ calico, added, situation }: CalicoFacts): string {
  const pool = calico.pools.find(({ family, isDisabled }) => family === added && !isDisabled)
  if (pool === undefined) return situation.goal?.calico.encapsulation ?? 'None'
  const vxlan = modeOf(pool.object, 'vxlanMode')
  return vxlan === 'Never' ? 'None' : vxlan
}

const ipipFamily = calicoRule({
  id: 'calico-encapsulation/ipip-is-ipv4',
  title: 'no IPv6 pool asks for IP in IP',
  severity: 'error',
  why: 'IP in IP carries IPv4 only: libcalico refuses such a pool, and where a raw write made it, nothing carries its packets.',
  source: `projectcalico/calico:libcalico-go/lib/clientv3/ippool.go, ${page}`,
  covers: ['cni 2.2', 'cni 2.3', 'P26'],
  remedy: 'Set ipipMode to Never; use vxlanMode where the nodes do not share a network.',
  says: [{ component: 'calicoctl', line: '*IPIP is not supported on an IPv6 IP pool*' }],
  reads,
  find: ({ calico }) =>
    calico.pools
      .filter(({ family, object }) => family === 'IPv6' && modeOf(object, 'ipipMode') !== 'Never')
      .map(({ name, object }) => ({
        object: `IPPool ${name}`,
        field: 'spec.ipipMode',
        message: `ipipMode is ${modeOf(object, 'ipipMode')} on an IPv6 pool`,
      })),
  examples: {
    bad: [() => calicoSituation({ pools: [pool4, { ...pool6, ipipMode: 'CrossSubnet' }] })],
    good: [() => calicoSituation({ pools: [pool4, { ...pool6, ipipMode: 'Never' }] })],
  },
})

const both = calicoRule({
  id: 'calico-encapsulation/one-mode',
  title: 'no pool asks for IP in IP and VXLAN at once',
  severity: 'error',
  why: 'libcalico refuses a pool with both.',
  source: 'projectcalico/calico:libcalico-go/lib/clientv3/ippool.go',
  covers: ['cni 2.2'],
  remedy: 'Set one of ipipMode and vxlanMode to Never.',
  says: [{ component: 'calicoctl', line: '*Cannot enable both VXLAN and IPIP on the same IPPool*' }],
  reads,
  find: ({ calico }) =>
    calico.pools
      .filter(
        ({ object }) => modeOf(object, 'ipipMode') !== 'Never' && modeOf(object, 'vxlanMode') !== 'Never',
      )
      .map(({ name }) => ({
        object: `IPPool ${name}`,
        field: 'spec',
        message: 'ipipMode and vxlanMode are both set',
      })),
  examples: {
    bad: [() => calicoSituation({ pools: [{ ...pool4, vxlanMode: 'Always' }] })],
    good: [() => calicoSituation({ pools: [pool4] })],
  },
})

/** Networks of the new family that the nodes stand in, by the prefix of the interface that holds each node's address. */
function networksOf({ added, cluster, situation: { goal } }: CalicoFacts): ReadonlyMap<string, string[]> {
  const networks = new Map<string, string[]>()
  for (const [node, addresses] of Object.entries(goal?.nodeAddresses ?? {})) {
    const own = addresses[added]
    const ip = own === undefined ? undefined : tryParseIP(own)
    const known = cluster.nodes[node]?.addresses.find(({ address }) => address === own)
    if (ip === undefined || known === undefined) continue
    const network = formatCIDR(cidrOf(ip, known.prefixLength))
    networks.set(network, [...(networks.get(network) ?? []), node])
  }
  return networks
}

const acrossSubnets = calicoRule({
  id: 'calico-encapsulation/across-subnets',
  title: 'packets of the new family find their way between the networks of the nodes',
  severity: 'error',
  why: 'Without encapsulation the next hop of a pod’s route is the other node itself, which works only inside one network, or where the routers between learn the routes by BGP. IPv4 pools with IP in IP have no counterpart in IPv6.',
  source: page,
  covers: ['cni 2.2', 'P26'],
  remedy:
    'Plan with --encapsulation vxlan-cross-subnet (or vxlan), or announce the pod ranges to the routers (BGPPeer of that family).',
  reads: [...reads, { kind: 'network', on: 'all' }, { kind: 'list', resource: peerResource }],
  find: facts => {
    const networks = networksOf(facts)
    if (networks.size < 2 || encapsulationOf(facts) !== 'None' || hasPeers(facts)) return []
    const text = [...networks].map(([network, nodes]) => `${network} (${listed(nodes, 3)})`)
    return [
      {
        object: `${facts.added} between the nodes`,
        field: 'encapsulation',
        message: `the nodes stand in ${networks.size} networks, ${listed(text, 3)}, and no pool of ${facts.added} is encapsulated`,
      },
    ]
  },
  examples: {
    bad: [() => twoNodes('fd00:20::12')],
    good: [
      () => twoNodes('fd00:10::12'),
      () => twoNodes('fd00:20::12', 'VXLANCrossSubnet'),
      () => calicoSituation(),
    ],
  },
})

const hasPeers = ({ cluster, added }: CalicoFacts): boolean =>
  (cluster.objects[peerResource] ?? []).some(peer => {
    const ip = getField(peer, ['spec', 'peerIP'])
    return typeof ip === 'string' && tryParseIP(ip.replace(/^\[(.*)\](?::\d+)?$/, '$1'))?.family === added
  })

function twoNodes(second: string, encapsulation: 'None' | 'VXLANCrossSubnet' = 'None') {
  return calicoSituation({
    nodes: [{ metadata: { name: 'n1' } }, { metadata: { name: 'n2' } }],
    facts: {
      n2: {
        addresses: healthyNode.addresses.map(address =>
          address.family === 'IPv6' ? { ...address, address: second } : address,
        ),
      },
    },
    goal: {
      calico: { encapsulation, natOutgoing: true },
      nodeAddresses: { n1: { IPv6: 'fd00:10::11' }, n2: { IPv6: second } },
    },
  })
}

const carrier = calicoRule({
  id: 'calico-encapsulation/no-carrier',
  title: 'something carries the new family between nodes',
  severity: 'error',
  why: 'Without BIRD nobody exchanges routes, so that pods of other nodes are reached only through VXLAN.',
  source:
    'projectcalico/calico:node/filesystem/etc/rc.local, tigera/operator:pkg/controller/ippool/validation.go',
  covers: ['cni 2.2', 'cni 2.3', 'P28'],
  remedy: 'Plan with --encapsulation vxlan.',
  reads,
  find: facts =>
    facts.calico.backend === 'bird' || encapsulationOf(facts) !== 'None'
      ? []
      : [
          {
            object: 'calico-node',
            field: 'CALICO_NETWORKING_BACKEND',
            message: `the backend is ${facts.calico.backend} (no BGP), and the pool of ${facts.added} has no encapsulation`,
          },
        ],
  examples: {
    bad: [
      () => calicoSituation({ backend: 'vxlan' }),
      () =>
        calicoSituation({
          backend: 'vxlan',
          pools: [pool4, { ...pool6, vxlanMode: 'Never' }],
          goal: { calico: { encapsulation: 'VXLAN', natOutgoing: true } },
        }),
    ],
    good: [
      () => calicoSituation(),
      () =>
        calicoSituation({
          backend: 'vxlan',
          goal: { calico: { encapsulation: 'VXLAN', natOutgoing: true } },
        }),
    ],
  },
})

const kernel = calicoRule({
  id: 'calico-encapsulation/kernel',
  title: 'the kernels carry VXLAN in IPv6',
  severity: 'error',
  why: 'VXLAN over IPv6 wants Linux 4.19.1, or 4.18.0 of Red Hat.',
  source: page,
  covers: ['cni 2.2'],
  remedy: 'Upgrade the kernel of these nodes, or plan without encapsulation where they share a network.',
  reads: [...reads, { kind: 'network', on: 'all' }],
  find: facts =>
    facts.added !== 'IPv6' || encapsulationOf(facts) === 'None'
      ? []
      : Object.entries(facts.cluster.nodes).flatMap(([node, { kernel: release }]) =>
          release === undefined || carriesVXLAN6(release)
            ? []
            : [
                {
                  object: `Node ${node}`,
                  field: 'kernel',
                  message: `kernel ${release} is older than 4.19.1, and the pool of IPv6 uses VXLAN`,
                },
              ],
        ),
  examples: {
    bad: [() => withKernel('4.15.0-20-generic'), () => withKernel('3.10.0-1160.el7.x86_64')],
    good: [
      () => withKernel('4.18.0-553.el8_10.x86_64'),
      () => withKernel('6.1.0-13-amd64'),
      () => calicoSituation({ facts: { n1: { kernel: '4.15.0' } } }),
    ],
  },
})

/** @param release as `uname -r` says it */
export function carriesVXLAN6(release: string): boolean {
  const [major = 0, minor = 0, patch = 0] = (/^(\d+)\.(\d+)(?:\.(\d+))?/.exec(release) ?? [])
    .slice(1)
    .map(Number)
  if (major !== 4) return major > 4
  if (minor === 18) return /\.el8/.test(release)
  return minor > 19 || (minor === 19 && patch >= 1)
}

const withKernel = (release: string) =>
  calicoSituation({
    facts: { n1: { kernel: release } },
    goal: { calico: { encapsulation: 'VXLAN', natOutgoing: true } },
  })

export const vxlan = (more: Parameters<typeof calicoSituation>[0]) =>
  calicoSituation({ ...more, goal: { calico: { encapsulation: 'VXLAN', natOutgoing: true } } })

export const encapsulationRules = [ipipFamily, both, acrossSubnets, carrier, kernel] as const
