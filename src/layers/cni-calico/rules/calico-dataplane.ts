import { getField } from '../../../model/fields.ts'
import type { Json } from '../../../base/json.ts'
import { familiesIn } from '../../shared/policy-blocks.ts'
import {
  calicoRule,
  felixResource,
  felixSetting,
  globalPolicyResource,
  hostEndpointResource,
  isOlder,
  isOn,
  list,
} from './calico-rule.ts'
import { calicoSituation, named } from './example.ts'

const felix = [{ kind: 'list', resource: felixResource } as const]
const object = 'FelixConfiguration default'
const reference = 'docs.tigera.io/calico/latest/reference/resources/felixconfig'

const wireguardNames = { IPv4: 'wireguardEnabled', IPv6: 'wireguardEnabledV6' } as const

const wireguard = calicoRule({
  id: 'calico-dataplane/wireguard-one-family',
  title: 'WireGuard encrypts both families',
  severity: 'error',
  why: 'Each family has a switch of its own. With one alone, pods talk over the other in clear, and programs prefer IPv6 as soon as names have both.',
  source: 'docs.tigera.io/calico/latest/network-policy/encrypt-cluster-pod-traffic',
  covers: ['cni 2.2', 'practice wireguard'],
  remedy:
    'Set wireguardEnabledV6 (wireguardEnabled for IPv4) to true, and open its UDP port 51821 (51820 for IPv4) between the nodes.',
  reads: felix,
  find: ({ calico, added }) => {
    const other = added === 'IPv6' ? 'IPv4' : 'IPv6'
    if (!isOn(felixSetting(calico, wireguardNames[other]))) return []
    return isOn(felixSetting(calico, wireguardNames[added]))
      ? []
      : [
          {
            object,
            field: `spec.${wireguardNames[added]}`,
            message: `${other} between nodes is encrypted, ${added} would travel in clear`,
          },
        ]
  },
  examples: {
    bad: [
      () => calicoSituation({ felix: { wireguardEnabled: true } }),
      () => calicoSituation({ environment: { FELIX_WIREGUARDENABLED: 'true' } }),
    ],
    good: [
      () => calicoSituation(),
      () => calicoSituation({ felix: { wireguardEnabled: true, wireguardEnabledV6: true } }),
    ],
  },
})

const oldBPF = calicoRule({
  id: 'calico-dataplane/ebpf-too-old',
  title: 'the eBPF dataplane knows both families',
  severity: 'error',
  why: 'Calico’s eBPF dataplane carries two families at once from 3.28 on; older ones carry IPv4 only (3.27 one of both, on trial).',
  source: 'projectcalico/calico#4736, release notes of Calico 3.28',
  covers: ['cni 2.2', 'cni 2.3', 'practice ebpf'],
  remedy: 'Upgrade Calico to 3.28 or later first, or go back to the iptables dataplane.',
  reads: felix,
  find: facts =>
    isOn(felixSetting(facts.calico, 'bpfEnabled')) && isOlder(facts, 3, 28)
      ? [
          {
            object,
            field: 'spec.bpfEnabled',
            message: `the eBPF dataplane of Calico ${facts.version?.join('.') ?? ''} does not carry two families`,
          },
        ]
      : [],
  examples: {
    bad: [() => calicoSituation({ felix: { bpfEnabled: true }, image: 'calico/node:v3.26.4' })],
    good: [
      () => calicoSituation({ felix: { bpfEnabled: true } }),
      () => calicoSituation({ image: 'calico/node:v3.26.4' }),
    ],
  },
})

const bpf = calicoRule({
  id: 'calico-dataplane/ebpf',
  title: 'Services are served by kube-proxy',
  severity: 'warning',
  why: 'With eBPF Calico serves Services itself: NodePorts, source addresses and firewalls of the new family follow its rules and not kube-proxy’s, and this way was not tried on a real cluster by this version.',
  source: 'docs.tigera.io/calico/latest/operations/ebpf/enabling-ebpf',
  covers: ['cni 2.3', 'practice ebpf'],
  remedy:
    'Try it on a cluster that may fail first. Where the operator runs Calico, nodeAddressAutodetectionV6 must be set explicitly.',
  reads: felix,
  find: facts =>
    isOn(felixSetting(facts.calico, 'bpfEnabled')) && !isOlder(facts, 3, 28)
      ? [{ object, field: 'spec.bpfEnabled', message: 'the eBPF dataplane is on' }]
      : [],
  examples: {
    bad: [() => calicoSituation({ felix: { bpfEnabled: true } })],
    good: [() => calicoSituation({ felix: { bpfEnabled: false } })],
  },
})

