import { type Family, families } from '../../address/family.ts'
import type { Goal } from '../../model/goal.ts'

/** The families that come or go. The first of the goal is the cluster's primary one, and never changes. */
export const changingFamilies = (goal: Goal): readonly Family[] =>
  families.filter(family => family !== goal.families[0])

/** A list for people: `a, b, c and 4 more`. */
export function listed(names: readonly string[], most = 5): string {
  if (names.length <= most) return names.join(', ')
  return `${names.slice(0, most).join(', ')} and ${names.length - most} more`
}
