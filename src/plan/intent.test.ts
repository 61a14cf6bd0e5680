import { expect, test } from 'vitest'
import { decide } from './intent.ts'
import { smallCluster } from './testing/cluster.ts'

test('without a word it chooses ranges inside the unique local prefix of this cluster, the same every time', () => {
  const goal = decide(smallCluster(), {})
  expect(goal).toMatchObject({
    families: ['IPv4', 'IPv6'],
    pods: { IPv4: '10.244.0.0/16' },
    services: { IPv4: '10.96.0.0/16' },
    nodeMask: { IPv4: 24, IPv6: 64 },
    nodeAddresses: {
      n1: { IPv4: '10.0.0.1', IPv6: '2001:db8::1' },
      n2: { IPv4: '10.0.0.2', IPv6: '2001:db8::2' },
    },
  })
  expect(goal.pods.IPv6).toMatch(/^fd[0-9a-f]{2}:[0-9a-f:]+::\/56$/)
  expect(goal.services.IPv6).toBe(goal.pods.IPv6?.replace('::/56', ':ffff::/112'))
  expect(decide(smallCluster(), {})).toEqual(goal)
  expect(decide({ ...smallCluster(), uid: 'another' }, {}).pods.IPv6).not.toBe(goal.pods.IPv6)
})

test('a cluster whose primary family is IPv6 gets IPv4 by the same code', () => {
  const cluster = smallCluster({ services: 'fd00:96::/112', pods: 'fd00:244::/56' })
  expect(decide(cluster, {})).toMatchObject({
    families: ['IPv6', 'IPv4'],
    pods: { IPv6: 'fd00:244::/56', IPv4: '10.244.0.0/16' },
    services: { IPv6: 'fd00:96::/112', IPv4: '10.96.0.0/20' },
  })
})

test('what an earlier, half-done conversion chose is kept', () => {
  const cluster = smallCluster({ services: '10.96.0.0/16,fd00:96::/112' })
  expect(decide(cluster, {}).services.IPv6).toBe('fd00:96::/112')
  expect(() => decide(cluster, { services: 'fd00:97::/112' })).toThrow(
    'this cluster already has fd00:96::/112',
  )
})

test.each([
  [{ pods: '10.1.0.0/16' }, '--pods 10.1.0.0/16 is IPv4'],
  [{ pods: 'fd00::1/48' }, 'bits are set after the first 48'],
  [{ services: 'fd00:96::/64' }, 'the prefix length must be 108 to 124'],
  [{ services: 'fd00:96::/127' }, 'the prefix length must be 108 to 124'],
  [{ pods: 'fd00:244::/47' }, 'the mask must be 47 to 63'],
  [{ pods: 'fd00:244::/64' }, 'holds 1 nodes of /64, this cluster has 2'],
  [{ pods: 'fd00:244::/56', services: 'fd00:244::/112' }, 'overlaps service range'],
  [{ pods: '2001:db8::/56' }, 'holds the address 2001:db8::1 of node n1'],
  [{ pods: 'fd00:244::/56', blockSize: 64 }, 'block size 64 does not fit'],
])('refuses %o', (intent, message) => {
  expect(() => decide(smallCluster(), intent)).toThrow(message)
})

test('names every node without a usable address, and takes one that is given', () => {
  const flags = ['temporary', 'dynamic']
  const only = {
    interface: 'eth0',
    family: 'IPv6' as const,
    address: '2001:db8::9',
    prefixLength: 64,
    scope: 'global',
    flags,
  }
  const uplink = { ...only, family: 'IPv4' as const, address: '10.0.0.2', flags: [] }
  const cluster = smallCluster({ nodes: { n2: { addresses: [uplink, only] } } })
  expect(() => decide(cluster, {})).toThrow('no usable address on node n2 (IPv6)')
  expect(decide(cluster, { nodeAddresses: { n2: { IPv6: '2001:db8::9' } } }).nodeAddresses['n2']?.IPv6).toBe(
    '2001:db8::9',
  )
  expect(decide(cluster, { to: 'single' }).families).toEqual(['IPv4'])
})

test('a permanent address is preferred to one that was given by the network, and either to a host route', () => {
  const address = (text: string, prefixLength: number, flags: readonly string[]) => ({
    interface: 'eth0',
    family: 'IPv6' as const,
    address: text,
    prefixLength,
    scope: 'global',
    flags,
  })
  const uplink = {
    interface: 'eth0',
    family: 'IPv4' as const,
    address: '10.0.0.2',
    prefixLength: 24,
    scope: 'global',
    flags: [],
  }
  const addresses = [
    uplink,
    address('2001:db8::a', 128, []),
    address('2001:db8::b', 64, ['dynamic']),
    address('2001:db8::c', 64, []),
  ]
  expect(decide(smallCluster({ nodes: { n2: { addresses } } }), {}).nodeAddresses['n2']?.IPv6).toBe(
    '2001:db8::c',
  )
})

test('a cluster that tells no service range is refused', () => {
  expect(() => decide({ ...smallCluster(), nodes: {} }, {})).toThrow('cannot tell which service range')
})