const hostEndpoints = calicoRule({
  id: 'calico-dataplane/host-endpoints',
  title: 'host endpoints let the new family through',
  severity: 'warning',
  why: 'When Felix begins to look after IPv6 it also guards the interfaces of host endpoints there: what no policy allows is dropped, and policies that list IPv4 nets allow nothing of it.',
  source: 'docs.tigera.io/calico/latest/network-policy/hosts/protect-hosts',
  covers: ['cni 2.2', 'P31', 'P32', 'practice host-endpoints'],
  remedy:
    'Write the new family into the GlobalNetworkPolicies that apply to hosts: ICMPv6, the API, etcd, the kubelet, BGP (TCP 179), VXLAN (UDP 4789); keep failsafe ports for both.',
  reads: [
    { kind: 'list', resource: hostEndpointResource },
    { kind: 'list', resource: globalPolicyResource },
    ...felix,
  ],
  find: ({ cluster, calico, added }) => {
    // One that Calico made by itself has a profile that allows everything, until a policy applies to it.
    const policies = cluster.objects[globalPolicyResource] ?? []
    const guarded = (cluster.objects[hostEndpointResource] ?? []).filter(
      endpoint =>
        policies.length > 0 ||
        endpoint.metadata.labels?.['projectcalico.org/created-by'] !== 'calico-kube-controllers',
    )
    const support = added === 'IPv6' && isOn(felixSetting(calico, 'ipv6Support'))
    return support
      ? []
      : guarded.map(endpoint => ({
          object: `HostEndpoint ${endpoint.metadata.name}`,
          field: 'spec',
          message: `its node drops ${added} that no policy allows, from the moment Felix looks after ${added}`,
        }))
  },
  examples: {
    bad: [() => calicoSituation({ objects: { [hostEndpointResource]: [named('n1-eth0', { node: 'n1' })] } })],
    good: [
      () => calicoSituation(),
      () =>
        calicoSituation({
          objects: {
            [hostEndpointResource]: [
              {
                metadata: {
                  name: 'n1-auto-hep',
                  labels: { 'projectcalico.org/created-by': 'calico-kube-controllers' },
                },
              },
            ],
          },
        }),
    ],
  },
})

const failsafe = calicoRule({
  id: 'calico-dataplane/failsafe-nets',
  title: 'failsafe ports are open for both families',
  severity: 'warning',
  why: 'A failsafe port with a net is open for that family alone: when a policy is wrong, nobody gets in over the other.',
  source: reference,
  covers: ['cni 2.2', 'practice host-endpoints'],
  remedy: 'Add the same ports with a net of the new family, or leave net out.',
  reads: [...felix, { kind: 'list', resource: hostEndpointResource }],
  find: ({ calico, added, cluster }) =>
    (cluster.objects[hostEndpointResource] ?? []).length === 0
      ? []
      : ['failsafeInboundHostPorts', 'failsafeOutboundHostPorts'].flatMap(field => {
          const ports = getField(
            cluster.objects[felixResource]?.find(({ metadata }) => metadata.name === 'default'),
            ['spec', field],
          )
          const nets = Array.isArray(ports) ? ports.map((port: Json) => getField(port, ['net'])) : []
          if (nets.length === 0 || nets.some(net => net === null || net === '')) return []
          return familiesIn(list(nets)).has(added)
            ? []
            : [
                {
                  object: `FelixConfiguration of ${calico.namespace}`,
                  field: `spec.${field}`,
                  message: `its nets are all of one family, none of ${added}`,
                },
              ]
        }),
  examples: {
    bad: [
      () =>
        calicoSituation({
          felix: { failsafeInboundHostPorts: [{ protocol: 'TCP', port: 22, net: '10.0.0.0/8' }] },
          objects: { [hostEndpointResource]: [named('h')] },
        }),
    ],
    good: [
      () => calicoSituation(),
      () =>
        calicoSituation({
          felix: { failsafeInboundHostPorts: [{ protocol: 'TCP', port: 22 }] },
          objects: { [hostEndpointResource]: [named('h')] },
        }),
    ],
  },
})

/** Felix's settings that hold addresses, and which field says the same for the other family. */
const pairs = [
  ['deviceRouteSourceAddress', 'deviceRouteSourceAddressIPv6'],
  ['natOutgoingAddress', 'natOutgoingAddress'],
] as const

