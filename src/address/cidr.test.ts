import { BlockList } from 'node:net'
import * as fc from 'fast-check'
import { Address4, Address6 } from 'ip-address'
import oracle from 'ipaddr.js'
import { describe, expect, it } from 'vitest'
import {
  type CIDR,
  cidrOf,
  contains,
  firstAddress,
  formatCIDR,
  lastAddress,
  nthAddress,
  overlaps,
  parseCIDR,
  sameCIDR,
  size,
  subnetCount,
  subnets,
  tryParseCIDR,
} from './cidr.ts'
import type { Family } from './family.ts'
import { formatIP, type IP, isMapped, parseIP, widthOf } from './ip.ts'

const bits = (width: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(width)) - 1n })
const anyCIDR: fc.Arbitrary<CIDR> = fc
  .constantFrom<Family>('IPv4', 'IPv6')
  .chain(family =>
    fc
      .tuple(bits(widthOf(family)), fc.integer({ min: 0, max: widthOf(family) }))
      .map(([value, prefix]) => cidrOf({ family, value }, prefix)),
  )
/** Two ranges that have to do with each other more often than by chance: the second lies at, in, around or beside the first. */
const pairOfCIDRs = fc
  .tuple(anyCIDR, anyCIDR, fc.nat(), fc.boolean())
  .map(([a, other, pick, near]): [CIDR, CIDR] => {
    if (!near) return [a, other]
    const at: IP = { family: a.family, value: a.value + (BigInt(pick) % size(a)) }
    return [a, cidrOf(at, pick % (widthOf(a.family) + 1))]
  })

describe('parseCIDR', () => {
  it.each(['0.0.0.0/0', '10.244.0.0/16', '10.0.0.1/32', '::/0', 'fd00::/8', 'fd00:10:244::/56', '::1/128'])(
    'reads %s',
    text => expect(formatCIDR(parseCIDR(text))).toBe(text),
  )

  it.each([
    ['10.0.0.0', 'no prefix length'],
    ['10.0.0.0/', 'is no prefix length'],
    ['/8', 'it is empty'],
    ['10.0.0.0/33', 'at most 32'],
    ['::/129', 'at most 128'],
    ['10.0.0.0/08', '"08" is no prefix length'],
    ['10.0.0.0/+8', '"+8" is no prefix length'],
    ['10.0.0.0/-1', '"-1" is no prefix length'],
    ['10.0.0.0/1e1', 'is no prefix length'],
    ['10.0.0.0/255.0.0.0', 'is no prefix length'],
    ['10.0.0.0/8/8', 'is no prefix length'],
    ['10.0.0.0/8 ', 'is no prefix length'],
    ['10.0.0.0 /8', 'it holds a space'],
    ['10.0/16', 'four decimal numbers'],
    ['010.0.0.0/8', 'some read 10, others 8'],
    ['fe80::%eth0/64', 'it has a zone'],
    ['10.244.0.1/16', 'it lies in is 10.244.0.0/16'],
    ['fd00:10:244::1/64', 'it lies in is fd00:10:244::/64'],
  ])('refuses %j and says why', (text, why) => {
    expect(() => parseCIDR(text)).toThrow(why)
    expect(tryParseCIDR(text)).toBeUndefined()
  })

  it('takes host bits where that is asked for, and drops them', () => {
    expect(formatCIDR(parseCIDR('10.244.3.7/16', { allowHostBits: true }))).toBe('10.244.0.0/16')
  })

  it('gives back any CIDR through its text', () => {
    fc.assert(
      fc.property(anyCIDR, cidr => {
        expect(parseCIDR(formatCIDR(cidr))).toEqual(cidr)
      }),
    )
  })
})

