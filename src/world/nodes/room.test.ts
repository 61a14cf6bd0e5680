import { expect, test } from 'vitest'
import { memoryApi } from '../api/testing/memory-api.ts'
import { roomOf } from './room.ts'

const pod = (name: string, cpu: string, more: object = {}) => ({
  metadata: { name, namespace: 'x', uid: name },
  spec: { nodeName: 'n1', containers: [{ resources: { requests: { cpu } } }], ...more },
  status: { phase: 'Running' },
})
const room = (pods: ReturnType<typeof pod>[], cpu: string) => {
  const node = { metadata: { name: 'n1' }, status: { allocatable: { cpu: '1', pods: '3' } } }
  return roomOf(memoryApi({ 'v1/nodes': [node], 'v1/pods': pods }).api())('n1', { cpu })
}

test('there is room up to what the node has, and not beyond', async () => {
  expect(await room([pod('a', '500m'), pod('b', '250m')], '250m')).toBe(true)
  expect(await room([pod('a', '500m'), pod('b', '251m')], '250m')).toBe(false)
})

test('a pod that has ended asks for nothing; a large init container counts', async () => {
  expect(await room([{ ...pod('a', '1'), status: { phase: 'Succeeded' } }], '250m')).toBe(true)
  const init = { initContainers: [{ resources: { requests: { cpu: '900m' } } }] }
  expect(await room([pod('a', '100m', init)], '250m')).toBe(false)
})

test('a node that is full of pods has none', async () => {
  expect(await room([pod('a', '0'), pod('b', '0'), pod('c', '0')], '0')).toBe(false)
})
