import { DualStackError, RefusedError } from '../base/errors.ts'
import type { Cluster } from '../model/cluster.ts'
import type { Layer } from '../model/layer.ts'
import type { Plan } from '../model/plan.ts'
import type { Finding } from '../model/rule.ts'
import { decide, type Intent } from '../plan/intent.ts'
import { leftNotices } from '../plan/left-out.ts'
import { refusal } from '../plan/preflight/findings.ts'
import type { PreflightReport } from '../report/findings.ts'
import { journalFolder, readRuns } from '../run/journal.ts'
import { aliveOf } from './alive.ts'
import { preflightFor } from './preflight.ts'
import { allReads } from './rules.ts'
import type { Source } from './source.ts'
import { tryUnderlay } from './try-underlay.ts'
import type { World } from '../world/ports.ts'

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
  const { living, left } = await withoutDead(source, options.signal)
  const cluster = await living.read(allReads(layers), { tolerant: true, signal: options.signal })
  const seen = await tried(living.world, cluster, intent, options.signal)
  const past = intent.to === 'single' ? await readRuns(journalFolder(cluster.uid, options.env)) : []
  const report = preflightFor(
    { cluster: seen, now: options.now, ignored: options.ignored },
    intent,
    layers,
    past,
  )
  return { ...report, findings: [...left(report.direction), ...report.findings] }
}

/** The ways between the nodes, which a run tries too. Where no goal can be made, that is told anyway. */
async function tried(
  world: World | undefined,
  cluster: Cluster,
  intent: Intent,
  signal?: AbortSignal,
): Promise<Cluster> {
  try {
    return await tryUnderlay(world, cluster, decide(cluster, intent), signal)
  } catch (error) {
    if (error instanceof DualStackError) return cluster
    throw error
  }
}

/** As a run would: dead workers are left, and told of. A dead control plane is in its way, and judged like a node that was not read. */
async function withoutDead(
  source: Source,
  signal?: AbortSignal,
): Promise<{ readonly living: Source; readonly left: (direction: Plan['direction']) => readonly Finding[] }> {
  try {
    const { living, dead } = await aliveOf(source, undefined, signal)
    return {
      living,
      left: direction =>
        leftNotices(dead, direction).map(({ object, message, remedy }) => ({
          rule: 'node/left',
          severity: 'warning',
          object,
          field: '',
          message,
          ...(remedy !== undefined && { remedy }),
        })),
    }
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error
    return { living: source, left: () => [refusal(error)] }
  }
}
