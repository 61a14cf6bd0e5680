import { expect, test } from 'vitest'
import type { Clock } from '../base/clock.ts'
import type { Ask } from '../model/verification.ts'
import { watchFor } from './watch-for.ts'

const ask: Ask = {
  id: 'a',
  scenario: 'pod-to-pod',
  family: 'IPv4',
  protocol: 'TCP',
  from: { kind: 'pod', name: 'a' },
  to: { kind: 'pod', name: 'b' },
  expect: 'answers',
}

/** Time passes as fast as it can; each sleep is cut where the next one ends. */
function world(endsAt?: number) {
  let now = 0
  const ends = new AbortController()
  const happened: string[] = []
  const waiting: { readonly at: number; readonly wake: () => void }[] = []
  const clock: Clock = {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(new Error('aborted'))
        signal?.addEventListener('abort', () => reject(new Error('aborted')))
        waiting.push({ at: now + ms, wake: resolve })
        waiting.sort((a, b) => a.at - b.at)
        setImmediate(() => {
          const next = waiting.shift()
          if (next === undefined) return
          now = Math.max(now, next.at)
          if (endsAt !== undefined && now >= endsAt) ends.abort()
          next.wake()
        })
      }),
  }
  const open = () =>
    Promise.resolve({
      clients: [
        {
          place: ask.from,
          asks: [ask],
          start: (every: number) => Promise.resolve(void happened.push(`every ${every} ms`)),
          collect: () => Promise.resolve({ sent: 1, losses: [] }),
          stop: () => Promise.resolve(void happened.push('ended')),
        },
      ],
      unwatched: [],
      close: () => Promise.resolve(void happened.push('taken away')),
    })
  return { clock, open, happened, signal: ends.signal, onLost: () => {} }
}

test('a watch ends when its time is over, and takes everything away', async () => {
  const { happened, ...options } = world()
  const watched = await watchFor({ ...options, rate: 4, seconds: 20 })
  expect(Date.parse(watched.to) - Date.parse(watched.from)).toBe(20_000)
  expect(watched.sent).toBeGreaterThanOrEqual(4)
  expect(happened).toEqual(['every 250 ms', 'ended', 'taken away'])
})

test('Ctrl-C is its usual end: what was seen is said', async () => {
  const { happened, ...options } = world(7000)
  const watched = await watchFor({ ...options, rate: 4 })
  expect(Date.parse(watched.to)).toBeGreaterThanOrEqual(7000)
  expect(watched.unheard).toEqual([])
  expect(happened.slice(-2)).toEqual(['ended', 'taken away'])
})

test('where it cannot start, what was made goes all the same', async () => {
  const { happened, ...options } = world()
  await expect(watchFor({ ...options, rate: 0 })).rejects.toMatchObject({ code: 'usage' })
  expect(happened).toEqual(['taken away'])
})
