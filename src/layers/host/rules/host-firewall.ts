import type { Family } from '../../../address/family.ts'
import type { NodeFacts } from '../../../model/cluster.ts'
import type { Violation } from '../../../model/rule.ts'
import { ruleThere } from '../../../rules/cluster-rule.ts'
import { FilterTable } from './filter-table.ts'
import { nodeWith, readNodes } from './host-family.ts'
import { nftTables } from './nft-tables.ts'

const reads = [{ kind: 'firewall', on: 'all' } as const]

const tableOf = (facts: NodeFacts, family: Family): FilterTable | undefined => {
  const lines = facts.firewall?.[family]
  return lines === undefined ? undefined : new FilterTable(lines)
}

/** All that a packet must pass: the table of iptables, and what people or firewalld wrote for nftables. */
function tablesOf(facts: NodeFacts, family: Family): readonly FilterTable[] {
  const own = tableOf(facts, family)
  return [...(own === undefined ? [] : [own]), ...nftTables(facts.nftables ?? [], family)]
}

/** How rules name what neighbour discovery and path MTU discovery need. Accepting everything from anywhere accepts it too. */
const control: Readonly<Record<Family, RegExp>> = {
  IPv4: /-p icmp\b|^-j ACCEPT$/,
  IPv6: /-p (?:ipv6-icmp|icmpv6|58)\b|^-j ACCEPT$/,
}

/** A rule without further condition on all of ICMPv6, or on solicitations and advertisements of neighbours. */
const discovery = {
  drops:
    /^-p (?:ipv6-icmp|icmpv6|58)(?: -m (?:icmp6|icmpv6))?(?: --icmpv6-type (?:\S*\b(?:13[56]|neighbou?r-solicitation|neighbou?r-advertisement|nd-neighbor-solicit|nd-neighbor-advert)\b\S*))? -j (?:DROP|REJECT)\b/,
  accepts:
    /^-p (?:ipv6-icmp|icmpv6|58)(?: -m (?:icmp6|icmpv6))?(?: --icmpv6-type (?:\S*\b(?:13[56]|neighbou?r-solicitation|neighbou?r-advertisement|nd-neighbor-solicit|nd-neighbor-advert)\b\S*))? -j ACCEPT\b|^-j ACCEPT$/,
}

/** Neighbours are not found through this table: a closed chain that lets none of it in, or a rule against it before any for it. */
function stopsControl(table: FilterTable, family: Family): string | undefined {
  if (table.isClosed('INPUT') && !table.accepts('INPUT', control[family]))
    return `the chain is closed, and accepts no ICMP of ${family}`
  return family === 'IPv6' && table.first('INPUT', discovery.drops, discovery.accepts) === 'drops'
    ? 'a rule drops ICMPv6, and neighbour discovery with it'
    : undefined
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
      const message = tablesOf(facts, added).flatMap(table => stopsControl(table, added) ?? [])[0]
      return message === undefined
        ? []
        : [{ object: `Node ${node}`, field: `${added} filter INPUT`, message }]
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
      () => nodeWith({ firewall: { IPv6: [':INPUT ACCEPT [0:0]', '-A INPUT -p ipv6-icmp -j DROP'] } }),
      () =>
        nodeWith({
          nftables: [
            'table inet filter {',
            '  chain input {',
            '    type filter hook input priority filter; policy drop;',
            '    tcp dport { 22, 10250 } accept',
            '    icmp type echo-request accept',
            '  }',
            '}',
          ],
        }),
    ],
    good: [
      () => nodeWith({ firewall: { IPv6: [':INPUT ACCEPT [0:0]'] } }),
      () =>
        nodeWith({
          firewall: {
            IPv6: [
              ':INPUT ACCEPT [0:0]',
              '-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT',
              '-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 136 -j ACCEPT',
              '-A INPUT -p ipv6-icmp -j DROP',
            ],
          },
        }),
      () =>
        nodeWith({
          nftables: [
            'table inet filter {',
            '  chain input {',
            '    type filter hook input priority filter; policy drop;',
            '    meta l4proto { icmp, ipv6-icmp } accept',
            '  }',
            '}',
          ],
        }),
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
      const otherFamily = added === 'IPv6' ? 'IPv4' : 'IPv6'
      const tables = tablesOf(facts, added)
      const others = tablesOf(facts, otherFamily)
      const closed = tables.filter(table => table.isClosed('INPUT') && !table.accepts('INPUT', /^-j ACCEPT$/))
      const told = (message: string): Violation => ({
        object: `Node ${node}`,
        field: `${added} filter`,
        message,
      })
      return [
        ...ports
          .filter(
            ({ pattern }) =>
              closed.some(table => !table.accepts('INPUT', pattern)) &&
              others.some(table => table.accepts('INPUT', pattern)),
          )
          .map(({ name }) => told(`${name} is opened for the other family alone`)),
        ...ports
          .filter(
            ({ pattern }) =>
              tables.some(table => table.drops(pattern)) && !others.some(table => table.drops(pattern)),
          )
          .map(({ name }) => told(`a rule drops ${name}, and none does in the other family`)),
      ]
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
      () =>
        nodeWith({
          nftables: [
            'table ip6 edge {',
            '  chain prerouting {',
            '    type filter hook prerouting priority dstnat - 50; policy accept;',
            '    tcp dport 30000-32767 drop',
            '  }',
            '}',
          ],
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
      () =>
        nodeWith({
          nftables: [
            'table inet edge {',
            '  chain prerouting {',
            '    type filter hook prerouting priority dstnat - 50; policy accept;',
            '    tcp dport 30000-32767 drop',
            '  }',
            '}',
          ],
        }),
    ],
  },
})

