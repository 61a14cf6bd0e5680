import { describe, expect, test } from 'vitest'
import { layers } from '../src/app/layers.ts'
import { rehearse, type Rehearse } from '../src/app/rehearse.ts'
import type { Event } from '../src/model/event.ts'
import { isDurable } from '../src/model/event.ts'
import type { Rehearsal } from '../src/report/rehearsal.ts'
import { sample, whySkipped } from './support/samples.ts'

/** Whole conversions of captured clusters, there and back, killed wherever a journal may end. */
const bundled = 'calico-1cp-1w'
const single = [bundled, 'calico-1cp-2w', 'calico-3cp-2w']
/** Half converted, by hand or by force: the way back leads further back than where they began. */
const half = ['calico-1cp-2w-by-hand', 'calico-3cp-2w-half']
/** Every n-th point is tried by itself; all with `REHEARSAL_STRIDE=1`, which takes minutes. */
const stride = Number(process.env['REHEARSAL_STRIDE'] ?? 10)
const mostCalls = 12
const minutes = 60_000

const run = (name: string, more: Partial<Rehearse> = {}): Promise<Rehearsal> =>
  rehearse({ bundle: sample(name) ?? '', layers, intent: {}, ...more })

/**
 * Left alone are pods that nobody makes again and Services held back; one object stays a pair. The captures were made on machines that
 * forward both families anyway.
 */
function expectThereAndBack({ there, back, compared }: Rehearsal): void {
  expect(there.look.others.map(subject).filter(one => one !== 'forwarding')).toEqual(['pods', 'Services'])
  expect(there.look.pods.both / there.look.pods.of).toBeGreaterThan(0.6)
  expect(there.look.services.both).toBeGreaterThan(0)
  expect(back.look.others.map(subject).filter(one => one !== 'forwarding')).toEqual([
    'ServiceCIDR kubernetes',
  ])
  expect([back.look.pods.both, back.look.notReady]).toEqual([0, 0])
  expect(compared.differences).toEqual([])
}
const subject = (row: string): string => row.replace(/:.*/, '')

const tellSkipped = (name: string): void => void process.stderr.write(`${name}${whySkipped(name)}\n`)

const key = (event: Event): string => `${event.kind} ${'step' in event ? (event.step ?? '') : ''}`

/** Every point of the journals of one rehearsal, in order: after each record that was written. */
async function pointsOf(name: string): Promise<readonly string[]> {
  const points: string[] = []
  await run(name, { onEvent: event => void (isDurable(event) && points.push(key(event))) })
  return points
}

/** The rehearsal whose process is killed at the n-th record. */
async function killedAt(name: string, point: number): Promise<Rehearsal> {
  let count = 0
  let isKilled = false
  const rehearsal = await run(name, {
    onEvent: (event, process) => {
      if (isKilled || !isDurable(event) || count++ !== point) return
      isKilled = true
      process.kill()
    },
  })
  expect(isKilled).toBe(true)
  return rehearsal
}

describe.each(single)('%s', name => {
  const skip = sample(name) === undefined
  const why = whySkipped(name)

  test.skipIf(skip)(
    `goes to dual-stack and back, and is as it was${why}`,
    async () => {
      expectThereAndBack(await run(name))
    },
    2 * minutes,
  )

  test.skipIf(skip)(
    `killed once at every point in one rehearsal, it comes to its end both ways${why}`,
    async () => {
      const seen = new Set<string>()
      let way = ''
      const rehearsal = await run(name, {
        onEvent: (event, process) => {
          if (event.kind === 'opened') way = event.plan.direction
          const point = `${way} ${key(event)}`
          if (!isDurable(event) || seen.has(point)) return
          seen.add(point)
          process.kill()
        },
      })
      expectThereAndBack(rehearsal)
      expect(seen.size).toBeGreaterThan(50)
      process.stderr.write(`${name}: killed at ${seen.size} points in one rehearsal\n`)
    },
    5 * minutes,
  )

  test.skipIf(skip)(
    `killed behind every single change of every step in one rehearsal, it comes to its end both ways${why}`,
    async () => {
      const calls = new Map<string, number>()
      let kills = 0
      let way = ''
      const rehearsal = await run(name, {
        onEvent: (event, process) => {
          if (event.kind === 'opened') way = event.plan.direction
          if (event.kind !== 'intend') return
          const step = `${way} ${event.step}`
          const call = (calls.get(step) ?? 0) + 1
          calls.set(step, call)
          // A step with hundreds of changes is the same thing again and again.
          if (call > mostCalls) return process.killAfter(Number.POSITIVE_INFINITY)
          kills++
          process.killAfter(call)
        },
      })
      expectThereAndBack(rehearsal)
      expect(kills).toBeGreaterThan(100)
      process.stderr.write(`${name}: killed behind ${kills} changes in one rehearsal\n`)
    },
    5 * minutes,
  )

  test.skipIf(skip)(
    `killed at one point, whichever, it comes to its end both ways${why}`,
    async () => {
      const points = await pointsOf(name)
      const chosen = [...points.keys()].filter(point => point % stride === 0)
      let count = 0
      for (const point of chosen) {
        count++
        expectThereAndBack(await killedAt(name, point))
      }
      process.stderr.write(
        `${name}: ${count} of ${points.length} points of the journal, one rehearsal each\n`,
      )
    },
    10 * minutes,
  )
})

test.each(half)(
  '%s is completed, and goes back to single-stack',
  async name => {
    if (sample(name) === undefined) return tellSkipped(name)
    const { there, back } = await run(name)
    expect(there.look.others.map(subject)).not.toContain('kube-apiserver')
    expect(there.look.pods.both).toBeGreaterThan(0.5 * there.look.pods.of)
    expect(back.look.pods.both).toBe(0)
    expect(back.look.services.both).toBe(0)
  },
  2 * minutes,
)

test('a CNI that is not known is refused before anything is changed', async () => {
  const name = 'bridge-1cp-1w'
  if (sample(name) === undefined) return tellSkipped(name)
  await expect(run(name)).rejects.toMatchObject({ code: expect.stringMatching(/^cni\./) })
})
