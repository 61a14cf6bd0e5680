import * as fc from 'fast-check'
import { isIPv4, isIPv6 } from 'node:net'
import { Address4, Address6 } from 'ip-address'
import oracle from 'ipaddr.js'
import { describe, expect, it } from 'vitest'
import { formatCIDR, tryParseCIDR } from './cidr.ts'
import { formatIP, tryParseIP } from './ip.ts'

/**
 * What Go's net/netip answers to ParseAddr and ParsePrefix, the zone left out: `undefined` is an error there. Written down from its tests and
 * its documentation; a prefix with host bits is valid there, and masked here.
 */
const addresses: readonly (readonly [string, string | undefined])[] = [
  ['192.168.140.255', '192.168.140.255'],
  ['0.0.0.0', '0.0.0.0'],
  ['127.0.0.1', '127.0.0.1'],
  ['1.2.3.4', '1.2.3.4'],
  ['', undefined],
  ['bad', undefined],
  ['1234', undefined],
  ['1a2b3c4d', undefined],
  ['1.2.3', undefined],
  ['1.2.3.4.5', undefined],
  ['.1.2.3', undefined],
  ['1.2.3.', undefined],
  ['1..2.3', undefined],
  ['1.2.3.a', undefined],
  ['1.2.3.256', undefined],
  ['260.1.2.3', undefined],
  ['192.168.300.1', undefined],
  ['192.168.0.1.5.6', undefined],
  ['192.168.01.1', undefined],
  ['01.2.3.4', undefined],
  ['1.2.3.00', undefined],
  ['0x7f.0.0.1', undefined],
  ['+1.2.3.4', undefined],
  ['-1.2.3.4', undefined],
  ['1.2.3.4 ', undefined],
  [' 1.2.3.4', undefined],
  ['1.2.3.4\u0000', undefined],
  ['１.2.3.4', undefined],
  ['::', '::'],
  ['::1', '::1'],
  ['fd7a:115c:a1e0:ab12:4843:cd96:626b:430b', 'fd7a:115c:a1e0:ab12:4843:cd96:626b:430b'],
  ['fd7a:115c::626b:430b', 'fd7a:115c::626b:430b'],
  ['fd7a:115c:a1e0:ab12:4843:cd96::', 'fd7a:115c:a1e0:ab12:4843:cd96::'],
  ['fd7a:115c:a1e0:ab12:4843:cd96:626b::', 'fd7a:115c:a1e0:ab12:4843:cd96:626b:0'],
  ['FD9E:1A04:F01D::1', 'fd9e:1a04:f01d::1'],
  ['0:0:0:0:0000:ffff:1:8', '::ffff:0.1.0.8'],
  ['::ffff:192.168.140.255', '::ffff:192.168.140.255'],
  ['::ffff:c0a8:8cff', '::ffff:192.168.140.255'],
  ['::192.168.140.255', '::c0a8:8cff'],
  ['1:2:3:4:5:6:77.77.88.88', '1:2:3:4:5:6:4d4d:5858'],
  ['::ffff:192.168.0.0.1', undefined],
  ['::ffff:192.168.0', undefined],
  ['::ffff:192.168.01.1', undefined],
  ['::ffff:300.168.0.1', undefined],
  ['::ffff:1.2.3.4:1', undefined],
  ['1:2:3:4:5:6:7:1.2.3.4', undefined],
  ['1:2:3:4:5:1.2.3.4', undefined],
  ['1.2.3.4::1', undefined],
  ['fe80:0:0:0:0:0:0:1:1', undefined],
  ['1:2:3:4:5:6:7:8:9', undefined],
  ['1:2:3:4:5:6:7', undefined],
  ['1::2::3', undefined],
  [':1:2:3:4:5:6:7', undefined],
  ['1:2:3:4:5:6:7:', undefined],
  ['::1:2:3:4:5:6:7:8', undefined],
  ['1::2:3:4:5:6:7:8', undefined],
  [':', undefined],
  [':::', undefined],
  ['::g', undefined],
  ['00001::', undefined],
  ['12345::', undefined],
  ['::-1', undefined],
  ['::1 ', undefined],
  ['[::1]', undefined],
  ['[::1]:80', undefined],
  ['fe80::1%', undefined],
  ['%eth0', undefined],
  ['1.2.3.4%eth0', undefined],
  // Valid with its zone in Go; a zone means nothing in a range or a flag of a cluster.
  ['fe80::1cc0:3e8c:119f:c2e1%ens18', undefined],
]

