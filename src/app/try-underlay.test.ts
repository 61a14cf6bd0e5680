import { expect, test } from 'vitest'
import { UnreachableError } from '../base/errors.ts'
import { layers } from '../layers/index.ts'
import { goal, testCluster } from '../layers/testing/cluster.ts'
import type { NodeFacts } from '../model/cluster.ts'
import { makePlan } from '../plan/make.ts'
import { memoryWorld } from '../run/testing/memory.ts'
import type { NodeRead } from '../world/ports.ts'
import { tryUnderlay } from './try-underlay.ts'

const cluster = testCluster({ nodes: 3 })
const few = layers.filter(layer => ['host', 'kubeadm'].includes(layer.id))
const plan = makePlan({ cluster, goal, layers: few, tool: '' })

/** Nodes whose echoes come back, or do not. */
function worldWhere(answers: (node: string, address: string) => boolean) {
  const memory = memoryWorld({}, {})
  const asked: string[] = []
  const facts = async (node: string, { ping = [], reach = [] }: NodeRead): Promise<NodeFacts> => {
    asked.push(node)
    return {
      files: {},
      sysctls: {},
      addresses: [],
      routes: [],
      ping: Object.fromEntries(
        ping.map(({ address }) => [address, answers(node, address) ? 'full' : 'none'] as const),
      ),
      reach: Object.fromEntries(reach.map(address => [address, false])),
    }
  }
  memory.nodes = { ...memory.nodes, facts }
  return { memory, asked }
}

test('nothing is said where every node answers, and each is asked once', async () => {
  const { memory, asked } = worldWhere(() => true)
  expect(await tryUnderlay(memory, few, cluster, plan)).toEqual(plan)
  expect(asked.sort()).toEqual(['n1', 'n2', 'n3'])
  expect(memory.calls).toEqual([])
})

test('a way that does not carry the family is a notice', async () => {
  const { memory } = worldWhere((node, address) => !(node === 'n3' && address.startsWith('fd00')))
  const { notices } = await tryUnderlay(memory, few, cluster, plan)
  expect(notices[0]).toMatchObject({
    object: 'the nodes',
    message: expect.stringContaining('n3 to n1 (fd00:10::11): nothing answers over IPv6') as string,
  })
})

test('a node that cannot be asked now is a notice too; a bundle is asked nothing', async () => {
  const memory = memoryWorld({}, {})
  memory.nodes = {
    ...memory.nodes,
    facts: () => Promise.reject(new UnreachableError('node n2: gone', 'nodes.ssh')),
  }
  expect((await tryUnderlay(memory, few, cluster, plan)).notices[0]?.message).toContain('node n2: gone')
  expect(await tryUnderlay(undefined, few, cluster, plan)).toBe(plan)
})
