import type { Clock } from '../../base/clock.ts'
import { ApiError, apiError, type Asked } from './api-error.ts'
import type { Body } from './body.ts'
import type { Answer, Request, Wire } from './connection.ts'
import { ConnectionError, unreachable } from './connection-error.ts'
import { statusJson } from './pod-fields.ts'

/** An answer, after as many tries as patience allowed. */
export interface Reply {
  /** Empty where there are `bytes`. */
  readonly body: string
  /** The answer where it is of the media type that the request preferred: whoever has read it drops it. */
  readonly bytes?: Body
  /** Not a success; thrown by whoever cannot make use of it. */
  readonly error: ApiError | undefined
  /** An earlier try broke off after it was sent: what we see may be our own work. */
  readonly doubtful: boolean
}

export interface CallerOptions {
  readonly clock: Clock
  /** Seconds for which a request is repeated while nobody answers, or who answers cannot serve. */
  readonly patience: number
  readonly onRetry?: (message: string) => void
}

/** What may be sent twice: `always` where a second time does no harm, `unsent` where it would. */
export type Repeat = 'always' | 'unsent'

/** Seconds for which a 403 is doubted when the server does not let us see whether it is ready. */
const doubtedFor = 30

/**
 * Repeats requests, because the API server that we talk to is the one we exchange: a swap resets kept-alive connections, and a plain swap
 * is down for 40 s.
 */
export class Caller {
  readonly #wire: Wire
  readonly #options: CallerOptions

  constructor(wire: Wire, options: CallerOptions) {
    this.#wire = wire
    this.#options = options
  }

  /** @throws UnreachableError when patience ends without an answer; the signal's reason when aborted */
  async call(request: Request, asked: Asked, repeat: Repeat): Promise<Reply> {
    let doubtful = false
    const once = async (): Promise<Answer> => {
      const answer = await this.#wire.request(request)
      if (answer.status < 400) return answer
      const complaint = this.#wire.access.credentials.complaint(this.#options.clock.now())
      const said = answer.bytes === undefined ? answer.body : statusJson(answer.bytes.bytes)
      answer.bytes?.drop()
      throw apiError(answer.status, said, asked, complaint, answer.retryAfter)
    }
    const onBroken = (error: ConnectionError) => {
      doubtful ||= error.sent && request.method !== 'GET'
      return doubtful
    }
    try {
      const { body, bytes } = await this.#repeat(once, repeat, request.signal, onBroken)
      return { body, ...(bytes && { bytes }), error: undefined, doubtful }
    } catch (error) {
      if (error instanceof ApiError) return { body: '', error, doubtful }
      throw error
    }
  }

  /** Repeats what could not even begin (ConnectionError with `sent` false), or was turned away at the door. */
  persist<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#repeat(work, 'unsent', signal, error => error.sent)
  }

  async #repeat<T>(
    work: () => Promise<T>,
    repeat: Repeat,
    signal: AbortSignal | undefined,
    onBroken: (error: ConnectionError) => boolean,
  ): Promise<T> {
    const { access } = this.#wire
    const tries = new Tries(this.#options, signal)
    let renewed = false
    let believed = false
    for (;;) {
      try {
        return await work()
      } catch (error) {
        if (error instanceof ConnectionError) {
          const doubtful = onBroken(error)
          const again = !error.permanent && (repeat === 'always' || !error.sent)
          if (again && (await tries.pause(`${access.server}: ${error.message}`))) continue
          throw unreachable(access.server, error, tries.seconds, doubtful)
        }
        if (!(error instanceof ApiError)) throw error
        if (error.status === 401 && !renewed && access.credentials.renew()) {
          renewed = true
          continue
        }
        if (error.status === 403 && !believed) {
          const state = await this.#readiness(signal)
          // Ready by now, perhaps not yet when it said no: the next no counts.
          believed = state === 'ready'
          if (
            believed ||
            (await tries.pause(error.message, undefined, state === 'hidden' ? doubtedFor : undefined))
          )
            continue
        }
        if (passes(error, repeat) && (await tries.pause(error.message, error.retryAfter))) continue
        throw error
      }
    }
  }

  /**
   * A kube-apiserver that has just started says 403 to everybody but system:masters until its authorizer has read the bindings, and kubeadm's
   * admin.conf has not been system:masters since 1.29. Only /readyz tells such a no from a true one.
   */
  async #readiness(signal: AbortSignal | undefined): Promise<'ready' | 'starting' | 'hidden'> {
    try {
      const { status } = await this.#wire.request({ method: 'GET', path: '/readyz', signal })
      if (status === 200) return 'ready'
      return status < 500 ? 'hidden' : 'starting'
    } catch (error) {
      if (error instanceof ConnectionError) return 'starting'
      throw error
    }
  }
}

/** The pauses between the tries of one request. */
class Tries {
  readonly #options: CallerOptions
  readonly #signal: AbortSignal | undefined
  readonly #start: number
  #count = 0

  constructor(options: CallerOptions, signal: AbortSignal | undefined) {
    this.#options = options
    this.#signal = signal
    this.#start = options.clock.now()
  }

  get seconds(): number {
    return (this.#options.clock.now() - this.#start) / 1000
  }

  /** Waits before the next try, `wait` seconds if the server named them; false: patience has ended. */
  async pause(why: string, wait?: number, atMost = Number.POSITIVE_INFINITY): Promise<boolean> {
    const { clock, patience, onRetry } = this.#options
    // 50 ms, doubled up to 1 s: a reset socket is retried at once, a server that starts is not hammered.
    const pause = wait ?? Math.min(1, 0.05 * 2 ** this.#count++) * (0.75 + Math.random() / 2)
    if (this.seconds + pause > Math.min(patience, atMost)) return false
    onRetry?.(`${why}; trying again`)
    await clock.sleep(pause * 1000, this.#signal)
    return true
  }
}

/** Will the refusal pass by itself? */
function passes(error: ApiError, repeat: Repeat): boolean {
  // A PodDisruptionBudget's no is a 429 as well, and for the caller to judge (pkg/registry/core/pod/storage/eviction.go).
  if (isDisruptionBudget(error)) return false
  // Turned away at the door: priority and fairness, a server that starts or shuts down. Nothing was carried out.
  if (error.status === 429 || error.status === 503) return true
  if (repeat === 'unsent') return false
  return (
    error.status === 502 || error.status === 504 || (error.status === 500 && error.retryAfter !== undefined)
  )
}

export const isDisruptionBudget = (error: ApiError): boolean =>
  error.status === 429 && error.causes.some(cause => cause.type === 'DisruptionBudget')
