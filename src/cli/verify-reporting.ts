import { type ExitCode, exitCodes } from '../base/errors.ts'
import type { Verification } from '../model/verification.ts'
import type { Subject } from '../report/verification/subject.ts'
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

/** Of an Ingress nothing can be asked that nobody says the way to. */
const ingressHint = `
Which Ingresses there are, and the addresses that their controller has written: kubectl get ingress -A
Where it writes none, say where it listens: dualstack verify ingress --ingress 192.0.2.10:80 --ingress [2001:db8::10]:80
(the controller's LoadBalancer address, a node and its NodePort or host port)
`

/** What was asked for, after the files that it names were looked at: a mistake is told before anything is sent. */
export interface VerificationReport {
  /** @throws ConflictError for a baseline of another cluster; asked before anything is sent */
  requireCluster(uid: string): void
  /** Compares, keeps and prints; 7 where a probe failed that did not fail in the baseline too, a family is missing, or a node could not be tried. */
  show(verification: Verification): Promise<ExitCode>
}

/** @throws UsageError for a baseline that is none, a document of an unknown kind, or a file that is there already */
export async function verificationReport(
  options: Values<typeof verificationOptions>,
  context: Context,
  subject?: Subject,
): Promise<VerificationReport> {
  const [{ readBaseline, requireSameCluster }, { verifyDocument, verifyFormOf }, { requireNew, writeNew }] =
    await Promise.all([
      import('../app/read-baseline.ts'),
      import('../app/verify-document.ts'),
      import('../app/plan-file.ts'),
    ])
  const { output, save, baseline: named } = options
  const files = [
    ...options.document.map(path => ({ path, form: verifyFormOf(path) })),
    ...(save === undefined ? [] : [{ path: save, form: 'json' as const }]),
  ]
  for (const { path } of files) await requireNew(inFolder(context, path))
  const baseline = named === undefined ? undefined : await readBaseline(inFolder(context, named))
  return {
    requireCluster(uid) {
      if (baseline !== undefined) requireSameCluster(baseline, uid, named ?? '')
    },
    async show(made) {
      const [{ compareVerifications }, { isWhole, scenarioTitles }] = await Promise.all([
        import('../model/compare-verifications.ts'),
        import('../app/verify.ts'),
      ])
      const verification = baseline === undefined ? made : compareVerifications(made, baseline)
      // Printed first: what was measured must not be lost because a file cannot be written.
      if (output === 'text') {
        const [{ verificationText }, { missingText, pathsText }, { subjectText }, colours] =
          await Promise.all([
            import('../report/verification/text.ts'),
            import('../report/verification/paths.ts'),
            import('../report/verification/subject.ts'),
            coloursFor(context.stdout, context.env),
          ])
        const parts = [
          ...(subject === undefined ? [] : [subjectText(verification, subject, colours)]),
          verification.answers.length === 0 ? '' : pathsText(verification, scenarioTitles, colours),
          // Of one subject the answers stand above; who asked whom by node is the business of the whole.
          `${verificationText(verification, { colours, matrices: subject === undefined })}${missingText(verification) ?? ''}`,
        ]
        context.stdout.write(parts.filter(part => part !== '').join('\n'))
        if (subject === 'ingress' && verification.answers.length === 0) context.stdout.write(ingressHint)
      } else context.stdout.write(await verifyDocument(verification, output))
      for (const { path, form } of files) {
        await writeNew(inFolder(context, path), await verifyDocument(verification, form))
        context.stderr.write(`written to ${path}\n`)
      }
      return isWhole(verification) ? exitCodes.ok : exitCodes.notDual
    },
  }
}
