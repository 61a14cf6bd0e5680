import { expect, test } from 'vitest'
import type { KubeObject } from '../model/cluster.ts'
import type { Index } from '../model/simulation.ts'
import { Store } from './store.ts'

const blocks = 'x/v1/blocks'
const onNode: Index = {
  resource: blocks,
  keys: object => (typeof object['node'] === 'string' ? [object['node']] : []),
}
const block = (name: string, node?: string, owner?: string): KubeObject => ({
  metadata: {
    name,
    ...(owner !== undefined && {
      ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: 'x', uid: owner, controller: true }],
    }),
  },
  ...(node !== undefined && { node }),
})
const names = (objects: readonly KubeObject[]) => objects.map(({ metadata }) => metadata.name)

test('what is found by a key follows what is written and taken away', () => {
  const store = new Store()
  expect(store.find(onNode, 'n1')).toEqual([])
  store.load(blocks, [block('b', 'n1'), block('a', 'n1'), block('c', 'n2'), block('d')])
  expect(names(store.find(onNode, 'n1'))).toEqual(['a', 'b'])
  store.put(blocks, block('c', 'n1'))
  store.put(blocks, block('a', 'n2'))
  store.put(blocks, block('e', 'n1'))
  store.remove(blocks, undefined, 'b')
  expect(names(store.find(onNode, 'n1'))).toEqual(['c', 'e'])
  expect(names(store.find(onNode, 'n2'))).toEqual(['a'])
  expect(store.countOf(onNode, 'n1')).toBe(2)
})

test('what is found is as it was written last', () => {
  const store = new Store()
  store.load(blocks, [block('a', 'n1')])
  expect(store.find(onNode, 'n1')).toHaveLength(1)
  const written = store.put(blocks, { ...block('a', 'n1'), more: true })
  expect(store.find(onNode, 'n1')[0]).toBe(written)
})

test('objects of an owner follow when they are given another, or none', () => {
  const store = new Store()
  store.load(blocks, [block('a', 'n1', 'one'), block('b', 'n1', 'one')])
  expect(names(store.ownedBy('one', blocks))).toEqual(['a', 'b'])
  store.put(blocks, block('a', 'n1', 'two'))
  store.put(blocks, block('b', 'n1'))
  expect(store.ownedBy('one', blocks)).toEqual([])
  expect(store.dependants('one')).toEqual([])
  expect(store.dependants('two').map(([resource, { metadata }]) => [resource, metadata.name])).toEqual([
    [blocks, 'a'],
  ])
})

test('they are counted', () => {
  const store = new Store()
  store.load(blocks, [block('a'), block('b')])
  store.put(blocks, block('a', 'n1'))
  store.put(blocks, block('c'))
  store.remove(blocks, undefined, 'b')
  expect(store.count(blocks)).toBe(2)
  expect(store.list(blocks)).toHaveLength(2)
})
