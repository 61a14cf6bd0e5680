import { tryParseIP } from '../address/index.ts'
import { families } from '../address/family.ts'
import type { Rule } from '../model/rule.ts'
import { ranges } from './example.ts'
import { touches } from './range-input.ts'

const unusable: Rule<'ranges'> = {
  id: 'node-address/unusable',
  on: 'ranges',
  title: 'every node address is one that the kubelet takes',
  severity: 'error',
  why: 'The kubelet skips an address that is loopback, multicast, link-local or unspecified, or cannot be read: it only logs that, and the Node stays Ready with the addresses it had.',
  source: 'k/k:pkg/kubelet/nodestatus/setters.go, k/k:pkg/kubelet/kubelet_node_status.go',
  covers: ['kubernetes 5.1', 'kubernetes 5.2', 'P17'],
  remedy: 'Give the node a permanent address that is not of the link, and name that one.',
  says: [
    { component: 'kubelet', line: "nodeIP can't be a multicast IP" },
    { component: 'kubelet', line: "nodeIP can't be loopback address" },
    { component: 'kubelet', line: "nodeIP can't be an all zeros address" },
  ],
  judge: ({ nodeAddresses }) =>
    Object.entries(nodeAddresses).flatMap(([node, addresses]) =>
      Object.entries(addresses).flatMap(([family, text]) => {
        const at = (message: string) => [{ object: `Node ${node}`, field: '--node-ip', message }]
        const ip = tryParseIP(text)
        if (ip === undefined || ip.family !== family)
          return at(`${JSON.stringify(text)} is not an address of ${family}`)
        const title = touches(ip, 'loopback', 'link-local', 'multicast', 'unspecified', 'mapped', 'broadcast')
        return title === undefined ? [] : at(`${text} is ${title}`)
      }),
    ),
  examples: {
    bad: [
      () => ranges({ nodeAddresses: { n1: { IPv6: 'fe80::1' } } }),
      () => ranges({ nodeAddresses: { n1: { IPv6: '::1' } } }),
      () => ranges({ nodeAddresses: { n1: { IPv6: 'fd00::1%eth0' } } }),
      () => ranges({ nodeAddresses: { n1: { IPv6: '10.0.0.1' } } }),
    ],
    good: [
      () => ranges(),
      () => ranges({ nodeAddresses: { n1: { IPv4: '192.0.2.1', IPv6: '2001:db8::1' } } }),
    ],
  },
}

const missing: Rule<'ranges'> = {
  id: 'node-address/missing',
  on: 'ranges',
  title: 'every node has an address of every family',
  severity: 'error',
  why: 'The Node then reports one family: its hostNetwork pods and NodePorts stay single-stack, and Calico’s kubernetes-internal-ip finds nothing, so that calico-node does not start there.',
  source: 'k/k:pkg/kubelet/nodestatus/setters.go, calico:node/pkg/lifecycle/startup/startup.go',
  covers: ['howto', 'kubernetes 5.2', 'P17', 'P22'],
  remedy: 'Give the node a permanent address of the family, and name it: --node-address NODE=ADDRESS.',
  judge: ({ nodeAddresses, families: wanted }) =>
    Object.entries(nodeAddresses).flatMap(([node, addresses]) =>
      wanted
        .filter(family => addresses[family] === undefined)
        .map(family => ({
          object: `Node ${node}`,
          field: '--node-ip',
          message: `it has no address of ${family}`,
        })),
    ),
  examples: {
    bad: [() => ranges({ nodeAddresses: { n1: { IPv4: '10.0.0.11' } } })],
    good: [
      () => ranges(),
      () => ranges({ families: ['IPv4'], nodeAddresses: { n1: { IPv4: '10.0.0.11' } } }),
    ],
  },
}

const shared: Rule<'ranges'> = {
  id: 'node-address/shared',
  on: 'ranges',
  title: 'no two nodes have the same address',
  severity: 'error',
  why: 'It is a virtual address, or one of them is wrong: traffic to it reaches one of them, and calico-node clears an address that another node has.',
  source: 'calico:node/pkg/lifecycle/startup/startup.go',
  covers: ['cni 2.2', 'practice'],
  remedy: 'Name the nodes’ own addresses: --node-address NODE=ADDRESS.',
  judge: ({ nodeAddresses }) =>
    families.flatMap(family => {
      const owners = new Map<bigint, string>()
      return Object.entries(nodeAddresses).flatMap(([node, addresses]) => {
        const ip = tryParseIP(addresses[family] ?? '')
        if (ip === undefined) return []
        const owner = owners.get(ip.value)
        owners.set(ip.value, owner ?? node)
        return owner === undefined
          ? []
          : [
              {
                object: `Node ${node}`,
                field: '--node-ip',
                message: `${addresses[family] ?? ''} is the address of ${owner} too`,
              },
            ]
      })
    }),
  examples: {
    bad: [() => ranges({ nodeAddresses: { n1: { IPv6: 'fd00:10::11' }, n2: { IPv6: 'fd00:10:0::11' } } })],
    good: [() => ranges({ nodeAddresses: { n1: { IPv6: 'fd00:10::11' }, n2: { IPv6: 'fd00:10::12' } } })],
  },
}

/** Addresses of the nodes, which go into kubelet's --node-ip. */
export const nodeAddressRules = [unusable, missing, shared] as const
