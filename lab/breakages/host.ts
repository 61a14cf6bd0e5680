import type { Breakage } from './breakage.ts'
import type { Site } from './site.ts'

const v6 = 'IPv6' as const

/** The address and the default route of the worker's uplink, as they were: what a person puts back by hand. */
async function restoreUplink(site: Site): Promise<void> {
  const { worker } = site
  await site.sh(
    worker,
    `sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0
     ip -6 address replace ${worker.ipv6}/64 dev eth0 nodad
     ip -6 route replace default via ${routerOf(worker.ipv6)}`,
  )
}

const routerOf = (address: string): string => address.replace(/::.*$/, '::1')

/** Forgets who is whose neighbour: what is closed shows at once, and not when entries have aged. */
async function forgetNeighbours(site: Site): Promise<void> {
  for (const node of site.lab.nodes) await site.sh(node, 'ip -6 neigh flush all')
}

/** Rules of ip6tables on the worker, put in front or behind; and taken out again. */
async function ip6tables(site: Site, rules: readonly string[]): Promise<void> {
  for (const rule of rules) {
    const undone = rule.startsWith('-P ') ? rule.replace('DROP', 'ACCEPT') : rule.replace(/^-[AI]/, '-D')
    await site.change(site.worker, `ip6tables -w ${rule}`, `ip6tables -w ${undone}`)
  }
  site.undo(() => forgetNeighbours(site))
}

