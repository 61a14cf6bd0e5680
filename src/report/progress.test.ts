import { describe, expect, it } from 'vitest'
import type { Event } from '../model/event.ts'
import type { Plan, Step } from '../model/plan.ts'
import { noColours } from './colours.ts'
import { liveProgress, plainProgress } from './progress.ts'

const plan = {
  steps: [
    { id: 'host/n1', title: 'Forward IPv6 on n1' },
    { id: 'kube-apiserver/n1', title: 'Give it both ranges' },
  ] as readonly Partial<Step>[],
} as Plan

type Said = Event extends infer E ? (E extends Event ? Omit<E, 'run' | 'at'> : never) : never
const at = (seconds: number, said: Said): Event => ({
  run: 'r1',
  at: new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString(),
  ...said,
})
const waiting = (seconds: number, seen: string, more: { holds?: boolean; hopeless?: string } = {}): Event =>
  at(seconds, {
    kind: 'waiting',
    step: 'kube-apiserver/n1',
    gate: 'kube-apiserver/ready',
    reading: { holds: false, seen, ...more },
  })

const story: readonly Event[] = [
  at(0, { kind: 'opened', plan, by: 'me@here' }),
  at(0.1, { kind: 'settled', step: 'host/n1', skipped: true }),
  at(0.2, { kind: 'intend', step: 'kube-apiserver/n1', found: [] }),
  at(1, { kind: 'progress', step: 'kube-apiserver/n1', message: 'the stand-in serves' }),
  ...Array.from({ length: 12 }, (_, index) => waiting(2 + index, 'not ready')),
  waiting(14, 'ready', { holds: true }),
  at(19, { kind: 'settled', step: 'kube-apiserver/n1' }),
  at(20, { kind: 'closed' }),
]

const written = (make: typeof plainProgress, events: readonly Event[], known?: Plan): string => {
  let text = ''
  const reporter = make({ write: more => (text += more), colours: noColours, plan: known })
  for (const event of events) reporter.on(event)
  reporter.end()
  return text
}

describe('plain lines', () => {
  it('say each thing once, and a reading that does not change every ten seconds', () => {
    expect(written(plainProgress, story)).toMatchInlineSnapshot(`
      "[0.0s] run r1 by me@here: 2 steps
      [0.1s] step 1/2 host/n1: already done
      [0.2s] step 2/2 kube-apiserver/n1: Give it both ranges
      [1.0s] step 2/2 kube-apiserver/n1: the stand-in serves
      [2.0s] step 2/2 kube-apiserver/n1: waiting: not ready
      [12.0s] step 2/2 kube-apiserver/n1: waiting: not ready
      [14.0s] step 2/2 kube-apiserver/n1: holds, watching: ready
      [19.0s] step 2/2 kube-apiserver/n1: done
      [20.0s] finished: every step is done and every gate holds
      "
    `)
  })

  it('say why a run stopped, and what to do next', () => {
    const events = [
      waiting(0, 'exit 1', { hopeless: 'the flag is not known: \u001B[2J take it away' }),
      at(1, {
        kind: 'stopped',
        step: 'kube-apiserver/n1',
        code: 'gate',
        message: 'did not become ready',
        next: 'dualstack apply',
      }),
    ]
    expect(written(plainProgress, events, plan)).toMatchInlineSnapshot(`
      "[0.0s] step 2/2 kube-apiserver/n1: failed: the flag is not known:  [2J take it away
      [1.0s] step 2/2 kube-apiserver/n1: stopped: did not become ready
        next: dualstack apply
      "
    `)
  })
})

describe('the live view', () => {
  const live = (options: Parameters<typeof plainProgress>[0]) =>
    liveProgress({ ...options, columns: () => 60 })

  it('keeps what was done, and writes what is under way over itself', () => {
    expect(written(live, story).replaceAll('\r\u001B[2K', '⟲')).toMatchInlineSnapshot(`
      "[0.0s] run r1 by me@here: 2 steps
      [0.1s] step 1/2 host/n1: already done
      [0.2s] step 2/2 kube-apiserver/n1: Give it both ranges
      [1.0s] step 2/2 kube-apiserver/n1: the stand-in serves⟲[2.0s] step 2/2 kube-apiserver/n1: waiting: not ready⟲[3.0s] step 2/2 kube-apiserver/n1: waiting: not ready⟲[4.0s] step 2/2 kube-apiserver/n1: waiting: not ready⟲[5.0s] step 2/2 kube-apiserver/n1: waiting: not ready⟲[6.0s] step 2/2 kube-apiserver/n1: waiting: not ready⟲[7.0s] step 2/2 kube-apiserver/n1: waiting: not ready⟲[8.0s] step 2/2 kube-apiserver/n1: waiting: not ready⟲[9.0s] step 2/2 kube-apiserver/n1: waiting: not ready⟲[10.0s] step 2/2 kube-apiserver/n1: waiting: not ready⟲[11.0s] step 2/2 kube-apiserver/n1: waiting: not ready⟲[12.0s] step 2/2 kube-apiserver/n1: waiting: not ready⟲[13.0s] step 2/2 kube-apiserver/n1: waiting: not ready⟲[14.0s] step 2/2 kube-apiserver/n1: holds, watching: ready⟲[19.0s] step 2/2 kube-apiserver/n1: done
      [20.0s] finished: every step is done and every gate holds
      "
    `)
  })

  it('never writes a passing line wider than the terminal', () => {
    const text = written(live, [waiting(0, 'x'.repeat(200))], plan)
    expect(text.trimEnd()).toHaveLength(59)
  })
})
