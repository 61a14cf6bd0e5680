import { type CIDR, contains, overlaps, parseCIDR } from './cidr.ts'
import type { IP } from './ip.ts'

/** What a block of addresses is set aside for. */
export interface Kind {
  readonly name: KindName
  /** In words: `unique local, locally assigned`. */
  readonly title: string
  /** Where it is written. */
  readonly source: string
}

export type KindName =
  | 'unspecified'
  | 'loopback'
  | 'this-network'
  | 'private'
  | 'shared'
  | 'link-local'
  | 'multicast'
  | 'broadcast'
  | 'documentation'
  | 'benchmarking'
  | 'reserved'
  | 'protocol'
  | 'mapped'
  | 'translation'
  | 'discard'
  | 'ula'
  | 'ula-undefined'
  | 'site-local'
  | 'global'
  | 'unallocated'

/**
 * The special-purpose registries of IANA, with what RFCs took out of use. A longer prefix stands for itself inside a shorter one.
 * https://www.iana.org/assignments/iana-ipv4-special-registry, https://www.iana.org/assignments/iana-ipv6-special-registry
 */
const registry: readonly (readonly [KindName, string, string, ...string[]])[] = [
  ['global', 'global unicast', 'RFC 1519', '0.0.0.0/0'],
  ['this-network', 'this network', 'RFC 791', '0.0.0.0/8'],
  ['unspecified', 'the unspecified address', 'RFC 1122', '0.0.0.0/32'],
  ['private', 'private', 'RFC 1918', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'],
  ['shared', 'shared, of carriers that translate', 'RFC 6598', '100.64.0.0/10'],
  ['loopback', 'loopback', 'RFC 1122', '127.0.0.0/8'],
  ['link-local', 'link-local', 'RFC 3927', '169.254.0.0/16'],
  ['protocol', 'protocol assignments', 'RFC 6890', '192.0.0.0/24'],
  ['documentation', 'documentation', 'RFC 5737', '192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'],
  ['protocol', '6to4 relays, no longer in use', 'RFC 7526', '192.88.99.0/24'],
  ['benchmarking', 'benchmarks', 'RFC 2544', '198.18.0.0/15'],
  ['multicast', 'multicast', 'RFC 5771', '224.0.0.0/4'],
  ['reserved', 'reserved', 'RFC 1112', '240.0.0.0/4'],
  ['broadcast', 'broadcast', 'RFC 919', '255.255.255.255/32'],

  ['unallocated', 'not allocated', 'RFC 4291', '::/0'],
  ['unspecified', 'the unspecified address', 'RFC 4291', '::/128'],
  ['loopback', 'loopback', 'RFC 4291', '::1/128'],
  ['mapped', 'IPv4-mapped', 'RFC 4291', '::ffff:0.0.0.0/96'],
  ['translation', 'translation of IPv4 (NAT64)', 'RFC 6052', '64:ff9b::/96'],
  ['translation', 'translation of IPv4, local', 'RFC 8215', '64:ff9b:1::/48'],
  ['discard', 'discard', 'RFC 6666', '100::/64'],
  ['global', 'global unicast', 'RFC 4291', '2000::/3'],
  ['protocol', 'protocol assignments', 'RFC 2928', '2001::/23'],
  ['translation', 'Teredo', 'RFC 4380', '2001::/32'],
  ['benchmarking', 'benchmarks', 'RFC 5180', '2001:2::/48'],
  ['documentation', 'documentation', 'RFC 3849', '2001:db8::/32'],
  ['translation', '6to4', 'RFC 3056', '2002::/16'],
  ['documentation', 'documentation', 'RFC 9637', '3fff::/20'],
  ['protocol', 'segment routing', 'RFC 9602', '5f00::/16'],
  ['ula-undefined', 'unique local, the half that is not defined', 'RFC 4193', 'fc00::/8'],
  ['ula', 'unique local', 'RFC 4193', 'fd00::/8'],
  ['link-local', 'link-local', 'RFC 4291', 'fe80::/10'],
  ['site-local', 'site-local, no longer in use', 'RFC 3879', 'fec0::/10'],
  ['multicast', 'multicast', 'RFC 4291', 'ff00::/8'],
]

const blocks = registry
  .flatMap(([name, title, source, ...cidrs]) =>
    cidrs.map(text => ({ cidr: parseCIDR(text), kind: { name, title, source } satisfies Kind })),
  )
  .toSorted((a, b) => b.cidr.prefix - a.cidr.prefix)

/** What an address, or the whole of a range, is set aside for. A range of several kinds is of the one that all of it lies in. */
export function kindOf(thing: IP | CIDR): Kind {
  const block = blocks.find(({ cidr }) => contains(cidr, thing))
  // Both families have a row of prefix length 0.
  return block?.kind ?? { name: 'unallocated', title: 'not allocated', source: 'RFC 4291' }
}

/** Every kind that the range has addresses of, the smallest block first. */
export const kindsIn = (range: CIDR): readonly Kind[] =>
  blocks.filter(({ cidr }) => cidr.prefix > range.prefix && overlaps(cidr, range)).map(({ kind }) => kind)
