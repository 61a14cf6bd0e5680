import { families, type Family } from '../../address/family.ts'
import type { Goal } from '../../model/goal.ts'
import { pairFor } from './pair.ts'

/** The flag that sets how long a node's pod block is, for one family. */
export const maskFlag = (family: Family): string => `node-cidr-mask-size-${family.toLowerCase()}`
/** For single-stack clusters only: a dual-stack controller manager exits when it is given. */
export const oldMaskFlag = 'node-cidr-mask-size'
/** Flags that we look at or change. */
export const ownFlags: readonly string[] = [
  'cluster-cidr',
  'service-cluster-ip-range',
  oldMaskFlag,
  ...families.map(maskFlag),
]

export type Flags = Readonly<Record<string, string>>

/** Kubernetes' own, when no flag says otherwise. */
const defaultMask: Readonly<Record<Family, number>> = { IPv4: 24, IPv6: 64 }

/**
 * What must change in a controller manager's flags, by name; null: taken out. The same for its manifest and for kubeadm's extraArgs, from
 * which an upgrade writes the manifest again.
 * @param masks does this place give the masks? Only where the controller manager hands out pod ranges.
 */
export function flagChanges(
  flags: Flags,
  goal: Goal,
  masks: boolean,
): Readonly<Record<string, string | null>> {
  const changes: Record<string, string | null> = {}
  for (const [flag, ranges] of [
    ['cluster-cidr', goal.pods],
    ['service-cluster-ip-range', goal.services],
  ] as const) {
    const existing = flags[flag]
    // One that is not there stays away: it is not needed, and a range alone would say more than the owner wanted.
    if (existing !== undefined && existing !== '') changes[flag] = pairFor(goal, ranges, existing)
  }
  if (
    masks ||
    flags[oldMaskFlag] !== undefined ||
    families.some(family => flags[maskFlag(family)] !== undefined)
  ) {
    Object.assign(changes, goal.families.length > 1 ? masksThere(flags, goal, masks) : masksBack(flags, goal))
  }
  return Object.fromEntries(
    Object.entries(changes).filter(([name, value]) => (flags[name] ?? null) !== value),
  )
}

/**
 * Both masks by name, also where they are the defaults: what is written survives a default that changes. The old flag makes a dual-stack
 * controller manager exit (`usage of --node-cidr-mask-size is not allowed with dual-stack clusters`); its value becomes the first family's.
 */
function masksThere(flags: Flags, goal: Goal, masks: boolean): Record<string, string | null> {
  const [primary] = goal.families
  const changes: Record<string, string | null> = { [oldMaskFlag]: null }
  for (const family of goal.families) {
    const own = flags[maskFlag(family)] ?? (family === primary ? flags[oldMaskFlag] : undefined)
    const wanted = goal.nodeMask[family]
    if (masks || own !== undefined)
      changes[maskFlag(family)] = wanted === undefined ? (own ?? null) : String(wanted)
  }
  return changes
}

/**
 * The mask of a family that goes must go: one left behind makes a single-stack controller manager exit. The other is taken out with it where
 * it says only the default, as we wrote it; the journal knows better where the owner had it there, and puts it back.
 */
function masksBack(flags: Flags, goal: Goal): Record<string, string | null> {
  const gone = families.filter(
    family => !goal.families.includes(family) && flags[maskFlag(family)] !== undefined,
  )
  if (gone.length === 0) return {}
  const plain = goal.families.filter(family => flags[maskFlag(family)] === String(defaultMask[family]))
  return Object.fromEntries([...gone, ...plain].map(family => [maskFlag(family), null]))
}
