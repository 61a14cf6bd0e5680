import { RefusedError } from '../../base/errors.ts'
import type { Answer, Ask, Place } from '../../model/verification.ts'
import type { Unwatched } from '../../model/watch.ts'
import type { World } from '../../world/ports.ts'
import { answerOf } from '../ask-all.ts'
import { container } from '../objects.ts'
import type { VerifyOptions } from '../options.ts'
import { isSkipped } from '../scenario.ts'
import { senders } from '../send.ts'
import { removeNamespace } from '../stage.ts'
import { makeStand, type Stand } from '../stand.ts'
import { ask } from '../verify.ts'
import type { Client } from './client.ts'
import { localClient } from './local-client.ts'
import { podClient } from './pod-client.ts'
import { isRepeated } from './repeated.ts'

/** Clients that stand ready; `close` takes away all that was made for them. */
export interface OpenedClients {
  readonly clients: readonly Client[]
  /** What did not work when it was asked first: nobody would know what a failure of it says. */
  readonly unwatched: readonly Unwatched[]
  close(): Promise<void>
}

/** Seconds for which test pods last at most: nobody knows how long a watch is going to take. */
export const longest = 86_400
/** Each is heard through the API server every few seconds; and with more paths each would be asked more rarely. */
const mostNodes = 8

/**
 * Test pods, and clients for all that can be asked again and again, of what works now.
 * @throws RefusedError `verify.…` when the cluster lets us make none, or nothing works; nothing of it stays then
 */
export async function openClients(world: World, options: VerifyOptions): Promise<OpenedClients> {
  const { tell = () => {} } = options
  const stand = await makeStand(world, { mostNodes, lifetime: longest, ...options })
  const close = (): Promise<void> => removeNamespace(world, stand.namespace)
  try {
    for (const { scenario, reason } of stand.skipped) if (scenario === 'nodes') tell(`not asked: ${reason}`)
    const { answers } = await ask(world, stand, stand.asks.filter(isRepeated), options)
    const works = answers.filter(({ outcome }) => outcome === 'passed')
    const fails = answers.filter(({ outcome }) => outcome === 'failed')
    if (works.length === 0) throw nothingWorks(fails)
    return {
      clients: clientsOf(
        world,
        stand,
        works.map(answer => answer.ask),
      ),
      unwatched: fails.map(answer => ({ ask: answer.ask, seen: answer.seen })),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function nothingWorks(fails: readonly Answer[]): RefusedError {
  const [first] = fails
  return new RefusedError(
    first === undefined
      ? 'nothing can be asked again and again: no path was left'
      : `nothing can be watched: of ${fails.length} paths none works; ${first.ask.id}: ${first.seen}`,
    'verify.nothing-to-watch',
    'Look at `dualstack verify`: it says what is asked, what fails and what is skipped.',
  )
}

/** One for each place that asks. */
function clientsOf(world: World, { namespace, context }: Stand, asks: readonly Ask[]): readonly Client[] {
  const { api, clock } = world
  const { isAgnhost } = context
  const send = senders(world, context)
  const places = new Map<string, { readonly place: Place; readonly own: Ask[] }>()
  for (const one of asks) {
    const key = `${one.from.kind}:${one.from.name}`
    const known = places.get(key)
    if (known === undefined) places.set(key, { place: one.from, own: [one] })
    else known.own.push(one)
  }
  return [...places.values()].map(({ place, own }) =>
    place.kind === 'pod'
      ? podClient({
          api,
          clock,
          pod: { namespace, name: place.name, container },
          place,
          asks: own,
          isAgnhost,
          id: namespace,
        })
      : localClient({
          clock,
          place,
          asks: own,
          send: async (one, signal): Promise<Answer> => {
            const reply = (await send(place)([one], 1, signal)).get(one.id)
            const answer = answerOf(one, reply ?? { through: false, seen: 'not answered' }, 1)
            return isSkipped(answer) ? { ask: one, outcome: 'failed', seen: answer.reason } : answer
          },
        }),
  )
}
