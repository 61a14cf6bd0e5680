import type { Finding } from '../model/rule.ts'
import type { Colours } from './colours.ts'
import { counted, printable } from './printable.ts'
import { spansOf } from './versions.ts'

/** A finding, and the minor versions of Kubernetes in which it is so. */
export type VersionedFinding = Finding & { readonly versions: readonly string[] }

/** What `dualstack cidr check` knows. */
export interface CheckReport {
  /** Minor versions that were judged: `1.36`. */
  readonly versions: readonly string[]
  /** broken: there is an error. */
  readonly verdict: 'ok' | 'broken'
  readonly findings: readonly VersionedFinding[]
}

interface Options {
  readonly colours: Colours
  /** What was kept, and what was not judged. */
  readonly all?: boolean
}

const order = ['error', 'warning', 'info'] as const

/** Every break, the worst first, each with the versions in which it is one; then the verdict. */
export function checkText(report: CheckReport, { colours, all = false }: Options): string {
  const of = (severity: Finding['severity']) =>
    report.findings.filter(finding => finding.severity === severity)
  const paint = { error: colours.red, warning: colours.yellow, info: colours.cyan }
  const breaks = order.flatMap(severity =>
    of(severity).flatMap(finding => breakLines(finding, report, paint[severity], colours)),
  )
  const quiet = (title: string, severity: 'ok' | 'skipped'): readonly string[] => {
    const found = of(severity)
    return !all || found.length === 0
      ? []
      : [
          colours.bold(title),
          ...found.map(finding => `- ${finding.rule}: ${printable(finding.message)}${when(finding, report)}`),
          '',
        ]
  }
  const errors = of('error').length
  const warnings = of('warning').length
  const kept = new Set(of('ok').map(({ rule }) => rule)).size
  const skipped = new Set(of('skipped').map(({ rule }) => rule)).size
  const counts = `${errors === 0 ? 'no error' : counted(errors, 'error')}, ${counted(warnings, 'warning')}; ${counted(kept, 'rule')} kept, ${skipped} not judged${all ? '' : ' (--all lists them)'}`
  const broken = report.versions.filter(version =>
    of('error').some(finding => finding.versions.includes(version)),
  )
  const whole = report.versions.filter(version => !broken.includes(version))
  const verdict = [
    ...(broken.length === 0 ? [] : [`${colours.red('does not fit')} Kubernetes ${spansOf(broken)}`]),
    ...(whole.length === 0 ? [] : [`${colours.green('fits')} Kubernetes ${spansOf(whole)}`]),
  ].join(', ')
  return [...breaks, ...quiet('Not judged', 'skipped'), ...quiet('Kept', 'ok'), `${verdict}: ${counts}.`]
    .map(line => `${line}\n`)
    .join('')
}

/** In which versions, where it is not so in all that were judged. */
const when = ({ versions }: VersionedFinding, report: CheckReport): string =>
  versions.length === report.versions.length ? '' : ` (Kubernetes ${spansOf(versions)})`

function breakLines(
  finding: VersionedFinding,
  report: CheckReport,
  paint: (text: string) => string,
  colours: Colours,
): readonly string[] {
  const { severity, rule, object, field, message, remedy } = finding
  const place = [object, field]
    .filter(text => text !== '')
    .map(text => printable(text))
    .join(' ')
  return [
    `${paint(`${severity}:`)} ${place}: ${printable(message)}${when(finding, report)}`,
    `  ${colours.dim('rule:')} ${rule}`,
    ...(remedy === undefined ? [] : [`  ${colours.dim('mend:')} ${printable(remedy)}`]),
    '',
  ]
}
