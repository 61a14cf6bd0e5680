import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Plan } from '../model/plan.ts'
import { readBundle } from '../observe/bundle.ts'
import { type Practice, practiceWorld } from '../practice/index.ts'
import { apply } from './apply.ts'
import { layers } from './layers.ts'
import { planFor } from './plan.ts'
import type { Judged } from './preflight.ts'
import { allReads, allRules } from './rules.ts'

const bundle = resolve(import.meta.dirname, '../../samples/calico-1cp-1w')
let state = ''
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'apply-'))
})
afterEach(() => rm(state, { recursive: true, force: true }))

/** Applies until somebody is asked, who says no. */
async function asked(world: Practice, more: { given?: Plan; ignored?: ReadonlySet<string> } = {}) {
  const seen: { readonly plan: Plan; readonly judged: Judged | undefined }[] = []
  const outcome = await apply({
    world,
    layers,
    intent: {},
    how: 'stand-in',
    by: 'test',
    emit: () => {},
    env: { XDG_STATE_HOME: state },
    agree: async (plan, _resumed, judged) => {
      seen.push({ plan, judged })
      return false
    },
    ...more,
  })
  return { outcome, seen }
}

const cluster = () => readBundle(bundle, allReads(layers))

test('who is asked sees what the rules say of the plan', async () => {
  const { outcome, seen } = await asked(practiceWorld(await cluster()))
  expect(outcome.kind).toBe('declined')
  expect(seen).toHaveLength(1)
  expect(seen[0]?.judged?.verdict).toBe('go')
  expect(seen[0]?.judged?.findings.length).toBeGreaterThan(0)
})

test('a saved plan that breaks a rule is refused before anybody is asked; an ignored rule refuses nothing', async () => {
  const start = await cluster()
  const all = new Set(allRules.map(({ id }) => id))
  const given = planFor(start, { services: 'fd00:96::/100' }, layers, [], all)
  await expect(asked(practiceWorld(start), { given })).rejects.toMatchObject({
    code: 'preflight.errors',
    exitCode: 3,
    message: expect.stringContaining('service-range/too-large: service range fd00:96::/100') as string,
  })

  const { seen } = await asked(practiceWorld(start), { given, ignored: all })
  expect(seen[0]?.judged?.ignored.map(({ rule }) => rule)).toContain('service-range/too-large')
})

test('the way back is never refused', async () => {
  const start = await cluster()
  const dual = planFor(start, {}, layers)
  const given: Plan = { ...dual, direction: 'single' }
  const { seen } = await asked(practiceWorld(start), { given })
  expect(seen[0]?.judged).toBeUndefined()
})
