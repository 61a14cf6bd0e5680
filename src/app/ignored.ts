import { UsageError } from '../base/errors.ts'
import { nearest } from '../text/nearest.ts'
import { allRules } from './rules.ts'

/** What a person takes upon himself: ids of rules. */
export interface Ignoring {
  readonly ignore?: readonly string[]
  /** Said besides where an error is among them. */
  readonly iKnow?: boolean
}

/**
 * The ids of rules that are ignored.
 * @throws UsageError for an id that no rule has, and for an error without `iKnow`
 */
export function ignoredRules({ ignore = [], iKnow = false }: Ignoring): ReadonlySet<string> {
  for (const id of ignore) {
    const rule = allRules.find(one => one.id === id)
    if (rule === undefined) throw unknownRule(`--ignore ${id}`, id)
    if (rule.severity === 'error' && !iKnow) {
      throw new UsageError(
        `--ignore ${id}: this is an error, ${rule.why.charAt(0).toLowerCase()}${rule.why.slice(1)}`,
        'If you know better, say --i-know besides.',
      )
    }
  }
  return new Set(ignore)
}

export function unknownRule(said: string, id: string): UsageError {
  const guess = nearest(
    id,
    allRules.map(rule => rule.id),
  )
  return new UsageError(
    `${said}: there is no rule of this id`,
    guess === undefined ? '`dualstack explain` lists all rules.' : `Did you mean ${guess}?`,
  )
}
