import { RefusedError } from '../base/errors.ts'

/** One replacement in a text, by offsets. */
export interface Splice {
  readonly start: number
  readonly end: number
  readonly text: string
}

/**
 * The text with all replacements made. They may be given in any order but may not overlap; insertions at one offset keep theirs.
 * A text without a last line end stays without one, also when its last line goes.
 */
export function applySplices(text: string, splices: readonly Splice[]): string {
  const ordered = [...splices].sort((a, b) => a.start - b.start || a.end - b.end)
  let result = ''
  let next = 0
  for (const splice of ordered) {
    if (splice.start < next)
      throw refused(text, splice.start, 'text.overlap', 'two changes meet in one place')
    result += text.slice(next, splice.start) + splice.text
    next = splice.end
  }
  result += text.slice(next)
  return text.endsWith('\n') ? result : result.replace(/\r?\n$/, '')
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
  const newline = text.indexOf('\n', end)
  return { start: lineStart(text, start), end: newline < 0 ? text.length : newline + 1, text: '' }
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