describe('contains and overlaps', () => {
  it.each([
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['::/0', '1.2.3.4', false],
    ['0.0.0.0/0', '::ffff:1.2.3.4', false],
    ['::/0', '::ffff:1.2.3.4', true],
    ['fd00::/8', 'fdff::1', true],
  ])('%s holds %s: %s', (cidr, ip, holds) => expect(contains(parseCIDR(cidr), parseIP(ip))).toBe(holds))

  it.each([
    ['10.0.0.0/8', '10.0.0.0/8', true],
    ['10.0.0.0/8', '10.0.0.0/9', true],
    ['10.0.0.0/9', '10.0.0.0/8', false],
    ['10.0.0.0/8', '11.0.0.0/8', false],
    ['::/0', '0.0.0.0/0', false],
  ])('%s holds all of %s: %s', (outer, inner, holds) => {
    expect(contains(parseCIDR(outer), parseCIDR(inner))).toBe(holds)
  })

  it('agrees with ipaddr.js, ip-address and BlockList about addresses', () => {
    fc.assert(
      fc.property(pairOfCIDRs, ([cidr, { family, value }]) => {
        const ip = { family, value }
        // These take a mapped address for the IPv4 address in it, and Go's netip does not.
        fc.pre(
          !isMapped(ip) &&
            !isMapped(cidr) &&
            !(cidr.family === 'IPv6' && cidr.prefix < 96 && cidr.value === 0n),
        )
        const text = formatIP(ip)
        const here = contains(cidr, ip)
        if (cidr.family === family) {
          const [network, prefix] = oracle.parseCIDR(formatCIDR(cidr))
          expect(oracle.parse(text).match(network, prefix)).toBe(here)
          expect(
            family === 'IPv4'
              ? new Address4(text).isInSubnet(new Address4(formatCIDR(cidr)))
              : new Address6(text).isInSubnet(new Address6(formatCIDR(cidr))),
          ).toBe(here)
        }
        const list = new BlockList()
        list.addSubnet(formatIP(cidr), cidr.prefix, cidr.family === 'IPv4' ? 'ipv4' : 'ipv6')
        expect(list.check(text, family === 'IPv4' ? 'ipv4' : 'ipv6')).toBe(here)
      }),
    )
  })

  it('holds a range exactly when it holds its first and its last address', () => {
    fc.assert(
      fc.property(pairOfCIDRs, ([a, b]) => {
        expect(contains(a, b)).toBe(contains(a, firstAddress(b)) && contains(a, lastAddress(b)))
      }),
    )
  })

  it('overlaps exactly when the numbers do, whichever comes first', () => {
    fc.assert(
      fc.property(pairOfCIDRs, ([a, b]) => {
        const meet = a.value <= lastAddress(b).value && b.value <= lastAddress(a).value
        expect(overlaps(a, b)).toBe(a.family === b.family && meet)
        expect(overlaps(b, a)).toBe(overlaps(a, b))
      }),
    )
  })

  it('knows the same range', () => {
    expect(sameCIDR(parseCIDR('10.0.0.0/8'), parseCIDR('10.0.0.0/8'))).toBe(true)
    expect(sameCIDR(parseCIDR('10.0.0.0/8'), parseCIDR('10.0.0.0/9'))).toBe(false)
    expect(sameCIDR(parseCIDR('0.0.0.0/0'), parseCIDR('::/0'))).toBe(false)
  })
})

describe('arithmetic', () => {
  it('counts, from the first address to the last', () => {
    fc.assert(
      fc.property(anyCIDR, cidr => {
        expect(lastAddress(cidr).value - firstAddress(cidr).value + 1n).toBe(size(cidr))
        expect(nthAddress(cidr, 0)).toEqual(firstAddress(cidr))
        expect(nthAddress(cidr, size(cidr) - 1n)).toEqual(lastAddress(cidr))
        expect(() => nthAddress(cidr, size(cidr))).toThrow('there is no number')
        expect(() => nthAddress(cidr, -1)).toThrow('there is no number')
      }),
    )
  })

  it('finds the tenth address, where kubeadm puts the DNS Service', () => {
    expect(formatIP(nthAddress(parseCIDR('10.96.0.0/12'), 10))).toBe('10.96.0.10')
    expect(formatIP(nthAddress(parseCIDR('fd00:10:96::/108'), 10))).toBe('fd00:10:96::a')
  })

  it('splits into ranges that lie side by side and are the whole', () => {
    fc.assert(
      fc.property(anyCIDR, fc.integer({ min: 0, max: 8 }), (cidr, more) => {
        const prefix = Math.min(cidr.prefix + more, widthOf(cidr.family))
        const parts = [...subnets(cidr, prefix)]
        expect(BigInt(parts.length)).toBe(subnetCount(cidr, prefix))
        expect(parts[0]?.value).toBe(cidr.value)
        for (const [index, part] of parts.entries()) {
          const next = parts[index + 1]
          expect(part).toEqual(cidrOf(part, prefix))
          expect(lastAddress(part).value).toBe(next ? next.value - 1n : lastAddress(cidr).value)
        }
      }),
      { numRuns: 50 },
    )
  })

  it('splits lazily: the first of 2^64 comes at once', () => {
    const [first] = subnets(parseCIDR('fd00::/64'), 128)
    expect(first && formatCIDR(first)).toBe('fd00::/128')
    expect(subnetCount(parseCIDR('fd00::/64'), 128)).toBe(2n ** 64n)
  })

  it.each([15, 33, 16.5, -1, Number.NaN])('does not split a /16 into /%s', prefix => {
    expect(() => [...subnets(parseCIDR('10.244.0.0/16'), prefix)]).toThrow('from 16 to 32 is wanted')
  })
})
