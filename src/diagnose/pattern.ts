/** A component's own words, `*` standing for what varies, cut at the stars: the parts in their order, found anywhere in a text. */
export interface Pattern {
  readonly parts: readonly string[]
  /** Characters that do not vary: of two patterns on one place the longer is the more telling. */
  readonly weight: number
}

/** Where a pattern was found; `end` is behind its last part. */
export interface Span {
  readonly start: number
  readonly end: number
}

export function compile(line: string): Pattern {
  const parts = line.split('*').filter(part => part !== '')
  return { parts, weight: parts.reduce((sum, part) => sum + part.length, 0) }
}

/** The parts one behind the other. The leftmost first part decides: what can be found behind a later one can be found behind it too. */
export function spanOf({ parts }: Pattern, text: string): Span | undefined {
  let start = -1
  let end = 0
  for (const part of parts) {
    const at = text.indexOf(part, end)
    if (at < 0) return undefined
    if (start < 0) start = at
    end = at + part.length
  }
  return start < 0 ? undefined : { start, end }
}

export const contains = (outer: Span, inner: Span): boolean =>
  outer.start <= inner.start && inner.end <= outer.end
