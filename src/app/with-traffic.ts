import { messageOf } from '../base/errors.ts'
import type { Clock } from '../base/clock.ts'
import type { Event } from '../model/event.ts'
import type { Plan } from '../model/plan.ts'
import type { Lost, Watched } from '../model/watch.ts'
import {
  joinWatched,
  openClients,
  type OpenedClients,
  startWatch,
  StepTimes,
  type VerifyOptions,
  type Watch,
} from '../verify/index.ts'
import type { World } from '../world/ports.ts'
import type { Execute, Outcome } from './execute.ts'

export interface Traffic {
  readonly clock: Clock
  /** Requests a second, of all clients together, at most. */
  readonly rate: number
  /** Makes test pods and clients. Called when the run is agreed to, before its first change; on the way back once more, for pods without the family that leaves. */
  readonly open: (plan: Plan, signal: AbortSignal) => Promise<OpenedClients>
  readonly onLost: (lost: Lost) => void
  /** Once, also when the run failed. Not called where the run never began. */
  readonly onEnd: (watched: Watched) => void
}

/** Clients for a run on a cluster: in the family that it has had before and keeps. What comes or goes is not a loss. */
export const openFor =
  (world: World, options: Pick<VerifyOptions, 'rate' | 'image' | 'tell' | 'signal'>): Traffic['open'] =>
  (plan, ends) =>
    openClients(world, {
      ...options,
      onlyFamily: plan.goal.families[0],
      signal: options.signal === undefined ? ends : AbortSignal.any([options.signal, ends]),
    })

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
  const clients = new WatchedRun(traffic)
  try {
    return await run({
      ...handed,
      agree: async (plan, ...about) => {
        if (!(await handed.agree(plan, ...about))) return false
        await clients.begin(plan)
        return true
      },
      emit: event => {
        clients.on(event)
        handed.emit(event)
      },
    })
  } finally {
    await clients.end()
  }
}

interface Session {
  readonly opened: OpenedClients
  readonly watch: Watch
}

/** The clients of one run, and what they saw. */
class WatchedRun {
  readonly #traffic: Traffic
  readonly #steps = new StepTimes()
  readonly #seen: Watched[] = []
  readonly #unheard: Watched['unheard'][number][] = []
  readonly #ends = new AbortController()
  #session: Session | undefined
  #renewal: { readonly plan: Plan; readonly after: string } | undefined
  #renewing: Promise<void> = Promise.resolve()

  constructor(traffic: Traffic) {
    this.#traffic = traffic
  }

  async begin(plan: Plan): Promise<void> {
    const after = lastGiving(plan)
    this.#renewal = after === undefined ? undefined : { plan, after }
    this.#session = await this.#start(await this.#traffic.open(plan, this.#ends.signal))
  }

  on(event: Event): void {
    this.#steps.on(event)
    const { plan, after } = this.#renewal ?? {}
    if (plan === undefined || event.kind !== 'settled' || event.step !== after) return
    this.#renewal = undefined
    this.#renewing = this.#renew(plan).catch(
      (error: unknown) =>
        void this.#unheard.push({ place: 'test pods', reason: `not made again: ${messageOf(error)}` }),
    )
  }

  async end(): Promise<void> {
    this.#ends.abort(new Error('the run came to its end first'))
    await this.#renewing
    try {
      await this.#stop()
      const [first, ...rest] = this.#seen
      if (first === undefined) return
      const whole = rest.reduce(joinWatched, first)
      this.#traffic.onEnd({ ...whole, unheard: [...whole.unheard, ...this.#unheard] })
    } finally {
      await this.#session?.opened.close()
    }
  }

  async #start(opened: OpenedClients): Promise<Session> {
    const { clock, rate, onLost } = this.#traffic
    try {
      // Not ended by Ctrl-C: what a run that is interrupted still puts back is watched too.
      const watch = await startWatch({
        clients: opened.clients,
        unwatched: opened.unwatched,
        clock,
        rate,
        onLost,
        during: (from, to) => this.#steps.during(from, to),
      })
      return { opened, watch }
    } catch (error) {
      await opened.close()
      throw error
    }
  }

  /** What it saw is kept; its pods are still there. */
  async #stop(): Promise<void> {
    const watch = this.#session?.watch
    if (watch !== undefined) this.#seen.push(await watch.stop())
  }

  async #renew(plan: Plan): Promise<void> {
    const opened = await this.#traffic.open(plan, this.#ends.signal)
    const old = this.#session
    // One after the other: the rate is of all together.
    await this.#stop()
    this.#session = undefined
    try {
      this.#session = await this.#start(opened)
    } finally {
      await old?.opened.close()
    }
  }
}

/**
 * The step after which no pod is given the family that leaves. Pods keep their addresses for life, and with an address of the family the test
 * pods would keep blocks and routes of it there: so they are made again behind it, as everybody's are.
 */
const lastGiving = ({ direction, steps }: Plan): string | undefined =>
  direction === 'single' ? steps.findLast(({ stage }) => stage === 'cni-assignment')?.id : undefined
