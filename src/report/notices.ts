import type { Notice } from '../model/plan.ts'
import type { Colours } from './colours.ts'
import { listed, printable } from './printable.ts'

/** Something that a person must know, told once for all objects that it holds for. */
export interface NoticeGroup {
  /** Printable. */
  readonly objects: readonly string[]
  readonly message: string
  readonly remedy?: string
}

/** Notices that say the same of several objects, in the order in which each is first said. */
export function groupNotices(notices: readonly Notice[]): readonly NoticeGroup[] {
  const groups = new Map<string, { objects: string[]; message: string; remedy?: string }>()
  for (const { layer, object, message, remedy } of notices) {
    const key = JSON.stringify([layer, message, remedy])
    const group = groups.get(key) ?? { objects: [], message, ...(remedy !== undefined && { remedy }) }
    group.objects.push(printable(object))
    groups.set(key, group)
  }
  return [...groups.values()]
}

/** What a person must know, as lines. */
export const noticeLines = (notices: readonly Notice[], colours: Colours, verbose = false): string[] =>
  groupNotices(notices).flatMap(({ objects, message, remedy }) => [
    `- ${colours.bold(listed(objects, verbose ? Infinity : 5))}: ${printable(message)}`,
    ...(remedy === undefined ? [] : [`  ${printable(remedy)}`]),
  ])
