import { expect, test } from 'vitest'
import type { NodeFacts } from '../model/cluster.ts'
import { defaultRouteOf, noRouteOf } from './default-routes.ts'

const facts = (protocol: string | undefined, settings: Record<string, string>): NodeFacts => ({
  files: {},
  sysctls: Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [`net.ipv6.conf.eth0.${key}`, value]),
  ),
  addresses: [
    { family: 'IPv4', address: '10.0.0.1', interface: 'eth0', prefixLength: 24, scope: 'global', flags: [] },
  ],
  routes:
    protocol === undefined
      ? []
      : [{ family: 'IPv6', destination: 'default', interface: 'eth0', gateway: 'fe80::1', protocol }],
})
const deaf = { forwarding: '1', accept_ra: '1' }

test.each([
  { name: 'by advertisement, on a node that does not forward', protocol: 'ra', forwarding: '0', accept: '1' },
  { name: 'by advertisement, which are still heard', protocol: 'ra', forwarding: '1', accept: '2' },
  { name: 'that a daemon keeps', protocol: 'ra', forwarding: '1', accept: '0' },
  { name: 'that is static', protocol: 'static', forwarding: '1', accept: '1' },
])('a default route $name stays', ({ protocol, forwarding, accept }) => {
  expect(defaultRouteOf(facts(protocol, { forwarding, accept_ra: accept }), 'IPv6')).toBe(
    `default via fe80::1 dev eth0 proto ${protocol}`,
  )
})

test('a default route by advertisement on a node that hears none any more runs out; when it has, the reason is told', () => {
  expect(defaultRouteOf(facts('ra', deaf), 'IPv6')).toMatch(/ ! eth0 forwards and its accept_ra is 1/)
  expect(defaultRouteOf(facts(undefined, deaf), 'IPv6')).toBeUndefined()
  const addresses = { IPv4: '10.0.0.1' }
  expect(noRouteOf(facts(undefined, deaf), 'IPv6', addresses)).toMatch(/by router advertisement is gone/)
  expect(noRouteOf(facts(undefined, { ...deaf, accept_ra: '2' }), 'IPv6', addresses)).toBe('no default route')
  expect(noRouteOf(facts(undefined, deaf), 'IPv4', addresses)).toBe('no default route')
})