/** A rule that names where packets come from or go to. */
const networks = /\b[sd]addr |-[sd] \S|iifname|oifname|-[io] \S|^-j ACCEPT$/

const forwardTable = (...rules: readonly string[]): readonly string[] => [
  'table inet firewall {',
  '  chain forward {',
  '    type filter hook forward priority filter + 10; policy drop;',
  '    ct state established,related accept',
  ...rules,
  '  }',
  '}',
]

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
      const otherFamily = added === 'IPv6' ? 'IPv4' : 'IPv6'
      const table = tableOf(facts, added)
      const other = tableOf(facts, otherFamily)
      const told = (message: string): readonly Violation[] => [
        { object: `Node ${node}`, field: `${added} filter FORWARD`, message },
      ]
      // Where the other family is closed too, and works, the CNI sees to it.
      if (table?.isClosed('FORWARD') === true && other?.isClosed('FORWARD') !== true)
        return told('the chain drops what no rule accepts; that of the other family does not')
      // A table of nftables comes after what the CNI accepted: there only its own rules count.
      const own = nftTables(facts.nftables ?? [], added)
      const others = nftTables(facts.nftables ?? [], otherFamily)
      const stops = (one: FilterTable): boolean =>
        one.isClosed('FORWARD') && !one.accepts('FORWARD', networks)
      return own.some(stops) && !others.some(stops)
        ? told(
            `a table of nftables drops what it does not accept, and accepts networks of ${otherFamily} alone`,
          )
        : []
    }),
  examples: {
    bad: [
      () => nodeWith({ firewall: { IPv4: [':FORWARD ACCEPT [0:0]'], IPv6: [':FORWARD DROP [0:0]'] } }),
      () => nodeWith({ nftables: forwardTable('ip saddr { 10.0.0.0/8, 192.0.2.0/24 } accept') }),
    ],
    good: [
      () => nodeWith({ nftables: forwardTable('iifname "cali*" accept') }),
      () =>
        nodeWith({
          nftables: forwardTable('ip saddr 10.0.0.0/8 accept', 'ip6 saddr fd00::/8 accept'),
        }),
      () => nodeWith({ nftables: forwardTable() }),
      () => nodeWith({ firewall: { IPv4: [':FORWARD DROP [0:0]'], IPv6: [':FORWARD DROP [0:0]'] } }),
      () => nodeWith({ firewall: { IPv6: [':FORWARD ACCEPT [0:0]'] } }),
    ],
  },
})

export const hostFirewallRules = [noControl, oneFamily, forward] as const
