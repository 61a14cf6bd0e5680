import { expect, test } from 'vitest'
import { systemClock } from '../base/clock.ts'
import type { Event } from '../model/event.ts'
import type { Plan, Step } from '../model/plan.ts'
import type { Ask } from '../model/verification.ts'
import type { Watched } from '../model/watch.ts'
import type { Client } from '../verify/watch/client.ts'
import type { Execute, Outcome } from './execute.ts'
import { withTraffic } from './with-traffic.ts'

const at = Date.parse('2026-01-01T00:00:10Z')
const plan = { direction: 'dual', steps: [] as readonly Step[] } as Plan
const ask: Ask = {
  id: 'a',
  scenario: 'pod-to-pod',
  family: 'IPv4',
  protocol: 'TCP',
  from: { kind: 'pod', name: 'a' },
  to: { kind: 'pod', name: 'b' },
  expect: 'answers',
}
const event = (kind: 'intend' | 'settled', second: number, step = 'kubelet/n1'): Event => ({
  run: 'r',
  at: new Date(at + second * 1000).toISOString(),
  kind,
  step,
  found: [],
})

/** Everything in the order in which it happens. */
function watched(more: { readonly agrees?: boolean; readonly start?: () => Promise<void> } = {}) {
  const happened: string[] = []
  const client: Client = {
    place: { kind: 'pod', name: 'x/p' },
    asks: [ask],
    start: more.start ?? (() => Promise.resolve(void happened.push('clients begin'))),
    collect: () =>
      Promise.resolve({ sent: 7, losses: [{ ask, at: at + 1500, milliseconds: 100, seen: 'refused' }] }),
    stop: () => Promise.resolve(void happened.push('clients end')),
  }
  const traffic = {
    clock: systemClock,
    rate: 5,
    open: () => {
      happened.push('pods are made')
      return Promise.resolve({
        clients: [client],
        unwatched: [],
        close: () => Promise.resolve(void happened.push('pods go')),
      })
    },
    onLost: ({ during }: { readonly during: readonly string[] }) =>
      void happened.push(`lost in ${during.join()}`),
    onEnd: ({ sent }: { readonly sent: number }) => void happened.push(`sent ${sent}`),
  }
  const handed: Pick<Execute, 'agree' | 'emit'> = {
    agree: () => Promise.resolve(more.agrees ?? true),
    emit: ({ kind }: Event) => void happened.push(kind),
  }
  return { happened, traffic, handed }
}

test('traffic begins after the agreement and ends after the last step; losses name the step', async () => {
  const { happened, traffic, handed } = watched()
  await withTraffic(traffic, handed, async ({ agree, emit }): Promise<Outcome> => {
    happened.push(`agreed: ${await agree(plan, false)}`)
    emit(event('intend', 1))
    emit(event('settled', 2))
    return { kind: 'done', plan, run: 'r' }
  })
  expect(happened).toEqual([
    'pods are made',
    'clients begin',
    'agreed: true',
    'intend',
    'settled',
    'lost in kubelet/n1',
    'clients end',
    'sent 7',
    'pods go',
  ])
})

test('a run that fails is watched to its end, and its error is what is heard', async () => {
  const { happened, traffic, handed } = watched()
  const failing = withTraffic(traffic, handed, async ({ agree }) => {
    await agree(plan, false)
    throw new Error('gate')
  })
  await expect(failing).rejects.toThrow('gate')
  expect(happened.slice(-3)).toEqual(['clients end', 'sent 7', 'pods go'])
})

test('who says no gets no pods; where nothing is to be done none are made either', async () => {
  const { happened, traffic, handed } = watched({ agrees: false })
  await withTraffic(traffic, handed, async ({ agree }) => ({
    kind: (await agree(plan, false)) ? 'done' : 'declined',
    plan,
    run: '',
  }))
  expect(happened).toEqual([])
})

test('where traffic cannot be started nothing is begun, and the pods go', async () => {
  const { happened, traffic, handed } = watched({ start: () => Promise.reject(new Error('no sh')) })
  const failing = withTraffic(traffic, handed, async ({ agree, emit }) => {
    await agree(plan, false)
    emit(event('intend', 1))
    return { kind: 'done', plan, run: 'r' }
  })
  await expect(failing).rejects.toThrow('no sh')
  expect(happened).toEqual(['pods are made', 'clients end', 'pods go'])
})

const step = (id: string, stage: string): Step => ({ id, stage }) as Step
const back: Plan = {
  ...plan,
  direction: 'single',
  steps: [
    step('services/single', 'services'),
    step('cni-calico/assignment', 'cni-assignment'),
    step('cni-calico/blocks-ipv6', 'cni-pool'),
  ],
}

test('on the way back the pods are made again once the CNI gives the family to none, and the rate is kept', async () => {
  const { happened, traffic, handed } = watched()
  await withTraffic(traffic, handed, async ({ agree, emit }) => {
    await agree(back, false)
    emit(event('settled', 1, 'services/single'))
    emit(event('settled', 2, 'cni-calico/assignment'))
    for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve))
    emit(event('settled', 3, 'cni-calico/blocks-ipv6'))
    return { kind: 'done', plan: back, run: 'r' }
  })
  expect(happened.filter(what => what !== 'settled' && !what.startsWith('lost'))).toEqual([
    'pods are made',
    'clients begin',
    'pods are made',
    'clients end',
    'clients begin',
    'pods go',
    'clients end',
    'sent 14',
    'pods go',
  ])
})

test('where they cannot be made again the old ones go on, and it is said', async () => {
  const { happened, traffic, handed } = watched()
  const unheard: string[] = []
  let opened = 0
  const lame = {
    ...traffic,
    open: () => (++opened > 1 ? Promise.reject(new Error('no room')) : traffic.open()),
    onEnd: (seen: Watched) => void unheard.push(...seen.unheard.map(({ reason }) => reason)),
  }
  await withTraffic(lame, handed, async ({ agree, emit }) => {
    await agree(back, false)
    emit(event('settled', 2, 'cni-calico/assignment'))
    return { kind: 'done', plan: back, run: 'r' }
  })
  expect(unheard).toEqual(['not made again: no room'])
  expect(happened.slice(-2)).toEqual(['clients end', 'pods go'])
})
