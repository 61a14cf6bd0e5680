import { cidrOf, formatCIDR, parseCIDR, tryParseIP } from '../../../address/index.ts'
import { contains } from '../../../address/cidr.ts'
import { isULA } from '../../../address/scope.ts'
import type { Cluster } from '../../../model/cluster.ts'
import { getField } from '../../../model/fields.ts'
import { listed } from '../../shared/families.ts'
import { poolResource } from '../read.ts'
import { type CalicoFacts, calicoRule, isOn, peerResource } from './calico-rule.ts'
import { calicoSituation, healthyNode, pool4, pool6 } from './example.ts'

const reads = [{ kind: 'list', resource: poolResource } as const]
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

const nat = calicoRule({
  id: 'calico-encapsulation/no-nat',
  title: 'pods with private addresses are translated on their way out',
  severity: 'warning',
  why: 'Unique local addresses are not routed outside. natOutgoing is off for IPv6 pools unless it is asked for (for IPv4 it is on), so that pods with such addresses reach nothing outside the cluster by IPv6, and programs that prefer it wait for timeouts.',
  source: 'projectcalico/calico#2954, tigera/docs:calico/reference/configure-calico-node.mdx',
  covers: ['cni 2.2', 'P25', 'P34'],
  remedy:
    'Set natOutgoing to true on the pool (plan with NAT), or have a router translate or route the range.',
  reads,
  find: facts => {
    const { calico, added, situation } = facts
    const open = calico.pools.filter(({ family, isDisabled }) => family === added && !isDisabled)
    const there = open
      .filter(({ object }) => !isOn(getField(object, ['spec', 'natOutgoing'])))
      .map(({ name, cidr }) => ({ object: `IPPool ${name}`, field: 'spec.natOutgoing', cidr }))
    const planned = situation.goal
    const future =
      open.length > 0 || planned === undefined || planned.calico.natOutgoing
        ? []
        : [{ object: 'the new IPPool', field: 'natOutgoing', cidr: planned.pods[added] ?? '' }]
    return [...there, ...future]
      .filter(({ cidr }) => isPrivate(cidr))
      .map(({ object, field, cidr }) => ({
        object,
        field,
        message: `${cidr} is private, and pods with it are not translated on their way out`,
      }))
  },
  examples: {
    bad: [
      () => calicoSituation({ pools: [pool4, { ...pool6, natOutgoing: false }] }),
      () => calicoSituation({ goal: { calico: { encapsulation: 'None', natOutgoing: false } } }),
    ],
    good: [
      () => calicoSituation(),
      () =>
        calicoSituation({
          goal: {
            pods: { IPv4: '10.244.0.0/16', IPv6: '2001:db8:244::/56' },
            calico: { encapsulation: 'None', natOutgoing: false },
          },
        }),
    ],
  },
})

const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'].map(text =>
  parseCIDR(text),
)
const isPrivate = (cidr: string): boolean => {
  const ip = tryParseIP(cidr.split('/')[0] ?? '')
  return ip !== undefined && (isULA(ip) || privateRanges.some(range => contains(range, ip)))
}

const publicRange = calicoRule({
  id: 'calico-encapsulation/public-range',
  title: 'a public pod range that is not translated is routed to the nodes',
  severity: 'info',
  why: 'Packets to global addresses of pods come back only where the network outside has a route for the range to the nodes; otherwise connections hang, and asymmetric ones are dropped by firewalls.',
  source: 'flannel-io/flannel:Documentation/configuration.md, k3s-io/k3s#5766',
  covers: ['P39'],
  remedy: 'Announce the range by BGP or set a static route; or take a unique local range with NAT.',
  reads,
  find: ({ added, situation: { goal } }) => {
    const range = goal?.pods[added]
    if (range === undefined || goal?.calico.natOutgoing !== false || isPrivate(range)) return []
    return [
      {
        object: 'pod range',
        field: range,
        message: `${range} is public and not translated: the network outside must route it to the nodes`,
      },
    ]
  },
  examples: {
    bad: [
      () =>
        calicoSituation({
          goal: {
            pods: { IPv6: '2001:db8:244::/56' },
            calico: { encapsulation: 'None', natOutgoing: false },
          },
        }),
    ],
    good: [() => calicoSituation()],
  },
})

