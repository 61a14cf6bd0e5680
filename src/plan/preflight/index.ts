import { DualStackError } from '../../base/errors.ts'
import { applySteps } from '../../model/apply.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { Goal } from '../../model/goal.ts'
import type { Plan } from '../../model/plan.ts'
import type { AnyRule, Finding, RuleInputs } from '../../model/rule.ts'
import { judge } from '../../rules/judge.ts'
import { inVersions } from '../../rules/versions.ts'
import { admissionsOf } from './admissions.ts'
import { argumentsOf, type Instance, instances, touchedBy } from './components.ts'
import { identity, isBroken, mended, named } from './findings.ts'
import { judgeRanges } from './judge-ranges.ts'
import { Tally } from './tally.ts'

export interface Preflight {
  readonly cluster: Cluster
  /** undefined: none could be made. */
  readonly goal: Goal | undefined
  /** undefined: none could be made; then only what is there now is judged. */
  readonly plan: Plan | undefined
  /** RFC 3339. */
  readonly now: string
  readonly rules: readonly AnyRule[]
}

/**
 * Judges by every rule what a plan starts from and each state that it passes through: components by what they would be started with, writes
 * by what an API server would say, the ranges, the cluster as a whole. Every rule that holds in these versions gives at least one finding.
 */
export function preflight({ cluster, goal, plan, now, rules }: Preflight): readonly Finding[] {
  const tally = new Tally(rules, cluster)
  const { judged } = tally
  tally.add(judge(judged, 'cluster', { cluster, goal, now }))
  const end = walk(judged, cluster, plan, tally)
  tally.add(overPlan(judged, cluster, goal, end))
  return tally.findings(rule => nothingFor(rule, cluster, plan))
}

/** Folds over the plan; of each state only what the step touched is judged again. Gives the last state. */
function walk(rules: readonly AnyRule[], start: Cluster, plan: Plan | undefined, tally: Tally): Cluster {
  const seen = new Map<
    string,
    readonly { readonly after?: string; readonly findings: readonly Finding[] }[]
  >()
  // Thousands of kubelets: what cannot be about them is left out once, not each time.
  const onArguments = rules.filter(rule => rule.on === 'arguments')
  const onAdmission = rules.filter(rule => rule.on === 'admission')
  const look = (state: Cluster, instance: Instance, after?: string): void => {
    const key = `${instance.component} ${instance.node ?? ''}`
    const findings = argumentsOf(state, instance).flatMap(one => judge(onArguments, 'arguments', one))
    seen.set(key, [...(seen.get(key) ?? []), { after, findings }])
  }
  for (const instance of instances(start)) look(start, instance)
  const admissions = admissionsOf(start)
  const end = applySteps(start, plan?.steps ?? [], (state, step) => {
    for (const write of admissions(state, step))
      tally.add(named(judge(onAdmission, 'admission', write), step.id))
    for (const instance of touchedBy(step)) look(state, instance, step.id)
  })
  for (const times of seen.values()) tally.add(overTime(times))
  return end
}

/** What is broken now and never again once a step has been there is mended by it; what a step breaks says after which. */
function overTime(
  times: readonly { readonly after?: string; readonly findings: readonly Finding[] }[],
): readonly Finding[] {
  const [now, ...later] = times
  return [
    ...(now?.findings ?? []).map(finding => {
      if (!isBroken(finding)) return finding
      const still = later.findLastIndex(({ findings }) =>
        findings.some(other => identity(other) === identity(finding)),
      )
      return still === later.length - 1 ? finding : mended(finding, later[still + 1]?.after)
    }),
    ...later.flatMap(({ after, findings }) => named(findings, after)),
  ]
}

/** Where components differ now and agree at the end, the plan mends it. */
function overPlan(
  rules: readonly AnyRule[],
  cluster: Cluster,
  goal: Goal | undefined,
  end: Cluster,
): readonly Finding[] {
  try {
    const now = judgeRanges(rules, cluster, goal, cluster)
    if (end === cluster) return now
    const then = judgeRanges(rules, cluster, goal, end)
    const left = new Set(then.map(identity))
    const gone = now.filter(finding => isBroken(finding) && !left.has(identity(finding)))
    return [...then, ...gone.map(finding => mended(finding, undefined))]
  } catch (error) {
    // What the cluster says of its own ranges cannot be read: the goal could not be made of it either, and says so.
    if (!(error instanceof DualStackError)) throw error
    return rules
      .filter(rule => rule.on === 'ranges')
      .map(rule => ({ rule: rule.id, severity: 'skipped', object: '', field: '', message: error.message }))
  }
}

/** Why a rule had nothing to judge; undefined: it is of other versions, and is not told of. */
function nothingFor(rule: AnyRule, cluster: Cluster, plan: Plan | undefined): string | undefined {
  if (!inVersions(cluster.version, rule.versions)) return undefined
  const reasons: Readonly<Record<keyof RuleInputs, string>> = {
    arguments: 'the arguments of no component are known',
    admission: plan === undefined ? 'there is no plan' : 'the plan writes no object',
    ranges: 'no ranges are known',
    cluster: 'the cluster could not be judged',
  }
  return reasons[rule.on]
}
