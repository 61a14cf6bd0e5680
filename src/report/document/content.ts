import { families, type Family, otherFamily } from '../../address/family.ts'
import { layers } from '../../layers/index.ts'
import type { Plan, Step } from '../../model/plan.ts'
import { stagesBack, stagesThere } from '../../plan/stages.ts'
import { changeLines } from '../change.ts'
import { noColours } from '../colours.ts'
import { groupNotices, type NoticeGroup } from '../notices.ts'
import { originWords, type RangeOrigins, refreshLines } from '../plan.ts'
import { counted } from '../printable.ts'
import { type Expected, expectedOf, roughly } from './expected.ts'

export interface DocumentOptions {
  readonly origins?: RangeOrigins
  /** gitVersion of the cluster. */
  readonly version?: string
  /** When the plan was made, RFC 3339. */
  readonly at?: string
  /** SHA-256 of the saved plan file, where one was saved: what is approved is what is run. */
  readonly fingerprint?: string
  /** Takes out of a line what looks confidential: a changed line may hold more than what was changed. */
  readonly mask: (text: string) => string
}

/** A plan in the order in which somebody reads it who must agree to it. The same content for every form of the document. */
export interface Content {
  readonly title: string
  readonly lead: string
  readonly facts: readonly (readonly [string, string])[]
  readonly figures: readonly (readonly [string, string])[]
  readonly interruptions: readonly {
    readonly step: number
    readonly what: string
    readonly seconds: number
  }[]
  readonly stays: readonly { readonly step: number; readonly what: string }[]
  readonly notices: readonly NoticeGroup[]
  readonly joins: readonly string[]
  readonly stages: readonly StageContent[]
  readonly layers: readonly LayerContent[]
  readonly families: { readonly before: readonly Family[]; readonly after: readonly Family[] }
}

export interface StageContent {
  readonly id: string
  readonly because: string
  readonly steps: readonly StepContent[]
  readonly about: number
}
export interface StepContent {
  readonly number: number
  readonly step: Step
  readonly expected: Expected
  readonly diff: readonly string[]
  readonly follows: readonly string[]
}
export interface LayerContent {
  readonly title: string
  readonly steps: number
}

export function contentOf(plan: Plan, options: DocumentOptions): Content {
  const [primary = 'IPv4'] = plan.goal.families
  const isDual = plan.direction === 'dual'
  const stages = stagesOf(plan, options)
  const steps = stages.flatMap(stage => stage.steps)
  const interruptions = steps.flatMap(({ number, step }) =>
    step.interrupts
      .filter(({ seconds }) => seconds > 0)
      .map(({ what, seconds }) => ({ step: number, what, seconds })),
  )
  const stays = steps.flatMap(({ number, step }) => step.leaves.map(what => ({ step: number, what })))
  return {
    title: isDual
      ? `Plan: to dual-stack, ${plan.goal.families.join(' and ')}`
      : `Plan: back to single-stack, ${primary}`,
    lead: isDual
      ? `Takes a running Kubernetes cluster to ${plan.goal.families.join(' and ')} while it serves, one step at a time. Each step waits until it holds before the next begins; stopped at any point it goes on from there, or leads back.`
      : `Takes a running Kubernetes cluster back to ${primary} alone while it serves, with the exact values that were there before wherever they are known.`,
    facts: facts(plan, options),
    figures: figures(steps, interruptions.length, stays.length),
    interruptions,
    stays: stays.filter((one, index) => stays.findIndex(({ what }) => what === one.what) === index),
    // Every object is named: somebody will look for his own.
    notices: groupNotices(plan.notices),
    joins: plan.joins,
    stages,
    layers: layers.flatMap(({ id, title }) => {
      const count = steps.filter(({ step }) => step.layer === id).length
      return count === 0 ? [] : [{ title, steps: count }]
    }),
    families: {
      before: isDual ? [primary] : families,
      after: plan.goal.families,
    },
  }
}

function facts(plan: Plan, { origins, version, at, fingerprint }: DocumentOptions): [string, string][] {
  const { goal } = plan
  const [primary = 'IPv4'] = goal.families
  const added = otherFamily(primary)
  const isDual = plan.direction === 'dual'
  const range = (what: 'pods' | 'services'): string => {
    const second = goal[what][added] ?? ''
    const origin = origins === undefined ? '' : ` (${originWords[origins[what]]})`
    return `${goal[what][primary] ?? ''} stays, ${second} ${isDual ? `is added${origin}` : 'goes'}`
  }
  return [
    ['Cluster', plan.cluster],
    ...(version === undefined ? [] : [['Kubernetes', version] as [string, string]]),
    ['Pod range', range('pods')],
    ['Service range', range('services')],
    ...(isDual
      ? ([
          [
            'Node mask',
            `/${goal.nodeMask[primary] ?? ''} stays, /${goal.nodeMask[added] ?? ''} for ${added}`,
          ],
          [
            'Between nodes',
            `${added} ${goal.calico.encapsulation === 'None' ? 'as it is, without encapsulation' : `in ${goal.calico.encapsulation}`}; ${goal.calico.natOutgoing ? 'translated where it leaves the pod range' : 'not translated'}`,
          ],
        ] as [string, string][])
      : []),
    ...(at === undefined ? [] : [['Made', `${at} by dualstack ${plan.tool}`] as [string, string]]),
    ...(fingerprint === undefined ? [] : [['Plan file', `SHA-256 ${fingerprint}`] as [string, string]]),
  ]
}

function figures(steps: readonly StepContent[], felt: number, stays: number): [string, string][] {
  const sum = (of: (step: StepContent) => number): number =>
    steps.reduce((total, step) => total + of(step), 0)
  return [
    [
      'Work',
      `${counted(steps.length, 'step')}, ${counted(
        sum(({ step }) => step.changes.length),
        'change',
      )}`,
    ],
    ['Time', steps.length === 0 ? 'none' : `about ${roughly(sum(({ expected }) => expected.about))}`],
    ['Interruptions', felt === 0 ? 'none that is felt' : `${felt}, each of its own part only`],
    ['Cannot be taken back', stays === 0 ? 'nothing' : counted(stays, 'thing')],
  ]
}

function stagesOf(plan: Plan, { mask }: DocumentOptions): readonly StageContent[] {
  const known = plan.direction === 'dual' ? stagesThere : stagesBack
  const found: { id: string; because: string; steps: StepContent[]; about: number }[] = []
  for (const [index, step] of plan.steps.entries()) {
    const content: StepContent = {
      number: index + 1,
      step,
      expected: expectedOf(step, plan),
      diff: changeLines(step.changes, noColours, true).map(line => mask(line)),
      follows: refreshLines(step.refreshes, true),
    }
    const last = found.at(-1)
    const stage =
      last?.id === step.stage
        ? last
        : {
            id: step.stage,
            because: known.find(({ id }) => id === step.stage)?.because ?? '',
            steps: [],
            about: 0,
          }
    if (stage !== last) found.push(stage)
    stage.steps.push(content)
    stage.about += content.expected.about
  }
  return found
}
