import type { Seen } from './routes.ts'
import type { Scripted } from './store.ts'

/** A fault for one request to come. */
export interface Fault {
  /** Only for these; otherwise for the next request of any kind. */
  readonly when?: (request: Seen) => boolean
  /** This many requests; 1 unless told. */
  readonly times?: number
  /** Answered instead of the true answer. */
  readonly answer?: Scripted
  /** The connection breaks: before the request is carried out, after it was (the answer is lost), or in the middle of the answer. */
  readonly cut?: 'before' | 'after' | 'middle'
  /** The second half of the answer comes when this has come true. */
  readonly halfway?: () => Promise<void>
  /** Milliseconds before anything happens. */
  readonly delay?: number
}

/** The faults to come, first in, first out among those that a request matches. */
export class Faults {
  readonly #waiting: { readonly fault: Fault; left: number }[] = []

  add(fault: Fault): void {
    this.#waiting.push({ fault, left: fault.times ?? 1 })
  }

  /** Nothing, when this request goes well. */
  next(seen: Seen): Fault {
    const found = this.#waiting.find(({ fault, left }) => left > 0 && (fault.when?.(seen) ?? true))
    if (found === undefined) return {}
    found.left--
    return found.fault
  }
}
