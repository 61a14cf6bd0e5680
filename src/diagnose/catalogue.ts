import { layerRules } from '../layers/rules.ts'
import type { Failure } from '../model/failure.ts'
import type { AnyRule } from '../model/rule.ts'
import { rules } from '../rules/index.ts'
import { failuresOf, layerOrder } from './from-rules.ts'
import { ownFailures } from './failures/index.ts'

export const allRules: readonly AnyRule[] = [...rules, ...layerRules]

/** Every failure that is known: what rules say, and what is declared in `failures/`. By layer, from the ground up. */
export const catalogue: readonly Failure[] = [...failuresOf(allRules), ...ownFailures].toSorted(
  (a, b) => rankOf(a.layer) - rankOf(b.layer),
)

/** Place of a layer, from the ground up. */
export function rankOf(layer: string): number {
  const place = layerOrder.findIndex(one => one === layer)
  return place < 0 ? layerOrder.length : place
}
