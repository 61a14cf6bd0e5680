import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CIDR, cidrOf, contains, formatCIDR, overlaps, parseCIDR, subnets } from './cidr.ts'
import { firstFree, lastFree } from './free.ts'

const ranges = (...texts: string[]): CIDR[] => texts.map(text => parseCIDR(text))
const text = (cidr: CIDR | undefined): string | undefined => cidr && formatCIDR(cidr)

describe('firstFree and lastFree', () => {
  it.each([
    ['10.0.0.0/8', 16, [], '10.0.0.0/16', '10.255.0.0/16'],
    ['10.0.0.0/8', 16, ['10.0.0.0/24'], '10.1.0.0/16', '10.255.0.0/16'],
    ['10.0.0.0/8', 16, ['10.0.0.0/9'], '10.128.0.0/16', '10.255.0.0/16'],
    ['10.0.0.0/8', 16, ['10.128.0.0/9', '10.0.0.0/16'], '10.1.0.0/16', '10.127.0.0/16'],
    ['10.0.0.0/8', 16, ['0.0.0.0/0'], undefined, undefined],
    ['10.0.0.0/8', 8, ['10.9.8.7/32'], undefined, undefined],
    ['10.0.0.0/8', 7, [], undefined, undefined],
    ['fd00::/48', 64, ['fd00::/64', 'fd00:0:0:ffff::1/128'], 'fd00:0:0:1::/64', 'fd00:0:0:fffe::/64'],
    ['fd00::/48', 64, ['10.0.0.0/8'], 'fd00::/64', 'fd00:0:0:ffff::/64'],
    // A million blocks are taken: goes past them in one step.
    ['fd00::/16', 128, ['fd00::/17'], 'fd00:8000::/128', 'fd00:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128'],
  ])('in %s a free /%i beside %j: %s, and from the end %s', (inside, prefix, taken, first, last) => {
    expect(text(firstFree(parseCIDR(inside), prefix, ranges(...taken)))).toBe(first)
    expect(text(lastFree(parseCIDR(inside), prefix, ranges(...taken)))).toBe(last)
  })

  it('find what looking through all of them finds', () => {
    const inside = parseCIDR('10.0.0.0/24')
    const within = fc
      .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 22, max: 32 }))
      .map(([host, prefix]) => cidrOf({ family: 'IPv4', value: inside.value + BigInt(host) }, prefix))
    fc.assert(
      fc.property(fc.array(within, { maxLength: 8 }), fc.integer({ min: 24, max: 32 }), (taken, prefix) => {
        const free = [...subnets(inside, prefix)].filter(part => !taken.some(other => overlaps(part, other)))
        const found = firstFree(inside, prefix, taken)
        expect(found).toEqual(free[0])
        expect(lastFree(inside, prefix, taken)).toEqual(free.at(-1))
        if (found !== undefined) expect(contains(inside, found)).toBe(true)
      }),
    )
  })
})
