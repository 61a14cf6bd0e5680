import { expect, test } from 'vitest'
import type { Clock } from '../base/clock.ts'
import { UnreachableError } from '../base/errors.ts'
import type { Answer, Ask, Skipped } from '../model/verification.ts'
import { apiError } from '../world/api/api-error.ts'
import { askAll } from './ask-all.ts'
import { askOf } from './testing/ask.ts'
import type { Reply } from './client/wire.ts'
import { isSkipped } from './scenario.ts'
import type { Senders, Unasked } from './send.ts'

const ask = (id: string, rest: Partial<Ask> = {}): Ask =>
  askOf({ id, family: 'IPv6', address: 'fd00::1', port: 8080, ...rest })
const came: Reply = { through: true, seen: 'status 200' }
const lost: Reply = { through: false, seen: 'no answer in 2 s' }

const clock: Clock = {
  now: () => 0,
  sleep: (_, signal) =>
    signal?.aborted === true ? Promise.reject(signal.reason as Error) : Promise.resolve(),
}

/** The n-th reply to each ask is the n-th of the list, then the last again. */
function replying(replies: readonly (Reply | Unasked)[]) {
  const asked = new Map<string, number>()
  const senders: Senders = () => async asks =>
    new Map(
      asks.map(({ id }) => {
        const count = asked.get(id) ?? 0
        asked.set(id, count + 1)
        return [id, replies[Math.min(count, replies.length - 1)] ?? lost]
      }),
    )
  return { senders, asked }
}
const asking = (more: { rate?: number; signal?: AbortSignal } = {}) => ({
  rate: 10,
  clock,
  ...more,
})
const first = (all: readonly (Answer | Skipped)[]): Partial<Answer> => {
  const [one] = all
  return one === undefined || isSkipped(one) ? {} : one
}

test.each([
  ['came the first time', [came], 'answers', 'passed', undefined, 1],
  [
    'came the second time: it passed, and the result says that it did not at first',
    [lost, came],
    'answers',
    'passed',
    2,
    2,
  ],
  ['came the third time', [lost, lost, came], 'answers', 'passed', 3, 3],
  ['never came: three times, not for ever', [lost], 'answers', 'failed', undefined, 3],
  ['was to be denied, and came', [came], 'denied', 'failed', undefined, 3],
  ['was to be denied, and came until the policy was there', [came, lost], 'denied', 'passed', 2, 2],
] as const)('what %s', async (_, replies, expect_, outcome, tries, times) => {
  const { senders, asked } = replying(replies)
  const answer = first(await askAll([ask('x', { expect: expect_ })], senders, asking()))
  expect({ outcome: answer.outcome, tries: answer.tries, times: asked.get('x') }).toEqual({
    outcome,
    tries,
    times,
  })
})

test('only what was not as expected is asked again', async () => {
  const rounds: number[] = []
  const senders: Senders = () => async asks =>
    new Map(asks.map(({ id }) => [id, id === 'good' ? came : lost]))
  await askAll([ask('good'), ask('bad')], senders, {
    ...asking(),
    onRound: (_, count) => void rounds.push(count),
  })
  expect(rounds).toEqual([2, 1, 1])
})

test.each([
  [10, 4],
  [3, 8],
  [100, 40],
  [1, 3],
])('at %i a second, %i places together begin no more than that', async (rate, places) => {
  let open = 0
  let most = 0
  const senders: Senders = () => async (asks, step) => {
    open += step
    most = Math.max(most, open)
    await new Promise(resolve => setImmediate(resolve))
    open -= step
    return new Map(asks.map(({ id }) => [id, came]))
  }
  const asks = Array.from({ length: places }, (_, index) =>
    ask(`x${index}`, { from: { kind: 'pod', name: `p${index}` } }),
  )
  expect(await askAll(asks, senders, asking({ rate }))).toHaveLength(places)
  expect(most).toBeGreaterThan(0)
  expect(most).toBeLessThanOrEqual(rate)
})

test('places that take turns keep to the rate too, however fast each is', async () => {
  let now = 0
  const begun: number[] = []
  const senders: Senders = () => async asks => {
    begun.push(now)
    return new Map(asks.map(({ id }) => [id, came]))
  }
  const asks = ['p1', 'p2', 'p3'].map(name => ask(name, { from: { kind: 'pod', name } }))
  const jumping: Clock = { now: () => now, sleep: ms => Promise.resolve(void (now += ms)) }
  await askAll(asks, senders, { rate: 1, clock: jumping })
  expect(begun).toEqual([0, 1000, 2000])
})

test('what could not be sent is skipped with its reason, once for all of them, and not asked again', async () => {
  const { senders, asked } = replying([{ unasked: 'node n1 has no ping' }])
  expect(await askAll([ask('x'), ask('y')], senders, asking())).toEqual([
    { scenario: 'pod-to-pod', family: 'IPv6', reason: 'node n1 has no ping' },
  ])
  expect([...asked.values()]).toEqual([1, 1])
})

test('who has no address of the family is told so, and nothing is sent', async () => {
  const { senders, asked } = replying([came])
  const answer = first(await askAll([ask('x', { address: undefined })], senders, asking()))
  expect(answer).toMatchObject({ outcome: 'failed', seen: 'pod b has no IPv6 address' })
  expect(asked.size).toBe(0)
})

test('one place that cannot ask does not hide the others', async () => {
  const senders: Senders = from => async asks => {
    if (from.name === 'a') throw new UnreachableError('its shell is gone', 'verify.client')
    return new Map(asks.map(({ id }) => [id, came]))
  }
  const all = await askAll([ask('x'), ask('y', { from: { kind: 'pod', name: 'c' } })], senders, asking())
  expect(all).toMatchObject([
    { outcome: 'failed', seen: 'could not be asked: its shell is gone' },
    { outcome: 'passed' },
  ])
})

test.each([
  new UnreachableError('no answer', 'api.unreachable'),
  apiError(403, '', { verb: 'create', resource: 'v1/pods/exec' }),
])('a cluster that vanishes ends it: %s', async error => {
  const senders: Senders = () => () => Promise.reject(error)
  await expect(askAll([ask('x')], senders, asking())).rejects.toBe(error)
})

test('Ctrl-C ends it between two rounds', async () => {
  const end = new AbortController()
  const senders: Senders = () => async asks => {
    end.abort(new Error('stopped'))
    return new Map(asks.map(({ id }) => [id, lost]))
  }
  await expect(askAll([ask('x')], senders, asking({ signal: end.signal }))).rejects.toThrow('stopped')
})
