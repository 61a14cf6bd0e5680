import { type Layer, readsOf } from '../model/layer.ts'
import type { Plan } from '../model/plan.ts'
import type { Intent } from '../plan/intent.ts'
import { journalFolder, readRuns } from '../run/journal.ts'
import { planFor } from './plan.ts'
import type { Source } from './source.ts'

/** The plan from what a live cluster or a bundle is. On the way back with the exact old values, where this machine's journals know them. */
export async function preview(
  source: Source,
  intent: Intent,
  layers: readonly Layer[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly signal?: AbortSignal } = {},
): Promise<Plan> {
  const cluster = await source.read(readsOf(layers), { signal: options.signal })
  const past = intent.to === 'single' ? await readRuns(journalFolder(cluster.uid, options.env)) : []
  return planFor(cluster, intent, layers, past)
}
