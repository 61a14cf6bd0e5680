import type { Ask } from './verification.ts'

/** A request that was asked again and again, and once had no answer. */
export interface Lost {
  readonly ask: Ask
  /** When it was sent: RFC 3339, milliseconds, by the clock of the machine that runs the tool. */
  readonly at: string
  readonly seen: string
  /** Ids of the steps that ran between then and when it was given up. */
  readonly during: readonly string[]
}

/** A path that did not work before the watch began. What becomes of it is not told. */
export interface Unwatched {
  readonly ask: Ask
  readonly seen: string
}

/** What a watch saw of the same probes, sent again and again. */
export interface Watched {
  /** RFC 3339 */
  readonly from: string
  readonly to: string
  /** Requests that were sent, as far as the clients could be heard. */
  readonly sent: number
  readonly asks: readonly Ask[]
  readonly unwatched: readonly Unwatched[]
  /** In the order of their moments; the first ones, where they are too many to keep. */
  readonly lost: readonly Lost[]
  /** Losses beyond those of `lost`. */
  readonly more: number
  /** Clients that could not be heard at the end, or had to begin anew: some of what they saw is not in here. */
  readonly unheard: readonly { readonly place: string; readonly reason: string }[]
}
