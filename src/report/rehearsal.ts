import { groupBy } from '../layers/shared/group.ts'
import type { Interruption, Plan } from '../model/plan.ts'
import type { Colours } from './colours.ts'
import { findingsLine, type PreflightReport } from './findings.ts'
import { counted, listed, printable, seconds } from './printable.ts'
import type { Verdict } from './verdict.ts'

/** What runs, and of which families: all rows of `status`, pods with a network of their own, Services. */
export interface Look {
  readonly verdict: Verdict
  readonly rows: number
  /** Rows that say something else than was to come. */
  readonly others: readonly string[]
  readonly pods: { readonly of: number; readonly both: number }
  readonly notReady: number
  readonly services: { readonly of: number; readonly both: number }
}

/** A fault that was asked for: what it did, and how it went on. */
export interface FaultStory {
  readonly fault: string
  readonly says: string
  readonly step: string
  readonly way: Plan['direction']
  /** undefined: it stopped nothing. */
  readonly stopped?: { readonly message: string; readonly code?: string; readonly next?: string }
}

export interface WayReport {
  readonly steps: number
  /** Things that were changed: files on nodes, settings of kernels, objects of the API. */
  readonly files: number
  readonly settings: number
  readonly objects: number
  readonly interrupts: readonly Interruption[]
  /** What the way back cannot remove. */
  readonly leaves: readonly string[]
  /** Of the practice cluster's clock. */
  readonly seconds: number
  readonly look: Look
}

/** What a rehearsal began with. */
export interface Observed {
  readonly bundle: string
  readonly cluster: string
  readonly version: string
  readonly nodes: number
  readonly pods: number
  readonly services: number
}

/** The part of a large cluster that was practised, and what it stands for. */
export interface Practised {
  readonly nodes: number
  readonly pods: number
  readonly services: number
  /** How many kinds of them the cluster has. */
  readonly kinds: { readonly nodes: number; readonly workloads: number; readonly services: number }
  /** What the cluster has and the part has not, in words. */
  readonly left: readonly string[]
}

/** What came of a rehearsal. */
export interface Rehearsal extends Observed {
  /** Absent: all of it was practised. */
  readonly practised?: Practised
  /** Of the plan for all of a large cluster; `there` and `back` are those of the part. Absent: all of it was practised. */
  readonly planned?: { readonly steps: number; readonly interrupts: readonly Interruption[] }
  readonly preflight: { readonly verdict: 'go' | 'stop'; readonly errors: number; readonly warnings: number }
  readonly there: WayReport
  readonly back: WayReport
  readonly faults: readonly FaultStory[]
  /** What the plan leaves alone. */
  readonly notices: number
  readonly compared: {
    readonly files: number
    readonly objects: number
    readonly pods: number
    readonly differences: readonly string[]
    readonly stays: readonly string[]
  }
  readonly equal: boolean
}

/** What a rehearsal says of itself while it goes; its runs say the rest. */
export type Moment =
  | (Observed & { readonly kind: 'observed' })
  | { readonly kind: 'judged'; readonly report: PreflightReport }
  | { readonly kind: 'planned'; readonly plan: Plan }
  | (Pick<Observed, 'nodes' | 'pods' | 'services'> & {
      readonly kind: 'chosen'
      readonly practised: Practised
    })
  | { readonly kind: 'begins'; readonly direction: Plan['direction'] }
  | { readonly kind: 'arrived'; readonly direction: Plan['direction']; readonly look: Look }
  | { readonly kind: 'recovered'; readonly story: FaultStory }

