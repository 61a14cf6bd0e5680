import type { AnyRule } from '../model/rule.ts'
import { advertiseAddressRules } from './advertise-address.ts'
import { apiServerAllocatorRules } from './api-server-allocator.ts'
import { apiServerFlagRules } from './api-server-flags.ts'
import { controllerManagerFlagRules } from './controller-manager-flags.ts'
import { controllerManagerMaskRules } from './controller-manager-masks.ts'
import { featureGateRules } from './feature-gates.ts'
import { kubeletFlagRules } from './kubelet-flags.ts'
import { kubeProxyConfigRules } from './kube-proxy-config.ts'
import { kubeProxyFieldRules } from './kube-proxy-fields.ts'
import { kubeadmConfigRules } from './kubeadm-config.ts'
import { kubernetesVersionRules } from './kubernetes-version.ts'
import { kubeadmAPIRules } from './kubeadm-api.ts'
import { serviceFieldRules } from './service-fields.ts'
import { serviceAdmissionRules } from './service-admission.ts'
import { objectAdmissionRules } from './object-admission.ts'
import { sourceRangeRules } from './source-ranges.ts'
import { versionSkewRules } from './version-skew.ts'
import { serviceCIDRRules } from './service-cidr.ts'
import { nodeStateRules } from './node-state.ts'
import { staticPodRules } from './static-pods.ts'
import { podStateRules } from './pod-state.ts'
import { serviceStateRules } from './service-state.ts'
import { nodeRangeRules } from './node-ranges.ts'
import { serviceRangeRules } from './service-range.ts'
import { bystanderRules } from './bystanders.ts'
import { managerRules } from './managers.ts'
import { certificateRules } from './certificates.ts'
import { removedFlagRules } from './removed-flags.ts'
import { serviceCIDRPolicyRules } from './service-cidr-policies.ts'
import { leftBehindRules } from './left-behind.ts'
import { otherCNIRangeRules } from './other-cni-ranges.ts'
import { otherCNIRules } from './other-cni.ts'
import { blockSizeRules } from './block-size.ts'
import { nodeAddressRules } from './node-address.ts'
import { nodeMaskRules } from './node-mask.ts'
import { overlapRules } from './overlap.ts'
import { podRangeRules } from './pod-range.ts'
import { rangeKindRules } from './range-kind.ts'
import { rangePairRules } from './range-pair.ts'
import { rangeTextRules } from './range-text.ts'
import { roomRules } from './room.ts'
import { runningRangeRules } from './running-range.ts'
import { ulaRules } from './ula.ts'

/** Every rule that several layers share, in the order in which they are told. Rules of one layer stand in its folder. */
export const rules: readonly AnyRule[] = [
  ...rangeTextRules,
  ...rangePairRules,
  ...rangeKindRules,
  ...ulaRules,
  ...serviceRangeRules,
  ...podRangeRules,
  ...nodeMaskRules,
  ...blockSizeRules,
  ...overlapRules,
  ...roomRules,
  ...runningRangeRules,
  ...nodeAddressRules,
  ...apiServerFlagRules,
  ...apiServerAllocatorRules,
  ...advertiseAddressRules,
  ...controllerManagerFlagRules,
  ...controllerManagerMaskRules,
  ...nodeRangeRules,
  ...kubernetesVersionRules,
  ...featureGateRules,
  ...kubeletFlagRules,
  ...removedFlagRules,
  ...kubeProxyConfigRules,
  ...kubeProxyFieldRules,
  ...kubeadmConfigRules,
  ...kubeadmAPIRules,
  ...serviceAdmissionRules,
  ...serviceFieldRules,
  ...objectAdmissionRules,
  ...sourceRangeRules,
  ...versionSkewRules,
  ...serviceCIDRRules,
  ...serviceCIDRPolicyRules,
  ...nodeStateRules,
  ...certificateRules,
  ...staticPodRules,
  ...podStateRules,
  ...serviceStateRules,
  ...leftBehindRules,
  ...managerRules,
  ...otherCNIRangeRules,
  ...otherCNIRules,
  ...bystanderRules,
]
