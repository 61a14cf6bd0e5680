import type { ComponentArguments, Rule, Violation } from '../model/rule.ts'

/** One break of a rule on arguments: what fills the stars of the rule's line, or a message of its own where the component says nothing. */
interface Break {
  readonly field: string
  readonly values?: readonly (string | number)[]
  readonly message?: string
  readonly remedy?: string
}

interface Declared extends Omit<Rule<'arguments'>, 'on' | 'judge' | 'says' | 'severity'> {
  /** Several: all say the same line. */
  readonly component: ComponentArguments['component'] | readonly ComponentArguments['component'][]
  /** Default: error. */
  readonly severity?: Rule['severity']
  /** The component's own words; undefined where it says nothing. */
  readonly line?: string
  /** It only logs the line, and goes on. */
  readonly goesOn?: true
  readonly judge: (input: ComponentArguments) => readonly Break[]
}

/** Puts values where the stars of a line are, in order; a star without one stays. */
export function fill(line: string, values: readonly (string | number)[]): string {
  let at = 0
  return line.replace(/\*/g, star => String(values[at++] ?? star))
}

/** A rule on the arguments of one component: kept by every other one. */
export function argumentsRule({ component, line, goesOn, judge, ...rest }: Declared): Rule<'arguments'> {
  const components = [component].flat()
  return {
    severity: 'error',
    ...rest,
    on: 'arguments',
    ...(line === undefined
      ? {}
      : { says: components.map(name => ({ component: name, line, ...(goesOn && { goesOn }) })) }),
    judge(input) {
      if (!components.includes(input.component)) return []
      return judge(input).map(
        ({ field, values = [], message, remedy }): Violation => ({
          object: input.where ?? input.component,
          field,
          message: message ?? fill(line ?? '', values),
          ...(remedy === undefined ? {} : { remedy }),
        }),
      )
    },
  }
}
