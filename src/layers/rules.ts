import type { AnyRule } from '../model/rule.ts'
import { calicoRules } from './cni-calico/rules/index.ts'

/** Rules that need a layer's reading, layer by layer from the ground up: each layer keeps its own in `rules.ts` of its folder. */
export const layerRules: readonly AnyRule[] = [...calicoRules]
