import type { AnyRule, Finding, Rule, RuleInputs } from '../model/rule.ts'
import { inVersions } from './versions.ts'

const versionOf = <On extends keyof RuleInputs>(on: On, input: RuleInputs[On]): string => {
  const one = { [on]: input } as Partial<RuleInputs>
  return (
    one.cluster?.cluster.version ??
    one.admission?.server.version ??
    one.ranges?.version ??
    one.arguments?.version ??
    ''
  )
}

/**
 * Judges one input by every rule that is about its kind, in the order of the list: all rules run, none stops another.
 * A rule of other versions gives nothing; one that cannot be judged gives `skipped` with the reason; one that is kept gives one `ok`.
 */
export function judge<On extends keyof RuleInputs>(
  rules: readonly AnyRule[],
  on: On,
  input: RuleInputs[On],
): readonly Finding[] {
  const version = versionOf(on, input)
  return rules
    .filter((rule): rule is AnyRule & Rule<On> => rule.on === on && inVersions(version, rule.versions))
    .flatMap(rule => judgeOne(rule, input))
}

function judgeOne<On extends keyof RuleInputs>(rule: Rule<On>, input: RuleInputs[On]): readonly Finding[] {
  const plain = { rule: rule.id, object: '', field: '' }
  const reason = rule.skip?.(input)
  if (reason !== undefined) return [{ ...plain, severity: 'skipped', message: reason }]
  const broken = rule.judge(input)
  if (broken.length === 0) return [{ ...plain, severity: 'ok', message: rule.title }]
  return broken.map(({ object, field, message, remedy }) => ({
    rule: rule.id,
    severity: rule.severity,
    object,
    field,
    message,
    remedy: remedy ?? rule.remedy,
  }))
}
