import { DualStackError, messageOf } from '../base/errors.ts'
import type { Answer, Ask, Skipped } from '../model/verification.ts'
import type { World } from '../world/ports.ts'
import type { Reply } from './client/wire.ts'
import type { Senders, Unasked } from './send.ts'

export interface Asking {
  /** Asks begun in a second, all places together. */
  readonly rate: number
  readonly clock: World['clock']
  readonly signal?: AbortSignal
  readonly onRound?: (round: number, asks: number) => void
}

/** Rules and routes of a Service that was just made come a moment later; and one datagram may be lost without anything being wrong. */
const rounds = 3
const placesAtOnce = 16

/** Sends everything, again what was not as expected, and never more than the rate. In the order of the asks; skipped is what could not be sent. */
export async function askAll(
  asks: readonly Ask[],
  senders: Senders,
  asking: Asking,
): Promise<readonly (Answer | Skipped)[]> {
  const answers = new Map<string, Answer | Skipped>()
  const isLook = ({ protocol, port, size }: Ask): boolean =>
    protocol === 'ICMP' && port === undefined && size === undefined
  let pending: readonly Ask[] = asks.filter(ask => ask.address !== undefined || isLook(ask))
  for (const ask of asks.filter(one => !pending.includes(one)))
    answers.set(ask.id, {
      ask,
      outcome: 'failed',
      seen: `${ask.to.kind} ${ask.to.name} has no ${ask.family} address`,
    })
  for (let round = 1; round <= rounds && pending.length > 0; round++) {
    if (round > 1) await asking.clock.sleep(2000, asking.signal)
    asking.onRound?.(round, pending.length)
    const replies = await sendOnce(pending, senders, asking)
    const failed: Ask[] = []
    for (const ask of pending) {
      const reply = replies.get(ask.id) ?? { through: false, seen: 'not answered' }
      const answer = answerOf(ask, reply, round)
      answers.set(ask.id, answer)
      if ('ask' in answer && answer.outcome === 'failed') failed.push(ask)
    }
    pending = failed
  }
  return unrepeated(asks.flatMap(ask => answers.get(ask.id) ?? []))
}

/** @param round how often it was asked by now */
export function answerOf(ask: Ask, reply: Reply | Unasked, round: number): Answer | Skipped {
  if ('unasked' in reply) return { scenario: ask.scenario, family: ask.family, reason: reply.unasked }
  const { through, seen, seenFrom, milliseconds } = reply
  const passed = through === (ask.expect === 'answers')
  return {
    ask,
    outcome: passed ? 'passed' : 'failed',
    seen,
    // Told, as somebody's traffic may have been lost as well.
    ...(passed && round > 1 ? { tries: round } : {}),
    ...(milliseconds === undefined ? {} : { milliseconds }),
    ...(seenFrom === undefined ? {} : { seenFrom }),
  }
}

/** One line for all asks that one reason kept from being sent. */
function unrepeated(all: readonly (Answer | Skipped)[]): readonly (Answer | Skipped)[] {
  const told = new Set<string>()
  return all.filter(one => {
    if ('ask' in one) return true
    const key = JSON.stringify(one)
    return !told.has(key) && told.add(key)
  })
}

async function sendOnce(
  asks: readonly Ask[],
  senders: Senders,
  { rate, clock, signal }: Asking,
): Promise<ReadonlyMap<string, Reply | Unasked>> {
  const places = new Map<string, Ask[]>()
  for (const ask of asks) {
    const key = `${ask.from.kind}:${ask.from.name}`
    places.set(key, [...(places.get(key) ?? []), ask])
  }
  const atOnce = Math.max(1, Math.min(places.size, placesAtOnce, rate))
  const step = Math.max(1, Math.floor(rate / atOnce))
  const queue = [...places.values()]
  const replies = new Map<string, Reply | Unasked>()
  const work = async (): Promise<void> => {
    for (let own = queue.shift(); own !== undefined; own = queue.shift()) {
      const began = clock.now()
      for (const [id, reply] of await sendFrom(own, senders, step, signal)) replies.set(id, reply)
      // The next place begins `step` at once: what this one began in its last second counts until that second is over.
      const takes = Math.ceil(own.length / step) * 1000
      if (queue.length > 0) await clock.sleep(Math.max(0, began + takes - clock.now()), signal)
    }
  }
  try {
    await Promise.all(Array.from({ length: atOnce }, work))
  } finally {
    queue.length = 0
  }
  return replies
}

/** All that one place asks. A place that cannot ask is told in each of its asks. */
async function sendFrom(
  own: readonly Ask[],
  senders: Senders,
  step: number,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, Reply | Unasked>> {
  const [first] = own
  if (first === undefined) return new Map()
  try {
    return await senders(first.from)(own, step, signal)
  } catch (error) {
    if (signal?.aborted === true || !(error instanceof DualStackError) || isWhole(error)) throw error
    const seen = `could not be asked: ${messageOf(error)}`
    return new Map(own.map(({ id }) => [id, { through: false, seen }]))
  }
}

/** Nothing more can be asked at all: the cluster is gone, or what we made in it. */
const isWhole = ({ code }: DualStackError): boolean =>
  code.startsWith('api.') && code !== 'api.internal-error' && code !== 'api.bad-gateway'
