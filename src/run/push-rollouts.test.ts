import { expect, test } from 'vitest'
import { silentLogger } from '../base/logger.ts'
import type { KubeObject } from '../model/cluster.ts'
import type { Step } from '../model/plan.ts'
import { memoryApi } from '../world/api/testing/memory-api.ts'
import type { KubeApi, NodeAccess, World } from '../world/ports.ts'
import { hideNodes } from './hide-nodes.ts'
import { pushRollouts } from './push-rollouts.ts'

const owner = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'agent', uid: 'ds', controller: true }
const pod = (node: string, hash: string, ready = true): KubeObject => ({
  metadata: {
    name: `agent-${node}-${hash}`,
    namespace: 'x',
    labels: { app: 'agent' },
    annotations: hash === 'new' ? { x: '1' } : {},
    ownerReferences: [owner],
  },
  spec: { nodeName: node },
  status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
})
const change = (path: readonly string[]) => ({
  target: { kind: 'object', api: 'apps/v1/daemonsets', namespace: 'x', name: 'agent' } as const,
  fields: [{ path, before: null, after: '1' }],
})
const step = (...path: readonly string[]): Step => ({
  id: 's',
  stage: 's',
  layer: 'l',
  title: '',
  why: '',
  interrupts: [],
  leaves: [],
  needs: [],
  changes: [change(path)],
  refreshes: [],
  gates: [],
})

/** n3 is dead, so the controller rolls out nothing; a pod that is deleted it makes again, ready after two seconds. */
function cluster(hashes: readonly string[], observed = 2) {
  const fake = memoryApi({
    'v1/pods': hashes.map((hash, index) => pod(`n${index + 1}`, hash)),
    'apps/v1/daemonsets': [
      {
        metadata: { name: 'agent', namespace: 'x', uid: 'ds', generation: 2 },
        spec: { selector: { matchLabels: { app: 'agent' } } },
        status: { observedGeneration: observed },
      },
    ],
  })
  let now = 0
  const later: { readonly at: number; readonly run: () => void }[] = []
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms
      for (const one of later.splice(0))
        if (one.at <= now) one.run()
        else later.push(one)
    },
  }
  const real = fake.api({ clock })
  const deleted: string[] = []
  const pods = fake.objects['v1/pods'] ?? []
  const api: KubeApi = {
    server: '',
    version: () => real.version(),
    list: (...given) => real.list(...given),
    get: (...given) => real.get(...given),
    create: (...given) => real.create(...given),
    replace: (...given) => real.replace(...given),
    evict: (...given) => real.evict(...given),
    exec: async () => ({ code: 0, stdout: '', stderr: '' }),
    delete: async (resource, namespace, name, options) => {
      deleted.push(`${name} at ${now / 1000} s`)
      await real.delete(resource, namespace, name, options)
      const node = name.split('-')[1] ?? ''
      await real.create('v1/pods', pod(node, 'new', false))
      later.push({
        at: now + 2000,
        run: () => {
          const index = pods.findIndex(one => one.metadata.name === `agent-${node}-new`)
          pods[index] = {
            ...pod(node, 'new'),
            metadata: { ...pods[index]?.metadata, ...pod(node, 'new').metadata },
          }
        },
      })
    },
  }
  const world: World = { api, nodes: {} as NodeAccess, clock, logger: silentLogger }
  return { world, deleted, clock }
}
const template = ['spec', 'template', 'metadata', 'annotations', 'x']

test('old pods of living nodes are made again one by one, each when the others are ready', async () => {
  const { world, deleted } = cluster(['old', 'old', 'old'])
  const seen = await hideNodes(world, new Set(['n3']))
  await pushRollouts({ world: seen, progress: () => {} }, step(...template))
  expect(deleted).toEqual(['agent-n1-old at 0 s', 'agent-n2-old at 2 s'])
})

test('what is new already stays, and so does what a step did not roll out', async () => {
  const { world, deleted } = cluster(['new', 'new'])
  await pushRollouts({ world, progress: () => {} }, step(...template))
  const { world: other, deleted: alsoDeleted } = cluster(['old', 'old'])
  await pushRollouts({ world: other, progress: () => {} }, step('spec', 'updateStrategy'))
  expect([...deleted, ...alsoDeleted]).toEqual([])
})

test('a controller that has not seen the change is waited for, and not for ever', async () => {
  const { world, deleted, clock } = cluster(['old', 'old'], 1)
  await pushRollouts({ world, progress: () => {} }, step(...template))
  expect(deleted).toEqual([])
  expect(clock.now()).toBe(300_000)
})