const prefixes: readonly (readonly [string, string | undefined])[] = [
  ['192.168.0.0/24', '192.168.0.0/24'],
  ['192.168.0.0/0', '0.0.0.0/0'],
  ['192.168.0.1/24', '192.168.0.0/24'],
  ['fd00::/8', 'fd00::/8'],
  ['::/0', '::/0'],
  ['2000::/3', '2000::/3'],
  ['fe80::dead:beef:dead:beef/64', 'fe80::/64'],
  ['::ffff:1.2.3.0/120', '::ffff:1.2.3.0/120'],
  ['64:ff9b::192.0.2.0/120', '64:ff9b::c000:200/120'],
  ['192.168.0.0', undefined],
  ['/24', undefined],
  ['192.168.0.0/', undefined],
  ['192.168.0.0/24/24', undefined],
  ['1.257.1.1/24', undefined],
  ['1.1.1.0/q', undefined],
  ['1.1.1.0/33', undefined],
  ['1.1.1.0/-1', undefined],
  ['1.1.1.0/+8', undefined],
  ['1.1.1.0/08', undefined],
  ['1.1.1.0/032', undefined],
  ['1.1.1.0/00', undefined],
  ['1.1.1.0/ 8', undefined],
  ['1.1.1.0/8 ', undefined],
  ['1.1.1.0 /8', undefined],
  ['1.1.1.0/0x8', undefined],
  ['1.1.1.0/8.0', undefined],
  ['1.1.1.0/1e1', undefined],
  ['1.1.1.0/٨', undefined],
  ['1.1.1.0/255.0.0.0', undefined],
  ['1.1.1/24', undefined],
  ['010.0.0.0/8', undefined],
  ['::1/129', undefined],
  ['2000::/129', undefined],
  ['::/064', undefined],
  ['::/+3', undefined],
  ['::/1000', undefined],
  ['::/18446744073709551616', undefined],
  ['fe80::%eth0/64', undefined],
  ['[::]/0', undefined],
]

describe('judges as net/netip does', () => {
  it.each(addresses)('address %j: %j', (text, expected) => {
    const ip = tryParseIP(text)
    expect(ip && formatIP(ip)).toBe(expected)
  })

  it.each(prefixes)('prefix %j: %j', (text, expected) => {
    const cidr = tryParseCIDR(text, { allowHostBits: true })
    expect(cidr && formatCIDR(cidr)).toBe(expected)
  })
})

/** Texts that are nearly addresses: pieces of them in any order, and real ones with one character changed. */
const piece = fc.constantFrom(
  '0',
  '1',
  '9',
  '00',
  '01',
  '255',
  '256',
  'f',
  'ffff',
  'fffff',
  '.',
  '.',
  ':',
  ':',
  '::',
  '%',
  '%eth0',
  '/',
  ' ',
  '-',
  '+',
  '1.2.3.4',
)
const pieces = fc.array(piece, { maxLength: 12 }).map(parts => parts.join(''))
const real = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant('::ffff:1.2.3.4'))
const bent = fc
  .tuple(real, fc.nat(), fc.constantFrom('', '0', ':', '.', 'g', ' ', '00', '%', '/'))
  .map(([text, at, insert]) => {
    const index = at % (text.length + 1)
    return text.slice(0, index) + insert + text.slice(index + (insert === '' ? 1 : 0))
  })

describe('beside two libraries and node:net, on any text', () => {
  it('takes what node:net takes and no zone', () => {
    fc.assert(
      fc.property(fc.oneof(pieces, real, bent, fc.string()), text => {
        const family = tryParseIP(text)?.family
        expect(family === 'IPv4').toBe(isIPv4(text))
        expect(family === 'IPv6').toBe(isIPv6(text) && !text.includes('%'))
      }),
      { numRuns: 2000 },
    )
  })

  it('reads what it takes as ipaddr.js and ip-address read it', () => {
    fc.assert(
      fc.property(fc.oneof(pieces, real, bent), text => {
        const ip = tryParseIP(text)
        if (ip === undefined) return
        // ipaddr.js takes ::1.2.3.4 for ::ffff:1.2.3.4.
        if (!/^::\d+\./.test(text)) {
          const bytes = oracle.parse(text).toByteArray()
          expect(bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)).toBe(ip.value)
        }
        expect((ip.family === 'IPv4' ? new Address4(text) : new Address6(text)).bigInt()).toBe(ip.value)
      }),
      { numRuns: 1000 },
    )
  })

  it('takes no prefix that neither library takes', () => {
    const prefixed = fc
      .tuple(
        fc.oneof(real, bent),
        fc.constantFrom('0', '8', '24', '32', '33', '64', '128', '129', '08', '+8', '', ' 8', '1e1'),
      )
      .map(([address, length]) => `${address}/${length}`)
    fc.assert(
      fc.property(fc.oneof(prefixed, pieces), text => {
        const cidr = tryParseCIDR(text, { allowHostBits: true })
        if (cidr === undefined) return
        expect(oracle.isValidCIDR(text)).toBe(true)
        const isValid = cidr.family === 'IPv4' ? Address4.isValid(text) : Address6.isValid(text)
        expect(isValid).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})
