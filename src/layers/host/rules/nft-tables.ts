import { type Family, families } from '../../../address/family.ts'
import { FilterTable } from './filter-table.ts'

/** Base chains by what a packet meets, in the words of iptables. */
const hooks: Readonly<Record<string, string>> = {
  prerouting: 'PREROUTING',
  input: 'INPUT',
  forward: 'FORWARD',
}

/** Families of a table; `inet` and `netdev` hold rules of both. */
const ofTable: Readonly<Record<string, readonly Family[]>> = { ip: ['IPv4'], ip6: ['IPv6'] }

/** Words by which a rule is of one family alone. */
const mark: Readonly<Record<Family, RegExp>> = {
  IPv4: /\bip (?:saddr|daddr|protocol|ttl|dscp)\b|\bicmp (?:type|code)\b|\bnfproto ipv4\b|\bprotocol ip(?!6)\b/,
  IPv6: /\bip6 (?:saddr|daddr|nexthdr|hoplimit|dscp)\b|\bicmpv6 type\b|\bl4proto (?:ipv6-icmp|icmpv6)\b|\bnfproto ipv6\b|\bprotocol ip6\b/,
}

/** The tables of nftables as one family meets them: each base chain is a table by itself, since a packet must pass them all. */
export function nftTables(lines: readonly string[], family: Family): readonly FilterTable[] {
  const tables: FilterTable[] = []
  let own: string[] = []
  let isOurs = false
  let chain = ''
  const close = (): void => {
    if (isOurs && own.length > 0) tables.push(new FilterTable(own))
    own = []
  }
  for (const line of lines.map(text => text.trim())) {
    const [, kind = ''] = /^table (\S+) \S+ \{/.exec(line) ?? []
    if (kind !== '') {
      close()
      isOurs = (ofTable[kind] ?? families).includes(family)
      continue
    }
    const [, name = ''] = /^chain (\S+) \{/.exec(line) ?? []
    if (name !== '') {
      chain = name
      own.push(`:${chain} - [0:0]`)
      continue
    }
    const [, hook = '', policy = 'accept'] =
      /^type filter hook (\w+) .*?;(?: policy (\w+);)?/.exec(line) ?? []
    if (hook !== '') {
      const called = hooks[hook]
      // What the kernel calls goes into the chain that has the rules.
      if (called !== undefined)
        own.push(`:${called} ${policy.toUpperCase()} [0:0]`, `-A ${called} -j ${chain}`)
      continue
    }
    if (chain !== '' && isRule(line) && isOf(line, family))
      own.push(`-A ${chain} ${translated(line, family)}`)
  }
  close()
  return tables
}

const isRule = (line: string): boolean => /\b(?:accept|drop|reject|jump|goto|return|queue)\b/.test(line)
const isOf = (line: string, family: Family): boolean =>
  families.every(other => other === family || !mark[other].test(line))

/** A rule in the words of iptables, as far as anybody here asks; conditions that are not known stay as they are, and stay conditions. */
function translated(rule: string, family: Family): string {
  return rule
    .replaceAll(/\bcounter(?: packets \d+ bytes \d+)?\s*/g, '')
    .replaceAll(/\blog(?: (?:prefix "[^"]*"|level \w+|flags \w+|group \d+))*\s*/g, '')
    .replaceAll(/\bmeta (?:nfproto ipv[46]|protocol ip6?)\s*/g, '')
    .replace(/\bmeta l4proto \{([^}]*)\}/, (whole, all: string) =>
      new RegExp(String.raw`(?:^|[ ,])(?:${icmp[family]})(?:[ ,]|$)`).test(all)
        ? `-p ${icmp[family]}`
        : whole,
    )
    .replaceAll(/\b(?:meta l4proto|ip6 nexthdr) (?:ipv6-icmp|icmpv6)\b/g, '-p ipv6-icmp')
    .replaceAll(
      /\bicmpv6 type (\{[^}]*\}|\S+)/g,
      (_, type: string) => `-p ipv6-icmp --icmpv6-type ${joined(type)}`,
    )
    .replaceAll(/\b(?:meta l4proto|ip protocol) icmp\b/g, '-p icmp')
    .replaceAll(/\bicmp type (\{[^}]*\}|\S+)/g, (_, type: string) => `-p icmp --icmp-type ${joined(type)}`)
    .replaceAll(
      /\b(tcp|udp) dport (\{[^}]*\}|\S+)/g,
      (_, protocol: string, port: string) => `-p ${protocol} --dports ${joined(port).replaceAll('-', ':')}`,
    )
    .replaceAll(
      /\bct state (\{[^}]*\}|\S+)/g,
      (_, state: string) => `-m conntrack --ctstate ${joined(state).toUpperCase()}`,
    )
    .replaceAll(/\b(saddr|daddr) (\{[^}]*\}|\S+)/g, (_, end: string, at: string) => `${end} ${joined(at)}`)
    .replace(/\breject\b.*$/, '-j REJECT')
    .replace(/\b(accept|drop|return)$/, (_, verdict: string) => `-j ${verdict.toUpperCase()}`)
    .replace(/\b(jump|goto) (\S+)$/, (_, how: string, to: string) => `${how === 'jump' ? '-j' : '-g'} ${to}`)
    .trim()
}

const icmp: Readonly<Record<Family, string>> = { IPv4: 'icmp', IPv6: 'ipv6-icmp' }

/** `{ 22, 179 }` → `22,179` */
const joined = (text: string): string => text.replaceAll(/[{}\s]/g, '')
