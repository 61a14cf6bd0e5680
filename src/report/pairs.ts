import type { Colours } from './colours.ts'
import { printable } from './printable.ts'

/** Names and values below each other, values aligned; a pair without a value is left out. */
export function pairs(
  rows: readonly (readonly [name: string, value: string | undefined])[],
  colours: Colours,
): string {
  const known = rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
  const width = Math.max(0, ...known.map(([name]) => name.length))
  return known
    .map(
      ([name, value]) => `  ${colours.dim(name)}${' '.repeat(width - name.length)}   ${printable(value)}\n`,
    )
    .join('')
}
