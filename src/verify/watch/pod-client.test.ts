import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Ask } from '../../model/verification.ts'
import { spoiled } from '../../text/testing/spoiled.ts'
import { manualClock } from '../../world/api/testing/manual-clock.ts'
import { podClient } from './pod-client.ts'

const ask: Ask = {
  id: 'x',
  scenario: 'x',
  family: 'IPv4',
  protocol: 'HTTP',
  from: { kind: 'pod', name: 'a' },
  to: { kind: 'pod', name: 'b' },
  address: '127.0.0.1',
  port: 8080,
  expect: 'answers',
}

const clientOf = (printed: () => string) =>
  podClient({
    api: { exec: async () => ({ code: 0, stdout: printed(), stderr: '' }) },
    clock: manualClock(Date.parse('2026-11-23T12:00:00Z')),
    pod: { namespace: 'x', name: 'a', container: 'c' },
    place: ask.from,
    asks: [ask],
    isAgnhost: false,
    id: '1',
  })

const told = '4711.25 120\n0 4700.10 4702.11 nc: connect: Connection refused|\n0 4705.00 4707.01 |\n'

test('however what the loop says is cut off or mixed up, what is counted are numbers and moments', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(spoiled(told), { minLength: 1, maxLength: 3 }), async answers => {
      const left = [...answers]
      const client = clientOf(() => left.shift() ?? told)
      for (const _ of [...answers, told]) {
        const { sent, losses } = await client.collect()
        expect(sent).toBeGreaterThanOrEqual(0)
        expect(Number.isFinite(sent)).toBe(true)
        for (const { at, milliseconds } of losses) {
          expect(Number.isNaN(new Date(at).getTime())).toBe(false)
          expect(Number.isFinite(milliseconds)).toBe(true)
        }
      }
    }),
    { numRuns: 500 },
  )
})

test('an answer without its first line counts for nothing, and the next one for all of it', async () => {
  const answers = ['', 'sh: cat: I/O error\n', told]
  const client = clientOf(() => answers.shift() ?? '')
  expect(await client.collect()).toEqual({ sent: 0, losses: [] })
  expect(await client.collect()).toEqual({ sent: 0, losses: [] })
  const { sent, losses } = await client.collect()
  expect([sent, losses.length]).toEqual([120, 2])
})
