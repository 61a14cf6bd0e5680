import { expect, test } from 'vitest'
import { parseAddresses, parseRoutes } from './ip.ts'
import { parseJson } from './json.ts'

test('only unicast routes of the main table are kept; what iproute2 leaves out is filled in', () => {
  const printed = [
    { dst: 'default', gateway: '10.0.0.254', dev: 'eth0', flags: [] },
    { dst: '10.244.1.7', dev: 'cali1', scope: 'link', flags: [] },
    { type: 'blackhole', dst: '10.244.1.0/26', protocol: 'bird' },
    { type: 'local', dst: '10.0.0.1', dev: 'eth0', table: 'local', protocol: 'kernel' },
    {
      dst: '10.1.0.0/16',
      protocol: 'static',
      nexthops: [
        { gateway: '10.0.0.2', dev: 'eth0' },
        { gateway: '10.0.0.3', dev: 'eth1' },
      ],
    },
    { dst: '10.2.0.0/16', via: { family: 'inet6', host: 'fe80::1' }, dev: 'eth0', protocol: 'bgp' },
  ]
  expect(parseRoutes(printed, 'IPv4')).toEqual([
    { family: 'IPv4', destination: 'default', interface: 'eth0', gateway: '10.0.0.254', protocol: 'boot' },
    { family: 'IPv4', destination: '10.244.1.7/32', interface: 'cali1', protocol: 'boot' },
    {
      family: 'IPv4',
      destination: '10.1.0.0/16',
      interface: 'eth0',
      gateway: '10.0.0.2',
      protocol: 'static',
    },
    { family: 'IPv4', destination: '10.2.0.0/16', interface: 'eth0', gateway: 'fe80::1', protocol: 'bgp' },
  ])
})

test('a tool that printed no JSON had nothing to say', () => {
  expect(parseAddresses(parseJson('Object "x" is unknown'))).toEqual([])
  expect(parseAddresses(parseJson('null'))).toEqual([])
  expect(parseRoutes(parseJson(''), 'IPv6')).toEqual([])
})
