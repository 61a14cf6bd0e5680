import { expect, test } from 'vitest'
import type { Clock } from '../base/clock.ts'
import type { KubeObject } from '../model/cluster.ts'
import { memoryApi } from '../world/api/testing/memory-api.ts'
import { clearAnnotation } from './clear-annotation.ts'

const clock: Clock = { now: () => 0, sleep: async () => {} }
const node = (name: string, annotations?: Readonly<Record<string, string>>): KubeObject => ({
  metadata: { name, ...(annotations === undefined ? {} : { annotations }) },
})

test('every Node that has it now loses it, and nothing else; the second time nothing is written', async () => {
  const fake = memoryApi({
    'v1/nodes': [node('n1', { 'a/b': '1', own: 'x' }), node('n2'), node('n3', { 'a/b': '2' })],
  })
  const api = fake.api({ clock })
  const said: string[] = []
  const clear = () =>
    clearAnnotation(
      { world: { api }, progress: message => said.push(message) },
      { kind: 'clear-annotation', annotation: 'a/b' },
    )
  await clear()
  const [first, second, third] = fake.objects['v1/nodes'] ?? []
  expect(first?.metadata.annotations).toEqual({ own: 'x' })
  expect([second, third].map(one => Object.keys(one?.metadata.annotations ?? {}))).toEqual([[], []])
  const versions = fake.objects['v1/nodes']?.map(one => one.metadata.resourceVersion)
  await clear()
  expect(fake.objects['v1/nodes']?.map(one => one.metadata.resourceVersion)).toEqual(versions)
  expect(said).toEqual(['a/b is gone from 2 Nodes', 'a/b is gone from 0 Nodes'])
})
