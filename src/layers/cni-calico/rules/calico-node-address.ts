import type { Violation } from '../../../model/rule.ts'
import { detect } from './autodetection.ts'
import { type CalicoFacts, calicoRule, isOn } from './calico-rule.ts'
import { calicoSituation, healthyNode } from './example.ts'
import { startup, object, names, methodOf, isByHand } from './calico-node.ts'

/** Nodes that were read, with what the method finds there. */
const found = (facts: CalicoFacts) =>
  Object.entries(facts.cluster.nodes).map(([node, one]) => ({
    node,
    detected: detect(methodOf(facts), facts.added, one),
  }))

const network = [{ kind: 'network', on: 'all' } as const]

const noAddress = calicoRule({
  id: 'calico-node/no-address',
  title: 'calico-node finds an address of the new family on every node',
  severity: 'error',
  why: 'A node on which none is found ends calico-node there at every start, and the roll-out stops at that node, since one may be unavailable at a time. Only global unicast addresses count: unique local ones do, link-local ones do not.',
  source: startup,
  covers: ['cni 2.2', 'P22'],
  remedy:
    'Give the node an address on the interface that the others use, or choose another IP6_AUTODETECTION_METHOD.',
  says: [
    { component: 'calico-node', line: '*ailed to autodetect an IPv6 address*' },
    { component: 'calico-node', line: "Couldn't autodetect an IPv6 address. If auto-detecting" },
  ],
  reads: network,
  unless: isByHand,
  find: facts =>
    found(facts).flatMap(({ node, detected }) => {
      const method = methodOf(facts)
      const planned = facts.situation.goal?.nodeAddresses[node]?.[facts.added]
      const lacks =
        detected === 'elsewhere'
          ? facts.situation.goal !== undefined && method.startsWith('kubernetes') && planned === undefined
          : 'addresses' in detected && detected.addresses.length === 0
      return lacks
        ? [
            {
              object: `Node ${node}`,
              field: names[facts.added].method,
              message: `${method} finds no ${facts.added} address`,
            },
          ]
        : []
    }),
  examples: {
    bad: [
      () => calicoSituation({ environment: { IP6: 'autodetect' }, facts: { n1: { addresses: [] } } }),
      () =>
        calicoSituation({
          environment: { IP6: 'autodetect', IP6_AUTODETECTION_METHOD: 'cidr=fd00:99::/64' },
        }),
      () => calicoSituation({ goal: { nodeAddresses: { n1: { IPv4: '10.0.0.11' } } } }),
    ],
    good: [
      () => calicoSituation(),
      () =>
        calicoSituation({
          environment: { IP6: 'autodetect', IP6_AUTODETECTION_METHOD: 'interface=eth.*' },
        }),
    ],
  },
})

const otherAddress = calicoRule({
  id: 'calico-node/other-address',
  title: 'calico-node finds the address that the node reports',
  severity: 'warning',
  why: 'Sessions and routes use what calico-node finds, everything else what the Node reports. first-found walks the interfaces from the last to the first and may end at a network that the other nodes do not reach.',
  source: `${startup}, projectcalico/calico#1654`,
  covers: ['cni 2.2', 'P22'],
  remedy:
    'Set IP6_AUTODETECTION_METHOD to kubernetes-internal-ip, or to cidr= with the network of the nodes.',
  reads: network,
  unless: isByHand,
  find: facts =>
    found(facts).flatMap(({ node, detected }) => {
      if (detected === 'elsewhere' || 'wrong' in detected) return []
      const planned = facts.situation.goal?.nodeAddresses[node]?.[facts.added]
      const [first] = detected.addresses
      if (planned === undefined || first === undefined || first.address === planned) return []
      return [
        {
          object: `Node ${node}`,
          field: names[facts.added].method,
          message: `${methodOf(facts)} finds ${first.address} on ${first.interface}, and the node is to report ${planned}`,
        },
      ]
    }),
  examples: {
    bad: [
      () =>
        calicoSituation({
          environment: { IP6: 'autodetect' },
          facts: {
            n1: {
              addresses: [
                ...healthyNode.addresses,
                ...healthyNode.addresses.map(one =>
                  one.family === 'IPv6' ? { ...one, interface: 'eth1', address: 'fd00:77::1' } : one,
                ),
              ],
            },
          },
        }),
    ],
    good: [
      () => calicoSituation({ environment: { IP6: 'autodetect' } }),
      () =>
        calicoSituation({
          environment: { IP6: 'autodetect' },
          facts: {
            n1: {
              addresses: [
                ...healthyNode.addresses,
                ...healthyNode.addresses.map(one => ({
                  ...one,
                  interface: 'docker0',
                  address: 'fd00:77::1',
                })),
              ],
            },
          },
        }),
    ],
  },
})

