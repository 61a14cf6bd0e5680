import { expect, test } from 'vitest'
import type { Json } from '../base/json.ts'
import { UnreachableError } from '../base/errors.ts'
import { silentLogger } from '../base/logger.ts'
import type { Cluster } from '../model/cluster.ts'
import type { GateKind, Layer } from '../model/layer.ts'
import type { Gate, Reading } from '../model/plan.ts'
import { virtualClock } from '../practice/clock.ts'
import type { World } from '../world/ports.ts'
import { waitFor } from './wait.ts'

const empty: Cluster = { uid: 'u', version: 'v1.36.3', objects: {}, pods: [], nodes: {}, unread: {} }
const gate = (name: string, more: Partial<Gate> = {}): Gate => ({
  id: `l/${name}`,
  args: name,
  within: 1000,
  steady: 0,
  because: 'the test says so',
  ...more,
})

/** Gates that hold as told, by the seconds since the start; what was asked of each, and when. */
function waiting(kinds: Readonly<Record<string, (seconds: number, args: Json) => boolean>>, narrow?: Json) {
  const clock = virtualClock(0)
  const began = clock.now()
  const seconds = () => (clock.now() - began) / 1000
  const asked: (readonly [seconds: number, args: Json])[] = []
  const told: string[] = []
  const gates = Object.fromEntries(
    Object.entries(kinds).map(([name, holds]): [string, GateKind] => [
      name,
      {
        reads: args => {
          asked.push([seconds(), args])
          return []
        },
        judge: (_, args): Reading => ({ holds: holds(seconds(), args), seen: `${name} at ${seconds()}` }),
        ...(narrow !== undefined && { narrow: () => narrow }),
      },
    ]),
  )
  const layer: Layer = {
    id: 'l',
    title: 'l',
    reads: [],
    read: () => undefined,
    status: () => [],
    steps: () => [],
    gates,
  }
  const world = { clock, logger: silentLogger } as unknown as World
  const wait = (all: readonly Gate[], refresh = async (cluster: Cluster) => cluster) =>
    waitFor({ world, layers: [layer], refresh, waiting: id => void told.push(id) }, empty, all)
  return { asked, told, wait, seconds }
}

test('the longer it is waited, the longer are the pauses, up to ten seconds', async () => {
  const { asked, wait } = waiting({ slow: seconds => seconds >= 900 })
  await wait([gate('slow')])
  const times = asked.map(([at]) => at)
  const pauses = times.slice(1).map((at, index) => Math.round((at - (times[index] ?? 0)) * 10) / 10)
  expect(pauses.slice(0, 50).every(pause => pause === 0.5)).toBe(true)
  expect(pauses.every((pause, index) => index === 0 || pause >= (pauses[index - 1] ?? 0))).toBe(true)
  expect(pauses.at(-1)).toBe(10)
})

test('a long pause does not make the time that a gate has any longer', async () => {
  const { wait, seconds } = waiting({ slow: () => false })
  await expect(wait([gate('slow', { within: 601 })])).rejects.toThrow('not reached within 601 s')
  expect(seconds()).toBeLessThan(602)
})

test('what holds is not asked all the while, but once more with the last', async () => {
  const { asked, wait } = waiting({ quick: () => true, slow: seconds => seconds >= 300 })
  await wait([gate('quick'), gate('slow')])
  const of = (name: string) => asked.filter(([, args]) => args === name).map(([at]) => at)
  expect(of('quick').filter(at => at > 60)).toEqual([of('slow').at(-1)])
  expect(of('slow').filter(at => at > 60).length).toBeGreaterThan(10)
})

test('what was not asked meanwhile is steady only from when it was asked again', async () => {
  const { wait, seconds } = waiting({ quick: () => true, slow: at => at >= 300 })
  await wait([gate('quick', { steady: 20 }), gate('slow')])
  expect(seconds()).toBeGreaterThanOrEqual(320)
})

test('all must hold at once: one that fell meanwhile is waited for again', async () => {
  const { wait, seconds } = waiting({
    falls: at => at < 60 || at > 400,
    slow: at => at >= 300,
  })
  await wait([gate('falls'), gate('slow')])
  expect(seconds()).toBeGreaterThan(400)
})

test('a gate that narrows is asked as a whole in the end, and its steady seconds count from then', async () => {
  const { asked, wait, seconds } = waiting(
    { many: (at, args) => (args === 'rest' ? at >= 5 : at >= 8) },
    'rest',
  )
  await wait([gate('many', { steady: 3 })])
  expect(asked[0]).toEqual([0, 'many'])
  expect(asked.filter(([at]) => at > 0 && at < 5).every(([, args]) => args === 'rest')).toBe(true)
  // The rest held; the whole did not yet.
  expect(asked.filter(([at, args]) => at >= 5 && at < 8 && args === 'many').length).toBeGreaterThan(0)
  expect(asked.filter(([at]) => at > 8).every(([, args]) => args === 'many')).toBe(true)
  expect(seconds()).toBeGreaterThanOrEqual(11)
})

test('while nobody answers nothing holds, and the cluster stays as it was read last', async () => {
  const { told, wait, seconds } = waiting({ any: () => true })
  const fresh = { ...empty, version: 'v1.36.4' }
  const found = await wait([gate('any')], async () => {
    if (seconds() < 3) throw new UnreachableError('nobody is there', 'api.unreachable')
    return fresh
  })
  expect(found).toBe(fresh)
  expect(told.length).toBeGreaterThan(3)
})
