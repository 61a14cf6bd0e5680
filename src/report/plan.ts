import { otherFamily } from '../address/family.ts'
import type { Plan, Refresh, Step } from '../model/plan.ts'
import { stagesBack, stagesThere } from '../plan/stages.ts'
import { changeLines } from './change.ts'
import type { Colours } from './colours.ts'
import { noticeLines } from './notices.ts'
import { counted, listed, printable, seconds } from './printable.ts'
import { recipeText } from './recipe.ts'

export interface PlanTextOptions {
  readonly colours: Colours
  /** Every object by itself, gates too. */
  readonly verbose?: boolean
  /** Where the ranges of the new family come from. */
  readonly origins?: RangeOrigins
}

/** Named by a person, in the cluster already, or chosen from the cluster's identity, so that it is always the same. */
export type RangeOrigin = 'asked for' | 'set already' | 'chosen'
export interface RangeOrigins {
  readonly pods: RangeOrigin
  readonly services: RangeOrigin
}

/** A plan as a person reads it before he agrees: all of it, in the order in which it is going to be done. */
export function planText(plan: Plan, options: PlanTextOptions): string {
  const { colours } = options
  const parts = [header(plan, options)]
  const stages = plan.direction === 'dual' ? stagesThere : stagesBack
  let stage = ''
  for (const [index, step] of plan.steps.entries()) {
    if (step.stage !== stage) {
      stage = step.stage
      const because = stages.find(({ id }) => id === stage)?.because
      parts.push([
        colours.bold(colours.cyan(`Stage ${stage}`)) + (because === undefined ? '' : `: ${because}`),
      ])
    }
    parts.push(stepLines(step, index + 1, options))
  }
  const section = (title: string, lines: readonly string[]) =>
    lines.length > 0 && parts.push([colours.bold(title), ...lines])
  section('To know: left alone, or not as it was', noticeLines(plan.notices, colours, options.verbose))
  const stays = [...new Set(plan.steps.flatMap(step => step.leaves))]
  section(
    'What the way back cannot remove',
    stays.map(text => `- ${printable(text)}`),
  )
  section(
    'For nodes that join later',
    plan.joins.flatMap(text => recipeText(text)),
  )
  return parts.map(lines => lines.map(line => `${line.trimEnd()}\n`).join('')).join('\n')
}

export const originWords: Readonly<Record<RangeOrigin, string>> = {
  'asked for': 'you named it',
  'set already': 'the cluster has it already',
  chosen: 'chosen from the cluster UID, RFC 4193; name another with --pods or --services',
}

function header(plan: Plan, { colours, origins }: PlanTextOptions): string[] {
  const { goal, steps } = plan
  const [primary = 'IPv4'] = goal.families
  const added = otherFamily(primary)
  const dual = plan.direction === 'dual'
  const title = dual ? `to dual-stack, ${goal.families.join(' and ')}` : `back to single-stack, ${primary}`
  const lines = [`${colours.bold('Plan')} ${title}`, `  cluster   ${printable(plan.cluster)}`]
  for (const what of ['pods', 'services'] as const) {
    const origin = origins === undefined ? '' : ` (${originWords[origins[what]]})`
    const second = goal[what][added]
    const isThere = second !== undefined && (origins === undefined || origins[what] === 'set already')
    const rest = dual ? `, ${second ?? ''} is added${origin}` : isThere ? `, ${second} goes` : ''
    lines.push(`  ${what.padEnd(9)} ${goal[what][primary] ?? ''} stays${rest}`)
  }
  if (dual) {
    const mask = goal.nodeMask[added]
    if (mask !== undefined)
      lines.push(`  node mask /${goal.nodeMask[primary] ?? ''} stays, /${mask} for ${added}`)
    const addresses = Object.entries(goal.nodeAddresses).map(
      ([node, { [added]: address }]) => `${node} ${address ?? 'none'}`,
    )
    if (addresses.length > 0) lines.push(`  nodes     ${listed(addresses, 5)}`)
  }
  if (steps.length === 0) return [...lines, '', 'Nothing to do: the cluster is at this goal.']
  const felt = steps.flatMap(step => step.interrupts).filter(interruption => interruption.seconds > 0)
  const total = felt.reduce((sum, interruption) => sum + interruption.seconds, 0)
  const interruptions =
    felt.length === 0
      ? 'none that is felt'
      : `${seconds(total)} in all, over ${counted(felt.length, 'interruption')}, each of its own part only`
  return [
    ...lines,
    `  work      ${counted(steps.length, 'step')}, ${counted(changesOf(steps), 'change')}`,
    `  expected interruption  ${interruptions}`,
  ]
}

const changesOf = (steps: readonly Step[]): number =>
  steps.reduce((sum, step) => sum + step.changes.length, 0)

function stepLines(step: Step, number: number, { colours, verbose = false }: PlanTextOptions): string[] {
  const indent = ' '.repeat(5)
  const row = (label: string, text: string): string =>
    `${indent}${colours.dim(label.padEnd(10))} ${printable(text)}`
  return [
    `${String(number).padStart(3)}. ${colours.bold(printable(step.title))} ${colours.dim(`[${step.id}]`)}`,
    row('why', step.why),
    ...step.interrupts.map(({ what, seconds: length }) => row('interrupts', `${what} (${seconds(length)})`)),
    ...step.leaves.map(text => row('leaves', text)),
    ...changeLines(step.changes, colours, verbose).map(line => indent + line),
    ...refreshLines(step.refreshes, verbose).map(text => row('then', text)),
    ...(step.guard
      ? [
          row(
            'guard',
            `${step.guard.node} undoes it by itself after ${seconds(step.guard.within)}, unless it is confirmed`,
          ),
        ]
      : []),
    ...(verbose
      ? [...step.needs, ...step.gates].map(gate =>
          row('waits', `${gate.id}, up to ${seconds(gate.within)}: ${gate.because}`),
        )
      : []),
  ]
}

/** What follows the changes of a step. */
export function refreshLines(refreshes: readonly Refresh[], verbose: boolean): string[] {
  const most = verbose ? Infinity : 3
  const restarts = refreshes.flatMap(refresh =>
    refresh.kind === 'restart' ? [`${refresh.unit} on ${refresh.node}`] : [],
  )
  const ways = {
    rollout: 'rolled out',
    eviction: 'evicted one by one, within their disruption budgets',
    delete: 'deleted',
  }
  const pods = (['rollout', 'eviction', 'delete'] as const).flatMap(by => {
    const owners = refreshes.flatMap(refresh =>
      refresh.kind === 'recreate-pods' && refresh.by === by
        ? [`${refresh.owner.kind} ${refresh.owner.namespace}/${refresh.owner.name}`]
        : [],
    )
    return owners.length === 0 ? [] : [`pods are made again (${ways[by]}): ${listed(owners, most)}`]
  })
  const rules = refreshes.flatMap(refresh =>
    refresh.kind === 'remove-rules'
      ? [`${refresh.family} rules, sets and devices of Felix are taken out of the kernel of every node`]
      : [],
  )
  const annotations = refreshes.flatMap(refresh =>
    refresh.kind === 'clear-annotation'
      ? [`${refresh.annotation} is taken out of every Node that has it`]
      : [],
  )
  return [
    ...(restarts.length === 0 ? [] : [`restart ${listed(restarts, most)}`]),
    ...pods,
    ...rules,
    ...annotations,
  ]
}
