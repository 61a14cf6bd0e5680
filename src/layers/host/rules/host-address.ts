import { kindOf } from '../../../address/kind.ts'
import { tryParseIP } from '../../../address/index.ts'
import type { NodeFacts } from '../../../model/cluster.ts'
import { ruleThere } from '../../../rules/cluster-rule.ts'
import { situation } from '../../../rules/example.ts'
import { network, readNodes, healthy, nodeWith } from './host-family.ts'

const passing = ['temporary', 'deprecated', 'tentative', 'dadfailed', 'optimistic'] as const

const passingAddress = ruleThere({
  id: 'host-family/passing-address',
  title: 'the addresses that nodes report stay',
  severity: 'error',
  why: 'A temporary address (RFC 8981) is replaced within a day, a deprecated one is about to go, a tentative one is not usable yet, and one whose duplicate was found never will be. The kubelet, BGP sessions and certificates would all hold on to it.',
  source: 'RFC 4862, RFC 8981, ip-address(8)',
  covers: ['kubernetes 5.2', 'P17', 'P22', 'practice node-addresses'],
  remedy:
    'Give the node a permanent address of the family and name it (--node-address), or switch temporary addresses off (net.ipv6.conf.IF.use_tempaddr=0).',
  reads: network,
  find: (input, added) =>
    readNodes(input).flatMap(([node, facts]) => {
      const wanted = input.goal?.nodeAddresses[node]?.[added]
      const own = facts.addresses.find(({ address }) => address === wanted)
      const flag = passing.find(one => own?.flags.includes(one))
      return own === undefined || flag === undefined
        ? []
        : [{ object: `Node ${node}`, field: own.address, message: `it is ${flag} on ${own.interface}` }]
    }),
  examples: {
    bad: [() => nodeWith(flagged('temporary')), () => nodeWith(flagged('tentative'))],
    good: [() => nodeWith(), () => nodeWith(flagged('mngtmpaddr'))],
  },
})

const flagged = (flag: string): Partial<NodeFacts> => ({
  addresses: (healthy.addresses ?? []).map(one => (one.family === 'IPv6' ? { ...one, flags: [flag] } : one)),
})

const virtual = ruleThere({
  id: 'host-family/virtual-address',
  title: 'no node reports an address that moves',
  severity: 'warning',
  why: 'An address with the full prefix length on an interface that has another of that network is what keepalived and kube-vip set: it goes to another node when this one fails, and takes the node’s identity with it.',
  source: 'keepalived.org/manpage.html, kube-vip.io',
  covers: ['P38', 'practice node-addresses'],
  remedy: 'Name the node’s own address (--node-address).',
  reads: network,
  find: (input, added) =>
    readNodes(input).flatMap(([node, facts]) => {
      const wanted = input.goal?.nodeAddresses[node]?.[added]
      const own = facts.addresses.find(({ address }) => address === wanted)
      const width = added === 'IPv6' ? 128 : 32
      const siblings = facts.addresses.filter(
        one =>
          one.interface === own?.interface &&
          one.family === added &&
          one.scope === 'global' &&
          one.prefixLength < width,
      )
      // DHCPv6 gives /128 too; those are dynamic.
      return own === undefined ||
        own.prefixLength < width ||
        own.flags.includes('dynamic') ||
        siblings.length === 0
        ? []
        : [
            {
              object: `Node ${node}`,
              field: own.address,
              message: `/${width} beside ${siblings[0]?.address ?? ''} on ${own.interface} looks like a virtual address`,
            },
          ]
    }),
  examples: {
    bad: [
      () =>
        nodeWith({
          addresses: [
            ...(healthy.addresses ?? []).map(one =>
              one.family === 'IPv6' ? { ...one, address: 'fd00:10::5' } : one,
            ),
            {
              interface: 'eth0',
              family: 'IPv6',
              address: 'fd00:10::11',
              prefixLength: 128,
              scope: 'global',
              flags: [],
            },
          ],
        }),
    ],
    good: [() => nodeWith()],
  },
})

const exposed = ruleThere({
  id: 'host-family/public-addresses',
  title: 'nodes are not opened to the Internet by the way',
  severity: 'warning',
  why: 'Behind private IPv4 addresses nobody outside reaches kubelet, NodePorts and host network pods; with global addresses of the new family everybody does, where no firewall of that family stands.',
  source: 'RFC 4864',
  covers: ['P32', 'practice node-port-addresses'],
  remedy:
    'See that the firewall in front of the nodes filters the family as it does the other; limit nodePortAddresses of kube-proxy.',
  reads: network,
  find: (input, added) => {
    const other = added === 'IPv6' ? 'IPv4' : 'IPv6'
    const kind = (text: string | undefined): string | undefined => {
      const ip = text === undefined ? undefined : tryParseIP(text)
      return ip === undefined ? undefined : kindOf(ip).name
    }
    const nodes = Object.entries(input.goal?.nodeAddresses ?? {}).filter(
      ([, addresses]) =>
        kind(addresses[added]) === 'global' &&
        ['private', 'shared', 'ula'].includes(kind(addresses[other]) ?? ''),
    )
    const [first] = nodes
    return first === undefined
      ? []
      : [
          {
            object: `Node ${first[0]}`,
            field: first[1][added] ?? '',
            message: `${nodes.length} nodes have private ${other} addresses and global ${added} ones`,
          },
        ]
  },
  examples: {
    bad: [
      () => situation({ goal: { nodeAddresses: { n1: { IPv4: '10.0.0.11', IPv6: '2a01:4f8:1::11' } } } }),
    ],
    good: [() => situation()],
  },
})

export const hostAddressRules = [passingAddress, virtual, exposed] as const
