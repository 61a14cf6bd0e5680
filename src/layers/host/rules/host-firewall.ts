import type { Family } from '../../../address/family.ts'
import type { NodeFacts } from '../../../model/cluster.ts'
import type { Violation } from '../../../model/rule.ts'
import { ruleThere } from '../../../rules/cluster-rule.ts'
import { FilterTable } from './filter-table.ts'
import { nodeWith, readNodes } from './host-family.ts'

const reads = [{ kind: 'firewall', on: 'all' } as const]

const tableOf = (facts: NodeFacts, family: Family): FilterTable | undefined => {
  const lines = facts.firewall?.[family]
  return lines === undefined ? undefined : new FilterTable(lines)
}

/** How rules name what neighbour discovery and path MTU discovery need. Accepting everything from anywhere accepts it too. */
const control: Readonly<Record<Family, RegExp>> = {
  IPv4: /-p icmp\b|^-j ACCEPT$/,
  IPv6: /-p (?:ipv6-icmp|icmpv6|58)\b|^-j ACCEPT$/,
}

const noControl = ruleThere({
  id: 'host-firewall/no-icmp',
  title: 'firewalls of the nodes let ICMP of the new family in',
  severity: 'error',
  why: 'IPv6 finds its neighbours by ICMPv6, and routers tell by it that a packet was too large: where a closed INPUT chain lets none of it in, no node reaches another.',
  source: 'RFC 4890, moby/moby#48392, k3s-io/k3s#9797',
  covers: ['P32', 'P33'],
  remedy:
    'Accept ICMPv6 types 1 to 4 and 133 to 136 at least (ip6tables -A INPUT -p ipv6-icmp -j ACCEPT), persistent, before the closing rule.',
  reads,
  find: (input, added) =>
    readNodes(input).flatMap(([node, facts]) => {
      const table = tableOf(facts, added)
      return table === undefined || !table.isClosed('INPUT') || table.accepts('INPUT', control[added])
        ? []
        : [
            {
              object: `Node ${node}`,
              field: `${added} filter INPUT`,
              message: `the chain is closed, and accepts no ICMP of ${added}`,
            },
          ]
    }),
  examples: {
    bad: [
      () => nodeWith({ firewall: { IPv6: [':INPUT DROP [0:0]'] } }),
      () =>
        nodeWith({
          firewall: {
            IPv6: [
              ':INPUT ACCEPT [0:0]',
              '-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT',
              '-A INPUT -j REJECT',
            ],
          },
        }),
    ],
    good: [
      () => nodeWith({ firewall: { IPv6: [':INPUT ACCEPT [0:0]'] } }),
      () =>
        nodeWith({
          firewall: {
            IPv6: [
              ':INPUT DROP [0:0]',
              ':ufw6-before-input - [0:0]',
              '-A INPUT -j ufw6-before-input',
              '-A ufw6-before-input -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT',
            ],
          },
        }),
      () => nodeWith(),
    ],
  },
})

/** What nodes of a cluster ask of each other, by how a rule names it. */
const ports = [
  { name: 'kubelet (TCP 10250)', pattern: portPattern(10_250) },
  { name: 'BGP (TCP 179)', pattern: portPattern(179) },
  { name: 'VXLAN (UDP 4789)', pattern: portPattern(4789) },
  { name: 'the API server (TCP 6443)', pattern: portPattern(6443) },
  { name: 'NodePorts (30000 to 32767)', pattern: /--d(?:ports?|port) (?:\S*,)?30000:32767/ },
] as const

function portPattern(port: number): RegExp {
  return new RegExp(`--dports? (?:\\S*,)?${port}(?:,\\S*)?(?: |$)`)
}

const oneFamily = ruleThere({
  id: 'host-firewall/ports-of-one-family',
  title: 'what firewalls of the nodes open for one family they open for the other',
  severity: 'warning',
  why: 'Tables of IPv4 and IPv6 are two: a port that was opened by a rule of one family is closed in the other, where that chain is closed.',
  source: 'iptables(8), moby/moby#48392, firewalld/firewalld#575',
  covers: ['P27', 'P32'],
  remedy: 'Write the same rules for the new family, with its networks as sources.',
  reads,
  find: (input, added) =>
    readNodes(input).flatMap(([node, facts]): readonly Violation[] => {
      const table = tableOf(facts, added)
      const other = tableOf(facts, added === 'IPv6' ? 'IPv4' : 'IPv6')
      if (table === undefined || other === undefined || !table.isClosed('INPUT')) return []
      if (table.accepts('INPUT', /^-j ACCEPT$/)) return []
      return ports
        .filter(({ pattern }) => other.accepts('INPUT', pattern) && !table.accepts('INPUT', pattern))
        .map(({ name }) => ({
          object: `Node ${node}`,
          field: `${added} filter INPUT`,
          message: `${name} is opened for the other family alone`,
        }))
    }),
  examples: {
    bad: [
      () =>
        nodeWith({
          firewall: {
            IPv4: [':INPUT DROP [0:0]', '-A INPUT -p tcp -m multiport --dports 22,10250 -j ACCEPT'],
            IPv6: [':INPUT DROP [0:0]', '-A INPUT -p ipv6-icmp -j ACCEPT'],
          },
        }),
    ],
    good: [
      () =>
        nodeWith({
          firewall: {
            IPv4: [':INPUT DROP [0:0]', '-A INPUT -p tcp -m tcp --dport 10250 -j ACCEPT'],
            IPv6: [
              ':INPUT DROP [0:0]',
              '-A INPUT -p ipv6-icmp -j ACCEPT',
              '-A INPUT -p tcp -m tcp --dport 10250 -j ACCEPT',
            ],
          },
        }),
      () => nodeWith({ firewall: { IPv4: [':INPUT DROP [0:0]'], IPv6: [':INPUT ACCEPT [0:0]'] } }),
    ],
  },
})

const forward = ruleThere({
  id: 'host-firewall/forward-dropped',
  title: 'nodes forward the new family as they forward the other',
  severity: 'warning',
  why: 'A FORWARD chain whose policy is DROP (Docker sets it) stops what no rule accepts. Calico accepts traffic of its pods before; other CNIs and routed networks do not.',
  source: 'moby/moby#48392, projectcalico/calico:felix/rules/static.go',
  covers: ['P32'],
  remedy: 'ip6tables -P FORWARD ACCEPT, or accept the pod range in both directions, persistent.',
  reads,
  find: (input, added) =>
    readNodes(input).flatMap(([node, facts]) => {
      const table = tableOf(facts, added)
      const other = tableOf(facts, added === 'IPv6' ? 'IPv4' : 'IPv6')
      // Where the other family is closed too, and works, the CNI sees to it.
      return table === undefined || !table.isClosed('FORWARD') || other?.isClosed('FORWARD') === true
        ? []
        : [
            {
              object: `Node ${node}`,
              field: `${added} filter FORWARD`,
              message: 'the chain drops what no rule accepts; that of the other family does not',
            },
          ]
    }),
  examples: {
    bad: [() => nodeWith({ firewall: { IPv4: [':FORWARD ACCEPT [0:0]'], IPv6: [':FORWARD DROP [0:0]'] } })],
    good: [
      () => nodeWith({ firewall: { IPv4: [':FORWARD DROP [0:0]'], IPv6: [':FORWARD DROP [0:0]'] } }),
      () => nodeWith({ firewall: { IPv6: [':FORWARD ACCEPT [0:0]'] } }),
    ],
  },
})

export const hostFirewallRules = [noControl, oneFamily, forward] as const
