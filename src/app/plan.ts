import type { Cluster } from '../model/cluster.ts'
import type { Layer } from '../model/layer.ts'
import type { Plan } from '../model/plan.ts'
import { decide, type Intent } from '../plan/intent.ts'
import { makePlan } from '../plan/make.ts'
import { type PastRun, restore } from '../plan/restore.ts'
import { requireCNI } from '../plan/supported.ts'
import { version } from './version.ts'

/** The plan from what a cluster is to what was asked for. With journals of past runs the way back gets the exact old values. */
export function planFor(
  cluster: Cluster,
  intent: Intent,
  layers: readonly Layer[],
  past: readonly PastRun[] = [],
): Plan {
  requireCNI(cluster, layers)
  const goal = decide(cluster, intent)
  const plan = makePlan({ cluster, goal, layers, tool: version })
  return plan.direction === 'single' ? restore(plan, past) : plan
}
