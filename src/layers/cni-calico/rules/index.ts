import type { AnyRule } from '../../../model/rule.ts'
import { bgpRules } from './calico-bgp.ts'
import { dataplaneRules } from './calico-dataplane.ts'
import { encapsulationRules } from './calico-encapsulation.ts'
import { ipamRules } from './calico-ipam.ts'
import { nodeRules } from './calico-node.ts'
import { poolRules } from './calico-pool.ts'

/** What Calico demands or does that an operator would not expect, topic by topic. */
export const calicoRules: readonly AnyRule[] = [
  ...poolRules,
  ...encapsulationRules,
  ...nodeRules,
  ...ipamRules,
  ...bgpRules,
  ...dataplaneRules,
]
