import { isObjectChange, isSysctlChange, isTextChange } from '../model/apply.ts'
import type { Event, Found } from '../model/event.ts'
import { sameJson } from '../model/fields.ts'
import type {
  Change,
  FieldChange,
  ObjectChange,
  Plan,
  SysctlChange,
  Target,
  TextChange,
} from '../model/plan.ts'
import { invertEdits, type LineEdit } from '../text/edits.ts'
import type { Json } from '../base/json.ts'

/** One run of the past, as its journal tells it. */
export interface PastRun {
  readonly run: string
  readonly events: readonly Event[]
}

/** A name for a target, stable across runs. */
export const targetKey = (target: Target): string => {
  switch (target.kind) {
    case 'file':
      return `file ${target.node} ${target.path}`
    case 'sysctl':
      return `sysctl ${target.node} ${target.key}`
    case 'config-map':
      return `config-map ${target.namespace}/${target.name} ${target.key}`
    case 'object':
      return `object ${target.api} ${target.namespace ?? ''}/${target.name}`
  }
}

/**
 * Puts the exact old values into a plan back, wherever nobody edited since: where what stands now is what a run of ours made. Elsewhere the
 * layer's own edit stays, so that a person's later change is kept.
 */
export function restore(plan: Plan, past: readonly PastRun[]): Plan {
  const memory = remember(past)
  const last = lastChanges(plan)
  return {
    ...plan,
    steps: plan.steps.map(step => ({
      ...step,
      changes: step.changes.map(change => restoreChange(change, memory, last)),
    })),
  }
}

/** The last change of each field of an object: the ones before it are values on the way (a strategy for the time of a roll-out). */
function lastChanges(plan: Plan): ReadonlyMap<string, FieldChange> {
  const last = new Map<string, FieldChange>()
  for (const change of plan.steps.flatMap(step => step.changes).filter(isObjectChange)) {
    for (const field of change.fields) last.set(fieldKey(change, field), field)
  }
  return last
}

const fieldKey = ({ target }: ObjectChange, { path }: FieldChange): string =>
  `${targetKey(target)} ${path.join('\u0000')}`

interface Memory {
  /** What stood at each target when the first run of this era touched it. */
  readonly first: ReadonlyMap<string, Found>
  /** Text changes that ran, by target, in order. */
  readonly texts: ReadonlyMap<string, readonly TextChange[]>
}

/** Runs before the last finished way back do not count: after it everything was as it had been. */
export function lastEra(past: readonly PastRun[]): readonly PastRun[] {
  const end = past.findLastIndex(
    ({ events }) => events.some(event => event.kind === 'closed') && directionOf(events) === 'single',
  )
  return past.slice(end + 1)
}

export const directionOf = (events: readonly Event[]): Plan['direction'] | undefined => {
  const opened = events.find(event => event.kind === 'opened')
  return opened?.kind === 'opened' ? opened.plan.direction : undefined
}

function remember(past: readonly PastRun[]): Memory {
  const first = new Map<string, Found>()
  const texts = new Map<string, TextChange[]>()
  for (const { events } of lastEra(past)) {
    const opened = events.find(event => event.kind === 'opened')
    // A way back that stopped found what we had made: only the way there finds what was the user's.
    const isThere = directionOf(events) === 'dual'
    for (const event of events) {
      if (event.kind !== 'intend') continue
      for (const found of isThere ? event.found : []) {
        for (const [key, one] of foundEntries(found)) if (!first.has(key)) first.set(key, one)
      }
      const step =
        opened?.kind === 'opened'
          ? opened.plan.steps.find(candidate => candidate.id === event.step)
          : undefined
      for (const change of step?.changes.filter(isTextChange) ?? []) {
        const key = targetKey(change.target)
        texts.set(key, [...(texts.get(key) ?? []), change])
      }
    }
  }
  return { first, texts }
}

/** An object's record holds one value a field: each is remembered by itself. */
function foundEntries(found: Found): readonly (readonly [string, Found])[] {
  if (found.target.kind !== 'object' || !Array.isArray(found.value)) return [[targetKey(found.target), found]]
  return (found.value as unknown as readonly { path: readonly string[]; value: Json }[]).map(field => [
    `${targetKey(found.target)} ${field.path.join('\u0000')}`,
    { ...found, value: field.value },
  ])
}

function restoreChange(change: Change, memory: Memory, last: ReadonlyMap<string, FieldChange>): Change {
  if (isTextChange(change)) return restoreText(change, memory)
  if (isSysctlChange(change)) return restoreSysctl(change, memory)
  return isObjectChange(change) ? restoreObject(change, memory, last) : change
}

/** Walks back from what stands now along what our runs did, to what the first of them found. */
function restoreText(change: TextChange, memory: Memory): TextChange {
  const key = targetKey(change.target)
  const found = memory.first.get(key)
  if (found === undefined || found.value === change.after) return change
  const back: LineEdit[][] = []
  let at = change.before
  for (const done of (memory.texts.get(key) ?? []).toReversed()) {
    if (done.after !== at) continue
    back.push([...invertEdits(done.edits)])
    at = done.before
    if (at === found.value) break
  }
  const [edits, ...more] = back
  // Several runs on one text: their line numbers build on each other, so only a single step back can be one list of edits.
  if (at !== found.value || edits === undefined || more.length > 0) return change
  return { ...change, after: at, edits }
}

function restoreSysctl(change: SysctlChange, memory: Memory): SysctlChange {
  const found = memory.first.get(targetKey(change.target))
  return typeof found?.value === 'string' ? { ...change, after: found.value } : change
}

function restoreObject(
  change: ObjectChange,
  memory: Memory,
  last: ReadonlyMap<string, FieldChange>,
): ObjectChange {
  // A Service's way back goes through values of its own (SingleStack while API servers are dual): the layer knows, memory does not.
  if (change.existence !== undefined || change.target.api === 'v1/services') return change
  const restored = (field: FieldChange): FieldChange => {
    const key = fieldKey(change, field)
    const found = last.get(key) === field ? memory.first.get(key) : undefined
    return found === undefined || sameJson(found.value, field.after)
      ? field
      : { ...field, after: found.value }
  }
  return {
    ...change,
    fields: change.fields.map(restored).filter(field => !sameJson(field.before, field.after)),
  }
}
