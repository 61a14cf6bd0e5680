/**
 * A text from a cluster, safe for a terminal: control characters (an escape sequence in a message could move the cursor or hide lines)
 * become spaces, and it stays on one line.
 */
export const printable = (text: string): string =>
  text.replaceAll(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]+/gu, ' ').trimEnd()

/** `a, b, c and 4 more` */
export function listed(items: readonly string[], most = 3): string {
  if (items.length <= most + 1)
    return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1) ?? ''}`
  return `${items.slice(0, most).join(', ')} and ${items.length - most} more`
}

/** `1 step`, `2 steps` */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

/** `not felt`, `45 s`, `2 min 5 s` */
export function seconds(count: number): string {
  if (count === 0) return 'not felt'
  const minutes = Math.floor(count / 60)
  const rest = Math.round(count % 60)
  return [minutes > 0 ? `${minutes} min` : '', rest > 0 || minutes === 0 ? `${rest} s` : '']
    .filter(part => part !== '')
    .join(' ')
}
