import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compareVerifications } from './compare-verifications.ts'
import { parseVerification } from './verification-schema.ts'
import type { Answer, Verification } from './verification.ts'

const golden = (): unknown =>
  JSON.parse(readFileSync(resolve(import.meta.dirname, '../../test/golden/verification-v1.json'), 'utf8'))

const answer = (id: string, outcome: Answer['outcome'], family: 'IPv4' | 'IPv6' = 'IPv4'): Answer => ({
  ask: {
    id,
    scenario: 'pod-to-pod',
    family,
    protocol: 'TCP',
    from: { kind: 'pod', name: 'a' },
    to: { kind: 'pod', name: 'b' },
    expect: 'answers',
  },
  outcome,
  seen: '',
})
const verification = (answers: readonly Answer[], more: Partial<Verification> = {}): Verification => ({
  apiVersion: 'dualstack/verify/v1',
  cluster: 'u-1',
  at: '2026-01-01T00:00:00Z',
  families: ['IPv4', 'IPv6'],
  nodes: ['n1'],
  answers,
  skipped: [],
  ...more,
})

describe('a file of a verification', () => {
  // People keep baselines: this file is never written anew, only others are added beside it.
  test('of the first release is read whole', () => {
    const read = parseVerification(golden())
    expect(read).toEqual({ verification: golden() })
  })

  test('with fields of a newer release is read without them', () => {
    const value = { ...verification([answer('a', 'passed')]), weather: 'fine' }
    expect(parseVerification(value)).toEqual({ verification: verification([answer('a', 'passed')]) })
  })

  test.each([
    [
      'of another version',
      { apiVersion: 'dualstack/verify/v2' },
      'its version is dualstack/verify/v2, and this release reads dualstack/verify/v1',
    ],
    ['without a cluster', { cluster: undefined }, '→ at cluster'],
    ['with a date that is none', { at: 'yesterday' }, '→ at at'],
    [
      'with an outcome that is none',
      { answers: [{ ...answer('a', 'passed'), outcome: 'maybe' }] },
      '→ at answers[0].outcome',
    ],
    ['with another family', { families: ['IPX'] }, '→ at families[0]'],
  ])('%s is refused, with the place', (_, wrong, problem) => {
    const read = parseVerification({ ...verification([]), ...wrong })
    expect(read).toEqual({ problem: expect.stringContaining(problem) as string })
  })

  test.each([null, [], 'x', 7, { apiVersion: 'dualstack/v1' }])('%j is none', value => {
    expect(parseVerification(value)).toHaveProperty('problem')
  })
})

describe('beside a baseline', () => {
  const then = verification([
    answer('stays', 'passed'),
    answer('breaks', 'passed'),
    answer('gone', 'passed'),
    answer('bad', 'failed'),
    answer('mended', 'failed'),
    answer('gone-and-bad', 'failed'),
  ])
  const now = verification([
    answer('stays', 'passed'),
    answer('breaks', 'failed'),
    answer('bad', 'failed'),
    answer('mended', 'passed'),
    answer('new', 'failed', 'IPv6'),
  ])

  test('what worked and fails is worse, what failed before is known, what vanished is told', () => {
    expect(compareVerifications(now, then)).toEqual({
      ...now,
      worse: ['breaks'],
      known: ['bad'],
      notAsked: ['gone'],
    })
  })

  test('with itself nothing is worse', () => {
    const same = compareVerifications(then, then)
    expect([same.worse, same.notAsked]).toEqual([[], []])
  })

  test('a family that the way back took away is nothing that got lost', () => {
    const dual = verification([answer('six', 'passed', 'IPv6'), answer('four', 'passed')])
    const single = verification([answer('four', 'passed')], { families: ['IPv4'] })
    expect(compareVerifications(single, dual).notAsked).toEqual([])
  })

  test('an earlier comparison that the file holds is not taken over', () => {
    const old = { ...then, worse: ['stays'], known: ['x'], notAsked: ['y'] }
    expect(compareVerifications(now, old).worse).toEqual(['breaks'])
  })
})
