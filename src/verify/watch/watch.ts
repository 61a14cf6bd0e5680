import type { Clock } from '../../base/clock.ts'
import { DualStackError, messageOf, UsageError } from '../../base/errors.ts'
import type { Lost, Unwatched, Watched } from '../../model/watch.ts'
import type { Client, Loss } from './client.ts'

export interface WatchOptions {
  readonly clients: readonly Client[]
  /** Told with the rest. */
  readonly unwatched?: readonly Unwatched[]
  readonly clock: Clock
  /** Requests a second, of all clients together, at most. */
  readonly rate: number
  /** Which steps were under way then; milliseconds since the epoch. */
  readonly during?: (from: number, to: number) => readonly string[]
  /** Said of each loss as soon as it is heard of. */
  readonly onLost?: (lost: Lost) => void
  readonly signal?: AbortSignal
}

export interface Watch {
  /** Hears what is left, ends all clients, and says what was seen. Never throws: what could not be heard is in it. */
  stop(): Promise<Watched>
}

/** Milliseconds between two rounds of listening; a round asks each client once, through the API server that may just be busy. */
const listening = 6000
/** The same in the end, when nobody wants to wait. */
const listeningLast = 1000
/** Losses kept; more are counted. */
const mostLost = 10_000
/** Milliseconds for which the last words of a client are waited for: the API server may just be coming back. */
const lastWords = 60_000

/** Milliseconds between two requests of one client, so that all together keep to the rate and each ask has its turn equally often. */
export function pace(rate: number, asks: number, all: number): number {
  if (!Number.isFinite(rate) || rate <= 0)
    throw new UsageError(`--rate ${rate}: not a number of requests a second`, 'Give a number above 0.')
  return (1000 * all) / (rate * asks)
}

/** Starts every client; where one cannot be started none goes on, and it throws. */
export async function startWatch(options: WatchOptions): Promise<Watch> {
  const { clock, rate, signal, onLost, during = () => [] } = options
  const clients = options.clients.filter(({ asks }) => asks.length > 0)
  const all = clients.reduce((sum, { asks }) => sum + asks.length, 0)
  const paces = new Map(clients.map(client => [client, pace(rate, client.asks.length, all)]))
  const begun = clock.now()
  const lost: Lost[] = []
  let more = 0
  let sent = 0
  const silent = new Map<Client, string>()
  const anew: { readonly place: string; readonly reason: string }[] = []

  const note = (losses: readonly Loss[]): void => {
    for (const { ask, at, milliseconds, seen } of losses) {
      if (lost.length >= mostLost) {
        more++
        continue
      }
      const one: Lost = { ask, at: new Date(at).toISOString(), seen, during: during(at, at + milliseconds) }
      lost.push(one)
      onLost?.(one)
    }
  }
  const listen = async (client: Client, again: boolean): Promise<void> => {
    try {
      const heard = await client.collect()
      silent.delete(client)
      sent += heard.sent
      note(heard.losses)
    } catch (error) {
      silent.set(client, messageOf(error))
      if (!again || !isGone(error)) return
      // Its container was started anew. What it saw since it was heard last went with it, and that is said.
      const at = new Date(clock.now()).toISOString()
      await client.start(paces.get(client) ?? 1000, signal).then(
        () => anew.push({ place: client.place.name, reason: `began anew at ${at}: ${messageOf(error)}` }),
        () => {},
      )
    }
  }

  const started = await Promise.allSettled(
    clients.map(client => client.start(paces.get(client) ?? 1000, signal)),
  )
  const failed = started.find(result => result.status === 'rejected')
  if (failed !== undefined) {
    await Promise.allSettled(clients.map(client => client.stop()))
    throw failed.reason
  }

  const ends = new AbortController()
  const rounds = (async () => {
    while (!ends.signal.aborted) {
      await clock.sleep(listening, ends.signal).catch(() => {})
      if (!ends.signal.aborted) await Promise.all(clients.map(client => listen(client, true)))
    }
  })()

  return {
    async stop() {
      ends.abort()
      await rounds
      const until = clock.now() + lastWords
      await Promise.all(
        clients.map(async client => {
          await listen(client, false)
          while (silent.has(client) && clock.now() < until) {
            if (signal?.aborted === true) break
            await clock.sleep(listeningLast, signal).catch(() => {})
            await listen(client, false)
          }
        }),
      )
      await Promise.allSettled(clients.map(client => client.stop()))
      return {
        from: new Date(begun).toISOString(),
        to: new Date(clock.now()).toISOString(),
        sent,
        asks: clients.flatMap(({ asks }) => asks),
        unwatched: options.unwatched ?? [],
        lost: lost.toSorted((a, b) => a.at.localeCompare(b.at)),
        more,
        unheard: [...anew, ...[...silent].map(([{ place }, reason]) => ({ place: place.name, reason }))],
      }
    },
  }
}

const isGone = (error: unknown): boolean =>
  error instanceof DualStackError && error.code === 'verify.client-gone'
