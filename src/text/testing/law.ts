import { expect } from 'vitest'
import { RefusedError } from '../../base/errors.ts'
import { applyEdits, invertEdits, lineEdits } from '../edits.ts'

/** What an editor did: the text after, or the code of its refusal. */
export type Outcome =
  | { readonly after: string; readonly refused?: never }
  | { readonly after?: never; readonly refused: string }

/**
 * The half of the law that needs no knowledge of the text: an edit is made of lines and leads back to the same bytes, keeps whether the
 * text ends in a line end and which line ends it has, or is refused with a code.
 */
export function outcomeOf(before: string, edit: (text: string) => string): Outcome {
  let after: string
  try {
    after = edit(before)
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error
    expect(error.code).toMatch(/^text\.[a-z-]+$/)
    expect(error.message).not.toBe('')
    return { refused: error.code }
  }
  const edits = lineEdits(before, after)
  expect(applyEdits(before, edits)).toBe(after)
  expect(applyEdits(after, invertEdits(edits))).toBe(before)
  // Where the last line has no end, and an empty one stands in front of it, that is an end of a line once the last one is gone.
  const isBehindEmpty = /\n\r?\n[^\n]+$/.test(before)
  if (before !== '' && !isBehindEmpty) expect(after.endsWith('\n')).toBe(before.endsWith('\n'))
  if (lineEndsOf(before).size === 1) expect([...lineEndsOf(after)]).toEqual([...lineEndsOf(before)])
  return { after }
}

/** The lines without their ends, so that a last line without one is a line like any other. */
export const bareLines = (text: string): string[] => text.split(/\r?\n/)

/** The lines that an edit took out and put in, in order, without their ends. */
export function changedLines(before: string, after: string): { removed: string[]; inserted: string[] } {
  const edits = lineEdits(`${bareLines(before).join('\n')}\n`, `${bareLines(after).join('\n')}\n`)
  return {
    removed: edits.flatMap(({ remove }) => remove.map(line => line.slice(0, -1))),
    inserted: edits.flatMap(({ insert }) => insert.map(line => line.slice(0, -1))),
  }
}

const lineEndsOf = (text: string): ReadonlySet<string> => new Set(text.match(/\r?\n/g) ?? [])
