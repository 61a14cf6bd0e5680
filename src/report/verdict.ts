import { type Family, families, type PerFamily } from '../address/family.ts'
import type { StatusRow } from '../model/layer.ts'

/** What a row says, in a word that scripts may rely on. */
export type Verdict = 'dual-stack' | 'partly dual-stack' | 'single-stack' | 'in between' | 'unknown'

/** How much of a family is there: all, some (`3 of 12`), nothing. */
type Share = 'all' | 'some' | 'none'

const counting = /^(\d+) of (\d+)\b/
/** `3 of 12`, `3 of 12 pods` */
export const isCount = (value: string): boolean => counting.test(value)

function share(value: string | undefined): Share {
  if (value === undefined || value === '' || value === 'off') return 'none'
  const count = counting.exec(value)
  if (!count) return 'all'
  if (count[1] === count[2]) return 'all'
  return count[1] === '0' ? 'none' : 'some'
}

const isSaid = (values: PerFamily<string>): boolean => families.some(family => values[family] !== undefined)

/** The families of one side, as far as they are there for all. */
const whole = (values: PerFamily<string>): readonly Family[] =>
  families.filter(family => share(values[family]) === 'all')
const partial = (values: PerFamily<string>): boolean =>
  families.some(family => share(values[family]) === 'some')

/** What is configured and what runs must both say so; a side that says nothing has no vote. */
export function verdictOf(row: StatusRow): Verdict {
  const sides = [row.configured, row.running].filter(isSaid)
  const [first, second] = sides
  if (!first) return 'unknown'
  if (second && whole(first).join() !== whole(second).join()) return 'in between'
  if (sides.some(partial)) return 'partly dual-stack'
  const found = whole(first)
  if (found.length === 0) return 'unknown'
  return found.length > 1 ? 'dual-stack' : 'single-stack'
}

/** The same in words for people: which family alone, what does not run yet. */
export function wordsOf(row: StatusRow): string {
  const verdict = verdictOf(row)
  if (verdict === 'single-stack')
    return `${whole(isSaid(row.configured) ? row.configured : row.running).join()} only`
  if (verdict !== 'in between') return verdict
  const added = whole(row.configured).filter(family => !whole(row.running).includes(family))
  const lost = whole(row.running).filter(family => !whole(row.configured).includes(family))
  return [
    ...added.map(family => `${family} not running yet`),
    ...lost.map(family => `${family} not configured`),
  ].join(', ')
}
