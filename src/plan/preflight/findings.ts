import type { DualStackError } from '../../base/errors.ts'
import type { Finding } from '../../model/rule.ts'

export const isBroken = ({ severity }: Finding): boolean => severity !== 'ok' && severity !== 'skipped'

/** Two breaks that say the same of the same thing are one, whenever they were met. */
export const identity = ({ rule, object, field, message }: Finding): string =>
  JSON.stringify([rule, object, field, message])

/** The step after which something would be so. */
export const named = (findings: readonly Finding[], after: string | undefined): readonly Finding[] =>
  findings.map(finding => (isBroken(finding) && after !== undefined ? { ...finding, after } : finding))

/** A break that the plan itself mends does not stand in its way: it says what would happen to a component that is started before. */
export const mended = (finding: Finding, step: string | undefined): Finding => ({
  ...finding,
  ...(finding.severity === 'error' && { severity: 'warning' as const }),
  message: `${finding.message} (as it is now; ${step === undefined ? 'the plan mends it' : `step ${step} mends it`})`,
})

/** What planning refuses is a finding like any other; its id is the error's code. */
export const refusal = (error: DualStackError): Finding => ({
  rule: error.code,
  severity: 'error',
  object: 'plan',
  field: '',
  message: error.message,
  ...(error.hint !== undefined && { remedy: error.hint }),
})
