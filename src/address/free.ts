import { type CIDR, cidrOf, contains, lastAddress, overlaps } from './cidr.ts'

/**
 * The first range of this prefix length inside another that meets none of those taken; undefined: there is none. Goes past what is taken, not
 * through it: a /32 full of others takes one step.
 */
export function firstFree(inside: CIDR, prefix: number, taken: readonly CIDR[]): CIDR | undefined {
  if (prefix < inside.prefix) return undefined
  let range = cidrOf(inside, prefix)
  for (;;) {
    const tried = range
    const met = taken.find(other => overlaps(tried, other))
    if (met === undefined) return tried
    // Aligned: whichever of two ranges that meet is the larger ends where both end.
    const larger = contains(met, tried) ? met : tried
    if (larger.last >= inside.last) return undefined
    range = cidrOf({ family: inside.family, value: larger.last + 1n }, prefix)
  }
}

/** As `firstFree`, from the end. */
export function lastFree(inside: CIDR, prefix: number, taken: readonly CIDR[]): CIDR | undefined {
  if (prefix < inside.prefix) return undefined
  let range = cidrOf(lastAddress(inside), prefix)
  for (;;) {
    const tried = range
    const met = taken.find(other => overlaps(tried, other))
    if (met === undefined) return tried
    const larger = contains(met, tried) ? met : tried
    if (larger.value <= inside.value) return undefined
    range = cidrOf({ family: inside.family, value: larger.value - 1n }, prefix)
  }
}
