import { layerRules } from '../layers/rules.ts'
import type { Failure } from '../model/failure.ts'
import { rules } from '../rules/index.ts'
import { failuresOf, layerOrder } from './from-rules.ts'
import { ownFailures } from './failures/index.ts'

/** Every failure that is known: what rules say, and what is declared in `failures/`. By layer, from the ground up. */
export const catalogue: readonly Failure[] = [
  ...failuresOf([...rules, ...layerRules]),
  ...ownFailures,
].toSorted((a, b) => rankOf(a.layer) - rankOf(b.layer))

/** Place of a layer, from the ground up. */
export function rankOf(layer: string): number {
  const place = layerOrder.findIndex(one => one === layer)
  return place < 0 ? layerOrder.length : place
}
