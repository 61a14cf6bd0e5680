import { expect, test } from 'vitest'
import type { Cluster, KubeObject } from '../../model/cluster.ts'
import { clusterConfiguration, testCluster } from '../testing/cluster.ts'
import { hasVirtualEndpoint, holderOfEndpoint, virtualAddresses } from './virtual-address.ts'

const withEndpoint = (endpoint: string): Cluster =>
  testCluster({
    controlPlanes: 3,
    nodes: 3,
    clusterConfiguration: `${clusterConfiguration}controlPlaneEndpoint: ${JSON.stringify(endpoint)}\n`,
  })
const withObject = (cluster: Cluster, resource: string, object: KubeObject): Cluster => ({
  ...cluster,
  objects: { ...cluster.objects, [resource]: [...(cluster.objects[resource] ?? []), object] },
})
const holding = (cluster: Cluster, node: string, address: string): Cluster => {
  const facts = cluster.nodes[node]
  if (facts === undefined) throw new Error(node)
  const vip = {
    interface: 'eth0',
    family: 'IPv4' as const,
    address,
    prefixLength: 32,
    scope: 'global',
    flags: [],
  }
  return {
    ...cluster,
    nodes: { ...cluster.nodes, [node]: { ...facts, addresses: [...facts.addresses, vip] } },
  }
}

test.each([
  ['10.0.0.100:6443', '10.0.0.100'],
  ['[FD00:10::0:100]:6443', 'fd00:10::100'],
  ['fd00:10::100', 'fd00:10::100'],
])('the endpoint %s is a virtual address', (endpoint, address) => {
  const cluster = withEndpoint(endpoint)
  expect([...virtualAddresses(cluster)]).toEqual([[address, 'the endpoint of the control plane']])
  expect(hasVirtualEndpoint(cluster)).toBe(true)
})

test('an endpoint that is a name, or the address of a node, is none', () => {
  expect([...virtualAddresses(withEndpoint('api.example:6443'))]).toEqual([])
  expect([...virtualAddresses(withEndpoint('10.0.0.11:6443'))]).toEqual([])
  expect(hasVirtualEndpoint(testCluster())).toBe(false)
})

test('kube-vip says its addresses in its manifest, or in its DaemonSet', () => {
  const manifest =
    'spec:\n  containers:\n  - name: kube-vip\n    env:\n    - name: address\n      value: "10.0.0.9,fd00:10::9"\n'
  const byFile = testCluster({ files: { n1: { '/etc/kubernetes/manifests/kube-vip.yaml': manifest } } })
  expect([...virtualAddresses(byFile).keys()]).toEqual(['10.0.0.9', 'fd00:10::9'])
  const daemonSet = {
    metadata: { name: 'kube-vip-ds', namespace: 'kube-system' },
    spec: {
      template: {
        spec: { containers: [{ name: 'kube-vip', env: [{ name: 'vip_address', value: '10.0.0.8/32' }] }] },
      },
    },
  }
  expect([...virtualAddresses(withObject(testCluster(), 'apps/v1/daemonsets', daemonSet)).keys()]).toEqual([
    '10.0.0.8',
  ])
  const broken = testCluster({ files: { n1: { '/etc/kubernetes/manifests/kube-vip.yaml': 'a: [' } } })
  expect([...virtualAddresses(broken)]).toEqual([])
})

test('addresses of Services may sit on an interface, and are no node’s own', () => {
  const service = {
    metadata: { name: 'web', namespace: 'shop' },
    spec: { externalIPs: ['fd00:10::51'] },
    status: { loadBalancer: { ingress: [{ ip: 'fd00:10::50' }, { hostname: 'x' }] } },
  }
  const cluster = withObject(testCluster(), 'v1/services', service)
  expect([...virtualAddresses(cluster).keys()]).toEqual(['fd00:10::50', 'fd00:10::51'])
  expect(hasVirtualEndpoint(cluster)).toBe(false)
})

test('who holds the endpoint is told by his interface, or by kube-vip’s Lease', () => {
  const cluster = withEndpoint('10.0.0.100:6443')
  expect(holderOfEndpoint(cluster)).toBeUndefined()
  expect(holderOfEndpoint(holding(cluster, 'n2', '10.0.0.100'))).toBe('n2')
  const lease = {
    metadata: { name: 'plndr-cp-lock', namespace: 'kube-system' },
    spec: { holderIdentity: 'n1' },
  }
  expect(holderOfEndpoint(withObject(cluster, 'coordination.k8s.io/v1/leases', lease))).toBe('n1')
})
