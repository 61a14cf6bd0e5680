import type { Clock } from '../../base/clock.ts'
import { messageOf } from '../../base/errors.ts'
import { ApiError, apiError, type Asked, retryAfterOf } from './api-error.ts'
import type { Answer, Request, Wire } from './connection.ts'
import { ConnectionError, unreachable } from './connection-error.ts'

/** An answer, after as many tries as patience allowed. */
export interface Reply {
  readonly body: string
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

/**
 * Repeats requests, because the API server that we talk to is the one we exchange: a swap resets kept-alive connections, and a plain swap
 * is down for 40 s. `repeat` says what may be sent twice: `always` where a second time does no harm, `unsent` where it would.
 */
export class Caller {
  readonly #wire: Wire
  readonly #options: CallerOptions

  constructor(wire: Wire, options: CallerOptions) {
    this.#wire = wire
    this.#options = options
  }

  /** @throws UnreachableError when patience ends without an answer; the signal's reason when aborted */
  async call(request: Request, asked: Asked, repeat: 'always' | 'unsent'): Promise<Reply> {
    const { clock } = this.#options
    const { server, credentials } = this.#wire.access
    const start = clock.now()
    let doubtful = false
    let renewed = false
    for (let attempt = 0; ; attempt++) {
      const answer = await this.#try(request)
      if (answer instanceof ConnectionError) {
        doubtful ||= answer.sent
        const again = !answer.permanent && (repeat === 'always' || !answer.sent)
        if (
          again &&
          (await this.#pause(start, attempt, undefined, request.signal, `${server}: ${answer.message}`))
        )
          continue
        throw unreachable(server, answer, (clock.now() - start) / 1000, doubtful && request.method !== 'GET')
      }
      if (answer.status < 400) return { body: answer.body, error: undefined, doubtful }
      const error = apiError(answer.status, answer.body, asked, credentials.complaint(clock.now()))
      if (answer.status === 401 && !renewed && credentials.renew()) {
        renewed = true
        continue
      }
      const wait = retryAfterOf(answer.retryAfter, error)
      if (
        passes(error, wait, repeat) &&
        (await this.#pause(start, attempt, wait, request.signal, error.message))
      )
        continue
      return { body: answer.body, error, doubtful }
    }
  }

  /** Repeats what `work` could not even begin (ConnectionError with `sent` false), or was turned away from at the door. */
  async persist<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const { clock } = this.#options
    const start = clock.now()
    for (let attempt = 0; ; attempt++) {
      try {
        return await work()
      } catch (error) {
        const isConnection = error instanceof ConnectionError
        const again = isConnection
          ? !error.permanent && !error.sent
          : error instanceof ApiError && passes(error, undefined, 'unsent')
        if (again && (await this.#pause(start, attempt, undefined, signal, messageOf(error)))) continue
        if (!isConnection) throw error
        throw unreachable(this.#wire.access.server, error, (clock.now() - start) / 1000, error.sent)
      }
    }
  }

  async #try(request: Request): Promise<Answer | ConnectionError> {
    try {
      return await this.#wire.request(request)
    } catch (error) {
      if (error instanceof ConnectionError) return error
      throw error
    }
  }

  /** Waits before the next try; false: patience has ended. `wait` in seconds, when the server named one. */
  async #pause(
    start: number,
    attempt: number,
    wait: number | undefined,
    signal: AbortSignal | undefined,
    why: string,
  ): Promise<boolean> {
    const { clock, patience, onRetry } = this.#options
    // 50 ms, doubled up to 1 s: a reset socket is retried at once, a server that starts is not hammered.
    const pause =
      wait === undefined ? Math.min(1000, 50 * 2 ** attempt) * (0.75 + Math.random() / 2) : wait * 1000
    if (clock.now() + pause - start > patience * 1000) return false
    onRetry?.(`${why}; trying again`)
    await clock.sleep(pause, signal)
    return true
  }
}

/** Will the refusal pass by itself? */
function passes(error: ApiError, wait: number | undefined, repeat: 'always' | 'unsent'): boolean {
  // A PodDisruptionBudget's no is a 429 as well, and for the caller to judge (pkg/registry/core/pod/storage/eviction.go).
  if (isDisruptionBudget(error)) return false
  // Turned away at the door: priority and fairness, a server that starts or shuts down. Nothing was carried out.
  if (error.status === 429 || error.status === 503) return true
  // The authorizer of a server that has just started may not have read the roles yet.
  if (error.status === 403) return /RBAC: .*not found/.test(error.message)
  if (repeat === 'unsent') return false
  return error.status === 502 || error.status === 504 || (error.status === 500 && wait !== undefined)
}

export const isDisruptionBudget = (error: ApiError): boolean =>
  error.status === 429 && error.causes.some(cause => cause.type === 'DisruptionBudget')
