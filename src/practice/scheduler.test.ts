import { expect, test } from 'vitest'
import type { KubeObject } from '../model/cluster.ts'
import { Scheduler } from './scheduler.ts'
import { podResource } from './site.ts'
import { Store } from './store.ts'

const node = (name: string, spec: object = {}, labels: Record<string, string> = {}): KubeObject => ({
  metadata: { name, labels },
  spec,
})
const pod = (name: string, on: string): KubeObject => ({
  metadata: { name, namespace: 'x' },
  spec: { nodeName: on },
})

function cluster(): { store: Store; scheduler: Scheduler } {
  const store = new Store()
  store.load('v1/nodes', [
    node('n1', { taints: [{ key: 'kept', effect: 'NoSchedule' }] }),
    node('n2', {}, { disk: 'fast' }),
    node('n3'),
  ])
  store.load(podResource, [pod('a', 'n2')])
  return { store, scheduler: new Scheduler(store) }
}

test('a pod gets the node with the fewest pods, the first by name of equals', () => {
  const { store, scheduler } = cluster()
  expect(scheduler.choose({})).toBe('n3')
  store.put(podResource, pod('b', 'n3'))
  expect(scheduler.choose({})).toBe('n2')
  store.put(podResource, pod('c', 'n2'))
  expect(scheduler.choose({})).toBe('n3')
  store.remove(podResource, 'x', 'a')
  store.remove(podResource, 'x', 'c')
  expect(scheduler.choose({})).toBe('n2')
})

test('only a node that it fits on; none at all is said', () => {
  const { scheduler } = cluster()
  expect(scheduler.choose({ tolerations: [{ key: 'kept', operator: 'Exists' }] })).toBe('n1')
  expect(scheduler.choose({ nodeSelector: { disk: 'fast' } })).toBe('n2')
  expect(scheduler.choose({ nodeSelector: { disk: 'slow' } })).toBeUndefined()
})

test('a node that was cordoned, labelled or came meanwhile counts as it is now', () => {
  const { store, scheduler } = cluster()
  expect(scheduler.choose({})).toBe('n3')
  store.put('v1/nodes', node('n3', { unschedulable: true }))
  expect(scheduler.choose({})).toBe('n2')
  store.put('v1/nodes', node('n4'))
  expect(scheduler.choose({})).toBe('n4')
  store.put('v1/nodes', node('n4', {}, { disk: 'slow' }))
  expect(scheduler.choose({ nodeSelector: { disk: 'slow' } })).toBe('n4')
})
