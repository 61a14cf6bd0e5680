import type { Watched, Lost } from '../model/watch.ts'
import type { Clock } from '../base/clock.ts'
import type { Client } from '../verify/watch/client.ts'
import { StepTimes } from '../verify/watch/steps.ts'
import { startWatch, type Watch } from '../verify/watch/watch.ts'
import type { Execute, Outcome } from './execute.ts'

/** Clients that stand ready; `close` takes away all that was made for them. */
export interface OpenedClients {
  readonly clients: readonly Client[]
  close(): Promise<void>
}

export interface Traffic {
  readonly clock: Clock
  /** Requests a second, of all clients together, at most. */
  readonly rate: number
  /** Makes test pods and clients. Called when the run is agreed to, before its first change. */
  readonly open: () => Promise<OpenedClients>
  readonly onLost: (lost: Lost) => void
  /** Once, also when the run failed. Not called where the run never began. */
  readonly onEnd: (watched: Watched) => void
}

type Hooks = Pick<Execute, 'agree' | 'emit'>

/**
 * Runs something that changes a cluster while clients ask again and again. They begin between the agreement and the first change, so that what
 * cannot be watched is not begun; they end after the last gate, whatever becomes of the run.
 */
export async function withTraffic<H extends Hooks>(
  traffic: Traffic,
  handed: H,
  run: (handed: H) => Promise<Outcome>,
): Promise<Outcome> {
  const { clock, rate, onLost, onEnd } = traffic
  const steps = new StepTimes()
  let opened: OpenedClients | undefined
  let watch: Watch | undefined
  try {
    return await run({
      ...handed,
      agree: async (...about) => {
        if (!(await handed.agree(...about))) return false
        opened = await traffic.open()
        // Not ended by Ctrl-C: what a run that is interrupted still puts back is watched too.
        watch = await startWatch({
          clients: opened.clients,
          clock,
          rate,
          onLost,
          during: (from, to) => steps.during(from, to),
        })
        return true
      },
      emit: event => {
        steps.on(event)
        handed.emit(event)
      },
    })
  } finally {
    try {
      const watched = await watch?.stop()
      if (watched !== undefined) onEnd(watched)
    } finally {
      await opened?.close()
    }
  }
}
