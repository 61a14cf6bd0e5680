import { createColors } from 'picocolors'
import { expect, test } from 'vitest'
import type { Diagnoses, Diagnosis, RunSeen } from '../model/failure.ts'
import { diagnosesText } from './diagnoses.ts'

const run: RunSeen = {
  state: 'interrupted',
  command: 'apply',
  says: 'A run of apply of anna@laptop did not come to its end, at step kubelet/n2. What follows may be its half-done state.',
  next: '`dualstack apply` goes on where it stopped.',
  because: [{ where: 'Lease kube-system/dualstack', says: 'held by nobody' }],
}
const cause = (more: Partial<Diagnosis>): Diagnosis => ({
  failure: 'state/x',
  title: 'x is broken',
  certainty: 'sure',
  cause: 'why',
  fix: 'how',
  source: 'where',
  because: [],
  layer: 'kubelet',
  ...more,
})
const text = (more: Partial<Diagnoses>): string =>
  diagnosesText(
    { found: [], lookedAt: ['n1'], notRead: [], unknown: [], collect: [], ...more },
    createColors(false),
  )

test('a run that was interrupted stands in front, and what may be its half-done state says so', () => {
  expect(
    text({
      run,
      found: [
        cause({ also: ['rule/x'] }),
        cause({ certainty: 'likely', failure: 'state/y', halfDone: ['kubelet', 'kube-proxy'] }),
      ],
    }),
  ).toMatchInlineSnapshot(`
    "A run of apply of anna@laptop did not come to its end, at step kubelet/n2. What follows may be its half-done state.
        because:
        - Lease kube-system/dualstack: held by nobody
        mend: \`dualstack apply\` goes on where it stopped.

    1. x is broken (sure, state/x, rule/x)
        why
        because:
        mend: how
        source: where

    2. x is broken (likely, state/y)
        may be half-done: the run has steps to do yet that explain it: kubelet, kube-proxy
        why
        because:
        mend: how
        source: where

    2 causes found, 1 of them sure. Begin with the first: it may cause what follows.

    Looked at:
        n1
    "
  `)
})

test('where the run explains all there is, it comes first', () => {
  const found = [cause({ certainty: 'likely', halfDone: ['kubelet'] })]
  expect(text({ run, found })).toContain(
    '1 cause found, none of them sure: the run explains it, so bring it to its end first.',
  )
  expect(text({ run: { ...run, state: 'under-way' }, found: [...found, ...found] })).toContain(
    '2 causes found, none of them sure: the run explains each, so ask again when it has ended.',
  )
})
