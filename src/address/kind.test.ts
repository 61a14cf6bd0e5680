import { describe, expect, it } from 'vitest'
import { parseCIDR } from './cidr.ts'
import { parseIP } from './ip.ts'
import { kindOf, kindsIn } from './kind.ts'

describe('kindOf', () => {
  it.each([
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'this-network'],
    ['9.255.255.255', 'global'],
    ['10.0.0.0', 'private'],
    ['100.64.0.1', 'shared'],
    ['100.128.0.0', 'global'],
    ['127.0.0.1', 'loopback'],
    ['169.254.1.1', 'link-local'],
    ['172.15.255.255', 'global'],
    ['172.31.255.255', 'private'],
    ['192.0.2.1', 'documentation'],
    ['192.168.1.1', 'private'],
    ['198.19.0.0', 'benchmarking'],
    ['203.0.113.255', 'documentation'],
    ['224.0.0.1', 'multicast'],
    ['255.255.255.254', 'reserved'],
    ['255.255.255.255', 'broadcast'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['::2', 'unallocated'],
    ['::ffff:10.0.0.1', 'mapped'],
    ['64:ff9b::1.2.3.4', 'translation'],
    ['100::1', 'discard'],
    ['2000::', 'global'],
    ['2001::1', 'translation'],
    ['2001:2:1::', 'protocol'],
    ['2001:db8::1', 'documentation'],
    ['2001:db9::1', 'global'],
    ['2002::1', 'translation'],
    ['3fff:fff:ffff::', 'documentation'],
    ['3fff:1000::', 'global'],
    ['4000::', 'unallocated'],
    ['fbff::', 'unallocated'],
    ['fc00::', 'ula-undefined'],
    ['fcff::', 'ula-undefined'],
    ['fd00::', 'ula'],
    ['fe80::1', 'link-local'],
    ['febf::', 'link-local'],
    ['fec0::', 'site-local'],
    ['ff02::1', 'multicast'],
  ])('%s is %s', (text, name) => expect(kindOf(parseIP(text)).name).toBe(name))

  it.each([
    ['10.0.0.0/8', 'private'],
    ['10.0.0.0/7', 'global'],
    ['fd00::/8', 'ula'],
    ['fc00::/7', 'unallocated'],
    ['2001:db8::/31', 'global'],
    ['::/0', 'unallocated'],
  ])('all of %s is %s', (text, name) => expect(kindOf(parseCIDR(text)).name).toBe(name))
})

describe('kindsIn', () => {
  it('names what lies inside a range, and not what the range lies in', () => {
    expect(kindsIn(parseCIDR('fc00::/7')).map(({ name }) => name)).toEqual(['ula-undefined', 'ula'])
    expect(kindsIn(parseCIDR('10.1.0.0/16'))).toEqual([])
    expect(kindsIn(parseCIDR('192.0.0.0/22')).map(({ name }) => name)).toEqual(['protocol', 'documentation'])
  })
})
