import type { Goal } from '../../model/goal.ts'
import { minorOf } from '../../base/version.ts'

/** The flag, and the gate in it, behind which dual-stack was: off in 1.20, on from 1.21, on for good from 1.23, unknown from 1.25. */
export const gatesFlag = 'feature-gates'
export const dualStackGate = 'IPv6DualStack'

/** Components take `IPv6DualStack=1` as well. */
const isTrue = (value: string): boolean => /^(1|t|true)$/i.test(value)

/**
 * What of a component's gates must change, as a change of flags: {} in every version but 1.20 to 1.22, and there where the gate is on
 * already. On the way back it goes where it is off by default, as nobody needs it then; ask only where a pair of ranges goes with it.
 */
export function gateChange(
  version: string,
  goal: Goal,
  existing: string | undefined,
): Readonly<Record<string, string | null>> {
  const value = gatesAfter(version, goal, existing)
  return value === existing ? {} : { [gatesFlag]: value ?? null }
}

/** `A=true,IPv6DualStack=true`; undefined: no gate is left, the flag goes. */
function gatesAfter(version: string, goal: Goal, existing: string | undefined): string | undefined {
  const gates = (existing ?? '').split(',').filter(part => part !== '')
  const isOurs = (part: string): boolean => part.split('=')[0]?.trim() === dualStackGate
  const own = gates.findLast(isOurs)?.split('=')[1]?.trim()
  const wanted = wantedGate(version, goal, own === undefined ? undefined : isTrue(own))
  if (wanted === 'as it is') return existing
  const others = gates.filter(part => !isOurs(part))
  const after = wanted === 'on' ? [...others, `${dualStackGate}=true`] : others
  return after.length === 0 ? undefined : after.join(',')
}

/** The same for those who keep gates in a mapping. `own`: what is said of it now. */
export function wantedGate(
  version: string,
  goal: Goal,
  own: boolean | undefined,
): 'on' | 'gone' | 'as it is' {
  const minor = minorOf(version)
  if (!(minor >= 20 && minor <= 22)) return 'as it is'
  const isOnByDefault = minor > 20
  if (goal.families.length > 1) return (own ?? isOnByDefault) ? 'as it is' : 'on'
  return own === true && !isOnByDefault ? 'gone' : 'as it is'
}