export function momentText(moment: Moment, colours: Colours): string {
  const title = (text: string): string => `\n${colours.bold(colours.cyan(text))}\n`
  switch (moment.kind) {
    case 'observed':
      return `${title('Observe')}a practice cluster, made from ${printable(moment.bundle)}: Kubernetes ${printable(moment.version)}, ${sizes(moment)}. Times below are its own; no cluster is touched.\n`
    case 'judged':
      return title('Preflight') + findingsLine(moment.report.findings, colours)
    case 'planned':
      return `${title('Plan')}${counted(moment.plan.steps.length, 'step')} to dual-stack\n`
    case 'chosen':
      return `${title('Stand-ins')}practised ${practisedLines(moment, moment.practised).join('\n')}\n`
    case 'begins':
      return title(moment.direction === 'dual' ? 'Apply' : 'Roll back')
    case 'arrived':
      return `${title('Check')}${lookLines(moment.look, colours).join('\n')}\n`
    case 'recovered':
      return `${storyLines(moment.story, colours).join('\n')}\n`
  }
}

const sizes = (one: { nodes: number; pods: number; services: number }): string =>
  `${counted(one.nodes, 'node')}, ${counted(one.pods, 'pod')}, ${counted(one.services, 'Service')}`

const withCommas = (number: number): string => String(number).replaceAll(/\B(?=(\d{3})+$)/g, ',')

function practisedLines(
  whole: Pick<Observed, 'nodes' | 'pods' | 'services'>,
  part: Practised,
): readonly string[] {
  const of = (what: 'nodes' | 'pods' | 'services', name: string): string =>
    `${withCommas(part[what])} of ${withCommas(whole[what])} ${name}`
  const { nodes, workloads, services } = part.kinds
  return [
    `with ${of('nodes', 'nodes')}, ${of('pods', 'pods')}, ${of('services', 'Services')}: up to two of each kind (${counted(nodes, 'kind')} of workers, ${workloads} of workloads, ${services} of Services), all control planes, and the workloads of the system`,
    'what depends on numbers alone (how long roll-outs take, load) is not practised; --whole practises all, at about 0.15 s and 2 MB a node of 30 pods',
    ...part.left.slice(0, 10).map(one => `not practised: ${printable(one)}`),
    ...(part.left.length > 10 ? [`not practised: ${part.left.length - 10} things more`] : []),
  ]
}

function lookLines(look: Look, colours: Colours): readonly string[] {
  const rows =
    look.others.length === 0
      ? `all ${look.rows} rows of status`
      : `${look.rows - look.others.length} of ${look.rows} rows of status; not: ${listed(look.others.map(printable), 4)}`
  return [
    `layers    ${colours.bold(look.verdict)}: ${rows}`,
    `pods      ${look.pods.both} of ${look.pods.of} with both families${look.notReady === 0 ? ', all ready' : `, ${look.notReady} not ready`}`,
    `Services  ${look.services.both} of ${look.services.of} with both families`,
  ]
}

function storyLines(story: FaultStory, { yellow, green }: Colours): readonly string[] {
  const { fault, says, step, stopped } = story
  const head = `${yellow('fault')} ${fault} at ${printable(step)}: ${says}`
  if (stopped === undefined) return [head, `  ${green('went on')} without stopping`]
  return [
    head,
    `  stopped: ${printable(stopped.message)}`,
    ...(stopped.next === undefined ? [] : [`  next: ${printable(stopped.next)}`]),
    `  ${green('mended')}, and the same command is called again`,
  ]
}

