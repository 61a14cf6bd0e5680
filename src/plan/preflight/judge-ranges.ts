import type { Cluster } from '../../model/cluster.ts'
import type { Goal } from '../../model/goal.ts'
import type { AnyRule, Finding, Ranges } from '../../model/rule.ts'
import { judge } from '../../rules/judge.ts'
import { isBroken, identity } from './findings.ts'
import { rangesOf } from './ranges.ts'

/**
 * What the rules say of the ranges of a goal. What is broken already, without anything of the goal, is the cluster's own affair: it runs
 * with it, so an error is told as a warning.
 * @param configured the cluster whose components tell what is written where; undefined: only the values are judged
 */
export function judgeRanges(
  rules: readonly AnyRule[],
  cluster: Cluster,
  goal: Goal | undefined,
  configured: Cluster | undefined,
): readonly Finding[] {
  const ranges = rangesOf(cluster, goal, configured)
  const { written: _written, ...values } = ranges
  const before = new Set(judge(rules, 'ranges', asItRuns(values)).filter(isBroken).map(identity))
  return judge(rules, 'ranges', ranges).map(finding =>
    finding.severity === 'error' && before.has(identity(finding))
      ? { ...finding, severity: 'warning', message: `${finding.message} (the cluster runs with it already)` }
      : finding,
  )
}

/** The primary family alone, with the ranges that run. */
function asItRuns(ranges: Ranges): Ranges {
  const [primary] = ranges.families
  if (primary === undefined) return ranges
  const only = <T>(values: { readonly [family: string]: T | undefined }) =>
    values[primary] === undefined ? {} : { [primary]: values[primary] }
  return {
    ...ranges,
    families: [primary],
    pods: only(ranges.running?.pods ?? {}),
    services: only(ranges.running?.services ?? {}),
    nodeMask: only(ranges.nodeMask),
    blockSize: only(ranges.blockSize),
  }
}
