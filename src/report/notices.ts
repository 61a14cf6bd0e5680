import type { Notice } from '../model/plan.ts'
import type { Colours } from './colours.ts'
import { listed, printable } from './printable.ts'

/** What a person must know, told once for all objects that it holds for. */
export function noticeLines(notices: readonly Notice[], colours: Colours, verbose = false): string[] {
  const groups = new Map<string, Notice[]>()
  for (const notice of notices) {
    const key = JSON.stringify([notice.layer, notice.message, notice.remedy])
    groups.set(key, [...(groups.get(key) ?? []), notice])
  }
  return [...groups.values()].flatMap(group => {
    const [first] = group
    if (!first) return []
    const objects = listed(
      group.map(notice => printable(notice.object)),
      verbose ? Infinity : 5,
    )
    return [
      `- ${colours.bold(objects)}: ${printable(first.message)}`,
      ...(first.remedy === undefined ? [] : [`  ${printable(first.remedy)}`]),
    ]
  })
}
