import { otherFamily } from '../address/family.ts'
import { underlayId } from '../layers/host/underlay.ts'
import type { Cluster } from '../model/cluster.ts'
import type { Layer } from '../model/layer.ts'
import type { Notice, Plan } from '../model/plan.ts'
import type { Finding } from '../model/rule.ts'
import type { Intent } from '../plan/intent.ts'
import { observeRanges } from '../plan/observed.ts'
import type { RangeOrigins } from '../report/plan.ts'
import { journalFolder, readRuns } from '../run/journal.ts'
import { leaveNodes } from '../plan/left-out.ts'
import { waive } from '../plan/waive.ts'
import type { World } from '../world/ports.ts'
import { aliveOf } from './alive.ts'
import { planFor } from './plan.ts'
import { examine, type Judged } from './preflight.ts'
import { allReads } from './rules.ts'
import type { Source } from './source.ts'
import { tryUnderlay } from './try-underlay.ts'

export interface Preview {
  readonly plan: Plan
  readonly origins: RangeOrigins
  /** gitVersion of the cluster. */
  readonly version: string
  /** What the rules say of it. */
  readonly judged: Judged
}

/** What the run will try in front of its first change. */
const tried = async (
  world: World | undefined,
  cluster: Cluster,
  plan: Plan,
  signal?: AbortSignal,
): Promise<Cluster> =>
  plan.steps[0]?.needs.some(({ id }) => id === underlayId) === true
    ? tryUnderlay(world, cluster, plan.goal, signal)
    : cluster

/** In the plan itself too: whoever approves it may not look at anything else. */
function underlayNotices({ unread }: Cluster, { findings }: Judged): readonly Notice[] {
  const isTold = ({ rule, severity }: Finding): boolean =>
    rule === underlayId && (severity === 'error' || unread[underlayId] !== undefined)
  return findings.filter(isTold).map(({ object, message }) => ({
    layer: 'host',
    object: object === '' ? underlayId : object,
    message,
    remedy: 'Mend it before `dualstack apply`, which tries again and stops there, before its first change.',
  }))
}

/** The plan from what a live cluster or a bundle is. On the way back with the exact old values, where this machine's journals know them. */
export async function preview(
  source: Source,
  intent: Intent,
  layers: readonly Layer[],
  options: {
    /** Milliseconds since 1970. */
    readonly now: number
    /** Ids of rules whose findings stand in nobody's way. */
    readonly ignored?: ReadonlySet<string>
    /** Names of dead control planes that are to be left as they are. */
    readonly without?: ReadonlySet<string>
    readonly env?: NodeJS.ProcessEnv
    readonly signal?: AbortSignal
  },
): Promise<Preview> {
  const { living, dead } = await aliveOf(source, options.without, options.signal)
  const cluster = await living.read(allReads(layers), { signal: options.signal })
  const past = intent.to === 'single' ? await readRuns(journalFolder(cluster.uid, options.env)) : []
  const ignored = options.ignored ?? new Set()
  const made = waive(planFor(cluster, intent, layers, past, ignored), ignored)
  const plan = leaveNodes(made, dead, cluster)
  const seen = await tried(living.world, cluster, plan, options.signal)
  const judged = examine({ cluster: seen, now: options.now, ignored }, plan)
  const observed = observeRanges(cluster)
  const origin = (what: 'pods' | 'services') => {
    if (intent[what] !== undefined) return 'asked for'
    return observed[what][otherFamily(observed.primary ?? 'IPv4')] === undefined ? 'chosen' : 'set already'
  }
  return {
    plan: { ...plan, notices: [...underlayNotices(seen, judged), ...plan.notices] },
    origins: { pods: origin('pods'), services: origin('services') },
    version: cluster.version,
    judged,
  }
}
