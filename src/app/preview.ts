import { otherFamily } from '../address/family.ts'
import { type Layer, readsOf } from '../model/layer.ts'
import type { Plan } from '../model/plan.ts'
import type { Intent } from '../plan/intent.ts'
import { observeRanges } from '../plan/observed.ts'
import type { RangeOrigins } from '../report/plan.ts'
import { journalFolder, readRuns } from '../run/journal.ts'
import { planFor } from './plan.ts'
import type { Source } from './source.ts'

export interface Preview {
  readonly plan: Plan
  readonly origins: RangeOrigins
  /** gitVersion of the cluster. */
  readonly version: string
}

/** The plan from what a live cluster or a bundle is. On the way back with the exact old values, where this machine's journals know them. */
export async function preview(
  source: Source,
  intent: Intent,
  layers: readonly Layer[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly signal?: AbortSignal } = {},
): Promise<Preview> {
  const cluster = await source.read(readsOf(layers), { signal: options.signal })
  const past = intent.to === 'single' ? await readRuns(journalFolder(cluster.uid, options.env)) : []
  const plan = planFor(cluster, intent, layers, past)
  const observed = observeRanges(cluster)
  const origin = (what: 'pods' | 'services') => {
    if (intent[what] !== undefined) return 'asked for'
    return observed[what][otherFamily(observed.primary ?? 'IPv4')] === undefined ? 'chosen' : 'set already'
  }
  return { plan, origins: { pods: origin('pods'), services: origin('services') }, version: cluster.version }
}
