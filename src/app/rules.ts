import { layerRules } from '../layers/rules.ts'
import { type Layer, readsOf } from '../model/layer.ts'
import type { Read } from '../model/read.ts'
import type { AnyRule } from '../model/rule.ts'
import { rules } from '../rules/index.ts'

/** Every rule there is: what several layers share, then those of the layers. The one list that commands, docs and tests use. */
export const allRules: readonly AnyRule[] = [...rules, ...layerRules]

/** All that layers and rules want read. */
export const allReads = (layers: readonly Layer[]): readonly Read[] => [
  ...readsOf(layers),
  ...allRules.flatMap(rule => rule.reads ?? []),
]
