import type { AnyRule } from '../model/rule.ts'
import { serviceRangeRules } from './service-range.ts'

/** Every rule that several layers share, in the order in which they are told. Rules of one layer stand in its folder. */
export const rules: readonly AnyRule[] = [...serviceRangeRules]
