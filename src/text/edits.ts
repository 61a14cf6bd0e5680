import { createHash } from 'node:crypto'
import { diffArrays } from 'diff'
import { ConflictError } from '../base/errors.ts'

/** Lines taken out and lines put in at one place. Lines carry their own ends (`\n`, `\r\n`, or none at the end of the text). */
export interface LineEdit {
  /** 1-based number, in the text before, of the first line removed; where nothing is removed, of the line in front of which is inserted. */
  readonly at: number
  readonly remove: readonly string[]
  readonly insert: readonly string[]
}

/** `sha256:<64 hex digits>` of the UTF-8 bytes. */
export function hashText(text: string): string {
  return `sha256:${createHash('sha256').update(text, 'utf8').digest('hex')}`
}

/** The lines of a text with their ends. Joined again they are the text. A lone `\r` ends no line. */
export const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

/** What makes `after` of `before`: the smallest hunks, in order, without context. */
export function lineEdits(before: string, after: string): LineEdit[] {
  // A new file needs no comparison; thousands of nodes get one.
  if (before === '') return after === '' ? [] : [{ at: 1, remove: [], insert: linesOf(after) }]
  const edits: LineEdit[] = []
  let at = 1
  let open: { at: number; remove: string[]; insert: string[] } | undefined
  for (const part of diffArrays(linesOf(before), linesOf(after))) {
    if (!part.added && !part.removed) {
      at += part.value.length
      open = undefined
      continue
    }
    if (!open) {
      open = { at, remove: [], insert: [] }
      edits.push(open)
    }
    if (part.removed) {
      open.remove.push(...part.value)
      at += part.value.length
    } else open.insert.push(...part.value)
  }
  return edits
}

/**
 * The text after the edits.
 * @throws ConflictError `text.changed` where the text does not hold the lines that an edit removes: somebody else changed it.
 */
export function applyEdits(text: string, edits: readonly LineEdit[]): string {
  const lines = linesOf(text)
  const result: string[] = []
  let next = 0
  for (const edit of edits) {
    const start = edit.at - 1
    if (start < next) throw changed(edit.at, 'the edits overlap or are not in order')
    if (start > lines.length) throw changed(edit.at, `the text ends after line ${lines.length}`)
    for (const [offset, wanted] of edit.remove.entries())
      if (lines[start + offset] !== wanted)
        throw changed(edit.at + offset, differs(wanted, lines[start + offset]))
    for (let i = next; i < start; i++) result.push(lines[i] ?? '')
    if (edit.insert.length > 0 && result.at(-1)?.endsWith('\n') === false)
      throw changed(edit.at - 1, 'its line end is another one')
    for (const line of edit.insert) result.push(line)
    next = start + edit.remove.length
  }
  for (let i = next; i < lines.length; i++) result.push(lines[i] ?? '')
  return result.join('')
}

/** The edits that lead back. Their positions are those of the text after. */
export function invertEdits(edits: readonly LineEdit[]): LineEdit[] {
  let shift = 0
  return edits.map(({ at, remove, insert }) => {
    const inverse = { at: at + shift, remove: insert, insert: remove }
    shift += insert.length - remove.length
    return inverse
  })
}

/** Only how they differ: the text may hold a secret, a message may not. */
function differs(wanted: string, found: string | undefined): string {
  if (found === undefined) return 'it is not there'
  const bare = (line: string) => line.replace(/\r?\n$/, '')
  if (bare(wanted) === bare(found)) return 'its line end is another one'
  if (wanted.trim() === found.trim()) return 'its white space is other than expected'
  return 'it is not the line that was there when the plan was made'
}

function changed(line: number, why: string): ConflictError {
  return new ConflictError(
    `line ${line} is not as expected: ${why}`,
    'text.changed',
    'Somebody edited it since. Look at it, then make the plan again.',
  )
}
