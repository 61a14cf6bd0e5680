import type { Clock } from '../base/clock.ts'
import type { Lost, Watched } from '../model/watch.ts'
import { startWatch } from '../verify/watch/watch.ts'
import type { OpenedClients } from './with-traffic.ts'

export interface WatchFor {
  readonly open: () => Promise<OpenedClients>
  readonly clock: Clock
  /** Requests a second, of all clients together, at most. */
  readonly rate: number
  /** Seconds; without it until the signal. */
  readonly seconds?: number
  readonly onLost: (lost: Lost) => void
  /** Ctrl-C: the usual end, not an error. Before the clients run it is one. */
  readonly signal: AbortSignal
}

/** Asks again and again until the time is over or somebody ends it, and takes everything away again. */
export async function watchFor({ open, clock, rate, seconds, onLost, signal }: WatchFor): Promise<Watched> {
  const opened = await open()
  try {
    const watch = await startWatch({ clients: opened.clients, clock, rate, onLost, signal })
    const until = seconds === undefined ? Infinity : clock.now() + seconds * 1000
    // In pieces: a timer takes no more than 24 days, and `until Ctrl-C` has no length at all.
    while (!signal.aborted && clock.now() < until)
      await clock.sleep(Math.min(60_000, until - clock.now()), signal).catch(() => {})
    return await watch.stop()
  } finally {
    await opened.close()
  }
}
