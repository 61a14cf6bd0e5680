import { pod } from '../../rules/example.ts'
import type { Cluster, InterfaceAddress, KubeObject, NodeFacts, Pod } from '../../model/cluster.ts'
import { fileOf } from '../../model/changes.ts'
import { type Goal, nothingIncluded } from '../../model/goal.ts'
import { readArguments } from '../shared/arguments.ts'

/** Node number 1 is 10.0.0.11 and fd00:10::11. */
const addressesOf = (index: number) => ({ IPv4: `10.0.0.1${index}`, IPv6: `fd00:10::1${index}` })

export const goal: Goal = {
  families: ['IPv4', 'IPv6'],
  pods: { IPv4: '10.244.0.0/16', IPv6: 'fd00:244::/56' },
  services: { IPv4: '10.96.0.0/16', IPv6: 'fd00:96::/112' },
  nodeMask: { IPv4: 24, IPv6: 64 },
  blockSize: { IPv4: 26, IPv6: 122 },
  nodeAddresses: { n1: addressesOf(1), n2: addressesOf(2), n3: addressesOf(3) },
  calico: { encapsulation: 'None', natOutgoing: true },
  include: nothingIncluded,
}

/** The way back from `goal`. */
export const backGoal: Goal = { ...goal, families: ['IPv4'] }

/** An IPv6 cluster that gets IPv4. */
export const otherWayGoal: Goal = { ...goal, families: ['IPv6', 'IPv4'] }

export const manifest = (component: string, flags: readonly string[]): string =>
  [
    'apiVersion: v1',
    'kind: Pod',
    'metadata:',
    `  labels: {component: ${component}}`,
    `  name: ${component}`,
    '  namespace: kube-system',
    'spec:',
    '  containers:',
    '  - command:',
    ...[component, ...flags].map(word => `    - ${word}`),
    `    image: registry.k8s.io/${component}:v1.36.3`,
    `    name: ${component}`,
    '  hostNetwork: true',
    '',
  ].join('\n')

export const apiServerManifest = (range = '10.96.0.0/16'): string =>
  manifest('kube-apiserver', [
    '--secure-port=6443',
    `--service-cluster-ip-range=${range}`,
    '--tls-cert-file=/x.crt',
  ])

export const controllerManagerManifest = (...more: readonly string[]): string =>
  manifest('kube-controller-manager', [
    '--allocate-node-cidrs=true',
    '--cluster-cidr=10.244.0.0/16',
    '--leader-elect=true',
    ...more,
    '--service-cluster-ip-range=10.96.0.0/16',
    '--use-service-account-credentials=true',
  ])

export const dropIn = `[Service]
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
EnvironmentFile=-/etc/default/kubelet
ExecStart=
ExecStart=/usr/bin/kubelet $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
`
export const dropInPath = '/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf'
export const envPath = '/var/lib/kubelet/kubeadm-flags.env'
export const apiServerPath = '/etc/kubernetes/manifests/kube-apiserver.yaml'
export const controllerManagerPath = '/etc/kubernetes/manifests/kube-controller-manager.yaml'

export const clusterConfiguration = `apiServer: {}
apiVersion: kubeadm.k8s.io/v1beta4
controllerManager: {}
kind: ClusterConfiguration
networking:
  dnsDomain: cluster.local
  podSubnet: 10.244.0.0/16
  serviceSubnet: 10.96.0.0/16
`
export const kubeProxyConfiguration = `apiVersion: kubeproxy.config.k8s.io/v1alpha1
bindAddress: 0.0.0.0
clusterCIDR: 10.244.0.0/16
kind: KubeProxyConfiguration
mode: iptables
nodePortAddresses: null
`

type Files = Readonly<Record<string, string | null | undefined>>

export interface Options {
  /** The first so many nodes are control planes. */
  readonly controlPlanes?: number
  readonly nodes?: number
  readonly files?: Readonly<Record<string, Files>>
  readonly facts?: Readonly<Record<string, Partial<NodeFacts>>>
  readonly clusterConfiguration?: string
  readonly kubeProxy?: string
  readonly version?: string
}

/** A single-stack kubeadm cluster, small enough to read. Files are texts by path; null takes one away that would be there. */
export function testCluster(options: Options = {}): Cluster {
  const { controlPlanes = 1, nodes = 2 } = options
  const names = Array.from({ length: nodes }, (_, index) => `n${index + 1}`)
  const cluster: Cluster = {
    uid: 'uid',
    version: options.version ?? 'v1.36.3',
    pods: [],
    unread: {},
    nodes: Object.fromEntries(
      names.map((name, index) => [
        name,
        factsOf(index + 1, index < controlPlanes, options.files?.[name] ?? {}, options.facts?.[name]),
      ]),
    ),
    objects: {
      'v1/nodes': names.map((name, index) => nodeObject(name, index + 1)),
      'v1/configmaps': [
        configMap(
          'kubeadm-config',
          'ClusterConfiguration',
          options.clusterConfiguration ?? clusterConfiguration,
        ),
        configMap('kube-proxy', 'config.conf', options.kubeProxy ?? kubeProxyConfiguration),
      ],
      'apps/v1/daemonsets': [kubeProxyDaemonSet],
      'networking.k8s.io/v1/servicecidrs': [
        { metadata: { name: 'kubernetes' }, spec: { cidrs: ['10.96.0.0/16'] } },
      ],
      'coordination.k8s.io/v1/leases': [],
    },
  }
  return withMirrors(cluster)
}

