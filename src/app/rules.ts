import { layerRules } from '../layers/rules.ts'
import type { AnyRule } from '../model/rule.ts'
import { rules } from '../rules/index.ts'

/** Every rule there is: what several layers share, then those of the layers. The one list that commands, docs and tests use. */
export const allRules: readonly AnyRule[] = [...rules, ...layerRules]
