import type { AnyRule } from '../../../model/rule.ts'
import { networkPolicyRules } from './network-policy.ts'
import { serviceExposureRules } from './service-exposure.ts'

/** What opens, closes or moves when Services and policies meet a second family. */
export const serviceRules: readonly AnyRule[] = [...networkPolicyRules, ...serviceExposureRules]
