import { describe, expect, it } from 'vitest'
import { formatCIDR } from './cidr.ts'
import { parsePair } from './pair.ts'

describe('parsePair', () => {
  it.each(['10.244.0.0/16', 'fd00::/56', '10.244.0.0/16,fd00::/56', 'fd00::/56,10.244.0.0/16'])(
    'reads %s and keeps the order',
    text => expect(parsePair(text).map(formatCIDR).join(',')).toBe(text),
  )

  it.each([
    ['', 'no prefix length'],
    ['10.0.0.0/16,', 'no prefix length'],
    ['10.0.0.0/16, fd00::/56', 'has a space next to a comma'],
    [' 10.0.0.0/16', 'has a space'],
    ['10.0.0.0/16,10.1.0.0/16', 'are both IPv4'],
    ['fd00::/56,fd01::/56', 'are both IPv6'],
    ['10.0.0.0/16,fd00::/56,10.1.0.0/16', 'has 3 CIDRs'],
    ['10.0.0.1/16,fd00::/56', 'it lies in is 10.0.0.0/16'],
    ['10.0.0.0/16;fd00::/56', 'is no prefix length'],
  ])('refuses %j and says why', (text, why) => expect(() => parsePair(text)).toThrow(why))

  it('takes host bits where that is asked for', () => {
    expect(parsePair('10.0.0.1/16,fd00::1/56', { allowHostBits: true }).map(formatCIDR)).toEqual([
      '10.0.0.0/16',
      'fd00::/56',
    ])
  })
})
