import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { layers } from '../layers/index.ts'
import { readBundle } from '../observe/bundle.ts'
import { practiceWorld } from '../practice/index.ts'
import { managedBy } from '../world/own/labels.ts'
import { rollback } from './rollback.ts'
import { allReads } from './rules.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kept-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('a run in any direction first makes the pods again that another one has ended', async () => {
  const sample = resolve(import.meta.dirname, '../../samples/calico-1cp-1w')
  const practice = practiceWorld(await readBundle(sample, allReads(layers)))
  const spec = { containers: [{ name: 'c', image: 'i', env: [{ name: 'PASSWORD', value: 'secret' }] }] }
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
  const outcome = await rollback({
    world: practice,
    layers,
    intent: {},
    agree: async () => true,
    how: 'stand-in',
    by: 'test',
    emit: () => {},
    env: { XDG_STATE_HOME: folder },
  })
  expect(outcome.kind).toBe('nothing')
  expect(await practice.api.get('v1/pods', 'demo', 'lonely')).toMatchObject({
    metadata: { labels: { app: 'lonely' } },
    spec: { containers: [{ env: [{ value: 'secret' }] }] },
  })
  expect(await practice.api.get('v1/podtemplates', 'demo', 'lonely')).toBeUndefined()
})
