import { array, assert, asyncProperty, nat } from 'fast-check'
import { expect, test } from 'vitest'
import { virtualClock } from './clock.ts'

test('time stands still while nobody waits, and jumps to what is due when somebody does', async () => {
  const clock = virtualClock(1000)
  const seen: string[] = []
  clock.after(5000, () => seen.push(`event at ${clock.now()}`))
  await new Promise(resolve => setTimeout(resolve, 20))
  expect([clock.now(), seen]).toEqual([1000, []])
  await clock.sleep(60_000)
  expect([clock.now(), seen]).toEqual([61_000, ['event at 6000']])
})

test('several sleepers and events come in the order of their moments, equal ones in that of their asking', () =>
  assert(
    asyncProperty(array(nat(4000), { maxLength: 40 }), async pauses => {
      const clock = virtualClock(0)
      const seen: (readonly [number, number])[] = []
      pauses.forEach((pause, index) => {
        if (index % 2 === 0) clock.after(pause, () => seen.push([clock.now(), index]))
      })
      await Promise.all(
        pauses.map(async (pause, index) => {
          if (index % 2 === 0) return
          await clock.sleep(pause)
          seen.push([clock.now(), index])
        }),
      )
      clock.rest(4000)
      expect(seen.map(([at, index]) => [at, pauses[index]])).toEqual(seen.map(([at]) => [at, at]))
      expect(seen.map(([at]) => at)).toEqual(seen.map(([at]) => at).sort((a, b) => a - b))
      expect(seen).toHaveLength(pauses.length)
    }),
    { numRuns: 30 },
  ))

test('who waits in the background does not make time run away from who waits for a disk', async () => {
  const clock = virtualClock(0)
  const stop = new AbortController()
  const renewals = (async () => {
    for (;;) await clock.sleep(10_000, stop.signal)
  })()
  await new Promise(resolve => setTimeout(resolve, 30))
  stop.abort(new Error('enough'))
  await expect(renewals).rejects.toThrow('enough')
  expect(clock.now()).toBeLessThan(300_000)
})

test('a sleep ends when it is aborted, and time does not move for it', async () => {
  const clock = virtualClock(0)
  const stop = new AbortController()
  const sleeping = clock.sleep(1000, stop.signal)
  stop.abort(new Error('no more'))
  await expect(sleeping).rejects.toThrow('no more')
  await expect(clock.sleep(1, stop.signal)).rejects.toThrow('no more')
  expect(clock.now()).toBe(0)
})

test('at rest, everything that is due has happened', () => {
  const clock = virtualClock(0)
  const seen: number[] = []
  const again = () => {
    seen.push(clock.now())
    if (seen.length < 3) clock.after(100, again)
  }
  clock.after(100, again)
  clock.rest(1000)
  expect(seen).toEqual([100, 200, 300])
})
