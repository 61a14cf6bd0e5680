import type { Clock } from '../base/clock.ts'
import type { Lost, Watched } from '../model/watch.ts'
import { longest, type OpenedClients, openClients, startWatch } from '../verify/index.ts'

export { longest as longestWatch, openClients }

export interface WatchFor {
  readonly open: () => Promise<OpenedClients>
  readonly clock: Clock
  /** Requests a second, of all clients together, at most. */
  readonly rate: number
  /** Seconds; without it until the signal. */
  readonly seconds?: number
  readonly onLost: (lost: Lost) => void
  /** The clients run: so many paths. */
  readonly onStart?: (paths: number) => void
  /** Ctrl-C: the usual end, not an error. Before the clients run it is one. */
  readonly signal: AbortSignal
}

/** Asks again and again until the time is over or somebody ends it, and takes everything away again. */
export async function watchFor(options: WatchFor): Promise<Watched> {
  const { open, clock, rate, seconds, onLost, onStart = () => {}, signal } = options
  const opened = await open()
  const { clients, unwatched } = opened
  try {
    signal.throwIfAborted()
    const watch = await startWatch({ clients, unwatched, clock, rate, onLost, signal })
    onStart(clients.reduce((sum, { asks }) => sum + asks.length, 0))
    const until = seconds === undefined ? Infinity : clock.now() + seconds * 1000
    // In pieces: a timer takes no more than 24 days, and `until Ctrl-C` has no length at all.
    while (!signal.aborted && clock.now() < until)
      await clock.sleep(Math.min(60_000, until - clock.now()), signal).catch(() => {})
    return await watch.stop()
  } finally {
    await opened.close()
  }
}

/** Everything that was asked came, and all of it was heard; and there was nothing that failed before. */
export const isUnbroken = (watched: Watched): boolean =>
  lostNothing(watched) && watched.unwatched.length === 0

/** The same of what worked before. */
export const lostNothing = ({ sent, lost, more, unheard }: Watched): boolean =>
  sent > 0 && lost.length + more + unheard.length === 0
