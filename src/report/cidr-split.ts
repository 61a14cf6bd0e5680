import type { Colours } from './colours.ts'
import { table } from './table.ts'

/** What `dualstack cidr split` made. */
export interface Split {
  readonly cidr: string
  readonly prefix: number
  /** How many parts there are, in decimal digits: up to 2^128. */
  readonly count: string
  /** The first of them. */
  readonly parts: readonly { readonly cidr: string; readonly last: string }[]
}

export function splitText(split: Split, colours: Colours): string {
  const rest = BigInt(split.count) - BigInt(split.parts.length)
  const more = rest === 0n ? '' : `and ${rest} more of /${split.prefix}: --limit shows more\n`
  return (
    table(
      ['CIDR', 'LAST'],
      split.parts.map(({ cidr, last }) => [cidr, last]),
      colours.bold,
    ) + more
  )
}
