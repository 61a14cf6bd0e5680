import { createHash } from 'node:crypto'

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
