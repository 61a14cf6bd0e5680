import { DualStackError, type ExitCode, exitCodes, messageOf } from '../base/errors.ts'
import type { Colours } from '../report/colours.ts'

/** What is printed of an error, and with which code the process ends. */
export interface Failure {
  readonly text: string
  readonly json: {
    readonly apiVersion: 'dualstack/v1'
    readonly kind: 'Error'
    readonly code: string
    readonly message: string
    readonly hint?: string
  }
  readonly exitCode: ExitCode
}

/** A user's error has no stack: what, where, how to mend. Anything else is our mistake, and says so. */
export function failureOf(error: unknown, colours: Colours): Failure {
  if (error instanceof DualStackError)
    return known(error.message, error.code, error.exitCode, error.hint, colours)
  const stack = error instanceof Error && error.stack ? error.stack : messageOf(error)
  const hint = 'This is a bug of dualstack, not of your cluster. Please report it with the lines above.'
  return {
    text: `${colours.red('error:')} ${stack}\n${colours.bold('hint:')} ${hint}\n`,
    json: { apiVersion: 'dualstack/v1', kind: 'Error', code: 'bug', message: messageOf(error), hint },
    exitCode: exitCodes.bug,
  }
}

/** What commander says of a mistyped command line, in our form. */
export function usageFailure(said: string, colours: Colours): Failure {
  const [message = '', ...rest] = said
    .replace(/^error: /, '')
    .trim()
    .split('\n')
  const guess = /^\(Did you mean (.*)\?\)$/.exec(rest.join(' ').trim())?.[1]
  const hint = guess === undefined ? rest.join(' ').trim() || undefined : `did you mean ${guess}?`
  return known(message, 'usage', exitCodes.usage, hint, colours)
}

function known(
  message: string,
  code: string,
  exitCode: ExitCode,
  hint: string | undefined,
  colours: Colours,
): Failure {
  return {
    text: `${colours.red('error:')} ${message}\n${hint === undefined ? '' : `${colours.bold('hint:')} ${hint}\n`}`,
    json: { apiVersion: 'dualstack/v1', kind: 'Error', code, message, ...(hint !== undefined && { hint }) },
    exitCode,
  }
}
