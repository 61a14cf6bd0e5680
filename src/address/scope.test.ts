import { describe, expect, it } from 'vitest'
import { parseIP } from './ip.ts'
import { isGlobalUnicast, isLinkLocal, isLoopback, isMulticast, isULA } from './scope.ts'

const scopes = {
  loopback: isLoopback,
  multicast: isMulticast,
  linkLocal: isLinkLocal,
  ula: isULA,
  global: isGlobalUnicast,
}

describe('scopes', () => {
  // The right column is what the methods of Go's net.IP answer; ula is RFC 4193's fc00::/7.
  it.each([
    ['127.0.0.1', 'loopback'],
    ['127.255.255.255', 'loopback'],
    ['128.0.0.0', 'global'],
    ['::1', 'loopback'],
    ['::2', 'global'],
    ['::', ''],
    ['0.0.0.0', ''],
    ['0.0.0.1', 'global'],
    ['255.255.255.255', ''],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.255', 'multicast'],
    ['240.0.0.1', 'global'],
    ['ff02::1', 'multicast'],
    ['169.254.1.1', 'linkLocal'],
    ['169.255.0.0', 'global'],
    ['fe80::1', 'linkLocal'],
    ['febf::1', 'linkLocal'],
    ['fec0::1', 'global'],
    ['10.0.0.1', 'global'],
    ['192.168.1.1', 'global'],
    ['fbff::1', 'global'],
    ['fc00::1', 'ula global'],
    ['fd00::1', 'ula global'],
    ['fdff:ffff::1', 'ula global'],
    ['2001:db8::1', 'global'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:169.254.0.1', 'linkLocal'],
    ['::ffff:10.0.0.1', 'global'],
  ])('%s is: %s', (text, expected) => {
    const found = Object.entries(scopes).filter(([, is]) => is(parseIP(text)))
    expect(found.map(([name]) => name).join(' ')).toBe(expected)
  })
})
