import type { Resource } from '../model/cluster.ts'
import type { Read } from '../model/read.ts'

/**
 * All that a bundle may hold. A bundle is mailed around, so it is a list of what is allowed and not of what is forbidden: a layer that
 * wants more puts it here, where somebody sees it. Never Secrets, never anything below /etc/kubernetes but the manifests.
 */
const allowedLists: readonly Resource[] = [
  ...[
    'nodes',
    'namespaces',
    'pods',
    'services',
    'endpoints',
    'events',
    'resourcequotas',
    'persistentvolumeclaims',
  ].map(name => `v1/${name}`),
  ...['daemonsets', 'deployments', 'replicasets', 'statefulsets'].map(name => `apps/v1/${name}`),
  ...['jobs', 'cronjobs'].map(name => `batch/v1/${name}`),
  ...['networkpolicies', 'ingresses', 'ingressclasses', 'servicecidrs', 'ipaddresses'].map(
    name => `networking.k8s.io/v1/${name}`,
  ),
  'discovery.k8s.io/v1/endpointslices',
  'policy/v1/poddisruptionbudgets',
  'coordination.k8s.io/v1/leases',
  ...[
    'validatingadmissionpolicies',
    'validatingadmissionpolicybindings',
    'validatingwebhookconfigurations',
    'mutatingwebhookconfigurations',
  ].map(name => `admissionregistration.k8s.io/v1/${name}`),
  ...[
    'ippools',
    'ipamblocks',
    'blockaffinities',
    'ipamhandles',
    'ipamconfigs',
    'felixconfigurations',
    'bgpconfigurations',
    'bgppeers',
    'clusterinformations',
    'globalnetworkpolicies',
    'networkpolicies',
    'hostendpoints',
    'bgpfilters',
    'globalnetworksets',
    'networksets',
  ].map(name => `crd.projectcalico.org/v1/${name}`),
  'operator.tigera.io/v1/installations',
  'operator.tigera.io/v1/apiservers',
  'operator.tigera.io/v1/tigerastatuses',
  'metallb.io/v1beta1/ipaddresspools',
  'kube-ovn.io/v1/subnets',
]

const allowedConfigMaps = [
  ...['kubeadm-config', 'kube-proxy', 'kubelet-config', 'coredns', 'calico-config'].map(
    name => `kube-system/${name}`,
  ),
  // Other CNIs: what preflight says of them. None of these holds anything secret.
  'kube-flannel/kube-flannel-cfg',
  'kube-system/kube-flannel-cfg',
  'kube-system/cilium-config',
]

const allowedFiles: readonly RegExp[] = [
  /^\/etc\/kubernetes\/manifests\/[^/]+$/,
  /^\/var\/lib\/kubelet\/(?:kubeadm-flags\.env|config\.yaml|instance-config\.yaml)$/,
  /^\/etc\/(?:default|sysconfig)\/kubelet$/,
  // kubespray's
  /^\/etc\/kubernetes\/kubelet\.env$/,
  /^\/etc\/sysctl\.conf$/,
  /^\/(?:etc|run|usr\/lib|usr\/local\/lib|lib)\/sysctl\.d\/[^/]+\.conf$/,
  /^\/(?:etc|run|usr\/lib|lib|usr\/local\/lib)\/systemd\/system\/kubelet\.service$/,
  /^\/(?:etc|run|usr\/lib|lib|usr\/local\/lib)\/systemd\/system\/kubelet\.service\.d\/[^/]+\.conf$/,
  // What of ours is at work on a node: names of a run and of a script, nothing else.
  /^\/etc\/systemd\/system\/dualstack-[^/]+\.service$/,
  /^\/etc\/cni\/net\.d\/[^/]+\.conf(?:list)?$/,
  /^\/etc\/(?:hosts|resolv\.conf|os-release)$/,
]

export const isAllowedFile = (path: string): boolean => allowedFiles.some(pattern => pattern.test(path))

/** May this be read into a bundle? A shell pattern is judged by the names it can match: with its wildcards read as a name. */
export function isAllowed(read: Read): boolean {
  switch (read.kind) {
    case 'list':
      return allowedLists.includes(read.resource)
    case 'config-map':
      return allowedConfigMaps.includes(`${read.namespace}/${read.name}`)
    case 'file':
      return isAllowedFile(read.path)
    case 'files':
      return isAllowedFile(read.pattern.replaceAll(/[*?]/g, 'x').replaceAll(/\[[^\]]*\]/g, 'x'))
    case 'network':
    case 'firewall':
    case 'upkeep':
      return true
  }
}

/** What a snapshot takes besides what the layers read: what people and `diagnose` look at. */
export const usualReads: readonly Read[] = [
  ...allowedLists.map((resource): Read => ({ kind: 'list', resource })),
  ...allowedConfigMaps.map((id): Read => {
    const [namespace = '', name = ''] = id.split('/')
    return { kind: 'config-map', namespace, name }
  }),
  { kind: 'network', on: 'all' },
  { kind: 'firewall', on: 'all' },
  { kind: 'upkeep', on: 'all' },
  ...[
    '/var/lib/kubelet/kubeadm-flags.env',
    '/var/lib/kubelet/config.yaml',
    '/var/lib/kubelet/instance-config.yaml',
    '/etc/default/kubelet',
    '/etc/sysconfig/kubelet',
    '/etc/sysctl.conf',
    '/usr/lib/systemd/system/kubelet.service',
    '/etc/hosts',
    '/etc/resolv.conf',
    '/etc/os-release',
  ].map((path): Read => ({ kind: 'file', path, on: 'all' })),
  ...[
    '/etc/sysctl.d/*.conf',
    '/usr/lib/systemd/system/kubelet.service.d/*.conf',
    '/etc/systemd/system/kubelet.service.d/*.conf',
    '/etc/systemd/system/dualstack-*.service',
    '/etc/cni/net.d/*.conf',
    '/etc/cni/net.d/*.conflist',
  ].map((pattern): Read => ({ kind: 'files', pattern, on: 'all' })),
  { kind: 'files', pattern: '/etc/kubernetes/manifests/*', on: 'control-planes' },
]
