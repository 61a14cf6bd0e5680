import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { layers } from '../layers/index.ts'
import type { Event } from '../model/event.ts'
import { readBundle } from '../observe/bundle.ts'
import { practiceProcess, practiceWorld } from '../practice/index.ts'
import { journalFolder, readRuns } from '../run/journal.ts'
import type { World } from '../world/ports.ts'
import { apply } from './apply.ts'
import { allReads } from './rules.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'resume-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const env = () => ({ XDG_STATE_HOME: folder })
const applyOn = (world: World, emit: (event: Event) => void) =>
  apply({
    world,
    layers,
    intent: {},
    agree: async () => true,
    how: 'stand-in',
    by: 'test',
    emit,
    env: env(),
  })

test('a run that died behind the second write of one target goes on, instead of being put aside', async () => {
  const sample = resolve(import.meta.dirname, '../../samples/calico-1cp-1w')
  const cluster = await readBundle(sample, allReads(layers))
  const practice = practiceWorld(cluster)
  const dying = practiceProcess(practice)
  // The strategy that the step before changed and settled is given back, and nobody lives to tell.
  const killed = applyOn(dying.world, event => {
    if (event.kind === 'intend' && event.step === 'workloads/pods-strategies') dying.killAfter(1)
  })
  await expect(killed).rejects.toThrow()
  expect(dying.isDead).toBe(true)
  // The lock of the dead runs out.
  await practice.clock.sleep(120_000)

  const { kind } = await applyOn(practice, () => {})
  expect(kind).toBe('done')
  const runs = await readRuns(journalFolder(cluster.uid, env()))
  expect(runs).toHaveLength(1)
  expect(runs[0]?.events.map(event => event.kind)).not.toContain('superseded')
})
