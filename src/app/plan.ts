import type { Cluster } from '../model/cluster.ts'
import type { Layer } from '../model/layer.ts'
import type { Plan } from '../model/plan.ts'
import { decide, type Intent } from '../plan/intent.ts'
import { makePlan } from '../plan/make.ts'
import { type PastRun, restore } from '../plan/restore.ts'
import { requireRead } from '../plan/require-read.ts'
import { requireRanges } from '../plan/require-ranges.ts'
import { requireSupported } from '../plan/supported.ts'
import { allRules } from './rules.ts'
import { version } from './version.ts'

/**
 * The plan from what a cluster is to what was asked for. With journals of past runs the way back gets the exact old values.
 * @param ignored ids of rules that somebody chose to ignore
 * @throws RefusedError, UsageError where nothing can be planned: an unknown CNI, ranges that break a rule, edits that would not be exact
 */
export function planFor(
  cluster: Cluster,
  intent: Intent,
  layers: readonly Layer[],
  past: readonly PastRun[] = [],
  ignored: ReadonlySet<string> = new Set(),
): Plan {
  requireRead(cluster)
  requireSupported(cluster, layers)
  const goal = decide(cluster, intent)
  requireRanges(
    cluster,
    goal,
    allRules.filter(rule => !ignored.has(rule.id)),
  )
  const plan = makePlan({ cluster, goal, layers, tool: version })
  return plan.direction === 'single' ? restore(plan, past) : plan
}
