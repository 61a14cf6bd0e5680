import type { Evidence, Failure } from '../model/failure.ts'

/** A cause that was found, before it is put in order. */
export interface Found {
  readonly failure: Failure
  readonly certainty: 'sure' | 'likely'
  /** Lines that were heard of it. */
  readonly lines: readonly Evidence[]
  /** States that show it, a few of them. */
  readonly states: readonly Evidence[]
  /** Every object whose state shows it. */
  readonly objects: readonly string[]
  readonly first: number
  readonly at: string
  /** Causes that say the same and are told with this one. */
  readonly also?: readonly string[]
  /** Layers whose unfinished steps explain it, where a run of ours has not come to its end. */
  readonly halfDone?: readonly string[]
}

/** One cause that was found in two ways. */
export function both(one: Found, other: Found): Found {
  return {
    failure: one.failure,
    certainty: one.certainty === 'sure' || other.certainty === 'sure' ? 'sure' : 'likely',
    lines: [...one.lines, ...other.lines],
    states: [...one.states, ...other.states],
    objects: [...one.objects, ...other.objects],
    first: Math.min(one.first, other.first),
    at: one.at === '' ? other.at : one.at,
  }
}
