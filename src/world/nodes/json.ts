/** JSON that a tool printed; an old or broken one that printed none is an empty list. */
export function parseJson(printed: string): unknown {
  try {
    return JSON.parse(printed)
  } catch {
    return []
  }
}

/** What should be a text in it, and may be anything. */
export const textIn = (value: unknown): string => (typeof value === 'string' ? value : '')
