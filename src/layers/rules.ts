import type { AnyRule } from '../model/rule.ts'
import { calicoRules } from './cni-calico/rules/index.ts'
import { dnsRules } from './dns/rules.ts'
import { hostRules } from './host/rules/index.ts'
import { apiServerRules } from './kube-apiserver/rules/index.ts'
import { restartRules } from './kubelet/restart-rules.ts'
import { kubeletRules } from './kubelet/rules.ts'
import { serviceRules } from './services/rules/index.ts'
import { driftRules } from './shared/drift-rules.ts'
import { workloadRules } from './workloads/rules/index.ts'

/** Rules that need a layer's reading, layer by layer from the ground up: each layer keeps its own in `rules.ts` of its folder. */
export const layerRules: readonly AnyRule[] = [
  ...hostRules,
  ...apiServerRules,
  ...driftRules,
  ...kubeletRules,
  ...restartRules,
  ...calicoRules,
  ...serviceRules,
  ...dnsRules,
  ...workloadRules,
]
