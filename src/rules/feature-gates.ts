import type { ComponentArguments, Rule } from '../model/rule.ts'
import { argumentsRule } from './arguments-rule.ts'
import { argumentsOf } from './example.ts'
import { gatesSet, isOn } from './gates.ts'
import { listOf } from './sloppy.ts'
import { minorOf } from '../base/version.ts'

const components = ['kube-apiserver', 'kube-controller-manager', 'kubelet', 'kube-proxy'] as const
const gates =
  'k/k:staging/src/k8s.io/component-base/featuregate/feature_gate.go, pkg/features/kube_features.go'

const given = (
  component: ComponentArguments['component'],
  version: string,
  flags: Readonly<Record<string, string>>,
) => argumentsOf(component, flags, { version })

/** Gates of this field that a later version does not know any more: first minor version without them. */
const goneSince: Readonly<Record<string, number>> = {
  IPv6DualStack: 25,
  CloudDualStackNodeIPs: 32,
  PodHostIPs: 32,
}

const removed = argumentsRule({
  id: 'feature-gates/removed',
  component: components,
  title: 'no feature gate is named that this version does not know any more',
  why: 'Pages written for 1.20 set IPv6DualStack. A component of 1.25 or later that is given it exits at its next start, whatever its value.',
  source: gates,
  covers: ['kubernetes 1.5', 'kubernetes 5.1'],
  remedy:
    'Take the gate out of --feature-gates, or out of featureGates in the configuration file: it has long been on for good.',
  line: 'unrecognized feature gate: *',
  judge: input =>
    [...gatesSet(input).keys()]
      .filter(gate => Object.hasOwn(goneSince, gate) && minorOf(input.version) >= (goneSince[gate] ?? 0))
      .map(gate => ({ field: `feature gate ${gate}`, values: [gate] })),
  examples: {
    bad: [
      () => given('kube-apiserver', 'v1.25.0', { 'feature-gates': 'IPv6DualStack=true' }),
      () => given('kubelet', 'v1.36.3', { 'featureGates.IPv6DualStack': 'true' }),
      () => given('kubelet', 'v1.32.0', { 'feature-gates': 'CloudDualStackNodeIPs=true' }),
      () => given('kube-proxy', 'v1.33.0', { 'featureGates.PodHostIPs': 'true' }),
    ],
    good: [
      () => given('kube-apiserver', 'v1.24.17', { 'feature-gates': 'IPv6DualStack=true' }),
      () => given('kubelet', 'v1.31.9', { 'feature-gates': 'CloudDualStackNodeIPs=true,PodHostIPs=true' }),
      () => given('kube-controller-manager', 'v1.36.3', { 'feature-gates': 'StrictIPCIDRValidation=false' }),
    ],
  },
})

/** Gates that may be named and not changed: from which to which minor version, and to what. */
const locked: readonly { readonly gate: string; readonly from: number; readonly to: number }[] = [
  { gate: 'IPv6DualStack', from: 23, to: 24 },
  { gate: 'MultiCIDRServiceAllocator', from: 34, to: Number.POSITIVE_INFINITY },
  { gate: 'DisableAllocatorDualWrite', from: 35, to: Number.POSITIVE_INFINITY },
]

const lockedGate = argumentsRule({
  id: 'feature-gates/locked',
  component: components,
  title: 'no feature gate is turned off that this version has locked on',
  why: 'A gate that became part of the version may be named, but not turned off: the component exits.',
  source: gates,
  covers: ['kubernetes 1.5', 'kubernetes 2.1'],
  remedy: 'Take the gate out.',
  line: 'cannot set feature gate * to false, feature is locked to true',
  judge(input) {
    const minor = minorOf(input.version)
    return locked
      .filter(
        ({ gate, from, to }) =>
          minor >= from && minor <= to && /^(0|f|false)$/i.test(gatesSet(input).get(gate) ?? ''),
      )
      .map(({ gate }) => ({ field: `feature gate ${gate}`, values: [gate] }))
  },
  examples: {
    bad: [
      () => given('kube-apiserver', 'v1.23.0', { 'feature-gates': 'IPv6DualStack=false' }),
      () => given('kube-apiserver', 'v1.34.1', { 'feature-gates': 'A=true,MultiCIDRServiceAllocator=false' }),
      () => given('kube-apiserver', 'v1.35.0', { 'feature-gates': 'DisableAllocatorDualWrite=false' }),
    ],
    good: [
      () => given('kube-apiserver', 'v1.22.0', { 'feature-gates': 'IPv6DualStack=false' }),
      () => given('kube-apiserver', 'v1.33.1', { 'feature-gates': 'MultiCIDRServiceAllocator=false' }),
      () => given('kube-apiserver', 'v1.34.1', { 'feature-gates': 'DisableAllocatorDualWrite=false' }),
    ],
  },
})

