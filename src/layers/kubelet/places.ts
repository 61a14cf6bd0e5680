import { RefusedError } from '../../base/errors.ts'
import { readEnvFlags } from '../../text/env.ts'
import { envFiles } from './files.ts'
import { sets, type Unit, type UnitLine } from './unit.ts'

/** Where a flag stands. */
export interface Place {
  readonly path: string
  readonly variable: string
  readonly value: string
}

/** The text of a file of the node; undefined: not there, or not read. */
type TextOf = (path: string) => string | undefined

const mentions = (text: string, flag: string): number =>
  [...text.matchAll(new RegExp(`--${flag.replaceAll('-', '[-_]')}(?![\\w-])`, 'g'))].length

/** The file that gives a variable its value. */
const definer = (unit: Unit, textOf: TextOf, variable: string): string | undefined =>
  unit.files.findLast(path => new RegExp(`^\\s*${variable}=`, 'm').test(textOf(path) ?? ''))

/**
 * Where the flag that counts stands; undefined: nowhere that we read.
 * @throws RefusedError of text/env, where the flag may stand in a variable that is not understood
 */
export function placeOf(unit: Unit, textOf: TextOf, flag: string): Place | undefined {
  let found: Place | undefined
  for (const variable of unit.variables) {
    const path = definer(unit, textOf, variable)
    if (path === undefined) continue
    const text = textOf(path) ?? ''
    try {
      const value = readEnvFlags(text, variable)?.[flag]
      if (value !== undefined) found = { path, variable, value }
    } catch (error) {
      // kubespray's KUBELET_ARGS goes over several lines. That is none of our business as long as the flag is not in it.
      const others = found?.path === path ? 1 : 0
      if (!(error instanceof RefusedError) || mentions(text, flag) > others) throw error
    }
  }
  return found
}

/** The line of the unit or a drop-in that bears the flag itself and counts: in ExecStart, or in a variable that no file sets. */
export function fixedLine(unit: Unit, textOf: TextOf, flag: string): UnitLine | undefined {
  if (unit.start !== undefined && mentions(unit.start.value, flag) > 0) return unit.start
  const open = unit.variables.filter(variable => definer(unit, textOf, variable) === undefined)
  return unit.environment.find(
    line => mentions(line.value, flag) > 0 && open.some(variable => sets(line, variable)),
  )
}

/**
 * Where a flag goes that stands nowhere yet: kubeadm's file, else KUBELET_EXTRA_ARGS. Not where the variable has its value from Environment=:
 * a file that sets it would take that value away.
 * @throws RefusedError `kubelet.no-place`
 */
export function newPlace(unit: Unit, textOf: TextOf): Omit<Place, 'value'> {
  const candidates = [
    { path: envFiles[0], variable: 'KUBELET_KUBEADM_ARGS' },
    ...[envFiles[1], envFiles[2]].map(path => ({ path, variable: 'KUBELET_EXTRA_ARGS' })),
  ]
  const usable = candidates.find(({ path, variable }) => {
    if (!unit.variables.includes(variable) || !unit.files.includes(path)) return false
    const by = definer(unit, textOf, variable)
    return by === path || (by === undefined && !unit.environment.some(line => sets(line, variable)))
  })
  if (usable !== undefined) return usable
  throw new RefusedError(
    'kubelet.service leaves no place for a flag',
    'kubelet.no-place',
    `Set KUBELET_EXTRA_ARGS in ${envFiles[1]} (Debian) or ${envFiles[2]} (Red Hat), and let ExecStart end in $KUBELET_EXTRA_ARGS.`,
  )
}