/** The last words: for somebody who decides, not for somebody who types. */
export function rehearsalText(rehearsal: Rehearsal, colours: Colours): string {
  const { there, back, faults, compared, equal, preflight } = rehearsal
  const { bold, green, red } = colours
  const row = (label: string, text: string): string => `  ${label.padEnd(13)}${text}`
  const rows = (label: string, texts: readonly string[]): readonly string[] =>
    texts.map((text, index) => row(index === 0 ? label : '', text))
  const lines = [
    bold('Rehearsal'),
    row(
      'cluster',
      `${printable(rehearsal.cluster)}, Kubernetes ${printable(rehearsal.version)}: ${sizes(rehearsal)}`,
    ),
    row(
      'preflight',
      `${preflight.verdict === 'go' ? 'ready' : red('not ready')}: ${counted(preflight.errors, 'error')}, ${counted(preflight.warnings, 'warning')}`,
    ),
    ...(rehearsal.practised === undefined
      ? []
      : rows('practised', practisedLines(rehearsal, rehearsal.practised))),
    ...(rehearsal.planned === undefined
      ? []
      : [
          row(
            'planned',
            `${counted(rehearsal.planned.steps, 'step')} for all of it; what follows is of what was practised, but for what there interrupts`,
          ),
        ]),
    row('there', wayText(there)),
    ...rows('', arrival(there.look)),
    row('back', wayText(back)),
    ...rows('interrupted', interruptions(rehearsal.planned?.interrupts ?? there.interrupts)),
    ...rows('and back', [
      ...(rehearsal.practised === undefined ? [] : ['of what was practised, not of all:']),
      ...interruptions(back.interrupts),
    ]),
    ...(rehearsal.notices === 0
      ? []
      : [row('left alone', `${counted(rehearsal.notices, 'thing')}: dualstack plan lists them`)]),
    ...rows('faults', faults.length === 0 ? ['none was asked for'] : faults.map(faultText)),
    row(
      'equal',
      equal
        ? `${green('yes')}: ${compared.files} files and settings, ${counted(compared.objects, 'object')} and ${counted(compared.pods, 'pod')} compared with the start`
        : `${red('no')}: ${counted(compared.differences.length, 'difference')} from the start`,
    ),
    ...(equal ? [] : compared.differences.slice(0, 20).map(line => row('', printable(line)))),
    ...rows('stays', compared.stays.map(printable)),
  ]
  return `\n${lines.join('\n')}\n`
}

function wayText(way: WayReport): string {
  return `${counted(way.steps, 'step')}: ${counted(way.files, 'file')}, ${counted(way.settings, 'kernel setting')} and ${counted(way.objects, 'object')} changed, ${seconds(Math.round(way.seconds))} on the practice clock`
}

const arrival = ({ verdict, pods, services }: Look): readonly string[] => [
  `then ${verdict}: ${pods.both} of ${counted(pods.of, 'pod')} and ${services.both} of ${counted(services.of, 'Service')} have both families`,
]

/** By the plan; what nobody feels is counted. */
function interruptions(all: readonly Interruption[]): readonly string[] {
  const felt = all.filter(one => one.seconds > 0)
  const total = felt.reduce((sum, one) => sum + one.seconds, 0)
  if (felt.length === 0) return ['nothing that is felt, by the plan']
  const grouped = new Map<string, { count: number; seconds: number }>()
  for (const { what, seconds: length } of felt) {
    const known = grouped.get(what) ?? { count: 0, seconds: 0 }
    grouped.set(what, { count: known.count + 1, seconds: known.seconds + length })
  }
  return [
    `${seconds(total)} in all by the plan, each of its own part only:`,
    ...gathered([...grouped].map(([what, one]) => ({ what, ...one }))).map(
      ({ what, count, seconds: length, others }) =>
        `  ${seconds(length)}  ${printable(what)}${count > 1 ? ` (${count} times)` : ''}${others > 0 ? ` (this and ${others} more like it)` : ''}`,
    ),
  ]
}

/** From so many on that differ only by whom they are of, one line tells them all: a thousand kubelets. */
const manyAlike = 6

interface Felt {
  readonly what: string
  readonly count: number
  readonly seconds: number
}

function gathered(all: readonly Felt[]): readonly (Felt & { readonly others: number })[] {
  const shapes = groupBy(all, ({ what }) => what.replace(/(?<= of )\S+|\S+\/[^\s:]+/, '…'))
  return [...shapes.values()].flatMap(alike => {
    const [first] = alike
    if (first === undefined || alike.length < manyAlike) return alike.map(one => ({ ...one, others: 0 }))
    const total = alike.reduce((sum, one) => sum + one.seconds, 0)
    return [{ what: first.what, count: 1, seconds: total, others: alike.length - 1 }]
  })
}

const faultText = ({ fault, step, stopped, way }: FaultStory): string => {
  const where = `${fault} at ${printable(step)} on the way ${way === 'dual' ? 'there' : 'back'}`
  return stopped === undefined
    ? `${where}: went on without stopping`
    : `${where}: stopped, mended, called again, came to its end`
}
