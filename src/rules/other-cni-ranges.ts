import { families } from '../address/family.ts'
import { tryParseCIDR } from '../address/index.ts'
import { configMapText } from '../model/changes.ts'
import type { Cluster } from '../model/cluster.ts'
import { getField } from '../model/fields.ts'
import { ruleThere } from './cluster-rule.ts'
import { agentReads, type Found, foundIn, podCIDRsOf, familiesOf, withAgent } from './other-cni.ts'

const ciliumSetting = (cluster: Cluster, name: string): string | undefined =>
  configMapText(cluster, 'kube-system', 'cilium-config', name)

/** Cilium with ipam=kubernetes takes podCIDRs as well. */
const takesPodCIDRs = (cluster: Cluster, { title, usesPodCIDRs }: Found): boolean =>
  usesPodCIDRs || (title === 'Cilium' && ciliumSetting(cluster, 'ipam') === 'kubernetes')

/** kube-router takes this annotation instead, and an older one before both. */
const routerAnnotation = 'kube-router.io/pod-cidrs'

const needsNodes = ruleThere({
  id: 'other-cni/needs-new-nodes',
  title: 'the CNI can give existing nodes a second family',
  severity: 'error',
  why: 'A CNI that takes the podCIDRs of the Node needs both families there, and podCIDRs are set once: a Node that has one range never gets a second. Each Node object would have to be deleted and registered anew, which loses its labels and taints (a control plane comes back without its NoSchedule), ends its pods, and leaves the old range on its bridge.',
  source:
    'k/k:pkg/apis/core/validation/validation.go (ValidateNodeUpdate), flannel-io/flannel:pkg/subnet/kube/kube.go, antrea-io/antrea:pkg/agent/agent.go, cloudnativelabs/kube-router#496',
  covers: ['K1', 'K18', 'cni 2.1', 'cni 2.4', 'cni 2.5', 'cni 2.6', 'P03', 'P04', 'P05'],
  remedy:
    'This version deletes no Node. Change to a CNI with pools of its own (Calico with calico-ipam), or replace the nodes one by one: save labels, taints and annotations, drain, clear the CNI’s state on the host or reboot, register, restore. kube-router also takes the annotation kube-router.io/pod-cidrs.',
  says: [
    { component: 'kube-flannel', line: '*missing IPv6 address on n.Spec.PodCIDRs*' },
    {
      component: 'kube-apiserver',
      line: '*node updates may not change podCIDR except from "" to valid*',
    },
  ],
  reads: [...agentReads, { kind: 'list', resource: 'v1/nodes' }],
  find: ({ cluster }, added) => {
    const agent = foundIn(cluster).find(one => takesPodCIDRs(cluster, one))
    if (agent === undefined) return []
    return (cluster.objects['v1/nodes'] ?? [])
      .filter(node => {
        const annotated = node.metadata.annotations?.[routerAnnotation]
        const own = podCIDRsOf(node)
        const cidrs = agent.title === 'kube-router' && annotated !== undefined ? annotated.split(',') : own
        return own.length > 0 && !familiesOf(cidrs).includes(added)
      })
      .map(node => ({
        object: `Node ${node.metadata.name}`,
        field: 'spec.podCIDRs',
        message: `${agent.title} takes the range of pods from here, and ${podCIDRsOf(node).join(', ')} never gets one of ${added}`,
      }))
  },
  examples: {
    bad: [
      () => withAgent('kube-flannel-ds', ['10.244.0.0/24']),
      () => withAgent('cilium', ['10.244.0.0/24'], { ipam: 'kubernetes' }),
    ],
    good: [
      () => withAgent('kube-flannel-ds', ['10.244.0.0/24', 'fd00:244::/64']),
      () => withAgent('calico-node', ['10.244.0.0/24']),
      () => withAgent('cilium', ['10.244.0.0/24'], { ipam: 'cluster-pool' }),
      () =>
        withAgent(
          'kube-router',
          ['10.244.0.0/24'],
          {},
          { [routerAnnotation]: '10.244.0.0/24,fd00:244::/64' },
        ),
    ],
  },
})

const poolMask = ruleThere({
  id: 'other-cni/cilium-mask',
  title: 'Cilium’s IPv6 pool and node mask fit together',
  severity: 'error',
  why: 'Between the prefix of the pool and that of a node’s block are at most 16 bits: with the default of /120 the pool is /104 or longer.',
  source: 'cilium/cilium:Documentation/network/concepts/ipam/cluster-pool.rst',
  covers: ['cni 2.4', 'P07', 'P29'],
  remedy: 'Take a longer pool or a shorter clusterPoolIPv6MaskSize.',
  says: [{ component: 'cilium-operator', line: '*the node CIDR size is too big*' }],
  reads: [{ kind: 'config-map', namespace: 'kube-system', name: 'cilium-config' }],
  find: ({ cluster }) => {
    const mask = Number(ciliumSetting(cluster, 'cluster-pool-ipv6-mask-size') ?? 120)
    return (ciliumSetting(cluster, 'cluster-pool-ipv6-cidr') ?? '').split(/[\s,]+/).flatMap(text => {
      const range = tryParseCIDR(text, { allowHostBits: true })
      return range === undefined || (mask >= range.prefix && mask - range.prefix <= 16)
        ? []
        : [
            {
              object: 'ConfigMap kube-system/cilium-config',
              field: 'cluster-pool-ipv6-mask-size',
              message: `blocks of /${mask} do not fit ${text}: /${mask - 16} is the shortest`,
            },
          ]
    })
  },
  examples: {
    bad: [() => withAgent('cilium', [], { 'cluster-pool-ipv6-cidr': 'fd00:244::/64' })],
    good: [
      () => withAgent('cilium', [], { 'cluster-pool-ipv6-cidr': 'fd00:244::/104' }),
      () => withAgent('cilium', []),
    ],
  },
})

const ciliumNodes = ruleThere({
  id: 'other-cni/cilium-node-addresses',
  title: 'nodes report both families before Cilium has IPv6 on',
  severity: 'error',
  why: 'From 1.17 on an agent does not start on a node that reports one family while both are enabled.',
  source: 'canonical/k8s-snap:docs/canonicalk8s/releases/snap/upgrading.md',
  covers: ['cni 2.4', 'P29'],
  remedy: 'Give the kubelets both --node-ip first.',
  reads: [
    { kind: 'config-map', namespace: 'kube-system', name: 'cilium-config' },
    { kind: 'list', resource: 'v1/nodes' },
  ],
  find: ({ cluster }) =>
    families.every(family => ciliumSetting(cluster, `enable-${family.toLowerCase()}`) === 'true')
      ? (cluster.objects['v1/nodes'] ?? [])
          .filter(node => {
            const list = getField(node, ['status', 'addresses'])
            const internal = (Array.isArray(list) ? list : []).filter(
              one => getField(one, ['type']) === 'InternalIP',
            )
            return internal.length === 1
          })
          .map(({ metadata }) => ({
            object: `Node ${metadata.name}`,
            field: 'status.addresses',
            message: 'it reports one address, and Cilium has both families on',
          }))
      : [],
  examples: {
    bad: [() => withAgent('cilium', [], { 'enable-ipv4': 'true', 'enable-ipv6': 'true' })],
    good: [() => withAgent('cilium', [], { 'enable-ipv4': 'true', 'enable-ipv6': 'false' })],
  },
})

export const otherCNIRangeRules = [needsNodes, poolMask, ciliumNodes] as const
