import { otherFamily } from '../address/family.ts'
import type { Layer } from '../model/layer.ts'
import type { Plan } from '../model/plan.ts'
import type { Intent } from '../plan/intent.ts'
import { observeRanges } from '../plan/observed.ts'
import type { RangeOrigins } from '../report/plan.ts'
import { journalFolder, readRuns } from '../run/journal.ts'
import { leaveNodes } from '../plan/left-out.ts'
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
  const made = planFor(cluster, intent, layers, past, options.ignored)
  const plan = leaveNodes(await tryUnderlay(living.world, layers, cluster, made), dead, cluster)
  const observed = observeRanges(cluster)
  const origin = (what: 'pods' | 'services') => {
    if (intent[what] !== undefined) return 'asked for'
    return observed[what][otherFamily(observed.primary ?? 'IPv4')] === undefined ? 'chosen' : 'set already'
  }
  return {
    plan,
    origins: { pods: origin('pods'), services: origin('services') },
    version: cluster.version,
    judged: examine({ cluster, now: options.now, ignored: options.ignored }, plan),
  }
}
