import { DualStackError, RefusedError } from '../base/errors.ts'
import type { Cluster } from '../model/cluster.ts'
import type { Layer } from '../model/layer.ts'
import type { Plan } from '../model/plan.ts'
import type { Finding } from '../model/rule.ts'
import { decide, type Intent } from '../plan/intent.ts'
import { makePlan } from '../plan/make.ts'
import { refusal } from '../plan/preflight/findings.ts'
import { preflight } from '../plan/preflight/index.ts'
import { type PastRun, restore } from '../plan/restore.ts'
import { requireSupported } from '../plan/supported.ts'
import type { PreflightReport } from '../report/findings.ts'
import { allRules } from './rules.ts'
import { version } from './version.ts'

interface Given {
  readonly cluster: Cluster
  /** Milliseconds since 1970. */
  readonly now: number
  /** Ids of rules: what they find is told as ignored, and stands in nobody's way. */
  readonly ignored?: ReadonlySet<string>
}

/** Every rule about what was asked for. What planning refuses is one finding more, and the rest is judged all the same. */
export function preflightFor(
  { cluster, now, ignored = new Set() }: Given,
  intent: Intent,
  layers: readonly Layer[],
  past: readonly PastRun[] = [],
): PreflightReport {
  const refused: Finding[] = []
  const attempt = <T>(work: () => T): T | undefined => {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof DualStackError)) throw error
      refused.push(refusal(error))
      return undefined
    }
  }
  const isKnown = attempt(() => {
    requireSupported(cluster, layers)
    return true
  })
  const goal = attempt(() => decide(cluster, intent))
  const plan =
    goal === undefined || isKnown !== true
      ? undefined
      : attempt(() => {
          const made = makePlan({ cluster, goal, layers, tool: version })
          return made.direction === 'single' ? restore(made, past) : made
        })
  const found = preflight({ cluster, goal, plan, now: new Date(now).toISOString(), rules: allRules })
  return {
    cluster: cluster.uid,
    version: cluster.version,
    direction: intent.to ?? 'dual',
    ...sorted([...refused, ...found], ignored),
  }
}

/** Every rule about a plan that is there. */
export function examine({ cluster, now, ignored = new Set() }: Given, plan: Plan): Judged {
  const rules = allRules
  const found = preflight({ cluster, goal: plan.goal, plan, now: new Date(now).toISOString(), rules })
  return sorted(found, ignored)
}

export type Judged = Pick<PreflightReport, 'verdict' | 'findings' | 'ignored'>

function sorted(found: readonly Finding[], ignored: ReadonlySet<string>): Judged {
  const isIgnored = ({ rule, severity }: Finding) =>
    ignored.has(rule) && severity !== 'ok' && severity !== 'skipped'
  const findings = found.filter(finding => !isIgnored(finding))
  return {
    verdict: findings.some(({ severity }) => severity === 'error') ? 'stop' : 'go',
    findings,
    ignored: found.filter(isIgnored),
  }
}

/** @throws RefusedError `preflight.errors` that names them */
export function requireGo({ verdict, findings }: Judged): void {
  if (verdict === 'go') return
  const errors = findings.filter(({ severity }) => severity === 'error')
  const told = errors.slice(0, 5).map(({ rule, object, message }) => `\n  ${rule}: ${object}: ${message}`)
  const more = errors.length > told.length ? `\n  and ${errors.length - told.length} more` : ''
  throw new RefusedError(
    `preflight found ${errors.length === 1 ? 'an error' : `${errors.length} errors`}; nothing was changed:${told.join('')}${more}`,
    'preflight.errors',
    'Look at `dualstack preflight`: it says how to mend each. Or --ignore ID,… --i-know, if you know better.',
  )
}
