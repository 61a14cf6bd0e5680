import { expect, test } from 'vitest'
import type { Cluster } from '../model/cluster.ts'
import { likeTheOther } from './encapsulation.ts'
import { decide } from './intent.ts'
import { smallCluster } from './testing/cluster.ts'

const pools = 'crd.projectcalico.org/v1/ippools'
const nodes = (second: string) => ({ n1: { IPv6: '2001:db8::1' }, n2: { IPv6: second } })
const address = (text: string) => ({
  interface: 'eth0',
  family: 'IPv6' as const,
  address: text,
  prefixLength: 64,
  scope: 'global',
  flags: [],
})
const cluster = (spec: object, backend?: string): Cluster => {
  const base = smallCluster({
    nodes: { n2: { addresses: [address('2001:db8::2'), address('2001:db8:2::2')] } },
    objects: {
      [pools]: [
        { metadata: { name: 'old' }, spec: { cidr: '10.9.0.0/16', vxlanMode: 'Always', disabled: true } },
        { metadata: { name: 'default' }, spec: { cidr: '10.244.0.0/16', ...spec } },
      ],
      'apps/v1/daemonsets': [
        {
          metadata: { name: 'calico-node', namespace: 'kube-system' },
          spec: {
            template: {
              spec: {
                containers: [
                  {
                    name: 'calico-node',
                    env: backend === undefined ? [] : [{ name: 'CALICO_NETWORKING_BACKEND', value: backend }],
                  },
                ],
              },
            },
          },
        },
      ],
    },
  })
  return base
}

test.each([
  [{}, 'bird', 'one network', 'None'],
  [{ ipipMode: 'Never', vxlanMode: 'Never' }, 'bird', 'two networks', 'None'],
  [{ ipipMode: 'Always' }, 'bird', 'one network', 'None'],
  [{ ipipMode: 'Always' }, 'bird', 'two networks', 'VXLANCrossSubnet'],
  [{ ipipMode: 'CrossSubnet' }, undefined, 'two networks', 'VXLANCrossSubnet'],
  [{ vxlanMode: 'Always' }, 'bird', 'one network', 'VXLAN'],
  [{ vxlanMode: 'CrossSubnet' }, 'vxlan', 'two networks', 'VXLANCrossSubnet'],
  [{}, 'vxlan', 'one network', 'VXLAN'],
])('%j with backend %s and %s: %s', (spec, backend, where, expected) => {
  const second = where === 'one network' ? '2001:db8::2' : '2001:db8:2::2'
  expect(likeTheOther(cluster(spec, backend), 'IPv4', 'IPv6', nodes(second))).toBe(expected)
})

test('what a person says wins', () => {
  expect(decide(cluster({ vxlanMode: 'Always' }), {}).calico.encapsulation).toBe('VXLAN')
  expect(decide(cluster({ vxlanMode: 'Always' }), { encapsulation: 'None' }).calico.encapsulation).toBe(
    'None',
  )
})
