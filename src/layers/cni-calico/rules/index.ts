import type { AnyRule } from '../../../model/rule.ts'
import { bgpRules } from './calico-bgp.ts'
import { dataplaneRules } from './calico-dataplane.ts'
import { encapsulationRules } from './calico-encapsulation.ts'
import { ipamRules } from './calico-ipam.ts'
import { mtuRules } from './calico-mtu.ts'
import { natRules } from './calico-nat.ts'
import { nodeAddressRules } from './calico-node-address.ts'
import { nodePoolRules } from './calico-node-pools.ts'
import { nodeRules } from './calico-node.ts'
import { operatorRules } from './calico-operator.ts'
import { policyRules } from './calico-policy.ts'
import { poolRules } from './calico-pool.ts'
import { chainRules } from './cni-chain.ts'

/** What Calico demands or does that an operator would not expect, topic by topic. */
export const calicoRules: readonly AnyRule[] = [
  ...poolRules,
  ...encapsulationRules,
  ...natRules,
  ...mtuRules,
  ...nodeAddressRules,
  ...nodePoolRules,
  ...nodeRules,
  ...ipamRules,
  ...bgpRules,
  ...dataplaneRules,
  ...policyRules,
  ...chainRules,
  ...operatorRules,
]
