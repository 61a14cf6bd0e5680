import type { AnyRule } from '../model/rule.ts'
import { unknownRule } from './ignored.ts'
import { allRules } from './rules.ts'

/** The rule of an id. @throws UsageError with the id that was probably meant */
export function ruleOf(id: string): AnyRule {
  const rule = allRules.find(one => one.id === id)
  if (rule === undefined) throw unknownRule(`explain ${id}`, id)
  return rule
}
