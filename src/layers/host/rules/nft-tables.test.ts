import { describe, expect, test } from 'vitest'
import { nftTables } from './nft-tables.ts'

/** As firewalld and a person write them; `nft list table` prints it so. */
const lines = `table inet filter {
	set trusted {
		type ipv4_addr
		flags interval
	}

	chain input {
		type filter hook input priority filter; policy drop;
		ct state { established, related } accept
		iif "lo" accept
		tcp dport { 22, 10250, 30000-32767 } counter packets 5 bytes 300 accept
		icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
		ip protocol icmp accept
		meta nfproto ipv6 log prefix "in: " level info drop
		jump extra
	}

	chain extra {
		ip saddr @trusted accept
		reject with icmpx admin-prohibited
	}
}
table ip6 edge {
	chain pre {
		type filter hook prerouting priority dstnat - 50; policy accept;
		tcp dport 30000-32767 drop
	}
	chain nat {
		type nat hook prerouting priority dstnat; policy accept;
		tcp dport 80 drop
	}
}`.split('\n')

describe('what people wrote for nftables, in the words of iptables', () => {
  test('a table of both families is met by both, one of IPv6 by IPv6 alone', () => {
    expect([nftTables(lines, 'IPv4').length, nftTables(lines, 'IPv6').length]).toEqual([1, 2])
  })

  test('policies, ports, states and ICMP are understood', () => {
    const [table] = nftTables(lines, 'IPv6')
    expect(table?.isClosed('INPUT')).toBe(true)
    expect(table?.isClosed('FORWARD')).toBe(false)
    expect(table?.accepts('INPUT', /--dports 22,10250,30000:32767 -j ACCEPT/)).toBe(true)
    expect(table?.accepts('INPUT', /--ctstate ESTABLISHED,RELATED/)).toBe(true)
    expect(table?.accepts('INPUT', /-p ipv6-icmp --icmpv6-type nd-neighbor-solicit/)).toBe(true)
  })

  test('rules of the other family do not count', () => {
    const [table] = nftTables(lines, 'IPv6')
    expect(table?.accepts('INPUT', /-p icmp\b|saddr/)).toBe(false)
    const [other] = nftTables(lines, 'IPv4')
    expect(other?.accepts('INPUT', /-p icmp\b/)).toBe(true)
    expect(other?.accepts('INPUT', /saddr/)).toBe(true)
    expect(other?.accepts('INPUT', /ipv6-icmp/)).toBe(false)
  })

  test('a family alone is no condition: the rest of it is dropped', () => {
    const only = ['table inet x {', 'chain c {', 'type filter hook forward priority 0; policy accept;']
    const closed = (rule: string) =>
      (['IPv4', 'IPv6'] as const).map(family =>
        nftTables([...only, rule, '}', '}'], family).some(table => table.isClosed('FORWARD')),
      )
    expect(closed('meta nfproto ipv6 counter packets 1 bytes 2 drop')).toEqual([false, true])
    expect(closed('ip6 saddr fd00::/8 drop')).toEqual([false, false])
    expect(closed('drop')).toEqual([true, true])
    expect(closed('tcp dport 23 drop')).toEqual([false, false])
  })

  test('what is dropped before anything else sees it', () => {
    const nodePorts = /--d(?:ports?|port) (?:\S*,)?30000:32767/
    expect(nftTables(lines, 'IPv6').map(table => table.drops(nodePorts))).toEqual([false, true])
  })

  test('no table, or one that is cut off, is no table', () => {
    expect(nftTables([], 'IPv6')).toEqual([])
    expect(nftTables(['chain x {', 'drop'], 'IPv6')).toEqual([])
    expect(nftTables(['table inet x {', 'chain c {'], 'IPv6')[0]?.isClosed('INPUT')).toBe(false)
  })
})
