import { RefusedError, UsageError } from '../base/errors.ts'
import type { Cluster } from '../model/cluster.ts'
import type { Goal } from '../model/goal.ts'
import type { AnyRule, Finding } from '../model/rule.ts'
import { judgeRanges } from './preflight/judge-ranges.ts'

/** Error codes are older than rules, and scripts know them: by the rule's topic. */
const codes: Readonly<Record<string, string>> = {
  overlap: 'intent.overlap',
  'service-range': 'intent.service-size',
  'pod-range': 'intent.node-mask',
  'node-mask': 'intent.node-mask',
  room: 'intent.too-few-nodes',
  'block-size': 'intent.block-size',
  'running-range': 'intent.range-is-set',
}

/**
 * Nothing is planned with ranges that would not work: what breaks would show in a component's start-up, or in pods that nobody reaches.
 * @param rules those that somebody chose to ignore are left out
 * @throws UsageError `intent.…`, RefusedError `intent.range-is-set`: with everything that is wrong
 */
export function requireRanges(cluster: Cluster, goal: Goal, rules: readonly AnyRule[]): void {
  if (goal.families.length < 2) return
  const errors = judgeRanges(rules, cluster, goal, undefined).filter(({ severity }) => severity === 'error')
  const [first] = errors
  if (first === undefined) return
  const code = codes[first.rule.split('/')[0] ?? ''] ?? 'intent.ranges'
  const message = errors.map(said).join('\n  ')
  const hint = `${first.remedy ?? ''} More: dualstack explain ${first.rule}.`.trim()
  throw code === 'intent.range-is-set'
    ? new RefusedError(message, code, hint)
    : new UsageError(message, hint, code)
}

const said = ({ rule, object, message }: Finding): string => `${object}: ${message} (${rule})`