const pairFields = ['service-cluster-ip-range', 'cluster-cidr', 'clusterCIDR', 'node-ip'] as const

const needed = argumentsRule({
  id: 'feature-gates/dual-stack-off',
  component: components,
  title: 'a component that is given two ranges has dual-stack on',
  versions: '<1.23',
  why: 'Up to 1.22 dual-stack is behind the gate IPv6DualStack: off to 1.20, on from 1.21. Every component needs it; one that has it off refuses a pair or takes the first only.',
  source: 'KEP-563, website feature-gates/IPv6DualStack.md',
  covers: ['kubernetes 1.5'],
  remedy:
    'Set IPv6DualStack=true for kube-apiserver, kube-controller-manager, kubelet and kube-proxy alike; better, go to 1.23 or later first.',
  judge: input =>
    isOn(input, 'IPv6DualStack')
      ? []
      : pairFields
          .filter(name => listOf(input.arguments[name]).length > 1)
          .map(name => ({ field: name, message: 'two values, and the feature gate IPv6DualStack is off' })),
  examples: {
    bad: [
      () => given('kube-apiserver', 'v1.20.15', { 'service-cluster-ip-range': '10.96.0.0/16,fd00:96::/112' }),
      () =>
        given('kube-proxy', 'v1.22.0', {
          clusterCIDR: '10.244.0.0/16,fd00:244::/56',
          'featureGates.IPv6DualStack': 'false',
        }),
    ],
    good: [
      () =>
        given('kube-apiserver', 'v1.20.15', {
          'service-cluster-ip-range': '10.96.0.0/16,fd00:96::/112',
          'feature-gates': 'IPv6DualStack=true',
        }),
      () => given('kubelet', 'v1.21.0', { 'node-ip': '10.0.0.11,fd00:10::11' }),
    ],
  },
})

/** kubeadm's own list of gates is another one than the components'. */
const ofKubeadm: Rule<'arguments'> = argumentsRule({
  id: 'feature-gates/unknown-to-kubeadm',
  component: 'kubeadm',
  title: 'kubeadm’s configuration names no gate that kubeadm has not',
  why: 'ClusterConfiguration.featureGates are kubeadm’s own; IPv6DualStack was one of them up to 1.23.',
  source: 'k/k:cmd/kubeadm/app/apis/kubeadm/validation/validation.go, kubernetes/kubernetes#106648',
  covers: ['kubernetes 1.5', 'kubernetes 11'],
  remedy: 'Take it out of featureGates in ConfigMap kube-system/kubeadm-config.',
  line: '* is not a valid feature name.',
  judge: input =>
    [...gatesSet(input).keys()]
      .filter(
        gate =>
          (gate === 'IPv6DualStack' && minorOf(input.version) >= 24) ||
          (gate === 'NodeLocalCRISocket' && minorOf(input.version) >= 37),
      )
      .map(gate => ({ field: 'featureGates', values: [gate] })),
  examples: {
    bad: [
      () => given('kubeadm', 'v1.24.0', { 'featureGates.IPv6DualStack': 'true' }),
      () => given('kubeadm', 'v1.37.0', { 'featureGates.NodeLocalCRISocket': 'true' }),
    ],
    good: [
      () => given('kubeadm', 'v1.23.0', { 'featureGates.IPv6DualStack': 'true' }),
      () => given('kubeadm', 'v1.36.3', { 'featureGates.NodeLocalCRISocket': 'true' }),
    ],
  },
})

export const featureGateRules = [removed, lockedGate, needed, ofKubeadm] as const