function factsOf(
  index: number,
  isControlPlane: boolean,
  files: Files,
  more: Partial<NodeFacts> = {},
): NodeFacts {
  const texts: Files = {
    [envPath]: `KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.1${index}"\n`,
    [dropInPath]: dropIn,
    '/etc/default/kubelet': null,
    ...(isControlPlane && {
      [apiServerPath]: apiServerManifest(),
      [controllerManagerPath]: controllerManagerManifest(),
    }),
    ...files,
  }
  const address = (family: InterfaceAddress['family'], text: string): InterfaceAddress => ({
    interface: 'eth0',
    family,
    address: text,
    prefixLength: family === 'IPv4' ? 24 : 64,
    scope: 'global',
    flags: [],
  })
  return {
    files: Object.fromEntries(
      Object.entries(texts).flatMap(([path, text]) =>
        text === undefined ? [] : [[path, text === null ? null : { text }]],
      ),
    ),
    sysctls: {
      'net.ipv4.ip_forward': '1',
      'net.ipv6.conf.all.forwarding': '0',
      'net.ipv6.conf.default.forwarding': '0',
      'net.ipv6.conf.eth0.accept_ra': '1',
    },
    addresses: [address('IPv4', addressesOf(index).IPv4), address('IPv6', addressesOf(index).IPv6)],
    routes: [],
    kubeletArguments: [`--node-ip=10.0.0.1${index}`],
    ...more,
  }
}

const nodeObject = (name: string, index: number): KubeObject => ({
  metadata: { name },
  spec: { podCIDRs: [`10.244.${index}.0/24`] },
  status: {
    addresses: [
      { type: 'InternalIP', address: addressesOf(index).IPv4 },
      { type: 'Hostname', address: name },
    ],
    conditions: [{ type: 'Ready', status: 'True' }],
  },
})

const configMap = (name: string, key: string, text: string): KubeObject => ({
  metadata: { name, namespace: 'kube-system' },
  data: { [key]: text },
})

const kubeProxyDaemonSet: KubeObject = {
  metadata: { name: 'kube-proxy', namespace: 'kube-system', generation: 1 },
  spec: {
    selector: { matchLabels: { 'k8s-app': 'kube-proxy' } },
    template: { metadata: { labels: { 'k8s-app': 'kube-proxy' } } },
    updateStrategy: { type: 'RollingUpdate' },
  },
  status: { observedGeneration: 1, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 },
}

export const podOf = (more: Partial<Pod>): Pod =>
  pod({ namespace: 'kube-system', hostNetwork: true, ...more })

/** Static pods run what their manifests say, as the kubelet would have it after a while. */
export function withMirrors(cluster: Cluster): Cluster {
  const mirrors = Object.keys(cluster.nodes).flatMap(node =>
    (['kube-apiserver', 'kube-controller-manager'] as const).flatMap(component => {
      const text = fileOf(cluster, node, `/etc/kubernetes/manifests/${component}.yaml`)?.text
      if (text === undefined) return []
      const words = [...text.matchAll(/^ {4}- (\S+)$/gm)].map(match => match[1] ?? '')
      return podOf({
        name: `${component}-${node}`,
        node,
        labels: { component },
        mirror: 'hash',
        commands: { [component]: words },
      })
    }),
  )
  return { ...cluster, pods: [...cluster.pods.filter(pod => pod.mirror === undefined), ...mirrors] }
}

/** Kubelets run, and Nodes report, what their files say. */
export function withKubelets(cluster: Cluster): Cluster {
  const valueOf = (node: string) =>
    /--node-ip=([^"\s]+)/.exec(fileOf(cluster, node, envPath)?.text ?? '')?.[1] ?? ''
  const nodes = Object.entries(cluster.nodes).map(([node, facts]) => [
    node,
    { ...facts, kubeletArguments: [`--node-ip=${valueOf(node)}`] },
  ])
  const objects = (cluster.objects['v1/nodes'] ?? []).map(object => ({
    ...object,
    status: {
      conditions: [{ type: 'Ready', status: 'True' }],
      addresses: valueOf(object.metadata.name)
        .split(',')
        .map(address => ({ type: 'InternalIP', address })),
    },
  }))
  return {
    ...cluster,
    nodes: Object.fromEntries(nodes),
    objects: { ...cluster.objects, 'v1/nodes': objects },
  }
}

/** API servers are ready, answer as their manifests say, and the ServiceCIDR object follows them. */
export function withAnswers(cluster: Cluster): Cluster {
  const ranges = (node: string) => {
    const words = [...(fileOf(cluster, node, apiServerPath)?.text ?? '').matchAll(/^ {4}- (\S+)$/gm)]
    return (
      readArguments(words.map(match => match[1] ?? ''))
        .get('service-cluster-ip-range')
        ?.split(',') ?? []
    )
  }
  const refused =
    'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services'
  const nodes = Object.entries(cluster.nodes).map(([node, facts]): [string, NodeFacts] => [
    node,
    {
      ...facts,
      apiServer: { ready: true, requireDualStack: ranges(node).length > 1 ? 'accepted' : { refused } },
    },
  ])
  const resource = 'networking.k8s.io/v1/servicecidrs'
  const cidrs = Object.keys(cluster.nodes)
    .map(ranges)
    .find(list => list.length > 1)
  const object = { metadata: { name: 'kubernetes' }, spec: { cidrs } }
  return {
    ...cluster,
    nodes: Object.fromEntries(nodes),
    objects: cidrs === undefined ? cluster.objects : { ...cluster.objects, [resource]: [object] },
  }
}
