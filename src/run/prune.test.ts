import { expect, test } from 'vitest'
import { UnreachableError } from '../base/errors.ts'
import { practiceWorld } from '../practice/index.ts'
import type { World } from '../world/ports.ts'
import { pruneCopies } from './prune.ts'

test('each node is asked to keep three runs; one that does not answer changes nothing', async () => {
  const practice = practiceWorld({
    uid: 'u',
    version: 'v1.36.3',
    objects: {},
    pods: [],
    nodes: {},
    unread: {},
  })
  const asked: [string, number][] = []
  const nodes: World['nodes'] = {
    ...practice.nodes,
    prune: async (node, keep) => {
      asked.push([node, keep])
      if (node === 'n2') throw new UnreachableError('node n2: gone', 'nodes.ssh')
      return []
    },
  }
  await pruneCopies({ ...practice, nodes }, ['n1', 'n2', 'n3'])
  expect(asked).toEqual([
    ['n1', 3],
    ['n2', 3],
    ['n3', 3],
  ])
})
