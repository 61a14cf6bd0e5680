import { expect, it } from 'vitest'
import type { KubeObject } from '../model/cluster.ts'
import { leaner } from './lean.ts'

const lean = (resource: string, object: object): unknown =>
  leaner(resource)({ metadata: { name: 'a' }, ...object })

it('of a Node what it can take and what it says of itself is kept, not when it said so', () => {
  const images = [{ names: ['a:1'], sizeBytes: 1 }]
  const nodeInfo = { kubeletVersion: 'v1.36.3' }
  const ready = { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'ready' }
  const status = { images, nodeInfo, allocatable: { pods: '110' } }
  const since = '2026-11-23T01:39:55Z'
  expect(
    lean('v1/nodes', {
      spec: { podCIDR: '10.244.1.0/24' },
      status: {
        ...status,
        conditions: [{ ...ready, lastHeartbeatTime: '2026-11-23T01:40:15Z', lastTransitionTime: since }],
        capacity: { pods: '110' },
      },
    }),
  ).toEqual({
    metadata: { name: 'a' },
    spec: { podCIDR: '10.244.1.0/24' },
    // Since when it is ready: what was said of it before is over for `diagnose`.
    status: { ...status, conditions: [{ ...ready, lastTransitionTime: since }] },
  })
})

it('of an EndpointSlice who answers where, and whether it is ready, is kept', () => {
  const endpoint = { addresses: ['10.244.1.5'], nodeName: 'n1' }
  expect(
    lean('discovery.k8s.io/v1/endpointslices', {
      addressType: 'IPv4',
      endpoints: [
        {
          ...endpoint,
          conditions: { ready: false, serving: true },
          targetRef: { kind: 'Pod', name: 'b', uid: 'u', namespace: 'demo' },
          zone: 'z',
        },
        { addresses: ['10.244.1.6'] },
      ],
    }),
  ).toEqual({
    metadata: { name: 'a' },
    addressType: 'IPv4',
    endpoints: [
      { ...endpoint, conditions: { ready: false }, targetRef: { kind: 'Pod', name: 'b' } },
      { addresses: ['10.244.1.6'] },
    ],
  })
  expect(lean('discovery.k8s.io/v1/endpointslices', { endpoints: null })).toEqual({
    metadata: { name: 'a' },
    endpoints: null,
  })
})

it('of a block of addresses is kept what is given out, and in which namespace', () => {
  const kept = { affinity: 'host:n1', allocations: [0, null, 1], cidr: '10.244.1.0/26' }
  const attribute = (namespace: string) => ({
    handle_id: 'k8s-pod-network.1',
    secondary: { namespace, pod: 'b', node: 'n1' },
  })
  expect(
    lean('crd.projectcalico.org/v1/ipamblocks', {
      spec: { ...kept, attributes: [attribute('x'), { handle_id: 'h', secondary: null }], unallocated: [1] },
    }),
  ).toEqual({
    metadata: { name: 'a' },
    spec: { ...kept, attributes: [{ secondary: { namespace: 'x' } }, { secondary: null }] },
  })
})

it('the template of a ReplicaSet is kept where no Deployment has it', () => {
  const spec = { replicas: 2, template: { spec: {} } }
  const of = (kind: string): object => ({
    metadata: {
      name: 'a',
      ownerReferences: [{ apiVersion: 'v1', kind, name: 'b', uid: 'u', controller: true }],
    },
    spec,
  })
  expect(lean('apps/v1/replicasets', of('Deployment'))).toMatchObject({ spec: { replicas: 2 } })
  expect(lean('apps/v1/replicasets', of('Deployment'))).not.toHaveProperty('spec.template')
  expect(lean('apps/v1/replicasets', of('Rollout'))).toEqual(of('Rollout'))
  expect(lean('apps/v1/replicasets', { spec })).toEqual({ metadata: { name: 'a' }, spec })
})

it('what kubectl applied is kept of nothing, and the object that was given stays whole', () => {
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', mine: 'x' }
  const object: KubeObject = { metadata: { name: 'a', annotations }, spec: { type: 'ClusterIP' } }
  expect(leaner('v1/services')(object)).toEqual({
    metadata: { name: 'a', annotations: { mine: 'x' } },
    spec: { type: 'ClusterIP' },
  })
  expect(object.metadata.annotations).toBe(annotations)
})

it('what objects of one listing have in common is kept once', () => {
  const project = leaner('v1/nodes')
  const node = () => project({ metadata: { name: 'a' }, status: { images: [{ names: ['a:1'] }] } })
  const [one, two] = [node(), node()].map(({ status }) => (status as { images: unknown[] }).images[0])
  expect(one).toEqual({ names: ['a:1'] })
  expect(two).toBe(one)
})
