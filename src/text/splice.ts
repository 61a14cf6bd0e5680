import { RefusedError } from '../base/errors.ts'

/** One replacement in a text, by offsets. */
export interface Splice {
  readonly start: number
  readonly end: number
  readonly text: string
}

/**
 * The text with all replacements made. They may be given in any order; insertions at one offset keep theirs.
 * Deletions may overlap (two last lines of a text without a last line end), anything else may not.
 */
export function applySplices(text: string, splices: readonly Splice[]): string {
  const ordered = [...splices].sort((a, b) => a.start - b.start || a.end - b.end)
  let result = ''
  let next = 0
  let deleting = false
  for (const splice of ordered) {
    const deletes = splice.text === ''
    if (splice.start < next && !(deletes && deleting))
      throw refused(text, splice.start, 'text.overlap', 'two changes meet in one place')
    result += text.slice(next, splice.start) + splice.text
    next = Math.max(next, splice.end)
    deleting = deletes
  }
  return result + text.slice(next)
}

/** 1-based line of an offset. */
export const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length

/** Offset of the first character of the line. */
export const lineStart = (text: string, offset: number): number => text.lastIndexOf('\n', offset - 1) + 1

/** Offset of the line's end, in front of its `\n` or `\r\n`. */
export function lineEnd(text: string, offset: number): number {
  const end = text.indexOf('\n', offset)
  if (end < 0) return text.length
  return text[end - 1] === '\r' && end > offset ? end - 1 : end
}

/** The line end that the text uses: that of its first line, `\n` when there is none. */
export const eolOf = (text: string): string => (/^[^\n]*\r\n/.test(text) ? '\r\n' : '\n')

/** Puts whole lines behind the line that holds `offset`. A text without a last line end stays without one. */
export function insertLinesAfter(text: string, offset: number, lines: readonly string[]): Splice {
  const end = lineEnd(text, offset)
  const eol = /^\r?\n/.exec(text.slice(end, end + 2))?.[0] ?? eolOf(text)
  return { start: end, end, text: lines.map(line => eol + line).join('') }
}

/** Puts whole lines in front of the line that holds `offset`. */
export function insertLinesBefore(text: string, offset: number, lines: readonly string[]): Splice {
  const start = lineStart(text, offset)
  const end = lineEnd(text, offset)
  const eol = /^\r?\n/.exec(text.slice(end, end + 2))?.[0] ?? eolOf(text)
  return { start, end: start, text: lines.map(line => line + eol).join('') }
}

/** Takes out the whole lines from the one that holds `start` to the one that holds `end`. */
export function removeLines(text: string, start: number, end: number): Splice {
  const from = lineStart(text, start)
  const newline = text.indexOf('\n', end)
  if (newline >= 0) return { start: from, end: newline + 1, text: '' }
  // The last line had no end: the one in front of it becomes the last and gives its own up.
  const previous = from === 0 ? 0 : lineEnd(text, lineStart(text, from - 1))
  return { start: previous, end: text.length, text: '' }
}

/** An edit that would not be exact. Nothing was changed. */
export function refused(
  text: string,
  offset: number,
  code: string,
  message: string,
  hint?: string,
): RefusedError {
  return new RefusedError(`line ${lineAt(text, offset)}: ${message}`, code, hint)
}
