import { expect, test } from 'vitest'
import { differs } from './differs.ts'
import { decide, type Intent } from './intent.ts'
import { smallCluster } from './testing/cluster.ts'

const goal = decide(smallCluster(), { pods: 'fd00:244::/56', services: 'fd00:96::/112' })

test.each<[string, Intent]>([
  ['nothing', {}],
  ['the same ranges', { pods: 'FD00:244::/56', services: '10.96.0.0/16,fd00:96::/112' }],
  ['the same families', { families: ['IPv4', 'IPv6'], to: 'dual' }],
  ['what is so without a word', { nodeMask: 64, blockSize: 122, encapsulation: 'None', natOutgoing: true }],
  ['the same address', { nodeAddresses: { n1: { IPv6: '2001:DB8::1' } } }],
  ['a network in which the addresses are', { nodesFrom: { interface: 'eth0', cidr: '2001:db8::/64' } }],
  ['to leave what is left', { include: { jobs: false } }],
])('a run goes on for %s', (_, intent) => {
  expect(differs(intent, goal)).toEqual([])
})

test.each<[Intent, string]>([
  [{ pods: 'fd00:245::/56' }, 'pods fd00:245::/56'],
  [{ services: '10.97.0.0/16,fd00:96::/112' }, 'services 10.97.0.0/16'],
  [{ families: ['IPv4'] }, 'families IPv4'],
  [{ nodeMask: 80 }, 'node mask 80'],
  [{ blockSize: 120 }, 'block size 120'],
  [{ encapsulation: 'VXLAN' }, 'encapsulation VXLAN'],
  [{ natOutgoing: false }, 'NAT false'],
  [{ nodeAddresses: { n2: { IPv6: '2001:db8::9' } } }, 'address of n2 2001:db8::9'],
  [{ nodeAddresses: { n9: { IPv6: '2001:db8::9' } } }, 'address of n9 2001:db8::9'],
  [{ nodesFrom: { cidr: '2001:db8:2::/64' } }, 'node addresses in 2001:db8:2::/64'],
  [{ include: { barePods: true } }, 'barePods true'],
])('%j is another wish', (intent, words) => {
  expect(differs(intent, goal)).toEqual([words])
})