const nodeMTUs = (cluster: Cluster): readonly number[] =>
  Object.values(cluster.nodes).flatMap(({ addresses }) =>
    addresses.flatMap(({ mtu, scope }) => (mtu === undefined || scope !== 'global' ? [] : [mtu])),
  )

const mtu = calicoRule({
  id: 'calico-encapsulation/fixed-mtu',
  title: 'an MTU that somebody fixed leaves room for the longer header of IPv6',
  severity: 'warning',
  why: 'VXLAN over IPv6 needs 70 bytes where IPv4 needs 50. An MTU given by hand is not adapted: small requests pass, large ones hang.',
  source:
    'docs.tigera.io/calico/latest/networking/configuring/mtu, projectcalico/calico:felix/dataplane/linux/int_dataplane.go',
  covers: ['cni 2.2', 'P33', 'practice mtu'],
  remedy:
    'Set veth_mtu to 0 (Calico finds it), or to the MTU of the network less 70. Pods get it when they are made.',
  reads: [
    ...reads,
    { kind: 'config-map', namespace: 'kube-system', name: 'calico-config' },
    { kind: 'network', on: 'all' },
  ],
  find: facts => {
    const fixed = fixedMTU(facts)
    if (facts.added !== 'IPv6' || fixed === undefined || encapsulationOf(facts) === 'None') return []
    const known = nodeMTUs(facts.cluster)
    const room = known.length === 0 ? undefined : Math.min(...known) - 70
    if (room !== undefined && fixed <= room) return []
    const most = room === undefined ? 'the MTU of the network less 70' : `${room}`
    return [
      {
        object: 'ConfigMap kube-system/calico-config',
        field: 'veth_mtu',
        message: `the MTU of pods is fixed to ${fixed}; with VXLAN over IPv6 it may be at most ${most}`,
      },
    ]
  },
  examples: {
    bad: [() => vxlan({ mtu: '1450' })],
    good: [
      () => vxlan({ mtu: '0' }),
      () => calicoSituation({ mtu: '1450' }),
      () =>
        vxlan({
          mtu: '1430',
          facts: { n1: { addresses: healthyNode.addresses.map(one => ({ ...one, mtu: 1500 })) } },
        }),
    ],
  },
})

const vxlan = (more: Parameters<typeof calicoSituation>[0]) =>
  calicoSituation({ ...more, goal: { calico: { encapsulation: 'VXLAN', natOutgoing: true } } })

/** `0`, nothing: Calico finds it. */
function fixedMTU({ calico, cluster }: CalicoFacts): number | undefined {
  const config = cluster.objects['v1/configmaps']?.find(
    ({ metadata }) => metadata.name === 'calico-config' && metadata.namespace === calico.namespace,
  )
  const value = Number(getField(config, ['data', 'veth_mtu']) ?? 0)
  return Number.isInteger(value) && value > 0 ? value : undefined
}

const smallMTU = calicoRule({
  id: 'calico-encapsulation/below-1280',
  title: 'the MTU of pods is large enough for IPv6',
  severity: 'error',
  why: 'Every link that carries IPv6 has an MTU of 1280 at least; on a smaller one the kernel switches IPv6 off, and a pod gets no address.',
  source: 'RFC 8200 section 5',
  covers: ['cni 2.2', 'P33'],
  remedy: 'Raise veth_mtu to 1280 or more (or to 0, so that Calico finds it), and make the network carry it.',
  reads: [{ kind: 'config-map', namespace: 'kube-system', name: 'calico-config' }],
  find: facts => {
    const fixed = fixedMTU(facts)
    return fixed === undefined || fixed >= 1280
      ? []
      : [
          {
            object: 'ConfigMap kube-system/calico-config',
            field: 'veth_mtu',
            message: `the MTU of pods is ${fixed}, and IPv6 wants 1280`,
          },
        ]
  },
  examples: {
    bad: [() => calicoSituation({ mtu: '1230' })],
    good: [() => calicoSituation(), () => calicoSituation({ mtu: '1440' })],
  },
})

export const encapsulationRules = [
  ipipFamily,
  both,
  acrossSubnets,
  carrier,
  kernel,
  nat,
  publicRange,
  mtu,
  smallMTU,
] as const