const oneFamily = calicoRule({
  id: 'calico-dataplane/felix-of-one-family',
  title: 'settings of Felix that name addresses name both families',
  severity: 'warning',
  why: 'A list of addresses of one family says nothing of the other: external hosts are dropped as unknown, source addresses are the kernel’s choice.',
  source: reference,
  covers: ['cni 2.2'],
  remedy: 'Say the same for the new family.',
  reads: felix,
  find: ({ calico, added }) => {
    const external = felixSetting(calico, 'externalNodesList')
    const nodes = typeof external === 'string' ? external.split(',') : list(external)
    const sources = pairs.flatMap(([v4, v6]) => {
      const [old, wanted] = added === 'IPv6' ? [v4, v6] : [v6, v4]
      const value = felixSetting(calico, old)
      if (typeof value !== 'string' || value === '') return []
      const isBoth = old === wanted ? familiesIn([`${value}/128`, `${value}/32`]).has(added) : false
      const isSaid = old !== wanted && felixSetting(calico, wanted) !== null
      return isBoth || isSaid
        ? []
        : [
            {
              object,
              field: `spec.${wanted}`,
              message: `${old} is ${value}, and nothing is said for ${added}`,
            },
          ]
    })
    return [
      ...sources,
      ...(nodes.length === 0 || familiesIn(nodes.map(asRange)).has(added)
        ? []
        : [
            {
              object,
              field: 'spec.externalNodesList',
              message: `${nodes.join(', ')}: none is of ${added}`,
            },
          ]),
    ]
  },
  examples: {
    bad: [
      () => calicoSituation({ felix: { externalNodesList: ['192.0.2.10'] } }),
      () => calicoSituation({ felix: { deviceRouteSourceAddress: '10.0.0.11' } }),
    ],
    good: [
      () => calicoSituation(),
      () => calicoSituation({ felix: { externalNodesList: ['192.0.2.10', '2001:db8::10'] } }),
      () =>
        calicoSituation({
          felix: { deviceRouteSourceAddress: '10.0.0.11', deviceRouteSourceAddressIPv6: 'fd00:10::11' },
        }),
    ],
  },
})

const asRange = (text: string): string =>
  text.includes('/') ? text : `${text.trim()}/${text.includes(':') ? 128 : 32}`

const perNode = calicoRule({
  id: 'calico-dataplane/node-configuration',
  title: 'no node has IPv6 support of its own settings',
  severity: 'warning',
  why: 'A FelixConfiguration node.NAME beats the common one, and the environment beats both: where ipv6Support stands there, somebody wanted that node different.',
  source: reference,
  covers: ['cni 2.2'],
  remedy:
    'Find out why, and take ipv6Support out of it. The plan sets the environment, which then holds for this node too.',
  reads: felix,
  find: ({ cluster, added }) =>
    added !== 'IPv6'
      ? []
      : (cluster.objects[felixResource] ?? [])
          .filter(
            one => one.metadata.name.startsWith('node.') && getField(one, ['spec', 'ipv6Support']) === false,
          )
          .map(one => ({
            object: `FelixConfiguration ${one.metadata.name}`,
            field: 'spec.ipv6Support',
            message: 'it is false for this node alone',
          })),
  examples: {
    bad: [
      () => calicoSituation({ objects: { [felixResource]: [named('node.n1', { ipv6Support: false })] } }),
    ],
    good: [() => calicoSituation({ objects: { [felixResource]: [named('node.n1', {})] } })],
  },
})

const typha = calicoRule({
  id: 'calico-dataplane/typha-not-ready',
  title: 'Typha is ready before calico-node is rolled out',
  severity: 'error',
  why: 'Where Typha stands between the API server and Felix, a calico-node that starts while none answers gets no routes and no policies.',
  source: 'docs.tigera.io/calico/latest/reference/typha/overview',
  covers: ['cni 2.2'],
  remedy: 'Mend Deployment calico-typha first.',
  reads: [{ kind: 'list', resource: 'apps/v1/deployments' }],
  find: ({ cluster }) =>
    (cluster.objects['apps/v1/deployments'] ?? [])
      .filter(({ metadata }) => metadata.name === 'calico-typha')
      .flatMap(deployment => {
        const wanted = Number(getField(deployment, ['spec', 'replicas']) ?? 1)
        const ready = Number(getField(deployment, ['status', 'readyReplicas']) ?? 0)
        return ready >= wanted
          ? []
          : [
              {
                object: `Deployment ${deployment.metadata.namespace ?? ''}/calico-typha`,
                field: 'status.readyReplicas',
                message: `${ready} of ${wanted} are ready`,
              },
            ]
      }),
  examples: {
    bad: [() => calicoSituation({ objects: { 'apps/v1/deployments': [typhaOf(1)] } })],
    good: [
      () => calicoSituation({ objects: { 'apps/v1/deployments': [typhaOf(3)] } }),
      () => calicoSituation(),
    ],
  },
})

const typhaOf = (readyReplicas: number) => ({
  metadata: { name: 'calico-typha', namespace: 'kube-system' },
  spec: { replicas: 3 },
  status: { readyReplicas },
})

export const dataplaneRules = [
  wireguard,
  oldBPF,
  bpf,
  hostEndpoints,
  failsafe,
  oneFamily,
  perNode,
  typha,
] as const
