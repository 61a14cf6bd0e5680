import { expect, test } from 'vitest'
import type { Event } from '../model/event.ts'
import type { Plan, Step } from '../model/plan.ts'
import { progressMark } from './progress-mark.ts'

const step = (id: string, stage: string) => ({ id, stage }) as Step
const plan = {
  direction: 'dual',
  steps: [step('host/n1', 'host'), step('kcm/n1', 'kcm'), step('kubelet/n1', 'kubelet')],
} as unknown as Plan
const event = (kind: string, of: string) => ({ run: 'r', at: '', kind, step: of }) as unknown as Event

test('it is the first step that is not settled, also where a later one settles before it', () => {
  const said: (string | undefined)[] = []
  const follow = progressMark(plan, 'r', new Set(['host/n1']), ({ step: at, stage }) => {
    said.push(at === undefined ? undefined : `${stage ?? ''} ${at}`)
  })
  expect(said).toEqual(['kcm kcm/n1'])
  follow(event('intend', 'kubelet/n1'))
  follow(event('waiting', 'kubelet/n1'))
  expect(said).toHaveLength(1)
  follow(event('settled', 'kubelet/n1'))
  follow(event('settled', 'kcm/n1'))
  expect(said).toEqual(['kcm kcm/n1', 'kcm kcm/n1', undefined])
})
