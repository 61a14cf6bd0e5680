/**
 * Exit codes, documented in docs/errors.md. Scripts rely on them: never renumber.
 * 1 is left to bugs (an uncaught exception), so that "the tool is broken" and "the cluster is not ready" differ.
 */
export const exitCodes = {
  ok: 0,
  bug: 1,
  usage: 2,
  refused: 3,
  unreachable: 4,
  conflict: 5,
  stopped: 6,
  notDual: 7,
  notReady: 8,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

export interface ErrorDetails {
  /** Stable, dotted, for scripts: `api.unreachable`, `text.flow-list`. */
  code: string
  exitCode: ExitCode
  /** How to mend it: one or two sentences an operator can act on. */
  hint?: string
  cause?: unknown
}

/** The base of every error that a user can cause or mend. Printed without a stack: what, where, how to mend. */
export class DualStackError extends Error {
  override readonly name: string = 'DualStackError'
  readonly code: string
  readonly exitCode: ExitCode
  readonly hint: string | undefined

  constructor(message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = details.code
    this.exitCode = details.exitCode
    this.hint = details.hint
  }
}

/** An error that comes from what was typed or from a file that was given. */
export class UsageError extends DualStackError {
  override readonly name = 'UsageError'
  constructor(message: string, hint?: string, code = 'usage') {
    super(message, { code, exitCode: exitCodes.usage, hint })
  }
}

/** The tool will not do what was asked, and nothing was changed. */
export class RefusedError extends DualStackError {
  override readonly name = 'RefusedError'
  constructor(message: string, code: string, hint?: string, cause?: unknown) {
    super(message, { code, exitCode: exitCodes.refused, hint, cause })
  }
}

/** Something did not answer, or would not let us in. */
export class UnreachableError extends DualStackError {
  override readonly name = 'UnreachableError'
  constructor(message: string, code: string, hint?: string, cause?: unknown) {
    super(message, { code, exitCode: exitCodes.unreachable, hint, cause })
  }
}

/** A thing is neither as it was when the plan was made nor as the plan makes it: somebody else changed it. */
export class ConflictError extends DualStackError {
  override readonly name = 'ConflictError'
  constructor(message: string, code: string, hint?: string, cause?: unknown) {
    super(message, { code, exitCode: exitCodes.conflict, hint, cause })
  }
}

/** A run stopped before its end: a gate did not hold, or a known failure was seen. What to do next is in the hint. */
export class StoppedError extends DualStackError {
  override readonly name = 'StoppedError'
  constructor(message: string, code: string, hint?: string, cause?: unknown) {
    super(message, { code, exitCode: exitCodes.stopped, hint, cause })
  }
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
