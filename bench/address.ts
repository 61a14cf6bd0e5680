/**
 * Addresses: ours against the npm libraries that refuse malformed texts (nearly) as net/netip does, and against node:net.
 *   npx tsx bench/address.ts [rounds]
 * Every library does the same work on the same texts, in turns, in one process; the best of the rounds counts. A ratio says more than the numbers.
 */
import { BlockList, isIP, SocketAddress } from 'node:net'
import { Address4, Address6 } from 'ip-address'
import ipaddr from 'ipaddr.js'
import {
  cidrOf,
  contains,
  formatCIDR,
  formatIP,
  overlaps,
  parseCIDR,
  parseIP,
  tryParseIP,
} from '../src/address/index.ts'

const rounds = Number(process.argv[2] ?? 15)
const count = 2000

/** The same texts in every run: a linear congruential generator, not chance. */
function numbers(): () => number {
  let state = 42
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state
  }
}

const next = numbers()
const groups = (): string => Array.from({ length: 8 }, () => (next() >>> 16).toString(16)).join(':')
/** As they stand in clusters: half IPv4; of IPv6 half with a run of zeros, some IPv4-mapped. */
const texts = Array.from({ length: count }, (_, index) => {
  const word = next()
  if (index % 2 === 0) return [24, 16, 8, 0].map(shift => (word >>> shift) & 255).join('.')
  if (index % 4 === 1)
    return `fd${(word & 255).toString(16).padStart(2, '0')}:10:${(word >>> 16).toString(16)}::${(next() & 0xffff).toString(16)}`
  return groups()
})
const cidrTexts = texts.map((text, index) => {
  const ip = parseIP(text)
  return formatCIDR(cidrOf(ip, ip.family === 'IPv4' ? 8 + (index % 20) : 32 + (index % 80)))
})
const families = texts.map(text => (isIP(text) === 4 ? ('ipv4' as const) : ('ipv6' as const)))

/** One kind of work, done on all texts; gives something that depends on all of it, so that nothing is left out. */
type Work = () => number
const sum = (each: (index: number) => boolean | number | { length: number }): Work => {
  return () => {
    let total = 0
    for (let index = 0; index < count; index++) {
      const value = each(index)
      total += typeof value === 'number' ? value : typeof value === 'boolean' ? Number(value) : value.length
    }
    return total
  }
}
const at = <T>(list: readonly T[], index: number): T => list[index % count] as T

const ours = {
  ips: texts.map(text => parseIP(text)),
  cidrs: cidrTexts.map(text => parseCIDR(text)),
}
const js = {
  ips: texts.map(text => ipaddr.parse(text)),
  cidrs: cidrTexts.map(text => ipaddr.parseCIDR(text)),
}
/** ipaddr.js throws on two families. */
const jsMatch = (ip: ipaddr.IPv4 | ipaddr.IPv6, [range, bits]: (typeof js.cidrs)[number]): boolean =>
  ip.kind() === range.kind() && ip.match(range, bits)
const address = (text: string): Address4 | Address6 =>
  text.includes(':') ? new Address6(text) : new Address4(text)
const ipAddress = { ips: texts.map(address), cidrs: cidrTexts.map(address) }
const isIn = (a: Address4 | Address6, b: Address4 | Address6): boolean =>
  a instanceof Address4 ? b instanceof Address4 && a.isInSubnet(b) : b instanceof Address6 && a.isInSubnet(b)
const blocks = cidrTexts.map((text, index) => {
  const list = new BlockList()
  const [network = '', prefix] = text.split('/')
  list.addSubnet(network, Number(prefix), at(families, index))
  return list
})
const sockets = texts.map((text, index) => new SocketAddress({ address: text, family: at(families, index) }))

