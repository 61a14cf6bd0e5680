import type { Ask, Place } from '../../model/verification.ts'

/** A request that a client saw fail. */
export interface Loss {
  readonly ask: Ask
  /** When it was sent: milliseconds since the epoch, by this machine's clock. */
  readonly at: number
  /** How long it took to give up. */
  readonly milliseconds: number
  readonly seen: string
}

/** Sends its asks one after the other, again and again, from where it stands: by itself, also while nobody gets through to it. */
export interface Client {
  readonly place: Place
  readonly asks: readonly Ask[]
  /** Begins, or begins again where it was lost. `every`: milliseconds between two requests, at least. */
  start(every: number, signal?: AbortSignal): Promise<void>
  /** What happened since the last call. Throws while it cannot be heard: what it saw meanwhile comes with a later call. */
  collect(signal?: AbortSignal): Promise<{ readonly sent: number; readonly losses: readonly Loss[] }>
  /** Ends it, and leaves nothing behind. */
  stop(): Promise<void>
}
