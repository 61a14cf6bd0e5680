import { expect, test } from 'vitest'
import type { Cluster, KubeObject } from '../../model/cluster.ts'
import { sliceResource, slicesByService } from './endpoints.ts'

const slice = (namespace: string, service: string, address: string): KubeObject => ({
  metadata: {
    name: `${service}-${address}`,
    namespace,
    labels: { 'kubernetes.io/service-name': service },
  },
  addressType: 'IPv4',
  endpoints: [{ addresses: [address] }],
})
const cluster = (slices?: readonly KubeObject[]): Cluster => ({
  uid: 'u',
  version: 'v1.36.3',
  pods: [],
  nodes: {},
  unread: {},
  objects: slices === undefined ? {} : { [sliceResource]: slices },
})
const addresses = (of: Cluster, service: string): readonly string[] =>
  slicesByService(of)(service).flatMap(({ endpoints }) => endpoints.map(({ address }) => address))

test('each Service has its own slices, and each reading of a cluster its own Services', () => {
  const before = cluster([
    slice('a', 'x', '10.0.0.1'),
    slice('b', 'x', '10.0.0.2'),
    slice('a', 'x', '10.0.0.3'),
  ])
  const after = cluster([slice('a', 'x', '10.0.0.9')])
  // Twice, in turns: what was found of one must not be given for the other.
  for (let times = 0; times < 2; times += 1) {
    expect(addresses(before, 'a/x')).toEqual(['10.0.0.1', '10.0.0.3'])
    expect(addresses(after, 'a/x')).toEqual(['10.0.0.9'])
    expect(addresses(before, 'b/x')).toEqual(['10.0.0.2'])
    expect(addresses(after, 'b/x')).toEqual([])
    expect(addresses(cluster(), 'a/x')).toEqual([])
    expect(addresses(cluster([]), 'a/x')).toEqual([])
  }
})

test('a cluster that differs elsewhere has the same slices', () => {
  const one = cluster([slice('a', 'x', '10.0.0.1')])
  expect(addresses({ ...one, uid: 'other' }, 'a/x')).toEqual(addresses(one, 'a/x'))
})
