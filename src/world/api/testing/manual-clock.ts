import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../../../base/clock.ts'

export interface ManualClock extends Clock {
  /** Moves time on and wakes who sleeps, in order; what they do meanwhile, as long as it takes no real time, is done. */
  advance(ms: number): Promise<void>
}

/** Time that stands still until it is moved. */
export function manualClock(start: number): ManualClock {
  let now = start
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>()
  const settle = async () => {
    // Each round lets every promise that is ready go on; a handful covers a request and what follows from its answer.
    for (let round = 0; round < 5; round++) await setImmediate()
  }
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error)
        const onAbort = () => {
          sleepers.delete(sleeper)
          reject(signal?.reason as Error)
        }
        const wake = () => {
          sleepers.delete(sleeper)
          signal?.removeEventListener('abort', onAbort)
          resolve()
        }
        const sleeper = { at: now + ms, wake }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', onAbort, { once: true })
      }),
    async advance(ms) {
      const end = now + ms
      for (;;) {
        await settle()
        const next = [...sleepers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
        if (next === undefined) break
        now = Math.max(now, next.at)
        next.wake()
      }
      now = end
      await settle()
    },
  }
}
