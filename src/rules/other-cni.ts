import { type Family } from '../address/family.ts'
import { tryParseCIDR } from '../address/index.ts'
import { configMapText } from '../model/changes.ts'
import type { Cluster, KubeObject } from '../model/cluster.ts'
import { getField } from '../model/fields.ts'
import type { Situation, Violation } from '../model/rule.ts'
import { ruleThere } from './cluster-rule.ts'
import { situation } from './example.ts'

const daemonSets = 'apps/v1/daemonsets'

export const agentReads = [{ kind: 'list', resource: daemonSets } as const]

/** DaemonSets that are the agent of a CNI other than Calico, by name. */
const agents: Readonly<Record<string, { readonly title: string; readonly usesPodCIDRs: boolean }>> = {
  'kube-flannel-ds': { title: 'Flannel', usesPodCIDRs: true },
  'kube-flannel': { title: 'Flannel', usesPodCIDRs: true },
  canal: { title: 'Canal', usesPodCIDRs: true },
  'antrea-agent': { title: 'Antrea', usesPodCIDRs: true },
  'kube-router': { title: 'kube-router', usesPodCIDRs: true },
  cilium: { title: 'Cilium', usesPodCIDRs: false },
  'kube-ovn-cni': { title: 'Kube-OVN', usesPodCIDRs: false },
  'ovnkube-node': { title: 'OVN-Kubernetes', usesPodCIDRs: false },
  'weave-net': { title: 'Weave Net', usesPodCIDRs: false },
}

export interface Found {
  readonly object: KubeObject
  readonly title: string
  readonly usesPodCIDRs: boolean
}

export const foundIn = (cluster: Cluster): readonly Found[] =>
  (cluster.objects[daemonSets] ?? []).flatMap(object => {
    const agent = agents[object.metadata.name]
    return agent === undefined ? [] : [{ object, ...agent }]
  })

/** Agents of CNIs that are not converted yet, with what it would take. */
export const unconverted = (
  cluster: Cluster,
): readonly { readonly object: string; readonly title: string; readonly missing: string }[] =>
  foundIn(cluster).map(({ object: { metadata }, title }) => ({
    object: `DaemonSet ${metadata.namespace ?? ''}/${metadata.name}`,
    title,
    missing: steps[title] ?? 'see its documentation',
  }))

export const podCIDRsOf = (node: KubeObject): readonly string[] => {
  const list = getField(node, ['spec', 'podCIDRs'])
  return Array.isArray(list) ? list.filter((one): one is string => typeof one === 'string') : []
}

export const familiesOf = (cidrs: readonly string[]): readonly (Family | undefined)[] =>
  cidrs.map(cidr => tryParseCIDR(cidr, { allowHostBits: true })?.family)

const oldRouterAnnotation = 'kube-router.io/pod-cidr'

const hidden = ruleThere({
  id: 'other-cni/kube-router-old-annotation',
  title: 'kube-router sees both ranges of a node',
  severity: 'error',
  why: 'The old annotation kube-router.io/pod-cidr beats both podCIDRs and the newer one, and holds one range.',
  source: 'cloudnativelabs/kube-router:docs/ipv6.md',
  covers: ['cni 2.6'],
  remedy: 'Take kube-router.io/pod-cidr away, and write kube-router.io/pod-cidrs with both ranges.',
  reads: [...agentReads, { kind: 'list', resource: 'v1/nodes' }],
  find: ({ cluster }) =>
    foundIn(cluster).some(({ title }) => title === 'kube-router')
      ? (cluster.objects['v1/nodes'] ?? [])
          .filter(({ metadata }) => metadata.annotations?.[oldRouterAnnotation] !== undefined)
          .map(({ metadata }) => ({
            object: `Node ${metadata.name}`,
            field: oldRouterAnnotation,
            message: 'the old annotation hides the range of the new family',
          }))
      : [],
  examples: {
    bad: [() => withAgent('kube-router', ['10.244.0.0/24'], {}, { [oldRouterAnnotation]: '10.244.0.0/24' })],
    good: [() => withAgent('kube-router', ['10.244.0.0/24'])],
  },
})

