import type { Event } from '../model/event.ts'
import type { Plan } from '../model/plan.ts'
import type { OwnMark } from '../world/own/mark.ts'

/**
 * Says at once, and again with each step that settles, how far a run has come: its first step that is not settled. Steps may settle out of
 * order (`Step.meanwhile`), so that is not always the one that was begun last.
 */
export function progressMark(
  { steps, direction }: Plan,
  run: string,
  before: ReadonlySet<string>,
  say: (mark: OwnMark) => void,
): (event: Event) => void {
  const settled = new Set(before)
  let done = 0
  const mark = (): void => {
    while (settled.has(steps[done]?.id ?? '')) done++
    const next = steps[done]
    say({ run, direction, ...(next !== undefined && { step: next.id, stage: next.stage }) })
  }
  mark()
  return event => {
    if (event.kind !== 'settled') return
    settled.add(event.step)
    mark()
  }
}
