import type { Family } from '../address/family.ts'
import type { Verification } from './verification.ts'

/**
 * A verification beside an earlier one of the same cluster, matched by ids. `worse`: passed then, fails now. `known`: failed then, fails now.
 * `notAsked`: passed then, and not asked now, although the cluster still has the family; a family that went (the way back) is nothing that got lost.
 */
export function compareVerifications(now: Verification, then: Verification): Verification {
  const outcomes = new Map(now.answers.map(({ ask, outcome }) => [ask.id, outcome]))
  const isLeft = (family: Family): boolean => now.families.includes(family)
  const idsOf = (was: 'passed' | 'failed', is: 'failed' | undefined): readonly string[] =>
    then.answers
      .filter(({ ask, outcome }) => outcome === was && outcomes.get(ask.id) === is && isLeft(ask.family))
      .map(({ ask }) => ask.id)
  return {
    ...now,
    worse: idsOf('passed', 'failed'),
    known: idsOf('failed', 'failed'),
    notAsked: idsOf('passed', undefined),
  }
}