/** Each address is asked of the range at its own place and of one nearby: half of the answers are yes. */
const works: Readonly<Record<string, Readonly<Record<string, Work>>>> = {
  parse: {
    ours: sum(index => parseIP(at(texts, index)).family),
    'ipaddr.js': sum(index => ipaddr.parse(at(texts, index)).kind()),
    'ip-address': sum(index => address(at(texts, index)).subnetMask),
  },
  'refuse malformed': {
    ours: sum(index => tryParseIP(`${at(texts, index)}.`) === undefined),
    'ipaddr.js': sum(index => !ipaddr.isValid(`${at(texts, index)}.`)),
    'ip-address': sum(index => {
      const text = `${at(texts, index)}.`
      return !(text.includes(':') ? Address6.isValid(text) : Address4.isValid(text))
    }),
  },
  'parse CIDR': {
    ours: sum(index => parseCIDR(at(cidrTexts, index)).prefix),
    'ipaddr.js': sum(index => ipaddr.parseCIDR(at(cidrTexts, index))[1]),
    'ip-address': sum(index => address(at(cidrTexts, index)).subnetMask),
  },
  format: {
    ours: sum(index => formatIP(at(ours.ips, index))),
    'ipaddr.js': sum(index => {
      const ip = at(js.ips, index)
      return ip instanceof ipaddr.IPv6 ? ip.toRFC5952String() : ip.toString()
    }),
    'ip-address': sum(index => at(ipAddress.ips, index).correctForm()),
  },
  contains: {
    ours: sum(
      index =>
        Number(contains(at(ours.cidrs, index), at(ours.ips, index))) +
        Number(contains(at(ours.cidrs, index + 2), at(ours.ips, index))),
    ),
    'ipaddr.js': sum(
      index =>
        Number(jsMatch(at(js.ips, index), at(js.cidrs, index))) +
        Number(jsMatch(at(js.ips, index), at(js.cidrs, index + 2))),
    ),
    'ip-address': sum(
      index =>
        Number(isIn(at(ipAddress.ips, index), at(ipAddress.cidrs, index))) +
        Number(isIn(at(ipAddress.ips, index), at(ipAddress.cidrs, index + 2))),
    ),
    'node:net': sum(
      index =>
        Number(at(blocks, index).check(at(sockets, index))) +
        Number(at(blocks, index + 2).check(at(sockets, index))),
    ),
  },
  overlap: {
    ours: sum(index => overlaps(at(ours.cidrs, index), at(ours.cidrs, index + 4))),
    'ipaddr.js': sum(index => {
      const a = at(js.cidrs, index)
      const b = at(js.cidrs, index + 4)
      return jsMatch(a[0], b) || jsMatch(b[0], a)
    }),
    'ip-address': sum(index => {
      const a = at(ipAddress.cidrs, index)
      const b = at(ipAddress.cidrs, index + 4)
      return isIn(a, b) || isIn(b, a)
    }),
  },
}

/** Texts that net/netip refuses, one for each way to be wrong. */
const malformed = [
  '',
  ' 1.2.3.4',
  '1.2.3',
  '1.2.3.4.5',
  '010.0.0.1',
  '0x7f.1',
  '256.1.1.1',
  '1.2.3.4/',
  '2130706433',
  '1..2.3',
  'fe80::1%',
  'fe80::1%eth0',
  ':::',
  '1::2::3',
  '12345::',
  '1:2:3:4:5:6:7',
  '[::1]',
  '::1.2.3',
  '::ffff:1.2.3.04',
]
const accepts: Readonly<Record<string, (text: string) => boolean>> = {
  ours: text => tryParseIP(text) !== undefined,
  'ipaddr.js': text => ipaddr.isValid(text),
  'ip-address': text => Address4.isValid(text) || Address6.isValid(text),
  'node:net': text => isIP(text) !== 0,
}

function seconds(work: Work): number {
  const start = process.hrtime.bigint()
  for (let times = 0; times < 5; times++) work()
  return Number(process.hrtime.bigint() - start) / 1e9 / 5
}

const print = (line: string): void => void process.stdout.write(`${line}\n`)
const million = (time: number): string => `${(count / time / 1e6).toFixed(2)} M/s`
let behind = 0
for (const [name, contestants] of Object.entries(works)) {
  const answers = Object.values(contestants).map(work => work())
  if (name !== 'parse' && name !== 'parse CIDR' && new Set(answers).size > 1)
    print(`${name}: the answers differ: ${answers.join(', ')}`)
  const best = new Map<string, number>()
  for (let round = 0; round < rounds; round++)
    for (const [who, work] of Object.entries(contestants))
      best.set(who, Math.min(best.get(who) ?? Number.POSITIVE_INFINITY, seconds(work)))
  const own = best.get('ours') ?? Number.NaN
  const told = [...best].map(([who, time]) =>
    who === 'ours' ? `ours ${million(time)}` : `${who} ${million(time)} (${(time / own).toFixed(2)}×)`,
  )
  behind += [...best.values()].filter(time => time < own).length
  print(`${name.padEnd(17)} ${told.join(', ')}`)
}
for (const [who, takes] of Object.entries(accepts)) {
  const taken = malformed.filter(takes)
  print(`${who} takes ${taken.length} of ${malformed.length} malformed texts ${JSON.stringify(taken)}`)
}
print(behind === 0 ? 'ahead of every one' : `behind in ${behind}`)
