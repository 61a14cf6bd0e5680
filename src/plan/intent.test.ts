import { describe, expect, test } from 'vitest'
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

test('both ranges may be named as kubeadm writes them, as long as the cluster keeps its own', () => {
  const pair = '10.244.0.0/16,fd00:244::/56'
  expect(decide(smallCluster(), { pods: pair }).pods).toEqual({
    IPv4: '10.244.0.0/16',
    IPv6: 'fd00:244::/56',
  })
  expect(() => decide(smallCluster(), { pods: '10.1.0.0/16,fd00:244::/56' })).toThrow(
    'this cluster already has 10.244.0.0/16 for IPv4',
  )
  expect(() => decide(smallCluster(), { pods: '10.244.0.0/16, fd00:244::/56' })).toThrow(
    'space next to a comma',
  )
})

test('a file that puts the other family first is refused: the primary family never changes', () => {
  expect(decide(smallCluster(), { families: ['IPv4', 'IPv6'] }).families).toEqual(['IPv4', 'IPv6'])
  expect(() => decide(smallCluster(), { families: ['IPv6', 'IPv4'] })).toThrow(
    'the primary family of this cluster is IPv4',
  )
  expect(() => decide(smallCluster(), { families: ['IPv6'], to: 'single' })).toThrow('the primary family')
})

describe('where the addresses of nodes lie', () => {
  const v6 = (name: string, text: string) => ({
    interface: name,
    family: 'IPv6' as const,
    address: text,
    prefixLength: 64,
    scope: 'global',
    flags: [],
  })
  const both = (index: number) => ({
    addresses: [
      { ...v6('eth0', `10.0.0.${index}`), family: 'IPv4' as const },
      v6('eth0', `2001:db8::${index}`),
      v6('eth1', `2001:db8:1::${index}`),
    ],
  })
  const cluster = smallCluster({ nodes: { n1: both(1), n2: both(2) } })
  const chosen = (intent: Parameters<typeof decide>[1]) =>
    Object.values(decide(cluster, intent).nodeAddresses).map(({ IPv6 }) => IPv6)

  test.each([
    [{}, ['2001:db8::1', '2001:db8::2']],
    [{ nodesFrom: { interface: 'eth1' } }, ['2001:db8:1::1', '2001:db8:1::2']],
    [{ nodesFrom: { interface: 'e*1' } }, ['2001:db8:1::1', '2001:db8:1::2']],
    [{ nodesFrom: { cidr: '2001:db8:1::/64' } }, ['2001:db8:1::1', '2001:db8:1::2']],
    [
      { nodesFrom: { interface: 'eth1' }, nodeAddresses: { n2: { IPv6: '2001:DB8::0:99' } } },
      ['2001:db8:1::1', '2001:db8::99'],
    ],
  ])('%j gives %j', (intent, expected) => {
    expect(chosen(intent)).toEqual(expected)
  })

  test('the reported address of the primary family is not touched by it', () => {
    const { nodeAddresses } = decide(cluster, { nodesFrom: { interface: 'eth1' } })
    expect(nodeAddresses['n1']?.IPv4).toBe('10.0.0.1')
  })

  test('an interface or a network without an address is told with its name', () => {
    expect(() => chosen({ nodesFrom: { interface: 'eth.' } })).toThrow(
      'no usable address on interface eth. on nodes n1 (IPv6), n2',
    )
    expect(() => chosen({ nodesFrom: { cidr: '2001:db8:2::/64' } })).toThrow('in 2001:db8:2::/64 on nodes')
  })

  test('a node that is not there is refused: an address would be lost by a slip of the pen', () => {
    expect(() => chosen({ nodeAddresses: { n3: { IPv6: '2001:db8::3' } } })).toThrow(
      'node n3, and this cluster has no such node',
    )
  })
})

test('a virtual address is never taken for a node’s own', () => {
  const service = {
    metadata: { name: 'lb', namespace: 'x' },
    status: { loadBalancer: { ingress: [{ ip: '2001:db8::2' }] } },
  }
  const cluster = smallCluster({ objects: { 'v1/services': [service] } })
  expect(() => decide(cluster, {})).toThrow('no usable address on node n2 (IPv6)')
  expect(decide(cluster, { nodeAddresses: { n2: { IPv6: '2001:db8::2' } } }).nodeAddresses['n2']?.IPv6).toBe(
    '2001:db8::2',
  )
})
