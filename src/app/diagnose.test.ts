import { expect, test } from 'vitest'
import { UnreachableError } from '../base/errors.ts'
import { controlPlane, facts, fakeCluster, fakeWorld, object } from '../observe/testing.ts'
import type { NodeContainers, World } from '../world/ports.ts'
import { diagnoseCluster } from './diagnose.ts'
import type { Source } from './source.ts'
import { observe } from '../observe/live.ts'

const now = Date.parse('2026-11-23T08:00:00Z')
const refused =
  '2026-11-23T07:59:50.798Z stderr F E1123 07:59:50.797932       1 run.go:72] "command failed" err="service IP family \\"fd00:96::/112\\" must match public address family \\"10.89.0.11\\""\n'

const containers: NodeContainers = {
  runtime: 'answered',
  containers: [
    {
      namespace: 'kube-system',
      pod: 'kube-apiserver-n1',
      container: 'kube-apiserver',
      attempt: 4,
      state: 'exited',
      exitCode: 1,
    },
  ],
  logs: [
    {
      namespace: 'kube-system',
      pod: 'kube-apiserver-n1',
      container: 'kube-apiserver',
      attempt: 4,
      text: refused,
    },
  ],
}

/** A cluster of one node, whose API server answers or not. */
function sourceOf(isAway: boolean, more: Partial<World['nodes']> = {}): Source & { readonly world: World } {
  const node = facts({ manifests: [], kernel: '6.1.0', kubeletArguments: [] })
  const fake = fakeCluster({
    objects: { 'v1/nodes': [controlPlane('n1')], 'v1/namespaces': [object('kube-system')] },
    nodes: { n1: node, '10.0.0.1': node },
  })
  const base = fakeWorld(fake)
  const away = async (): Promise<never> => {
    throw new UnreachableError('https://10.0.0.1:6443 does not answer', 'api.unreachable')
  }
  const world: World = {
    ...base,
    api: { ...base.api, server: 'https://10.0.0.1:6443', ...(isAway && { version: away }) },
    nodes: { ...base.nodes, containers: async () => containers, logs: async () => '', ...more },
  }
  return { world, read: (reads, how) => observe(world, reads, how), close: async () => {} }
}

test('an API server that does not start is told from its log on the node, with its exit code after it', async () => {
  const { found, notRead } = await diagnoseCluster(sourceOf(true), { nodes: ['n1'], now })
  expect(found.map(({ failure }) => failure)).toEqual(['advertise-address/family', 'state/keeps-ending'])
  expect(found[0]?.because[0]).toMatchObject({
    where: 'kube-apiserver of kube-apiserver-n1 on n1, container log 4',
  })
  expect(notRead[0]).toBe('the API server: https://10.0.0.1:6443 does not answer')
})

test('without any name the host of the kubeconfig is asked', async () => {
  const asked: string[] = []
  const source = sourceOf(true, {
    containers: async node => {
      asked.push(node)
      return containers
    },
  })
  await diagnoseCluster(source, { now })
  expect(asked).toEqual(['10.0.0.1'])
})

test('a node that cannot be reached is said, and the rest is told', async () => {
  const gone = async (): Promise<never> => {
    throw new UnreachableError('node n1: connection timed out', 'nodes.ssh')
  }
  const { found, notRead } = await diagnoseCluster(sourceOf(false, { containers: gone }), { now })
  expect(found).toEqual([])
  expect(notRead).toContain('n1: containers and their logs: node n1: connection timed out')
})

test('an error that nobody knows, of a container that ended, is told as such', async () => {
  const text =
    '2026-11-23T07:59:50.798Z stderr F E1123 07:59:50.797932       1 run.go:72] "command failed" err="odd"\n'
  const logs = containers.logs.map(log => ({ ...log, text }))
  const source = sourceOf(false, { containers: async () => ({ ...containers, logs }) })
  const { unknown, collect } = await diagnoseCluster(source, { now })
  expect(unknown).toHaveLength(1)
  expect(collect.length).toBeGreaterThan(2)
})
