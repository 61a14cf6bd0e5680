import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { layers } from '../layers/index.ts'
import { readBundle } from '../observe/bundle.ts'
import { type Practice, practiceWorld } from '../practice/index.ts'
import { ApiError } from '../world/api/api-error.ts'
import { managedBy } from '../world/own/labels.ts'
import type { KubeApi, World } from '../world/ports.ts'
import { apply } from './apply.ts'
import { rollback } from './rollback.ts'
import { allReads } from './rules.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kept-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

async function practiceWithKept(spec: object): Promise<Practice> {
  const sample = resolve(import.meta.dirname, '../../samples/calico-1cp-1w')
  const practice = practiceWorld(await readBundle(sample, allReads(layers)))
  await practice.api.create('v1/podtemplates', {
    apiVersion: 'v1',
    kind: 'PodTemplate',
    metadata: {
      name: 'lonely',
      namespace: 'demo',
      labels: managedBy,
      annotations: { 'kubectl-dualstack/pod-uid': 'gone' },
    },
    template: { metadata: { labels: { app: 'lonely' } }, spec },
  })
  return practice
}
const spec = { containers: [{ name: 'c', image: 'i', env: [{ name: 'PASSWORD', value: 'secret' }] }] }
const given = () => ({
  layers,
  intent: {},
  agree: async () => true,
  how: 'stand-in' as const,
  by: 'test',
  emit: () => {},
  env: { XDG_STATE_HOME: folder },
})

test('a run in any direction first makes the pods again that another one has ended', async () => {
  const practice = await practiceWithKept(spec)
  const outcome = await rollback({ world: practice, ...given() })
  expect(outcome.kind).toBe('nothing')
  expect(await practice.api.get('v1/pods', 'demo', 'lonely')).toMatchObject({
    metadata: { labels: { app: 'lonely' } },
    spec: { containers: [{ env: [{ value: 'secret' }] }] },
  })
  expect(await practice.api.get('v1/podtemplates', 'demo', 'lonely')).toBeUndefined()
})

test('a kept pod that cannot be made yet stops the way there, and never the way back', async () => {
  const practice = await practiceWithKept(spec)
  const refusing: KubeApi = {
    ...practice.api,
    create: async (resource, ...more) => {
      if (resource === 'v1/pods')
        throw new ApiError('no', 403, 'Forbidden', null, undefined, undefined, undefined)
      return practice.api.create(resource, ...more)
    },
  }
  const said: string[] = []
  const logger = { ...practice.logger, warn: (message: string) => said.push(message) }
  const world: World = { ...practice, api: refusing, logger }
  await expect(apply({ world, ...given() })).rejects.toMatchObject({ code: 'workloads.kept' })
  expect((await rollback({ world, ...given() })).kind).toBe('nothing')
  expect(said).toEqual([expect.stringContaining('demo/lonely was deleted to be made again')])
  expect(await practice.api.get('v1/podtemplates', 'demo', 'lonely')).toBeDefined()
})
