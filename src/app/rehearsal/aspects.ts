import { nameOf } from '../../layers/workloads/read.ts'
import type { Change, Plan } from '../../model/plan.ts'
import type { Judged } from '../preflight.ts'
import { kindOf } from './workload-units.ts'

/** What was found of a cluster, and what it would take. */
export interface Seen {
  readonly judged: Judged
  readonly plan: Plan
}

/** A thing that is said of a cluster, without the names of whom. */
export interface Aspect {
  readonly says: string
  /** What says it: several things may be said by one rule. */
  readonly by: string
  /** Some of those it is said of, with the words in which it is. */
  readonly subjects: readonly { readonly whose: string; readonly words: string }[]
}
export type Aspects = ReadonlyMap<string, Aspect>

/** Of one thing so many of those that have it are remembered. */
const remembered = 10

/**
 * What rules found, what steps do and what notices say. Two clusters of which the same is said have the same aspects, however many of each
 * thing they have.
 * @param names of nodes, workloads and Services: words of a message that say who, not what
 */
export function aspectsOf({ judged, plan }: Seen, names: ReadonlySet<string>): Aspects {
  const found = new Map<string, Aspect & { subjects: { whose: string; words: string }[] }>()
  const say = (by: string, what: string, whose: string, words = ''): void => {
    const says = what === '' ? by : `${by}: ${what}`
    const aspect = found.get(says) ?? { says, by, subjects: [] }
    if (aspect.subjects.length < remembered) aspect.subjects.push({ whose, words: `${whose} ${words}` })
    found.set(says, aspect)
  }
  for (const { rule, severity, object, message } of judged.findings)
    if (severity !== 'ok' && severity !== 'skipped')
      say(`${severity} ${rule}`, nameless(message, names), object, message)
  for (const { rule, object, message } of judged.ignored)
    say(`ignored ${rule}`, nameless(message, names), object, message)
  for (const { layer, object, message } of plan.notices)
    say(`notice of ${layer}`, nameless(message, names), object, message)
  for (const step of plan.steps) {
    const by = `step of ${step.layer}`
    for (const change of step.changes) {
      const { what, whose } = ofChange(change)
      say(by, what, whose)
    }
    for (const refresh of step.refreshes) {
      const how = 'by' in refresh ? `${refresh.owner.kind} by ${refresh.by}` : ''
      const whose = 'owner' in refresh ? nameOf(refresh.owner) : 'node' in refresh ? refresh.node : ''
      say(by, `${refresh.kind} ${how}`.trim(), whose)
    }
  }
  return found
}

function ofChange(change: Change): { readonly what: string; readonly whose: string } {
  const { target } = change
  switch (target.kind) {
    case 'file':
      return { what: `file ${target.path}`, whose: target.node }
    case 'sysctl':
      return { what: `setting ${target.key}`, whose: target.node }
    case 'config-map':
      return { what: `${target.namespace}/${target.name} ${target.key}`, whose: '' }
    case 'object': {
      const fields = 'fields' in change ? change.fields.map(({ path }) => path.join('.')) : []
      return {
        what: `${target.api} ${'existence' in change ? (change.existence ?? '') : ''}${fields.join()}`,
        whose: `${kindOf[target.api] ?? target.api} ${target.namespace ?? ''}/${target.name} ${target.name}`,
      }
    }
  }
}

/** `IPv6`, `v1.36.3`: of these there are few, and they say what. */
const telling = /^(?:IPv[46]|v?\d+\.\d+(?:\.\d+)?)$/

/**
 * A message without whom and how many: names, and words that look like names and numbers, are one mark, and so is a list of them. One that
 * begins with a number goes on otherwise for one than for several (`1 pod has`, `2 pods have`): what follows these words counts.
 */
export function nameless(message: string, names: ReadonlySet<string>): string {
  return message
    .replace(/^\d+ \w+ \w+ /, '')
    .replaceAll(/(?:[^\s,:;()"']|:(?=\S))+/g, word =>
      names.has(word) || (/[\d/]/.test(word) && !telling.test(word)) ? '…' : word,
    )
    .replaceAll(/…(?:(?:,| and|, and) …)*(?: more)?/g, '…')
}
