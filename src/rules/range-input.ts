import {
  type CIDR,
  formatCIDR,
  type IP,
  type KindName,
  kindOf,
  kindsIn,
  tryParseCIDR,
} from '../address/index.ts'
import { type Family, families } from '../address/family.ts'
import type { Ranges, Rule, Violation } from '../model/rule.ts'

/** Which range: each is a flag of its own, and rules tell them apart by it. */
export type RangeUse = 'pods' | 'services'

const uses = { pods: 'pod range', services: 'service range' } as const
const flags = { pods: '--cluster-cidr', services: '--service-cluster-ip-range' } as const

/** One range of an input, as it was written. */
export interface RangeText {
  readonly use: RangeUse
  /** Family that it stands for. */
  readonly family: Family
  readonly text: string
}

/** One that can be read, by the address family that it is of. Host bits are dropped, as the components do. */
export interface ReadRange extends RangeText {
  readonly cidr: CIDR
}

/** Every range that was given, readable or not. */
export const rangeTexts = (input: Ranges, only?: RangeUse): readonly RangeText[] =>
  (['pods', 'services'] as const)
    .filter(use => only === undefined || use === only)
    .flatMap(use =>
      families.flatMap(family => {
        const text = input[use][family]
        return text === undefined ? [] : [{ use, family, text }]
      }),
    )

/** Those that can be read and are of the family they stand for: `range-text` tells of the others. */
export const readRanges = (input: Ranges, only?: RangeUse): readonly ReadRange[] =>
  rangeTexts(input, only).flatMap(range => {
    const cidr = tryParseCIDR(range.text, { allowHostBits: true })
    return cidr === undefined || cidr.family !== range.family ? [] : [{ ...range, cidr }]
  })

/** One break that is about one range. */
export const ofRange = (range: RangeText | ReadRange, message: string, remedy?: string): Violation => ({
  object: `${uses[range.use]} ${'cidr' in range ? formatCIDR(range.cidr) : range.text}`,
  field: flags[range.use],
  message,
  ...(remedy !== undefined && { remedy }),
})

export const nameOf = (range: ReadRange): string => `${uses[range.use]} ${formatCIDR(range.cidr)}`

/** The title of a kind among these that the whole range lies in, or that a part of it has. */
export const touches = (thing: IP | CIDR, ...names: readonly KindName[]): string | undefined =>
  [kindOf(thing), ...('prefix' in thing ? kindsIn(thing) : [])].find(kind => names.includes(kind.name))?.title

/** Breaks of every range that has addresses of these kinds. */
export const judgeKinds =
  (names: readonly KindName[], message: (title: string) => string): Rule<'ranges'>['judge'] =>
  input =>
    readRanges(input).flatMap(range => {
      const title = touches(range.cidr, ...names)
      return title === undefined ? [] : [ofRange(range, message(title))]
    })

/** kube-controller-manager's own, where no mask is given. */
const defaultMask: Readonly<Record<Family, number>> = { IPv4: 24, IPv6: 64 }

export const nodeMaskOf = (input: Ranges, family: Family): number =>
  input.nodeMask[family] ?? defaultMask[family]

/** The flag that a mask is written in; a cluster of one family may have the older one, which stands for the same. */
export const maskFlag = (family: Family): string => `--node-cidr-mask-size-${family.toLowerCase()}`

export const isPrefix = (value: number, width: number): boolean =>
  Number.isInteger(value) && value >= 0 && value <= width
