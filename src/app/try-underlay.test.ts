import { expect, test } from 'vitest'
import { UnreachableError } from '../base/errors.ts'
import { layers } from '../layers/index.ts'
import { goal, testCluster } from '../layers/testing/cluster.ts'
import type { NodeFacts } from '../model/cluster.ts'
import { makePlan } from '../plan/make.ts'
import { practiceWorld } from '../practice/index.ts'
import type { NodeRead, World } from '../world/ports.ts'
import { tryUnderlay } from './try-underlay.ts'

const cluster = testCluster({ nodes: 3 })
const few = layers.filter(layer => ['host', 'kubeadm'].includes(layer.id))
const plan = makePlan({ cluster, goal, layers: few, tool: '' })

/** Nodes whose echoes come back, or do not. */
function worldWhere(answers: (node: string, address: string) => boolean) {
  const practice = practiceWorld(cluster)
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
  const world: World = { ...practice, nodes: { ...practice.nodes, facts } }
  return { world, asked, calls: practice.faults.calls }
}

test('nothing is said where every node answers, and each is asked once', async () => {
  const { world, asked, calls } = worldWhere(() => true)
  expect(await tryUnderlay(world, few, cluster, plan)).toEqual(plan)
  expect(asked.sort()).toEqual(['n1', 'n2', 'n3'])
  expect(calls).toEqual([])
})

test('a way that does not carry the family is a notice', async () => {
  const { world } = worldWhere((node, address) => !(node === 'n3' && address.startsWith('fd00')))
  const { notices } = await tryUnderlay(world, few, cluster, plan)
  expect(notices[0]).toMatchObject({
    object: 'the nodes',
    message: expect.stringContaining('n3 to n1 (fd00:10::11): nothing answers over IPv6') as string,
  })
})

test('a node that cannot be asked now is a notice too; a bundle is asked nothing', async () => {
  const practice = practiceWorld(cluster)
  const facts = () => Promise.reject(new UnreachableError('node n2: gone', 'nodes.ssh'))
  const world: World = { ...practice, nodes: { ...practice.nodes, facts } }
  expect((await tryUnderlay(world, few, cluster, plan)).notices[0]?.message).toContain('node n2: gone')
  expect(await tryUnderlay(undefined, few, cluster, plan)).toBe(plan)
})
