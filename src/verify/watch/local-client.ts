import type { Clock } from '../../base/clock.ts'
import { messageOf } from '../../base/errors.ts'
import type { Answer, Ask, Place } from '../../model/verification.ts'
import type { Client, Loss } from './client.ts'

export interface LocalClientOptions {
  readonly clock: Clock
  readonly place: Place
  readonly asks: readonly Ask[]
  /** Asks once, from this machine. */
  readonly send: (ask: Ask, signal: AbortSignal) => Promise<Answer>
}

/** Asks from the machine that runs the tool: what comes from outside the cluster. */
export function localClient({ clock, place, asks, send }: LocalClientOptions): Client {
  let sent = 0
  let losses: Loss[] = []
  let ends = new AbortController()
  let ended: Promise<void> = Promise.resolve()

  async function loop(every: number, signal: AbortSignal): Promise<void> {
    for (let turn = 0; !signal.aborted; turn++) {
      const ask = asks[turn % asks.length]
      if (ask === undefined) return
      const at = clock.now()
      const seen = await send(ask, signal).then(
        answer => (answer.outcome === 'passed' ? undefined : answer.seen),
        messageOf,
      )
      // What our own end broke off was not lost.
      if (signal.aborted) return
      sent++
      if (seen !== undefined) losses.push({ ask, at, milliseconds: clock.now() - at, seen })
      await clock.sleep(every, signal).catch(() => {})
    }
  }

  return {
    place,
    asks,
    async start(every) {
      ends.abort()
      await ended
      ends = new AbortController()
      ended = loop(every, ends.signal)
    },
    collect: () => {
      const seen = { sent, losses }
      sent = 0
      losses = []
      return Promise.resolve(seen)
    },
    async stop() {
      ends.abort()
      await ended
    },
  }
}
