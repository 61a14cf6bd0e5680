import { BlockList, isIP } from 'node:net'
import * as fc from 'fast-check'
import { Address4, Address6 } from 'ip-address'
import oracle from 'ipaddr.js'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../base/errors.ts'
import type { Family } from './family.ts'
import { familyOf, formatIP, type IP, isMapped, parseIP, tryParseIP, widthOf } from './ip.ts'

const anyFamily = fc.constantFrom<Family>('IPv4', 'IPv6')

/** Zero groups and the mapped range are rare among random numbers, and where mistakes are. */
const groups = fc
  .array(fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 0xffffn })), { minLength: 8, maxLength: 8 })
  .map(parts => parts.reduce((sum, part) => (sum << 16n) | part, 0n))
const mapped = fc.bigInt({ min: 0n, max: 0xffffffffn }).map(low => (0xffffn << 32n) | low)

const anyIP: fc.Arbitrary<IP> = anyFamily.chain(family =>
  (family === 'IPv4' ? fc.bigInt({ min: 0n, max: 0xffffffffn }) : fc.oneof(groups, groups, mapped)).map(
    value => ({ family, value }),
  ),
)

describe('formatIP', () => {
  it.each([
    ['1.2.3.4', '1.2.3.4'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8::00A0', '2001:db8::a0'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['::1.2.3.4', '::102:304'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['::ffff:1.2.3.4', '::ffff:1.2.3.4'],
    ['::FFFF:102:304', '::ffff:1.2.3.4'],
    ['::ffff:0:1', '::ffff:0.0.0.1'],
    ['::fffe:1.2.3.4', '::fffe:102:304'],
  ])('writes %s as %s, as RFC 5952 and Go do', (text, written) => {
    expect(formatIP(parseIP(text))).toBe(written)
  })

  it('gives back any address through its text', () => {
    fc.assert(
      fc.property(anyIP, ip => {
        expect(parseIP(formatIP(ip))).toEqual(ip)
      }),
    )
  })

  it('says what ipaddr.js says, but for mapped addresses, which that does not print as Go does', () => {
    fc.assert(
      fc.property(anyIP, ip => {
        fc.pre(!isMapped(ip))
        const bytes: number[] = []
        for (let shift = widthOf(ip.family) - 8; shift >= 0; shift -= 8)
          bytes.push(Number((ip.value >> BigInt(shift)) & 0xffn))
        expect(formatIP(ip)).toBe(oracle.fromByteArray(bytes).toString())
      }),
    )
  })

  it('says what ip-address says', () => {
    fc.assert(
      fc.property(anyIP, ip => {
        fc.pre(!isMapped(ip))
        const other = ip.family === 'IPv4' ? Address4.fromBigInt(ip.value) : Address6.fromBigInt(ip.value)
        expect(formatIP(ip)).toBe(other.correctForm())
      }),
    )
  })

  it('is read by node:net as the same address', () => {
    fc.assert(
      fc.property(anyIP, ip => {
        const list = new BlockList()
        const family = ip.family === 'IPv4' ? 'ipv4' : 'ipv6'
        list.addAddress(formatIP(ip), family)
        expect(list.check(formatIP(ip), family)).toBe(true)
        expect(isIP(formatIP(ip))).toBe(ip.family === 'IPv4' ? 4 : 6)
      }),
    )
  })
})

describe('parseIP', () => {
  it.each([
    ['', 'it is empty'],
    [' 10.0.0.1', 'it holds a space'],
    ['10.0.0.1\n', 'it holds a space'],
    ['fe80::1%eth0', 'it has a zone'],
    ['fe80::1%', 'it has a zone'],
    ['10.0.0.1/24', 'it has a prefix length'],
    ['010.0.0.1', '010 has a leading zero: some read 10, others 8'],
    ['10.0.0.08', '08 has a leading zero: some read 8, others nothing'],
    ['10.00.0.1', '00 has a leading zero'],
    ['::ffff:1.2.3.04', '04 has a leading zero'],
    ['1.2.3', 'four decimal numbers'],
    ['1.2.3.4.5', 'four decimal numbers'],
    ['256.0.0.1', 'four decimal numbers'],
    ['1..2.3', 'four decimal numbers'],
    ['1.2.3.', 'four decimal numbers'],
    ['0x7f.1', 'neither IPv4'],
    ['2130706433', 'four decimal numbers'],
    ['10.0.0.1:6443', 'it has a port'],
    ['[fd00::1]', 'it has brackets'],
    ['[fd00::1]:6443', 'it has brackets'],
    [':', 'eight groups'],
    [':::', 'three colons'],
    ['1::2::3', '"::" may stand only once'],
    ['1:2:3:4:5:6:7', 'eight groups'],
    ['1:2:3:4:5:6:7:8:9', 'eight groups'],
    ['1::2:3:4:5:6:7:8', 'eight groups'],
    [':1:2:3:4:5:6:7:8', 'eight groups'],
    ['12345::', '12345 has more than four digits'],
    ['00001::', '00001 has more than four digits'],
    ['g::', 'eight groups'],
    ['1.2.3.4::', 'eight groups'],
    ['::1.2.3', 'eight groups'],
    ['::1.2.3.256', 'eight groups'],
    ['node-1', 'neither IPv4'],
    ['１.2.3.4', 'neither IPv4'],
  ])('refuses %j and says why', (text, why) => {
    expect(tryParseIP(text)).toBeUndefined()
    expect(() => parseIP(text)).toThrow(UsageError)
    expect(() => parseIP(text)).toThrow(why)
  })

  it('takes exactly what node:net takes, but for zones', () => {
    const nearly = fc
      .array(
        fc.constantFrom('0', '1', '9', '00', '255', '256', 'f', 'ffff', '.', '.', ':', ':', '::', '%', '/'),
        {
          maxLength: 15,
        },
      )
      .map(parts => parts.join(''))
    fc.assert(
      fc.property(fc.oneof(nearly, fc.ipV4(), fc.ipV6(), fc.string()), text => {
        expect(tryParseIP(text) !== undefined).toBe(isIP(text) !== 0 && !text.includes('%'))
      }),
      { numRuns: 2000 },
    )
  })

  it('keeps a mapped address apart from the IPv4 address in it', () => {
    expect(parseIP('::ffff:1.2.3.4')).toEqual({ family: 'IPv6', value: 0xffff01020304n })
    expect(isMapped(parseIP('::ffff:1.2.3.4'))).toBe(true)
    expect(isMapped(parseIP('1.2.3.4'))).toBe(false)
  })
})

describe('familyOf', () => {
  it.each([
    ['10.0.0.1', 'IPv4'],
    ['10.0.0.0/8', 'IPv4'],
    ['fd00::/8', 'IPv6'],
    ['::ffff:1.2.3.4', 'IPv6'],
  ])('says that %s is %s', (text, family) => expect(familyOf(text)).toBe(family))

  it('refuses what is neither', () => expect(() => familyOf('n1/24')).toThrow('neither IPv4'))
})