const wrongMethod = calicoRule({
  id: 'calico-node/autodetection-method',
  title: 'the autodetection method is one that calico-node knows',
  severity: 'error',
  why: 'A method that cannot be understood ends calico-node at its start, on every node.',
  source: 'tigera/docs:calico/reference/configure-calico-node.mdx',
  covers: ['cni 2.2', 'P22'],
  remedy: 'Use kubernetes-internal-ip, first-found, cidr=, interface=, skip-interface= or can-reach=.',
  says: [{ component: 'calico-node', line: '*Invalid IP autodetection method: *' }],
  unless: isByHand,
  find: facts => {
    const method = methodOf(facts)
    const detected = detect(method, facts.added, healthyNode)
    return detected === 'elsewhere' || !('wrong' in detected)
      ? []
      : [{ object, field: names[facts.added].method, message: detected.wrong }]
  },
  examples: {
    bad: [
      () => calicoSituation({ environment: { IP6_AUTODETECTION_METHOD: 'first-fuond' } }),
      () => calicoSituation({ environment: { IP6_AUTODETECTION_METHOD: 'cidr=10.0.0.0/24' } }),
      () => calicoSituation({ environment: { IP6_AUTODETECTION_METHOD: 'interface=eth(' } }),
    ],
    good: [
      () => calicoSituation(),
      () => calicoSituation({ environment: { IP6_AUTODETECTION_METHOD: 'can-reach=fd00:10::1' } }),
    ],
  },
})

const half = calicoRule({
  id: 'calico-node/half-configured',
  title: 'address detection and Felix agree about the new family',
  severity: 'warning',
  why: 'With addresses but without Felix’s support routes and policies of the family are missing; with support but no addresses no session and no route is made. Somebody stopped half-way.',
  source: 'tigera/docs:calico/reference/configure-calico-node.mdx',
  covers: ['cni 2.2'],
  remedy: 'The plan completes it. Find out first who began, and whether a template will take it back.',
  unless: isByHand,
  find: ({ calico, added }): readonly Violation[] => {
    const { address, support } = names[added]
    if (support === undefined) return []
    const finds = !['', 'none', undefined].includes(calico.environment[address])
    const felix = isOn(calico.environment[support] ?? 'false')
    if (finds === felix) return []
    return [
      {
        object,
        field: finds ? support : address,
        message: `${address} is ${calico.environment[address] ?? 'not set'}, and ${support} is ${calico.environment[support] ?? 'not set'}`,
      },
    ]
  },
  examples: {
    bad: [
      () => calicoSituation({ environment: { IP6: 'autodetect', FELIX_IPV6SUPPORT: 'false' } }),
      () => calicoSituation({ environment: { FELIX_IPV6SUPPORT: 'true' } }),
    ],
    good: [
      () => calicoSituation({ environment: { FELIX_IPV6SUPPORT: 'false' } }),
      () => calicoSituation({ environment: { IP6: 'autodetect', FELIX_IPV6SUPPORT: 'true' } }),
    ],
  },
})

export const nodeAddressRules = [noAddress, otherAddress, wrongMethod, half] as const
