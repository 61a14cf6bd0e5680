import { expect, test } from 'vitest'
import { UnreachableError } from '../base/errors.ts'
import { pruneCopies } from './prune.ts'
import { memoryWorld } from './testing/memory.ts'

test('each node is asked to keep three runs; one that does not answer changes nothing', async () => {
  const memory = memoryWorld({}, {})
  const asked: [string, number][] = []
  memory.nodes = {
    ...memory.nodes,
    prune: async (node, keep) => {
      asked.push([node, keep])
      if (node === 'n2') throw new UnreachableError('node n2: gone', 'nodes.ssh')
      return []
    },
  }
  await pruneCopies(memory, ['n1', 'n2', 'n3'])
  expect(asked).toEqual([
    ['n1', 3],
    ['n2', 3],
    ['n3', 3],
  ])
})
