import type { ComponentArguments } from '../model/rule.ts'
import { argumentsRule } from './arguments-rule.ts'
import { argumentsOf } from './example.ts'
import { minorOf } from '../base/version.ts'

type Component = 'kubelet' | 'kube-apiserver' | 'kube-controller-manager'
/** Flag → a minor version from which on it is surely not known. A few went a version or two earlier. */
type Removed = Readonly<Record<string, number>>

/** klog's own, KEP-2845. */
const logging: Removed = Object.fromEntries(
  ['logtostderr', 'alsologtostderr', 'log-dir', 'log-file', 'log-file-max-size', 'add-dir-header']
    .concat(['skip-headers', 'skip-log-headers', 'one-output', 'stderrthreshold', 'log-backtrace-at'])
    .map(name => [name, 26]),
)

const dockershim: Removed = Object.fromEntries(
  ['network-plugin', 'cni-conf-dir', 'cni-bin-dir', 'cni-cache-dir', 'network-plugin-mtu']
    .concat(['docker-endpoint', 'image-pull-progress-deadline'])
    .map(name => [name, 24]),
)

const removed: Readonly<Record<Component, Removed>> = {
  kubelet: {
    ...logging,
    ...dockershim,
    'container-runtime': 27,
    'non-masquerade-cidr': 29,
    'dynamic-config-dir': 29,
    'master-service-namespace': 29,
    'keep-terminated-pod-volumes': 31,
    'cloud-config': 34,
    'pod-infra-container-image': 35,
  },
  'kube-apiserver': {
    ...logging,
    'insecure-port': 24,
    'insecure-bind-address': 24,
    'master-service-namespace': 29,
  },
  'kube-controller-manager': {
    ...logging,
    port: 24,
    address: 24,
    'pod-eviction-timeout': 27,
    'enable-taint-manager': 27,
  },
}

const gone = (input: ComponentArguments): readonly string[] => {
  const known: Readonly<Partial<Record<string, Removed>>> = removed
  const flags = known[input.component] ?? {}
  const minor = minorOf(input.version)
  return Object.keys(input.arguments).filter(
    name => Object.hasOwn(flags, name) && minor >= (flags[name] ?? 0),
  )
}

const unknown = argumentsRule({
  id: 'removed-flags/unknown',
  component: ['kubelet', 'kube-apiserver', 'kube-controller-manager'],
  title: 'no component is to be started with a flag that its version has lost',
  why: 'What runs was started before, or by another version. At the restart that the conversion brings it ends at once: the node goes NotReady, or the control plane stays down. kubeadm takes some out of kubeadm-flags.env at an upgrade, and never looks into /etc/default/kubelet.',
  source:
    'k/k:cmd/kubelet/app/options/options.go, CHANGELOG-1.24.md, -1.26.md, -1.27.md, -1.31.md, -1.34.md, -1.35.md',
  covers: ['practice removed-flags', 'kubernetes 11'],
  remedy:
    'Take the flag out of the file in which it stands (kubeadm-flags.env, /etc/default/kubelet or /etc/sysconfig/kubelet, a drop-in; the manifest and kubeadm-config), and restart that one component at a quiet moment to see it start.',
  line: 'unknown flag: --*',
  judge: input => gone(input).map(name => ({ field: `--${name}`, values: [name] })),
  examples: {
    bad: [
      () => argumentsOf('kubelet', { 'pod-infra-container-image': 'pause:3.9' }),
      () => argumentsOf('kubelet', { 'cloud-config': '/etc/cloud.conf' }, { version: 'v1.34.0' }),
      () => argumentsOf('kube-controller-manager', { 'pod-eviction-timeout': '30s' }, { version: 'v1.27.0' }),
      () => argumentsOf('kube-apiserver', { logtostderr: 'true' }),
    ],
    good: [
      () => argumentsOf('kubelet', { 'pod-infra-container-image': 'pause:3.9' }, { version: 'v1.34.3' }),
      () => argumentsOf('kubelet', { 'cloud-provider': 'external' }),
      () => argumentsOf('kube-proxy', { logtostderr: 'true' }),
      () => argumentsOf('kubelet', { constructor: 'x' }),
    ],
  },
})

export const removedFlagRules = [unknown] as const
