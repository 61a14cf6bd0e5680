import { expect, test } from 'vitest'
import type { Cluster } from '../../model/cluster.ts'
import { apiServerManifest, apiServerPath, testCluster } from '../testing/cluster.ts'
import { kubelet } from './index.ts'

/** What each node reports, in a cluster whose API server has these ranges. */
function cluster(ranges: string, ...reported: readonly (readonly string[])[]): Cluster {
  const base = testCluster({
    nodes: reported.length,
    files: { n1: { [apiServerPath]: apiServerManifest(ranges) } },
  })
  const nodes = (base.objects['v1/nodes'] ?? []).map((node, index) => ({
    ...node,
    status: { addresses: (reported[index] ?? []).map(address => ({ type: 'InternalIP', address })) },
  }))
  return { ...base, objects: { ...base.objects, 'v1/nodes': nodes } }
}
const strays = (found: Cluster): readonly string[] => {
  const state = kubelet.read(found)
  return (state === undefined ? [] : kubelet.status(state)).flatMap(({ subject, note }) =>
    note?.startsWith('a stray') === true ? [subject] : [],
  )
}
const pair = '10.96.0.0/16,fd00:96::/112'
const both = ['10.0.0.11', 'fd00:10::11']

test('a node that joined with one family is found', () => {
  expect(strays(cluster(pair, both, ['10.0.0.12'], both))).toEqual(['kubelet n2'])
  expect(strays(cluster(pair, both, ['fd00:10::12']))).toEqual(['kubelet n2'])
})

test.each([
  ['the cluster has one family', cluster('10.96.0.0/16', ['10.0.0.11'], ['10.0.0.12'])],
  ['a conversion is on its way', cluster(pair, ['10.0.0.11'], ['10.0.0.12'])],
  ['all nodes have both', cluster(pair, both, both)],
  ['a node reports nothing', cluster(pair, both, [])],
])('none where %s', (_, found) => {
  expect(strays(found)).toEqual([])
})
