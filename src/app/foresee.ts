import type { Layer } from '../model/layer.ts'
import type { Intent } from '../plan/intent.ts'
import type { PreflightReport } from '../report/findings.ts'
import { journalFolder, readRuns } from '../run/journal.ts'
import { preflightFor } from './preflight.ts'
import { allReads } from './rules.ts'
import type { Source } from './source.ts'

/** Every rule about a live cluster or a bundle, and about what was asked for. What could not be read is said rule by rule. */
export async function foresee(
  source: Source,
  intent: Intent,
  layers: readonly Layer[],
  options: {
    readonly ignored: ReadonlySet<string>
    /** Milliseconds since 1970. */
    readonly now: number
    readonly env?: NodeJS.ProcessEnv
    readonly signal?: AbortSignal
  },
): Promise<PreflightReport> {
  const cluster = await source.read(allReads(layers), { tolerant: true, signal: options.signal })
  const past = intent.to === 'single' ? await readRuns(journalFolder(cluster.uid, options.env)) : []
  return preflightFor({ cluster, now: options.now, ignored: options.ignored }, intent, layers, past)
}
