import { expect, test } from 'vitest'
import { UnreachableError } from '../base/errors.ts'
import { silentLogger } from '../base/logger.ts'
import { systemClock } from '../base/clock.ts'
import type { KubeObject } from '../model/cluster.ts'
import { memoryApi } from '../world/api/testing/memory-api.ts'
import type { NodeAccess, World } from '../world/ports.ts'
import { findDead } from './dead-nodes.ts'
import { hideNodes } from './hide-nodes.ts'

const node = (name: string, ready: string, labels: Record<string, string> = {}): KubeObject => ({
  metadata: { name, labels },
  status: { conditions: [{ type: 'Ready', status: ready }] },
})
const controlPlane = { 'node-role.kubernetes.io/control-plane': '' }

function worldOf(
  nodes: readonly KubeObject[],
  away: readonly string[],
  more: Record<string, readonly KubeObject[]> = {},
) {
  const asked: string[] = []
  const facts: NodeAccess['facts'] = async name => {
    asked.push(name)
    if (away.includes(name)) throw new UnreachableError(`node ${name}: connection timed out`, 'nodes.ssh')
    return { files: {}, sysctls: {}, addresses: [], routes: [] }
  }
  const api = memoryApi({ 'v1/nodes': nodes, ...more }).api()
  const world: World = { api, nodes: { facts } as NodeAccess, clock: systemClock, logger: silentLogger }
  return { world, asked }
}
const none = new Set<string>()

test('a worker of which neither the cluster nor we hear anything is left unasked', async () => {
  const { world, asked } = worldOf([node('n1', 'True', controlPlane), node('n2', 'Unknown')], ['n2'])
  expect(await findDead(world, none)).toEqual([
    { name: 'n2', isControlPlane: false, why: 'connection timed out' },
  ])
  // Nobody who lives is asked: that costs a healthy cluster nothing.
  expect(asked).toEqual(['n2'])
})

test.each([
  ['is Ready', 'True', ['n2']],
  ['says itself that it is not Ready', 'False', ['n2']],
  ['answers us', 'Unknown', []],
])('a node that %s is not dead', async (_, ready, away) => {
  const { world } = worldOf([node('n1', 'True'), node('n2', ready)], away)
  expect(await findDead(world, none)).toEqual([])
})

test('a dead control plane is left only when it is named', async () => {
  const { world } = worldOf([node('n1', 'True'), node('n2', 'Unknown', controlPlane)], ['n2'])
  await expect(findDead(world, none)).rejects.toMatchObject({
    code: 'node.control-plane-away',
    hint: expect.stringContaining('--without-node n2') as string,
  })
  expect(await findDead(world, new Set(['n2']))).toMatchObject([{ name: 'n2', isControlPlane: true }])
})

test('a name of no node, and a node that lives, cannot be left', async () => {
  const { world } = worldOf([node('n1', 'True')], ['n1'])
  await expect(findDead(world, new Set(['n9']))).rejects.toMatchObject({ exitCode: 2 })
  await expect(findDead(world, new Set(['n1']))).rejects.toMatchObject({
    code: 'node.alive',
    exitCode: 3,
    // The command that was right yesterday, when it was dead, is called once more.
    hint: expect.stringContaining('leave --without-node out') as string,
  })
})

test('hidden, a node, its pods and its blocks are not there, and no DaemonSet waits for it', async () => {
  const owner = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'agent', uid: 'ds', controller: true }
  const pod = (name: string, nodeName: string): KubeObject => ({
    metadata: { name, namespace: 'x', ownerReferences: [owner] },
    spec: { nodeName },
  })
  const blocks = 'crd.projectcalico.org/v1/ipamblocks'
  const affinities = 'crd.projectcalico.org/v1/blockaffinities'
  const { world } = worldOf([node('n1', 'True'), node('n2', 'Unknown')], [], {
    'v1/pods': [pod('a', 'n1'), pod('b', 'n2')],
    'apps/v1/daemonsets': [
      {
        metadata: { name: 'agent', namespace: 'x', uid: 'ds' },
        status: { desiredNumberScheduled: 2, numberAvailable: 1 },
      },
      { metadata: { name: 'other', namespace: 'x', uid: 'o' }, status: { desiredNumberScheduled: 1 } },
    ],
    [blocks]: ['n1', 'n2'].map(name => ({ metadata: { name }, spec: { affinity: `host:${name}` } })),
    [affinities]: ['n1', 'n2'].map(name => ({ metadata: { name }, spec: { node: name } })),
  })
  const { api } = await hideNodes(world, new Set(['n2']))
  const names = async (resource: string) => {
    const found: string[] = []
    for await (const object of api.list(resource)) found.push(object.metadata.name)
    return found
  }
  expect(await names('v1/nodes')).toEqual(['n1'])
  expect(await api.get('v1/nodes', undefined, 'n2')).toBeUndefined()
  expect(await names('v1/pods')).toEqual(['a'])
  expect(await names(blocks)).toEqual(['n1'])
  expect(await names(affinities)).toEqual(['n1'])
  const wanted = async (name: string) => (await api.get('apps/v1/daemonsets', 'x', name))?.['status']
  expect(await wanted('agent')).toEqual({ desiredNumberScheduled: 1, numberAvailable: 1 })
  expect(await wanted('other')).toEqual({ desiredNumberScheduled: 1 })
  await api.delete('v1/pods', 'x', 'a')
  expect(await names('v1/pods')).toEqual([])
  expect(await hideNodes(world, none)).toBe(world)
})