const unsupported = ruleThere({
  id: 'other-cni/unsupported',
  title: 'the CNI of this cluster is one that this version converts',
  severity: 'error',
  why: 'Converted halfway, the cluster would have Services of a family that no pod has. This version converts Calico.',
  source: 'src/plan/supported.ts',
  covers: ['cni 2.1', 'cni 2.4', 'cni 2.5', 'cni 2.6'],
  remedy: 'Convert by the CNI’s own documentation; `dualstack status` shows how far the rest is.',
  reads: [
    ...agentReads,
    ...['conf', 'conflist'].map(
      ending => ({ kind: 'files', pattern: `/etc/cni/net.d/*.${ending}`, on: 'all' }) as const,
    ),
  ],
  find: ({ cluster }) => {
    const names = (cluster.objects[daemonSets] ?? []).map(({ metadata }) => metadata.name)
    if (names.includes('calico-node')) return []
    const found = unconverted(cluster)
    if (found.length === 0) return plainConfigurations(cluster)
    return found.map(({ object, title, missing }) => ({
      object,
      field: 'metadata.name',
      message: `${title} is not converted by this version: ${missing}`,
    }))
  },
  examples: {
    bad: [
      () => withAgent('cilium', ['10.244.0.0/24']),
      () => withAgent('weave-net', []),
      () =>
        situation({
          node: {
            files: { '/etc/cni/net.d/10-bridge.conflist': { text: '{"ipam":{"type":"host-local"}}' } },
          },
        }),
    ],
    good: [() => withAgent('calico-node', ['10.244.0.0/24'])],
  },
})

/** No agent at all: what the nodes' own CNI configurations say. */
function plainConfigurations(cluster: Cluster): readonly Violation[] {
  return Object.entries(cluster.nodes).flatMap(([node, { files }]) => {
    const [path, file] =
      Object.entries(files)
        .filter(([name, one]) => one !== null && /^\/etc\/cni\/net\.d\/[^/]+\.conf(?:list)?$/.test(name))
        .toSorted(([a], [b]) => (a < b ? -1 : 1))[0] ?? []
    if (path === undefined) return []
    const isHostLocal = /"type"\s*:\s*"host-local"/.test(file?.text ?? '')
    return [
      {
        object: `Node ${node}`,
        field: path,
        message: isHostLocal
          ? 'pods get addresses from a range in this file (host-local): nobody that this version knows writes it'
          : 'no CNI that this version knows writes this file',
      },
    ]
  })
}

/** What it would take, for who does it by hand. */
const steps: Readonly<Record<string, string>> = {
  Flannel: 'new Nodes first, then EnableIPv6 and IPv6Network in net-conf.json, then restart its DaemonSet',
  Canal: 'new Nodes first, then host-local with both podCIDRs',
  Antrea:
    'both ranges for its NodeIPAM or the controller manager, new Nodes, then restart its agents (no GRE)',
  'kube-router':
    '--enable-ipv6 and both --service-cluster-ip-range, the annotation kube-router.io/pod-cidrs, then a rolling restart',
  Cilium:
    'ipv6.enabled with a pool of its own (cluster-pool), kubelets with both addresses first, then its operator, then its agents',
  'Kube-OVN': 'cidrBlock “v4,v6” on the default and the join Subnet, both --service-cluster-ip-range',
  'OVN-Kubernetes': 'net_cidr and svc_cidr with both ranges, restart its control plane, then its nodes',
  'Weave Net': 'it has no IPv6 at all',
}

const flannelConfig = (cluster: Cluster): string | undefined =>
  configMapText(cluster, 'kube-flannel', 'kube-flannel-cfg', 'net-conf.json') ??
  configMapText(cluster, 'kube-system', 'kube-flannel-cfg', 'net-conf.json')

const backends = ['vxlan', 'wireguard', 'host-gw']

const flannel = ruleThere({
  id: 'other-cni/flannel-backend',
  title: 'Flannel’s backend carries both families',
  severity: 'error',
  why: 'Dual-stack works with vxlan, wireguard and host-gw alone.',
  source: 'flannel-io/flannel:Documentation/configuration.md',
  covers: ['cni 2.5'],
  remedy: 'Change the backend to vxlan first.',
  reads: ['kube-flannel', 'kube-system'].map(
    namespace => ({ kind: 'config-map', namespace, name: 'kube-flannel-cfg' }) as const,
  ),
  find: ({ cluster }) => {
    const type = /"Type"\s*:\s*"([^"]+)"/.exec(flannelConfig(cluster) ?? '')?.[1]
    return type === undefined || backends.includes(type.toLowerCase())
      ? []
      : [
          {
            object: 'ConfigMap kube-flannel-cfg',
            field: 'net-conf.json Backend.Type',
            message: `${type} carries one family`,
          },
        ]
  },
  examples: {
    bad: [() => withFlannel('{"Network":"10.244.0.0/16","Backend":{"Type":"udp"}}')],
    good: [() => withFlannel('{"Network":"10.244.0.0/16","Backend":{"Type":"vxlan"}}'), () => situation()],
  },
})

