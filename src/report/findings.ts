import type { Finding, Severity } from '../model/rule.ts'
import type { Colours } from './colours.ts'
import { counted, listed, printable } from './printable.ts'

/** What `dualstack preflight` knows. */
export interface PreflightReport {
  readonly cluster: string
  readonly version: string
  readonly direction: 'dual' | 'single'
  /** stop: there is an error that nobody chose to ignore. */
  readonly verdict: 'go' | 'stop'
  /** Of every rule at least one: a break, `ok` or `skipped`. */
  readonly findings: readonly Finding[]
  /** Breaks that somebody chose to ignore. */
  readonly ignored: readonly Finding[]
}

interface Options {
  readonly colours: Colours
  /** What was kept and what was not judged, rule by rule. */
  readonly all?: boolean
}

const severities: readonly Severity[] = ['error', 'warning', 'info']
const titles: Readonly<Record<Severity, string>> = {
  error: 'Errors: it would not work',
  warning: 'Warnings: it works, and you should know before',
  info: 'Good to know',
}

const of = (findings: readonly Finding[], severity: Finding['severity']): readonly Finding[] =>
  findings.filter(finding => finding.severity === severity)

/** Everything that was found, the worst first, then how many rules were kept, then the verdict. */
export function preflightText(report: PreflightReport, options: Options): string {
  const { colours, all = false } = options
  const { findings, ignored } = report
  const kept = of(findings, 'ok')
  const skipped = of(findings, 'skipped')
  const parts = [
    ...severities.map(severity => section(titles[severity], of(findings, severity), colours)),
    section('Ignored, as you said', ignored, colours),
    ...(all
      ? [
          lines(
            colours.bold('Not judged'),
            skipped.map(({ rule, message }) => `- ${rule}: ${printable(message)}`),
          ),
          lines(
            colours.bold('Kept'),
            kept.map(({ rule, message }) => `- ${rule}: ${printable(message)}`),
          ),
        ]
      : []),
    [
      `${counted(kept.length, 'rule')} kept, ${skipped.length} not judged${all ? '' : ' (--all lists them)'}.`,
      verdictLine(report, colours),
    ],
  ]
  return parts
    .filter(part => part.length > 0)
    .map(part => part.map(line => `${line}\n`).join(''))
    .join('\n')
}

function verdictLine({ verdict, findings, direction }: PreflightReport, colours: Colours): string {
  const where = direction === 'dual' ? 'dual-stack' : 'single-stack'
  const errors = of(findings, 'error').length
  const warnings = of(findings, 'warning').length
  if (verdict === 'stop')
    return `${colours.red('Not ready')} for ${where}: ${counted(errors, 'error')}, ${counted(warnings, 'warning')}. Each can be looked up: dualstack explain ID.`
  return `${colours.green('Ready')} for ${where}: no error, ${counted(warnings, 'warning')}.`
}

const lines = (title: string, rest: readonly string[]): readonly string[] =>
  rest.length === 0 ? [] : [title, ...rest]

/** Findings of one severity, each rule once: its breaks by what they say, the objects that share a message on one line. */
function section(title: string, findings: readonly Finding[], colours: Colours): readonly string[] {
  const rules = [...new Set(findings.map(({ rule }) => rule))]
  return lines(
    colours.bold(title),
    rules.flatMap(rule =>
      ruleLines(
        rule,
        findings.filter(finding => finding.rule === rule),
        colours,
      ),
    ),
  )
}

function ruleLines(rule: string, findings: readonly Finding[], colours: Colours): readonly string[] {
  const groups = new Map<string, Finding[]>()
  for (const finding of findings) {
    const key = JSON.stringify([finding.field, finding.message, finding.remedy])
    groups.set(key, [...(groups.get(key) ?? []), finding])
  }
  const remedies = new Set(findings.map(({ remedy }) => remedy))
  const [shared] = remedies
  const mend = (remedy: string | undefined): readonly string[] =>
    remedy === undefined ? [] : [`    ${colours.dim('mend:')} ${printable(remedy)}`]
  return [
    `- ${colours.bold(rule)}`,
    ...[...groups.values()].flatMap(group => [
      ...groupLine(group),
      ...(remedies.size > 1 ? mend(group[0]?.remedy) : []),
    ]),
    ...(remedies.size === 1 ? mend(shared) : []),
  ]
}

function groupLine(group: readonly Finding[]): readonly string[] {
  const [first] = group
  if (first === undefined) return []
  const objects = listed(
    group.map(({ object }) => printable(object)),
    5,
  )
  const field = first.field === '' ? '' : ` ${printable(first.field)}`
  const steps = [...new Set(group.flatMap(({ after }) => after ?? []))]
  const after = steps.length === 0 ? '' : ` (after step ${listed(steps)})`
  return [`    ${objects}${field}: ${printable(first.message)}${after}`]
}

/** One line for `plan`: what preflight says of it. */
export function findingsLine(findings: readonly Finding[], colours: Colours): string {
  const errors = of(findings, 'error').length
  const warnings = of(findings, 'warning').length
  const counts = `${errors === 0 ? 'no error' : colours.red(counted(errors, 'error'))}, ${counted(warnings, 'warning')}`
  return `Preflight: ${counts}${errors + warnings === 0 ? '' : '; dualstack preflight shows them'}.\n`
}

/** What a person reads before he agrees: errors that he ignored, and warnings. '' when there is neither. */
export function warningsText(
  report: Pick<PreflightReport, 'findings' | 'ignored'>,
  colours: Colours,
): string {
  const parts = [
    section('Ignored, as you said', report.ignored, colours),
    section(titles.warning, of(report.findings, 'warning'), colours),
  ].filter(part => part.length > 0)
  return parts.map(part => `${part.join('\n')}\n\n`).join('')
}
