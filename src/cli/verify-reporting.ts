import { type ExitCode, exitCodes } from '../base/errors.ts'
import type { Verification } from '../model/verification.ts'
import { type Context, coloursFor } from './context.ts'
import { choiceOr, list, value, type Values } from './options.ts'
import { inFolder } from './with-source.ts'

/** How a verification is shown, kept and compared. */
export const verificationOptions = {
  output: choiceOr(['text', 'json', 'junit', 'html'], 'text', 'what is printed', { short: 'o' }),
  document: list('FILE', 'write it to a new file too, by the end of its name: .html, .xml (JUnit), .json'),
  save: value('FILE', 'write the result to a new file, as a baseline for later'),
  baseline: value('FILE', 'compare with an earlier result: what worked then must still work'),
}

/** What was asked for, after the files that it names were looked at: a mistake is told before anything is sent. */
export interface VerificationReport {
  /** @throws ConflictError for a baseline of another cluster; asked before anything is sent */
  requireCluster(uid: string): void
  /** Compares, keeps and prints; 7 where a probe failed that did not fail in the baseline too, a family is missing, or a node could not be tried. */
  show(verification: Verification): Promise<ExitCode>
}

/** @throws UsageError for a baseline that is none, or a document of an unknown kind */
export async function verificationReport(
  options: Values<typeof verificationOptions>,
  context: Context,
): Promise<VerificationReport> {
  const [{ readBaseline, requireSameCluster }, { verifyDocument, verifyFormOf }] = await Promise.all([
    import('../app/read-baseline.ts'),
    import('../app/verify-document.ts'),
  ])
  const documents = options.document.map(path => ({ path, form: verifyFormOf(path) }))
  const { output, save, baseline: named } = options
  const baseline = named === undefined ? undefined : await readBaseline(inFolder(context, named))
  return {
    requireCluster(uid) {
      if (baseline !== undefined) requireSameCluster(baseline, uid, named ?? '')
    },
    async show(made) {
      const [{ compareVerifications }, { writeNew }, { isWhole, scenarioTitles }] = await Promise.all([
        import('../model/compare-verifications.ts'),
        import('../app/plan-file.ts'),
        import('../app/verify.ts'),
      ])
      const verification = baseline === undefined ? made : compareVerifications(made, baseline)
      // Printed first: what was measured must not be lost because a file cannot be written.
      if (output === 'text') {
        const [{ verificationText }, { missingText, pathsText }, colours] = await Promise.all([
          import('../report/verification/text.ts'),
          import('../report/verification/paths.ts'),
          coloursFor(context.stdout, context.env),
        ])
        context.stdout.write(
          `${pathsText(verification, scenarioTitles, colours)}\n${verificationText(verification, { colours })}${missingText(verification) ?? ''}`,
        )
      } else context.stdout.write(await verifyDocument(verification, output))
      const files = [...documents, ...(save === undefined ? [] : [{ path: save, form: 'json' as const }])]
      for (const { path, form } of files) {
        await writeNew(inFolder(context, path), await verifyDocument(verification, form))
        context.stderr.write(`written to ${path}\n`)
      }
      return isWhole(verification) ? exitCodes.ok : exitCodes.notDual
    },
  }
}
