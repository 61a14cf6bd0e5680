import { UsageError } from '../base/errors.ts'
import type { Verification } from '../model/verification.ts'

export type VerifyForm = 'json' | 'junit' | 'html'

/** By the end of a file's name. @throws UsageError for another end */
export function verifyFormOf(path: string): VerifyForm {
  if (/\.xml$/i.test(path)) return 'junit'
  if (/\.html?$/i.test(path)) return 'html'
  if (/\.json$/i.test(path)) return 'json'
  throw new UsageError(
    `--document ${path}: the end of the name says which kind of document it is`,
    'Name a file that ends in .html (a page), .xml (JUnit) or .json.',
  )
}

/** A verification as a file: for people, for a build server, for scripts and as a baseline. */
export async function verifyDocument(verification: Verification, form: VerifyForm): Promise<string> {
  if (form === 'html') return (await import('../report/verification/html.ts')).verificationHtml(verification)
  if (form === 'junit')
    return (await import('../report/verification/junit.ts')).verificationJunit(verification)
  return (await import('../report/json.ts')).toJson(verification)
}
