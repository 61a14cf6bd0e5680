import { type Family, families } from '../address/family.ts'
import type { StatusRow } from '../model/layer.ts'
import type { Colours } from './colours.ts'
import { counted, listed, printable } from './printable.ts'
import { type Cell, table } from './table.ts'
import { isCount, type Verdict, wordsOf } from './verdict.ts'

/** What `dualstack status` knows: one row for each layer and subject. */
export interface StatusReport {
  readonly cluster: string
  readonly version: string
  readonly verdict: Verdict
  readonly rows: readonly (StatusRow & { readonly layer: string; readonly verdict: Verdict })[]
  /** What could not be read, and why. */
  readonly unread: Readonly<Record<string, string>>
}

/** A node may forward a family that nothing else carries: without the rest that says nothing about the cluster. */
const preconditions = new Set(['host'])

/** All rows together. A row about which nothing is known has no vote; one about a precondition only where it is missing. */
export function verdictOfAll(
  rows: readonly { readonly layer: string; readonly verdict: Verdict }[],
): Verdict {
  const voters = rows.filter(
    ({ layer, verdict }) => verdict !== 'unknown' && !(preconditions.has(layer) && verdict === 'dual-stack'),
  )
  const verdicts = new Set(voters.map(({ verdict }) => verdict))
  const [only = 'unknown'] = verdicts
  if (verdicts.size < 2) return only
  return [...verdicts].every(verdict => verdict === 'dual-stack' || verdict === 'partly dual-stack')
    ? 'partly dual-stack'
    : 'in between'
}

export function statusText(report: StatusReport, colours: Colours): string {
  const paint: Record<Verdict, (text: string) => string> = {
    'dual-stack': colours.green,
    'partly dual-stack': colours.yellow,
    'single-stack': text => text,
    'in between': colours.yellow,
    unknown: colours.dim,
  }
  const rows = report.rows.map((row): (string | Cell)[] => [
    row.subject,
    ...families.map(family => cellOf(row, family)),
    { text: wordsOf(row), paint: paint[row.verdict] },
    row.note ?? '',
  ])
  const unread = Object.entries(report.unread)
  return [
    table(['SUBJECT', ...families.map(family => family.toUpperCase()), 'STATE', 'NOTE'], rows, colours.bold),
    `\n${summary(report, paint)}\n`,
    ...(unread.length > 0
      ? [
          `\n${colours.bold('Not read:')}\n`,
          ...unread.map(([key, reason]) => `  ${printable(key)}: ${printable(reason)}\n`),
        ]
      : []),
  ].join('')
}

/** One value where configured and running agree; else both, in words. A side of which nothing is known says nothing. */
function cellOf({ configured, running }: StatusRow, family: Family): string {
  const wanted = configured[family]
  const found = running[family]
  if (Object.keys(running).length === 0) return wanted ?? '-'
  if (Object.keys(configured).length === 0 || wanted === found) return found ?? '-'
  if (wanted === undefined) return `${found ?? '-'} (not configured)`
  if (found === undefined) return `${wanted} (not running)`
  return isCount(found) ? `${wanted}, ${found}` : `${wanted} (runs ${found})`
}

function summary(report: StatusReport, paint: Record<Verdict, (text: string) => string>): string {
  const { verdict, rows } = report
  const known = rows.filter(row => row.verdict !== 'unknown')
  const missing = known.filter(row => row.verdict !== 'dual-stack').map(row => row.subject)
  const where = `cluster ${printable(report.cluster) || 'without a name'}, Kubernetes ${printable(report.version) || 'of unknown version'}`
  const isMixed = verdict === 'in between' || verdict === 'partly dual-stack'
  const rest = isMixed
    ? `\n${known.length - missing.length} of ${counted(known.length, 'row')} dual-stack; not: ${listed(missing, 6)}`
    : ''
  return `${paint[verdict](verdict)}: ${where}${rest}`
}
