import { UsageError } from '../base/errors.ts'
import type { AnyRule } from '../model/rule.ts'
import { unknownRule } from './ignored.ts'
import { allRules } from './rules.ts'

/** The rule of an id. @throws UsageError with the id that was probably meant */
export function ruleOf(id: string): AnyRule {
  const rule = allRules.find(one => one.id === id)
  if (rule !== undefined) return rule
  // What planning refuses stands among the findings of preflight, with its error code.
  if (/^[a-z-]+\.[a-z-]+$/.test(id))
    throw new UsageError(
      `explain ${id}: this is an error code, and no rule`,
      'docs/errors.md tells of all error codes.',
    )
  throw unknownRule(`explain ${id}`, id)
}
