import type { Family } from '../address/family.ts'
import type { Colours } from './colours.ts'
import { pairs } from './pairs.ts'
import { printable } from './printable.ts'

/** What `dualstack cidr show` knows of one text. */
export type Shown =
  | { readonly given: string; readonly error: string; readonly hint?: string }
  | {
      readonly given: string
      readonly canonical: string
      readonly family: Family
      readonly first: string
      readonly last: string
      readonly prefix: number
      /** Decimal digits: up to 2^128. */
      readonly addresses: string
      /** `private`, `ula`, `global`, …: stable, for scripts. */
      readonly kind: string
      readonly kindTitle: string
      /** Blocks of other kinds inside it. */
      readonly holds: readonly string[]
      readonly notes: readonly string[]
    }

export const shownText = (all: readonly Shown[], colours: Colours): string =>
  all.map(one => shownOne(one, colours)).join('\n')

function shownOne(shown: Shown, colours: Colours): string {
  if ('error' in shown) {
    const hint = shown.hint === undefined ? '' : `  ${printable(shown.hint)}\n`
    return `${colours.red('error:')} ${printable(shown.error)}\n${hint}`
  }
  const { first, last, holds, notes } = shown
  const title = `${colours.bold(shown.canonical)}\n`
  const rows: [string, string | undefined][] = [
    ['family', shown.family],
    ['kind', shown.kindTitle],
    ['holds', holds.length === 0 ? undefined : holds.join(', ')],
    ['first', first === last ? undefined : first],
    ['last', first === last ? undefined : last],
    ['addresses', grouped(shown.addresses)],
    ...notes.map((note, index): [string, string] => [index === 0 ? 'notes' : '', note]),
  ]
  return title + pairs(rows, colours)
}

/** Commas between thousands as long as a person reads digits, a power of two besides. */
function grouped(digits: string): string {
  const bits = BigInt(digits).toString(2).length - 1
  const power = `2^${bits}`
  return digits.length > 15 ? power : `${digits.replaceAll(/\B(?=(\d{3})+$)/g, ',')} (${power})`
}
