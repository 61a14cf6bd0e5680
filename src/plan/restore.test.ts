import { expect, test } from 'vitest'
import type { Event } from '../model/event.ts'
import type { Change, Plan, Step } from '../model/plan.ts'
import { applyEdits, hashText, lineEdits } from '../text/edits.ts'
import { lastEra, type PastRun, restore } from './restore.ts'

const step = (id: string, changes: readonly Change[]): Step => ({
  id,
  stage: 's',
  layer: 'l',
  title: '',
  why: '',
  interrupts: [],
  leaves: [],
  needs: [],
  changes,
  refreshes: [],
  gates: [],
})
const planOf = (direction: Plan['direction'], changes: readonly Change[]): Plan => ({
  apiVersion: 'dualstack/v1',
  cluster: 'u',
  tool: '0',
  direction,
  goal: {} as Plan['goal'],
  steps: [step('a', changes)],
  notices: [],
  joins: [],
})
const text = (before: string, after: string): Change => ({
  target: { kind: 'file', node: 'n1', path: '/f' },
  before: hashText(before),
  after: hashText(after),
  edits: lineEdits(before, after),
})
const method = (before: string, after: string, api = 'apps/v1/daemonsets'): Change => ({
  target: { kind: 'object', api, namespace: 'd', name: 's' },
  fields: [{ path: ['spec', 'method'], before, after }],
})
const past = (
  run: string,
  plan: Plan,
  found: Extract<Event, { kind: 'intend' }>['found'],
  closed = true,
): PastRun => ({
  run,
  events: [
    { run, at: '', kind: 'opened', plan, by: '' },
    { run, at: '', kind: 'intend', step: 'a', found },
    ...(closed ? [{ run, at: '', kind: 'closed' } as const] : []),
  ],
})
const foundText = (value: string) => ({ target: text('', 'x').target, value: hashText(value) })

const original = '# ours\nrange: "a"   # keep\n'
const converted = '# ours\nrange: "a,b"   # keep\n'

test('a text that nobody edited since gets its exact old bytes, not the semantic edit', () => {
  const there = past('1', planOf('dual', [text(original, converted)]), [foundText(original)])
  const [change] =
    restore(planOf('single', [text(converted, '# ours\nrange: a\n')]), [there]).steps[0]?.changes ?? []
  expect(change).toMatchObject({ before: hashText(converted), after: hashText(original) })
  expect(applyEdits(converted, change !== undefined && 'edits' in change ? change.edits : [])).toBe(original)
})

test('a text that somebody edited since keeps the edit', () => {
  const there = past('1', planOf('dual', [text(original, converted)]), [foundText(original)])
  const back = text(`${converted}more\n`, `${original}more\n`)
  expect(restore(planOf('single', [back]), [there]).steps[0]?.changes).toEqual([back])
})

test('a field gets the value that was found, whatever the layer would write', () => {
  const found = {
    target: method('', '').target,
    value: [{ path: ['spec', 'method'], value: 'theirs' }],
  }
  const there = past('1', planOf('dual', [method('theirs', 'ours')]), [found])
  const [change] = restore(planOf('single', [method('ours', 'none')]), [there]).steps[0]?.changes ?? []
  expect(change).toMatchObject({ fields: [{ after: 'theirs' }] })
})

test('what the first run of an era found counts, not what a later one found half-way', () => {
  const first = past('1', planOf('dual', [text(original, converted)]), [foundText(original)], false)
  const second = past('2', planOf('dual', [text(original, converted)]), [foundText(converted)])
  const [change] =
    restore(planOf('single', [text(converted, 'semantic\n')]), [first, second]).steps[0]?.changes ?? []
  expect(change).toMatchObject({ after: hashText(original) })
})

test('what a way back found that stopped is not what was there before', () => {
  const there = past('1', planOf('dual', [text(original, converted)]), [foundText(original)])
  const found = { target: method('', '').target, value: [{ path: ['spec', 'method'], value: 'ours' }] }
  const back = past('2', planOf('single', [method('ours', 'none')]), [found], false)
  const again = method('ours', 'none')
  expect(restore(planOf('single', [again]), [there, back]).steps[0]?.changes).toEqual([again])
})

test('runs before the last finished way back are forgotten', () => {
  const old = past('1', planOf('dual', [text('older\n', converted)]), [foundText('older\n')])
  const back = past('2', planOf('single', []), [])
  const there = past('3', planOf('dual', [text(original, converted)]), [foundText(original)])
  expect(lastEra([old, back, there])).toEqual([there])
  const [change] =
    restore(planOf('single', [text(converted, 'semantic\n')]), [old, back, there]).steps[0]?.changes ?? []
  expect(change).toMatchObject({ after: hashText(original) })
})

test('of a field that changes twice the last change gets the value that was found: the first is on the way', () => {
  const found = { target: method('', '').target, value: [{ path: ['spec', 'method'], value: 'theirs' }] }
  const there = past('1', planOf('dual', [method('theirs', 'ours')]), [found])
  const [first, second] = [method('ours', 'on the way'), method('on the way', 'ours')]
  expect(restore(planOf('single', [first, second]), [there]).steps[0]?.changes).toEqual([
    first,
    method('on the way', 'theirs'),
  ])
})

test('a Service is left to its layer: what it was before is not what it must be on the way', () => {
  const found = {
    target: method('', '', 'v1/services').target,
    value: [{ path: ['spec', 'method'], value: 'theirs' }],
  }
  const there = past('1', planOf('dual', [method('theirs', 'ours', 'v1/services')]), [found])
  const back = method('ours', 'single', 'v1/services')
  expect(restore(planOf('single', [back]), [there]).steps[0]?.changes).toEqual([back])
})