const early = ruleThere({
  id: 'other-cni/flannel-too-early',
  title: 'Flannel is switched on after the nodes have ranges',
  severity: 'error',
  why: 'With EnableIPv6 flanneld does not start on a node without a podCIDR of IPv6, and its peers get no lease of it.',
  source: 'flannel-io/flannel:pkg/subnet/kube/kube.go, k3s-io/k3s#10726',
  covers: ['cni 2.5', 'P03'],
  remedy: 'Take EnableIPv6 back until every Node has both podCIDRs.',
  says: [{ component: 'kube-flannel', line: '*missing IPv6 address on n.Spec.PodCIDRs*' }],
  reads: [{ kind: 'list', resource: 'v1/nodes' }],
  find: ({ cluster }) =>
    /"EnableIPv6"\s*:\s*true/.test(flannelConfig(cluster) ?? '')
      ? (cluster.objects['v1/nodes'] ?? [])
          .filter(node => !familiesOf(podCIDRsOf(node)).includes('IPv6'))
          .map(({ metadata }) => ({
            object: `Node ${metadata.name}`,
            field: 'spec.podCIDRs',
            message: 'EnableIPv6 is on, and this node has no IPv6 podCIDR',
          }))
      : [],
  examples: {
    bad: [() => withFlannel('{"EnableIPv6":true}')],
    good: [() => withFlannel('{"EnableIPv6":false}')],
  },
})

const ovn = ruleThere({
  id: 'other-cni/kube-ovn-subnet',
  title: 'Subnets of Kube-OVN name IPv4 first',
  severity: 'error',
  why: 'cidrBlock is “v4,v6” in this order, for the default and the join Subnet alike.',
  source: 'kubeovn/kube-ovn:pkg/controller/subnet.go',
  covers: ['cni 2.6'],
  remedy: 'Write the range of IPv4 first.',
  reads: [{ kind: 'list', resource: 'kube-ovn.io/v1/subnets' }],
  find: ({ cluster }) =>
    (cluster.objects['kube-ovn.io/v1/subnets'] ?? []).flatMap(subnet => {
      const block = getField(subnet, ['spec', 'cidrBlock'])
      return typeof block === 'string' && familiesOf(block.split(','))[0] === 'IPv6' && block.includes(',')
        ? [
            {
              object: `Subnet ${subnet.metadata.name}`,
              field: 'spec.cidrBlock',
              message: `${block}: IPv6 is first`,
            },
          ]
        : []
    }),
  examples: {
    bad: [() => withSubnet('fd00:10:16::/112,10.16.0.0/16')],
    good: [() => withSubnet('10.16.0.0/16,fd00:10:16::/112'), () => withSubnet('fd00:10:16::/112')],
  },
})

const withSubnet = (cidrBlock: string): Situation =>
  situation({
    objects: { 'kube-ovn.io/v1/subnets': [{ metadata: { name: 'ovn-default' }, spec: { cidrBlock } }] },
  })

const withFlannel = (text: string): Situation =>
  situation({
    objects: {
      'v1/nodes': [{ metadata: { name: 'n1' }, spec: { podCIDRs: ['10.244.0.0/24'] } }],
      'v1/configmaps': [
        {
          metadata: { name: 'kube-flannel-cfg', namespace: 'kube-flannel' },
          data: { 'net-conf.json': text },
        },
      ],
    },
  })

export const withAgent = (
  name: string,
  podCIDRs: readonly string[],
  cilium: Readonly<Record<string, string>> = {},
  annotations: Readonly<Record<string, string>> = {},
): Situation =>
  situation({
    objects: {
      [daemonSets]: [{ metadata: { name, namespace: 'kube-system' } }],
      'v1/nodes': [
        {
          metadata: { name: 'n1', annotations },
          spec: { podCIDRs },
          status: { addresses: [{ type: 'InternalIP', address: '10.0.0.11' }] },
        },
      ],
      'v1/configmaps': [{ metadata: { name: 'cilium-config', namespace: 'kube-system' }, data: cilium }],
    },
  })

export const otherCNIRules = [hidden, unsupported, flannel, early, ovn] as const
