import type { Cluster } from '../../model/cluster.ts'
import { nodeNames } from '../../model/changes.ts'
import type { Layer } from '../../model/layer.ts'
import type { Plan } from '../../model/plan.ts'
import type { Intent } from '../../plan/intent.ts'
import { beginningOf } from '../../practice/index.ts'
import type { PreflightReport } from '../../report/findings.ts'
import type { Moment, Observed, Practised } from '../../report/rehearsal.ts'
import { planFor } from '../plan.ts'
import { preflightFor, requireGo } from '../preflight.ts'
import type { Seen } from './aspects.ts'
import { represent } from './represent.ts'

/** What is told of a cluster before anything is done to its practice cluster. */
export interface FirstLook extends Seen {
  readonly observed: Observed
  readonly judged: PreflightReport
}

/** What is rehearsed, and what is wanted of it. */
export interface Given {
  /** Folder of a bundle. */
  readonly bundle: string
  readonly layers: readonly Layer[]
  readonly intent: Intent
  /** Ids of rules whose findings stand in nobody's way. */
  readonly ignored?: ReadonlySet<string>
  /** What the rehearsal itself says. */
  readonly tell?: (moment: Moment) => void
}

/** Counts, judges and plans, and tells it. */
export function firstLook(cluster: Cluster, now: number, given: Given): FirstLook {
  const { bundle, tell = () => {} } = given
  const observed: Observed = {
    bundle,
    cluster: cluster.uid,
    version: cluster.version,
    nodes: nodeNames(cluster).length,
    pods: cluster.pods.length,
    services: cluster.objects['v1/services']?.length ?? 0,
  }
  tell({ kind: 'observed', ...observed })
  const judged = judge(cluster, now, given)
  tell({ kind: 'judged', report: judged })
  const plan = planThere(cluster, given)
  tell({ kind: 'planned', plan })
  return { observed, judged, plan }
}

/** The first look at a large cluster, and the part of it that is practised, with what it must be told so that it gets the same ranges. */
export interface LargeLook extends FirstLook {
  readonly part: Cluster
  readonly practised: Practised
  readonly intent: Intent
  readonly now: number
}

/** @throws RefusedError where preflight of the whole found errors: the part might not have them */
export function lookAtLarge(cluster: Cluster, given: Given): LargeLook {
  const now = beginningOf(cluster)
  const look = firstLook(cluster, now, given)
  requireGo(look.judged)
  const ofPart = (part: Cluster): Intent => sameRanges(given.intent, look.plan, part)
  const { cluster: part, practised } = represent(cluster, look, part => {
    const same = { ...given, intent: ofPart(part) }
    return { judged: judge(part, now, same), plan: planThere(part, same) }
  })
  const { nodes, pods, services } = look.observed
  given.tell?.({ kind: 'chosen', nodes, pods, services, practised })
  return { ...look, part, practised, intent: ofPart(part), now }
}

const judge = (cluster: Cluster, now: number, { intent, layers, ignored }: Given): PreflightReport =>
  preflightFor({ cluster, now, ignored }, { ...intent, to: 'dual' }, layers)

export const planThere = (cluster: Cluster, { intent, layers, ignored }: Given): Plan =>
  planFor(cluster, { ...intent, to: 'dual' }, layers, [], ignored)

/** How large ranges are goes by how many nodes there are: a part gets those of the whole. */
function sameRanges(intent: Intent, { goal }: Plan, part: Cluster): Intent {
  const [, added] = goal.families
  const { nodeAddresses } = intent
  const own = Object.entries(nodeAddresses ?? {}).filter(([node]) => node in part.nodes)
  const [pods, services] = added === undefined ? [] : [goal.pods[added], goal.services[added]]
  const [nodeMask, blockSize] = added === undefined ? [] : [goal.nodeMask[added], goal.blockSize[added]]
  return {
    ...intent,
    ...(pods !== undefined && { pods }),
    ...(services !== undefined && { services }),
    ...(nodeMask !== undefined && { nodeMask }),
    ...(blockSize !== undefined && { blockSize }),
    ...(nodeAddresses !== undefined && { nodeAddresses: Object.fromEntries(own) }),
  }
}
