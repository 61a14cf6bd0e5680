import { type CIDR, formatCIDR, parseCIDR, sameCIDR, tryParseCIDR, tryParseIP } from '../../address/index.ts'
import type { Family, PerFamily } from '../../address/family.ts'
import { RefusedError } from '../../base/errors.ts'
import type { Goal } from '../../model/goal.ts'

/** The parts of `a,b` by their families, for people to read; a part that is neither address nor range is left out. */
export function byFamily(text: string | undefined): PerFamily<string> {
  const found: { [F in Family]?: string } = {}
  for (const part of partsOf(text)) {
    const family = (tryParseIP(part) ?? tryParseCIDR(part, { allowHostBits: true }))?.family
    if (family !== undefined) found[family] ??= part
  }
  return found
}

/**
 * What a place that says `existing` must say for the goal: its own spelling where it names the same range, so that nothing changes that
 * need not. undefined stands for "says nothing".
 * @throws RefusedError `range.primary` where the first range is another than the goal's: it never changes on a running cluster
 */
export function pairFor(goal: Goal, ranges: PerFamily<string>, existing: string | undefined): string {
  const parts = partsOf(existing).map(text => ({ text, range: parse(text) }))
  const wanted = goal.families.flatMap(family => ranges[family] ?? [])
  const [first] = parts
  const [primary] = wanted
  if (first !== undefined && primary !== undefined && !same(first.range, parseCIDR(primary))) {
    throw new RefusedError(
      `the first range is ${first.text}, and this cluster's is ${primary}`,
      'range.primary',
      'The first range of a running cluster never changes. Make all places agree before anything is added.',
    )
  }
  return wanted.map(range => parts.find(part => same(part.range, parseCIDR(range)))?.text ?? range).join(',')
}

const partsOf = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '')

const parse = (text: string): CIDR | undefined => tryParseCIDR(text, { allowHostBits: true })
const same = (a: CIDR | undefined, b: CIDR): boolean => a !== undefined && sameCIDR(a, b)

/** Are these the same addresses or ranges in the same order, however they are spelled? */
export function sameList(one: string, other: string): boolean {
  const canonical = (text: string) =>
    partsOf(text).map(part => {
      const range = parse(part)
      const address = tryParseIP(part)
      return range ? formatCIDR(range) : address ? `${address.family} ${address.value}` : part
    })
  return canonical(one).join() === canonical(other).join()
}
