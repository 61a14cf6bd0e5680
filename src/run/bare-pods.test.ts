import { expect, test } from 'vitest'
import { silentLogger } from '../base/logger.ts'
import type { KubeObject } from '../model/cluster.ts'
import { memoryApi } from '../world/api/testing/memory-api.ts'
import { managedBy } from '../world/own/labels.ts'
import type { NodeAccess, World } from '../world/ports.ts'
import { finishKept } from './bare-pods.ts'

/** A pod that was kept, then deleted; its old instance is on a node that says nothing of itself, or lives, or was removed. */
function hanging(ready: 'True' | 'Unknown' | undefined) {
  const spec = { containers: [{ name: 'c', image: 'i' }] }
  const kept: KubeObject = {
    metadata: {
      name: 'lonely',
      namespace: 'demo',
      labels: managedBy,
      annotations: { 'kubectl-dualstack/pod-uid': 'old' },
    },
    template: { metadata: {}, spec },
  }
  const old: KubeObject = {
    metadata: {
      name: 'lonely',
      namespace: 'demo',
      uid: 'old',
      deletionTimestamp: '2026-01-01T00:00:00Z',
    },
    spec: { ...spec, nodeName: 'n2' },
  }
  const node: KubeObject = {
    metadata: { name: 'n2' },
    status: { conditions: [{ type: 'Ready', status: ready }] },
  }
  const fake = memoryApi({
    'v1/podtemplates': [kept],
    'v1/pods': [old],
    'v1/nodes': ready === undefined ? [] : [node],
  })
  let now = 0
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms
    },
  }
  const world: World = { api: fake.api({ clock }), nodes: {} as NodeAccess, clock, logger: silentLogger }
  return { world, fake, waited: () => now / 1000 }
}

test('an old instance that hangs on a silent node is told with that node, and with both ways out', async () => {
  const { world, fake } = hanging('Unknown')
  await expect(finishKept({ world })).rejects.toMatchObject({
    code: 'workloads.kept',
    message:
      'Pod demo/lonely was deleted to be made again, and could not be yet: its old instance hangs on node n2, from which the cluster hears nothing',
    hint: 'What it was is kept in PodTemplate demo/lonely. Bring n2 back: its kubelet ends it. Where n2 is really off: kubectl -n demo delete pod lonely --force --grace-period=0. Then run the same command again; or give the pod up: kubectl -n demo delete podtemplate lonely',
  })
  expect(fake.objects['v1/podtemplates']).toHaveLength(1)
  // What the second way out leads to.
  fake.objects['v1/pods'] = []
  await finishKept({ world })
  expect(fake.objects['v1/pods']).toHaveLength(1)
  expect(fake.objects['v1/podtemplates']).toEqual([])
})

test('on a node that is known to be dead nobody is waited for', async () => {
  const { world, waited } = hanging('Unknown')
  await expect(finishKept({ world, left: new Set(['n2']) })).rejects.toMatchObject({
    code: 'workloads.kept',
  })
  expect(waited()).toBe(0)
})

test.each([
  ['that lives', 'True'],
  ['that was removed', undefined],
] as const)('an instance on a node %s is waited for, and then said to be held', async (_, ready) => {
  const { world, waited } = hanging(ready)
  await expect(finishKept({ world })).rejects.toMatchObject({
    message: expect.stringContaining('its old instance on node n2 does not end') as string,
    hint: expect.stringContaining('kubectl -n demo describe pod lonely') as string,
  })
  expect(waited()).toBeGreaterThanOrEqual(150)
})
