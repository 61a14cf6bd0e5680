import type { AnyRule } from '../../../model/rule.ts'
import { hostAddressRules } from './host-address.ts'
import { hostFamilyRules } from './host-family.ts'
import { hostFirewallRules } from './host-firewall.ts'
import { hostUnderlayRules } from './host-underlay.ts'

/** What a node's kernel and firewall must let happen. */
export const hostRules: readonly AnyRule[] = [
  ...hostFamilyRules,
  ...hostAddressRules,
  ...hostFirewallRules,
  ...hostUnderlayRules,
]
