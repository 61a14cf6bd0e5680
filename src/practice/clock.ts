import type { Clock } from '../base/clock.ts'

/** Time that moves only while somebody waits: then it jumps to the next thing that is due. */
export interface VirtualClock extends Clock {
  /** Something that the cluster does by itself, `ms` from now. It keeps nobody waiting, and moves time only while somebody else waits. */
  after(ms: number, work: () => void): void
  /** Lets everything that is due within `ms` happen, and moves time on to where the last of it was. */
  rest(ms: number): void
}

interface Due {
  readonly at: number
  readonly order: number
  readonly run: () => void
  isCancelled: boolean
}

/** Above this many milliseconds only somebody in the background waits (a lock that is renewed); who works meanwhile may wait for a disk. */
const patient = 5000
const realPause = 2

/** A clock that begins at `start`, milliseconds since the epoch. Equal moments come in the order in which they were asked for. */
export function virtualClock(start: number): VirtualClock {
  let now = start
  let order = 0
  let pending: (() => void) | undefined
  const events = new Agenda()
  const sleepers = new Agenda()

  const runUntil = (until: number): void => {
    for (let next = events.peek(); next !== undefined && next.at <= until; next = events.peek()) {
      events.pop()
      now = Math.max(now, next.at)
      next.run()
    }
  }
  /** One sleeper is woken, and all that follows from it at once is done, before the next is. */
  const wakeOne = (): void => {
    pending = undefined
    const sleeper = sleepers.peek()
    if (sleeper === undefined) return
    sleepers.pop()
    runUntil(sleeper.at)
    now = Math.max(now, sleeper.at)
    sleeper.run()
    schedule()
  }
  const schedule = (): void => {
    const sleeper = sleepers.peek()
    if (sleeper === undefined) return
    pending?.()
    if (sleeper.at - now > patient) {
      const timer = setTimeout(wakeOne, realPause)
      pending = () => clearTimeout(timer)
    } else {
      const immediate = setImmediate(wakeOne)
      pending = () => clearImmediate(immediate)
    }
  }
  const entry = (ms: number, run: () => void): Due => ({
    at: now + Math.max(0, ms),
    order: order++,
    run,
    isCancelled: false,
  })

  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error)
        const onAbort = () => {
          sleeper.isCancelled = true
          reject(signal?.reason as Error)
        }
        const sleeper = entry(ms, () => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        })
        signal?.addEventListener('abort', onAbort, { once: true })
        sleepers.push(sleeper)
        schedule()
      }),
    after: (ms, work) => events.push(entry(ms, work)),
    rest: ms => runUntil(now + ms),
  }
}

/** What is due, earliest first: a binary heap. */
class Agenda {
  readonly #heap: Due[] = []

  push(due: Due): void {
    const heap = this.#heap
    let at = heap.push(due) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (isBefore(heap[parent], due)) break
      heap[at] = heap[parent] as Due
      at = parent
    }
    heap[at] = due
  }

  /** The earliest that was not cancelled. */
  peek(): Due | undefined {
    while (this.#heap[0]?.isCancelled === true) this.pop()
    return this.#heap[0]
  }

  pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      const child = isBefore(heap[left + 1], heap[left]) ? left + 1 : left
      const next = heap[child]
      if (next === undefined || isBefore(last, next)) break
      heap[at] = next
      at = child
    }
    heap[at] = last
  }
}

function isBefore(a: Due | undefined, b: Due | undefined): boolean {
  if (a === undefined || b === undefined) return a !== undefined
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
