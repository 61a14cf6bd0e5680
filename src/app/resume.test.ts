import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { layers } from '../layers/index.ts'
import type { Event } from '../model/event.ts'
import { readBundle } from '../observe/bundle.ts'
import { type Practice, practiceProcess, practiceWorld } from '../practice/index.ts'
import { journalFolder, readRuns } from '../run/journal.ts'
import { ApiError } from '../world/api/api-error.ts'
import type { World } from '../world/ports.ts'
import { apply } from './apply.ts'
import { allReads } from './rules.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'resume-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const env = () => ({ XDG_STATE_HOME: folder })
const applyOn = (world: World, emit: (event: Event) => void, signal?: AbortSignal) =>
  apply({
    world,
    layers,
    intent: {},
    agree: async () => true,
    how: 'stand-in',
    by: 'test',
    emit,
    env: env(),
    signal,
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

/** A server whose one kind of object cannot be listed: its conversion webhook is away, say. */
const failing = (practice: Practice, broken: string): World => ({
  ...practice,
  api: {
    ...practice.api,
    list: (resource, options) => {
      if (resource === broken)
        throw new ApiError(
          'conversion webhook failed',
          500,
          'InternalError',
          null,
          undefined,
          undefined,
          undefined,
        )
      return practice.api.list(resource, options)
    },
  },
})

test('a run that goes on reads no list that only rules ask for: one that cannot be read holds it up no more', async () => {
  const sample = resolve(import.meta.dirname, '../../samples/calico-1cp-1w')
  const practice = practiceWorld(await readBundle(sample, allReads(layers)))
  const stopping = new AbortController()
  const world = failing(practice, 'kube-ovn.io/v1/subnets')
  await expect(applyOn(world, () => {})).rejects.toMatchObject({ code: 'api.internal-error' })

  const stopped = applyOn(
    practice,
    event => {
      if (event.kind === 'intend' && event.step === 'kubelet/n1') stopping.abort(new Error('enough'))
    },
    stopping.signal,
  )
  await expect(stopped).rejects.toThrow('enough')
  expect((await applyOn(world, () => {})).kind).toBe('done')
})
