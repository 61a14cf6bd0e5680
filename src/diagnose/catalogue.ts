import { layerRules } from '../layers/rules.ts'
import type { Failure } from '../model/failure.ts'
import type { AnyRule } from '../model/rule.ts'
import { rules } from '../rules/index.ts'
import { failuresOf, layerOrder } from './from-rules.ts'
import { ownFailures } from './failures/index.ts'

export const allRules: readonly AnyRule[] = [...rules, ...layerRules]

const wordsOf = (line: string): string => line.replaceAll(/^[*\s]+|[*\s]+$/g, '')

/** Words that anybody says, of more than what a rule is about. */
const general = new Set(
  ownFailures.flatMap(({ signs }) =>
    signs.flatMap(sign => (sign.kind === 'log' && sign.speaker === 'any' ? [wordsOf(sign.line)] : [])),
  ),
)

/** A rule whose words are general ones is found by what stands there, and not by what is said. */
const withoutGeneral = (failure: Failure): Failure => ({
  ...failure,
  signs: failure.signs.filter(sign => sign.kind !== 'log' || !general.has(wordsOf(sign.line))),
})

/** Every failure that is known: what rules say, and what is declared in `failures/`. By layer, from the ground up. */
export const catalogue: readonly Failure[] = [
  ...failuresOf(allRules)
    .map(withoutGeneral)
    .filter(({ signs }) => signs.length > 0),
  ...ownFailures,
].toSorted((a, b) => rankOf(a.layer) - rankOf(b.layer))

/** Place of a layer, from the ground up. */
export function rankOf(layer: string): number {
  const place = layerOrder.findIndex(one => one === layer)
  return place < 0 ? layerOrder.length : place
}
