import type { Family } from '../address/family.ts'
import type { Finding } from '../model/rule.ts'
import type { Colours } from './colours.ts'
import { pairs } from './pairs.ts'
import { counted, printable } from './printable.ts'

/** What `dualstack cidr suggest` chose. Counts are powers of two as text: they go up to 2^128. */
export interface SuggestReport {
  readonly family: Family
  readonly pods: string
  readonly nodeMask: number
  readonly services: string
  /** Prefix length of a Calico block. */
  readonly blockSize: number
  /** The same seed gives the same ranges; absent: they do not depend on one. */
  readonly seed?: string
  readonly inside: string | undefined
  /** What the cluster has already and cannot change. */
  readonly set: readonly ('pods' | 'services')[]
  /** What there is, and room was made for. */
  readonly counts: { readonly nodes: number; readonly pods: number; readonly services: number }
  readonly room: {
    readonly nodes: string
    readonly podsOfNode: string
    readonly pods: string
    readonly blocks: string
    readonly podsOfBlock: string
    readonly services: string
  }
  /** As kube-apiserver and kube-controller-manager want them. */
  readonly flags: Readonly<Record<string, string>>
  /** How many ranges in use were looked at; it lies apart from all of them. */
  readonly apart: number
  /** What rules say of it: breaks only. */
  readonly findings: readonly Finding[]
}

export function suggestText(report: SuggestReport, colours: Colours): string {
  const { room, counts, set } = report
  const there = (use: 'pods' | 'services', text: string) =>
    set.includes(use) ? `${text}; the cluster has it already` : text
  const now = (count: number, noun: string) =>
    count === 0 ? '' : ` (there ${count === 1 ? 'is' : 'are'} ${counted(count, noun)})`
  const width = Math.max(...[report.pods, report.services].map(text => text.length))
  const value = (text: string, note: string) => `${text.padEnd(width)}   ${note}`
  const rows: [string, string][] = [
    [
      'pod range',
      value(
        report.pods,
        there(
          'pods',
          `${room.nodes} nodes${now(counts.nodes, 'node')}, ${room.pods} addresses${now(counts.pods, 'pod')}`,
        ),
      ),
    ],
    ['node mask', value(`/${report.nodeMask}`, `${room.podsOfNode} addresses a node`)],
    [
      'Calico block',
      value(`/${report.blockSize}`, `${room.podsOfBlock} addresses a block, ${room.blocks} blocks`),
    ],
    [
      'service range',
      value(
        report.services,
        there('services', `${room.services} addresses${now(counts.services, 'Service')}`),
      ),
    ],
  ]
  return [
    `${colours.bold(report.family)}${origin(report)}\n`,
    pairs(rows, colours),
    '\n',
    ...Object.entries(report.flags).map(([flag, text]) => `  ${flag}=${printable(text)}\n`),
    ...report.findings.flatMap(finding => findingLines(finding, colours)),
  ].join('')
}

function origin({ seed, inside, apart }: SuggestReport): string {
  const from =
    inside === undefined
      ? seed === undefined
        ? ''
        : `, unique local (RFC 4193), from seed ${printable(seed)}`
      : `, inside ${inside}`
  return from + (apart === 0 ? '' : `, apart from ${counted(apart, 'range')} in use`)
}

function findingLines({ severity, object, message, rule }: Finding, colours: Colours): readonly string[] {
  const paint = severity === 'error' ? colours.red : severity === 'warning' ? colours.yellow : colours.cyan
  return [`\n${paint(`${severity}:`)} ${printable(object)}: ${printable(message)} (${rule})\n`]
}
