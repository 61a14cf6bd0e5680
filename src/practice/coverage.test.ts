import { expect, test } from 'vitest'
import type { KubeObject } from '../model/cluster.ts'
import { Coverage } from './coverage.ts'
import { podResource } from './site.ts'
import { Store } from './store.ts'

const set: KubeObject = {
  metadata: { name: 'cni', namespace: 'x', uid: 'set' },
  spec: { template: { spec: { nodeSelector: { os: 'linux' } } } },
}
const node = (name: string, os = 'linux'): KubeObject => ({ metadata: { name, labels: { os } } })
const pod = (name: string, on: string, hash: string, more: { ready?: boolean; leaves?: boolean } = {}) =>
  ({
    metadata: {
      name,
      namespace: 'x',
      uid: name,
      labels: { 'controller-revision-hash': hash },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'cni', uid: 'set', controller: true },
      ],
      ...(more.leaves === true && { deletionTimestamp: 'now' }),
    },
    spec: { nodeName: on },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: more.ready === false ? 'False' : 'True' }],
    },
  }) satisfies KubeObject

function rollingOut() {
  const store = new Store()
  store.load('v1/nodes', [node('n1'), node('n2'), node('n3'), node('w1', 'windows')])
  store.load(podResource, [
    pod('a', 'n1', 'old'),
    pod('b', 'n2', 'old', { ready: false }),
    pod('c', 'w1', 'old', { ready: false, leaves: true }),
  ])
  const coverage = new Coverage(store, set, 'new')
  const write = (one: KubeObject): void => {
    store.put(podResource, one)
    coverage.see(one)
    coverage.follow()
  }
  return { store, coverage, write }
}

test('only nodes that its pods fit on are wanted, and lack one', () => {
  const { coverage } = rollingOut()
  expect(coverage.desired).toBe(3)
  expect(coverage.bare()).toEqual(['n3'])
  expect([...coverage.nodes('oldReady')]).toEqual(['n1'])
  expect([...coverage.nodes('oldUnready')]).toEqual(['n2'])
})

test('it follows pods that are written and go', () => {
  const { store, coverage, write } = rollingOut()
  write(pod('a', 'n1', 'old', { leaves: true }))
  expect(coverage.count('up')).toBe(0)
  expect([...coverage.nodes('oldReady')]).toEqual([])
  const gone = store.get(podResource, 'x', 'a')
  store.remove(podResource, 'x', 'a')
  if (gone !== undefined) coverage.see(gone)
  coverage.follow()
  expect(coverage.bare().toSorted()).toEqual(['n1', 'n3'])
  write(pod('d', 'n1', 'new'))
  expect(coverage.bare()).toEqual(['n3'])
  expect([coverage.count('updated'), coverage.count('ready'), coverage.count('up')]).toEqual([1, 1, 1])
})

test('with surge the old pod may go when the new one is ready', () => {
  const { coverage, write } = rollingOut()
  write(pod('d', 'n1', 'new', { ready: false }))
  expect([...coverage.nodes('both')]).toEqual(['n1'])
  expect([...coverage.nodes('replaced')]).toEqual([])
  expect([...coverage.nodes('onlyOld')]).toEqual(['n2'])
  write(pod('d', 'n1', 'new'))
  expect([...coverage.nodes('replaced')]).toEqual(['n1'])
  expect(coverage.oldOf('n1', true).map(({ metadata }) => metadata.name)).toEqual(['a'])
})