export const hostBreakages: readonly Breakage[] = [
  {
    id: 'host/forward-dropped',
    title: 'ip6tables with the policy DROP in FORWARD, as Docker leaves it',
    base: 'dual',
    howto: ['S5'],
    break: site => ip6tables(site, ['-P FORWARD DROP']),
    expect: {
      verify: { unseen: 'Calico and kube-proxy accept what is theirs before the policy is asked' },
      diagnose: 'host-firewall/forward-dropped',
    },
  },
  {
    id: 'host/no-icmpv6',
    title:
      'a firewall of the node for IPv6 that was written like that for IPv4: ports are open, ICMPv6 is not',
    base: 'dual',
    howto: ['S4'],
    async break(site) {
      await ip6tables(site, [
        '-A INPUT -i lo -j ACCEPT',
        '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
        '-A INPUT -p tcp -m multiport --dports 22,179,6443,10250 -j ACCEPT',
        '-P INPUT DROP',
      ])
      await forgetNeighbours(site)
    },
    expect: {
      verify: {
        fails: [
          { scenario: 'pod-to-pod', family: v6 },
          { scenario: 'pod-to-node', family: v6 },
        ],
      },
      diagnose: 'host-firewall/no-icmp',
    },
  },
  {
    id: 'host/neighbour-discovery-dropped',
    title: 'one rule against ping, as for IPv4: ICMPv6 is dropped, and with it neighbour discovery',
    base: 'dual',
    howto: ['S4'],
    async break(site) {
      await ip6tables(site, ['-A INPUT -p ipv6-icmp -j DROP'])
      await forgetNeighbours(site)
    },
    expect: {
      verify: {
        fails: [
          { scenario: 'pod-to-pod', family: v6 },
          { scenario: 'node-to-pod', family: v6 },
        ],
      },
      diagnose: 'host-firewall/no-icmp',
    },
  },
  {
    id: 'host/ports-of-one-family',
    title: 'a firewall that opens the kubelet’s port for IPv4 alone',
    base: 'dual',
    howto: ['S4'],
    async break(site) {
      const { worker } = site
      const ipv4 = '-A INPUT -p tcp -m tcp --dport 10250 -j ACCEPT'
      await site.change(worker, `iptables -w ${ipv4}`, `iptables -w ${ipv4.replace('-A', '-D')}`)
      await ip6tables(site, [
        '-A INPUT -i lo -j ACCEPT',
        '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
        '-A INPUT -p ipv6-icmp -j ACCEPT',
        '-A INPUT -p tcp -m multiport --dports 22,179 -j ACCEPT',
        '-P INPUT DROP',
      ])
    },
    expect: {
      verify: { fails: [{ scenario: 'pod-to-node', family: v6 }] },
      diagnose: 'host-firewall/ports-of-one-family',
    },
  },
  {
    id: 'host/nftables-of-one-family',
    title: 'a firewall of nftables that lets the networks of IPv4 be forwarded, and drops the rest',
    base: 'dual',
    howto: ['S4'],
    break: site =>
      site.change(
        site.worker,
        `nft -f - <<'END'
table inet firewall {
  chain forward {
    type filter hook forward priority 10; policy drop;
    ct state established,related accept
    ip saddr { 10.0.0.0/8, 192.0.2.0/24 } accept
  }
}
END`,
        'nft delete table inet firewall',
      ),
    expect: {
      verify: {
        fails: [
          { scenario: 'pod-to-pod', family: v6 },
          { scenario: 'outside-to-node-port', family: v6 },
        ],
      },
      diagnose: 'host-firewall/forward-dropped',
    },
  },
  {
    id: 'host/node-ports-closed',
    title: 'a firewall in front of the node’s own that drops NodePorts over IPv6',
    base: 'dual',
    howto: ['S14'],
    break: site =>
      site.change(
        site.worker,
        `nft -f - <<'END'
table ip6 edge {
  chain prerouting {
    type filter hook prerouting priority -150; policy accept;
    tcp dport 30000-32767 drop
  }
}
END`,
        'nft delete table ip6 edge',
      ),
    expect: {
      verify: {
        fails: [
          { scenario: 'outside-to-node-port', family: v6 },
          { scenario: 'node-to-node-port', family: v6 },
        ],
      },
      diagnose: 'host-firewall/ports-of-one-family',
    },
  },
  {
    id: 'host/forwarding-off',
    title: 'IPv6 forwarding switched off on one node',
    base: 'dual',
    howto: ['S5'],
    break: site =>
      site.change(
        site.worker,
        'sysctl -qw net.ipv6.conf.all.forwarding=0',
        'sysctl -qw net.ipv6.conf.all.forwarding=1',
      ),
    expect: {
      verify: { fails: [{ scenario: 'pod-to-pod', family: v6 }] },
      diagnose: 'state/forwarding-off',
    },
  },
  {
    id: 'host/ipv4-forwarding-off',
    title: 'IPv4 forwarding switched off on one node, by a file that was meant for IPv6',
    base: 'dual',
    howto: ['S5'],
    break: site =>
      site.change(site.worker, 'sysctl -qw net.ipv4.ip_forward=0', 'sysctl -qw net.ipv4.ip_forward=1'),
    expect: {
      verify: { fails: [{ scenario: 'pod-to-pod', family: 'IPv4' }] },
      diagnose: 'state/forwarding-off',
    },
  },
  {
    id: 'host/default-route-lost',
    title: 'a node lost its IPv6 default route, as when router advertisements are not heard any more',
    base: 'dual',
    howto: ['S5'],
    async break(site) {
      site.undo(() => restoreUplink(site))
      await site.sh(site.worker, 'ip -6 route delete default')
    },
    expect: {
      verify: {
        fails: [
          { scenario: 'default-route', family: v6 },
          { scenario: 'pod-to-outside', family: v6 },
        ],
      },
      diagnose: 'state/default-route-lost',
    },
  },
  {
    id: 'host/ipv6-switched-off',
    title: 'disable_ipv6 on the uplink of one node',
    base: 'dual',
    howto: ['S4'],
    async break(site) {
      site.undo(() => restoreUplink(site))
      await site.sh(site.worker, 'sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1')
    },
    expect: {
      verify: {
        fails: [
          { scenario: 'pod-to-pod', family: v6 },
          { scenario: 'pod-to-node', family: v6 },
        ],
      },
      diagnose: 'host-family/switched-off',
    },
  },
  {
    id: 'host/duplicate-address',
    title: 'another machine of the network has the IPv6 address of a node',
    base: 'dual',
    howto: ['S4'],
    async break(site) {
      const { worker } = site
      // Last of all, or they go on to ask the wrong machine.
      site.undo(() => forgetNeighbours(site))
      site.undo(() => restoreUplink(site))
      await site.change(
        'outside',
        `ip -6 address add ${worker.ipv6}/64 dev br0 nodad`,
        `ip -6 address delete ${worker.ipv6}/64 dev br0`,
      )
      site.undo(async () => void (await site.sh(worker, `ip -6 address delete ${worker.ipv6}/64 dev eth0`)))
      // As when the node boots: an address is tried before it is used.
      await site.sh(
        worker,
        `ip -6 address delete ${worker.ipv6}/64 dev eth0; sysctl -qw net.ipv6.conf.eth0.accept_dad=1
         ip -6 address add ${worker.ipv6}/64 dev eth0; sleep 3; ip -6 address show dev eth0`,
      )
    },
    expect: {
      verify: { fails: [{ scenario: 'pod-to-pod', family: v6 }] },
      diagnose: 'state/duplicate-address',
    },
  },
  {
    id: 'host/mtu-too-small',
    title: 'an uplink whose MTU is smaller than that of the other nodes',
    base: 'dual',
    howto: ['S4'],
    async break(site) {
      await site.change(site.worker, 'ip link set eth0 mtu 1400', 'ip link set eth0 mtu 1500')
    },
    expect: {
      verify: {
        fails: [
          { scenario: 'packet-size', family: v6 },
          { scenario: 'packet-size', family: 'IPv4' },
        ],
      },
      diagnose: 'state/mtu-differs',
    },
  },
]
