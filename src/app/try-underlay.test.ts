import { expect, test } from 'vitest'
import { UnreachableError } from '../base/errors.ts'
import { hostUnderlayRules } from '../layers/host/rules/host-underlay.ts'
import { backGoal, goal, testCluster } from '../layers/testing/cluster.ts'
import type { NodeFacts } from '../model/cluster.ts'
import { practiceWorld } from '../practice/index.ts'
import { judge } from '../rules/judge.ts'
import type { NodeRead, World } from '../world/ports.ts'
import { tryUnderlay } from './try-underlay.ts'

const cluster = testCluster({ nodes: 3 })

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
const found = async (world: World | undefined, wanted = goal) =>
  judge(hostUnderlayRules, 'cluster', {
    cluster: await tryUnderlay(world, cluster, wanted),
    goal: wanted,
    now: '2026-01-01T00:00:00Z',
  })

test('nothing is found where every node answers, and each is asked once', async () => {
  const { world, asked, calls } = worldWhere(() => true)
  expect(await found(world)).toMatchObject([{ severity: 'ok' }])
  expect(asked.sort()).toEqual(['n1', 'n2', 'n3'])
  expect(calls).toEqual([])
})

test('a way that does not carry the family is an error at the node that tried it', async () => {
  const { world } = worldWhere((node, address) => !(node === 'n3' && address.startsWith('fd00')))
  expect(await found(world)).toMatchObject([
    {
      severity: 'error',
      object: 'Node n3',
      message:
        'to n1 (fd00:10::11): nothing answers over IPv6, to n2 (fd00:10::12): nothing answers over IPv6',
      remedy: expect.stringContaining('--ignore host/underlay --i-know') as string,
    },
  ])
})

test('a node that cannot be asked now is told as such; a bundle is asked nothing, nor is anybody on the way back', async () => {
  const practice = practiceWorld(cluster)
  const facts = () => Promise.reject(new UnreachableError('node n2: gone', 'nodes.ssh'))
  const world: World = { ...practice, nodes: { ...practice.nodes, facts } }
  expect(await found(world)).toMatchObject([
    { severity: 'skipped', message: 'could not be tried: node n2: gone' },
  ])
  expect(await found(undefined)).toMatchObject([
    { severity: 'skipped', message: 'is tried on a live cluster only' },
  ])
  const back = worldWhere(() => true)
  expect(await found(back.world, backGoal)).toMatchObject([{ severity: 'skipped' }])
  expect(back.asked).toEqual([])
})
