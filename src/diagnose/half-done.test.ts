import { expect, test } from 'vitest'
import type { Failure, RunSeen } from '../model/failure.ts'
import { allRules, catalogue } from './catalogue.ts'
import type { Found } from './found.ts'
import { explain, passing } from './half-done.ts'

const found = (id: string): Found => ({
  failure: { id } as Failure,
  certainty: 'sure',
  lines: [],
  states: [],
  objects: [],
  first: 0,
  at: '',
})
const run = (more: Partial<RunSeen>): RunSeen => ({
  state: 'interrupted',
  says: '',
  next: '',
  because: [],
  ...more,
})
const explained = (id: string, more: Partial<RunSeen>) => explain([found(id)], run(more))[0]?.halfDone

test('every cause that a run may explain is one that diagnose knows', () => {
  const known = new Set([...catalogue, ...allRules].map(({ id }) => id))
  expect(passing.filter(id => !known.has(id))).toEqual([])
})

test.each<readonly [string, Partial<RunSeen>, readonly string[] | undefined]>([
  ['what differs', { command: 'apply', stage: 'host' }, ['kube-apiserver', 'kube-controller-manager']],
  ['it', { command: 'apply', stage: 'kube-controller-manager' }, ['kube-controller-manager']],
  ['it', { command: 'apply', stage: 'kubelet' }, undefined],
  ['it', { command: 'rollback', stage: 'kubelet' }, ['kube-apiserver', 'kube-controller-manager']],
  ['it', {}, ['kube-apiserver', 'kube-controller-manager']],
  ['it', { command: 'apply', stage: 'of a later release' }, ['kube-apiserver', 'kube-controller-manager']],
  ['it', { command: 'apply' }, undefined],
])('%s is explained while steps of its layers are left: %j', (_, more, layers) => {
  expect(explained('range-pair/services-differ', more)).toEqual(layers)
})

test('what ends and starts anew is explained at its step only', () => {
  const id = 'state/kubelet-not-running'
  expect(explained(id, { command: 'apply', stage: 'kube-apiserver' })).toBeUndefined()
  expect(explained(id, { command: 'apply', stage: 'kubelet' })).toEqual(['kubelet'])
  // Kubelets are restarted while the controller manager is still waited for.
  expect(explained(id, { command: 'apply', stage: 'kube-controller-manager' })).toEqual(['kubelet'])
  expect(explained(id, { command: 'apply', stage: 'kube-proxy' })).toBeUndefined()
})

test('what is explained is not sure, and stands behind what is not', () => {
  const both = [found('state/node-reports-one-family'), found('state/forwarding-off')]
  expect(
    explain(both, run({ command: 'apply', stage: 'kubelet' })).map(({ failure, certainty }) => [
      failure.id,
      certainty,
    ]),
  ).toEqual([
    ['state/forwarding-off', 'sure'],
    ['state/node-reports-one-family', 'likely'],
  ])
  expect(explain(both, undefined)).toBe(both)
})
