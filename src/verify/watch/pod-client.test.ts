import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { spoiled } from '../../text/testing/spoiled.ts'
import { manualClock } from '../../world/api/testing/manual-clock.ts'
import { askOf } from '../testing/ask.ts'
import { podClient } from './pod-client.ts'

const ask = askOf({ address: '127.0.0.1', port: 8080 })
const start = Date.parse('2026-11-23T12:00:00Z')

const clientOf = (printed: () => string | Promise<string>, clock = manualClock(start)) =>
  podClient({
    api: { exec: async () => ({ code: 0, stdout: await printed(), stderr: '' }) },
    clock,
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

test('an asking that waited for the API server does not move the losses to steps before', async () => {
  const clock = manualClock(start)
  const booted = start - 5_000_000
  const answers = [
    { after: 40, lost: '' },
    { after: 20_000, lost: '0 5001.00 5001.10 =0:|nc: Connection refused\n' },
    { after: 40, lost: '0 5021.00 5021.10 =0:|nc: Connection refused\n' },
  ]
  let sent = 0
  const client = clientOf(async () => {
    const { after = 0, lost = '' } = answers[sent++] ?? {}
    await clock.advance(after)
    return `${(clock.now() - booted) / 1000} ${sent}\n${lost}`
  }, clock)
  const moments: number[] = []
  for (const _ of answers)
    moments.push(...(await client.collect()).losses.map(({ at }) => Math.round((at - booted) / 1000)))
  expect(moments).toEqual([5001, 5021])
})
