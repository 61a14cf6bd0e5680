import type { Json } from '../../../base/json.ts'
import { tryParseCIDR } from '../../../address/index.ts'
import { contains } from '../../../address/cidr.ts'
import type { KubeObject } from '../../../model/cluster.ts'
import { getField } from '../../../model/fields.ts'
import { type CalicoFacts, calicoRule } from './calico-rule.ts'
import { type CalicoExample, calicoSituation, pool4, pool6 } from './example.ts'

const installationResource = 'operator.tigera.io/v1/installations'
const statusResource = 'operator.tigera.io/v1/tigerastatuses'
const deploymentResource = 'apps/v1/deployments'
const reads = [{ kind: 'list', resource: installationResource } as const]
const validation = 'tigera/operator:pkg/controller/installation/validation.go'
const object = 'Installation default'

const byHand = ({ isOperated }: CalicoFacts): string | undefined =>
  isOperated ? undefined : 'no operator runs Calico here'

const network = ({ cluster }: CalicoFacts, ...path: readonly string[]): Json =>
  getField(
    cluster.objects[installationResource]?.find(({ metadata }) => metadata.name === 'default'),
    ['spec', 'calicoNetwork', ...path],
  )

const listOf = (value: Json): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : [])
const rangeOf = (pool: Json) => {
  const cidr = getField(pool, ['cidr'])
  return typeof cidr === 'string' ? tryParseCIDR(cidr, { allowHostBits: true }) : undefined
}
/** Pools of the new family that the Installation asks for. */
const asked = (facts: CalicoFacts): readonly Json[] =>
  listOf(network(facts, 'ipPools')).filter(pool => rangeOf(pool)?.family === facts.added)
const textOf = (value: Json, otherwise: string): string => (typeof value === 'string' ? value : otherwise)

const encapsulation = calicoRule({
  id: 'calico-operator/encapsulation',
  title: 'the Installation asks for an encapsulation that the new family has',
  severity: 'error',
  why: 'The operator refuses IPIP for IPv6. It refuses None while BGP is off, and None is what a new pool gets: a VXLAN cluster without BGP with a second pool left at its defaults is degraded.',
  source: validation,
  covers: ['cni 2.3', 'P28'],
  remedy: 'Set encapsulation VXLAN (or VXLANCrossSubnet) on the pool of the new family.',
  reads,
  unless: byHand,
  find: facts => {
    const isWithoutBGP = network(facts, 'bgp') === 'Disabled'
    return asked(facts).flatMap(pool => {
      const mode = textOf(getField(pool, ['encapsulation']), facts.added === 'IPv6' ? 'None' : 'IPIP')
      const cidr = textOf(getField(pool, ['cidr']), '')
      const at = { object, field: 'spec.calicoNetwork.ipPools' }
      if (facts.added === 'IPv6' && mode.startsWith('IPIP'))
        return [{ ...at, message: `${cidr}: ${mode} carries IPv4 only` }]
      const isRouted = network(facts, 'clusterRoutingMode') === 'Felix'
      return mode === 'None' && isWithoutBGP && !isRouted
        ? [{ ...at, message: `${cidr}: without encapsulation and without BGP nothing carries it` }]
        : []
    })
  },
  examples: {
    bad: [
      () => operated({ ipPools: [ip4, { cidr: 'fd00:244::/56', encapsulation: 'IPIP' }] }),
      () => operated({ bgp: 'Disabled', ipPools: [ip4, { cidr: 'fd00:244::/56' }] }),
    ],
    good: [
      () => operated({ ipPools: [ip4, { cidr: 'fd00:244::/56' }] }),
      () => operated({ bgp: 'Disabled', ipPools: [ip4, { cidr: 'fd00:244::/56', encapsulation: 'VXLAN' }] }),
      () => operated({ ipPools: [ip4] }),
    ],
  },
})

const nat = calicoRule({
  id: 'calico-operator/no-nat',
  title: 'the Installation says what becomes of traffic that leaves the cluster',
  severity: 'warning',
  why: 'natOutgoing is Disabled for a new IPv6 pool unless it is said; pods with unique local addresses reach nothing outside then.',
  source: 'tigera/operator:pkg/controller/ippool/defaults.go',
  covers: ['cni 2.3', 'P25'],
  remedy: 'Write natOutgoing: Enabled (or, where the range is routed, Disabled) into that pool.',
  reads,
  unless: byHand,
  find: facts =>
    asked(facts)
      .filter(pool => facts.added === 'IPv6' && getField(pool, ['natOutgoing']) === null)
      .map(pool => ({
        object,
        field: 'spec.calicoNetwork.ipPools',
        message: `${textOf(getField(pool, ['cidr']), '')} says nothing of natOutgoing: it will be Disabled`,
      })),
  examples: {
    bad: [() => operated({ ipPools: [ip4, { cidr: 'fd00:244::/56' }] })],
    good: [() => operated({ ipPools: [ip4, { cidr: 'fd00:244::/56', natOutgoing: 'Enabled' }] })],
  },
})

const outside = calicoRule({
  id: 'calico-operator/outside-pod-range',
  title: 'pools of the Installation lie in the pod range',
  severity: 'error',
  why: 'The operator compares with kubeadm’s podSubnet only while no pool is there at all: on a running cluster it takes any range, and kube-proxy masquerades pods of it.',
  source: 'tigera/operator:pkg/controller/ippool/kubeadm.go',
  covers: ['cni 2.3', 'P24', 'P28'],
  remedy: 'Name the planned pod range, or plan with the range of that pool.',
  reads,
  unless: byHand,
  find: facts => {
    const planned = facts.situation.goal?.pods[facts.added]
    const range = planned === undefined ? undefined : tryParseCIDR(planned)
    return asked(facts).flatMap(pool => {
      const own = rangeOf(pool)
      return own === undefined || range === undefined || contains(range, own)
        ? []
        : [
            {
              object,
              field: 'spec.calicoNetwork.ipPools',
              message: `${textOf(getField(pool, ['cidr']), '')} does not lie in ${planned ?? ''}`,
            },
          ]
    })
  },
  examples: {
    bad: [() => operated({ ipPools: [ip4, { cidr: 'fd00:999::/56' }] })],
    good: [() => operated({ ipPools: [ip4, { cidr: 'fd00:244::/56' }] })],
  },
})

const autodetection = calicoRule({
  id: 'calico-operator/bpf-autodetection',
  title: 'with eBPF the Installation says how node addresses are found',
  severity: 'error',
  why: 'The operator refuses eBPF with a pool of IPv6 unless nodeAddressAutodetectionV6 is set.',
  source: validation,
  covers: ['cni 2.3', 'P28', 'practice ebpf'],
  remedy: 'Set spec.calicoNetwork.nodeAddressAutodetectionV6, for example kubernetes: NodeInternalIP.',
  reads,
  unless: byHand,
  find: facts =>
    facts.added === 'IPv6' &&
    network(facts, 'linuxDataplane') === 'BPF' &&
    network(facts, 'nodeAddressAutodetectionV6') === null
      ? [
          {
            object,
            field: 'spec.calicoNetwork.nodeAddressAutodetectionV6',
            message: 'the dataplane is BPF, and nothing says how IPv6 addresses are found',
          },
        ]
      : [],
  examples: {
    bad: [() => operated({ linuxDataplane: 'BPF' })],
    good: [
      () => operated({ linuxDataplane: 'Iptables' }),
      () =>
        operated({
          linuxDataplane: 'BPF',
          nodeAddressAutodetectionV6: { kubernetes: 'NodeInternalIP' },
        }),
    ],
  },
})

const hostLocal = calicoRule({
  id: 'calico-operator/host-local',
  title: 'the operator’s Calico gives addresses from its own pools',
  severity: 'error',
  why: 'HostLocal takes them from the podCIDRs of the Node, which never change on a Node that has one; and it cannot use VXLAN.',
  source: `${validation}, tigera/operator:pkg/render/node.go`,
  covers: ['cni 2.1', 'cni 2.3', 'P03'],
  remedy: 'Move to Calico’s own IPAM first, or convert with new Nodes.',
  reads,
  unless: byHand,
  find: ({ cluster }) => {
    const installation = cluster.objects[installationResource]?.[0]
    return getField(installation, ['spec', 'cni', 'ipam', 'type']) === 'HostLocal'
      ? [{ object, field: 'spec.cni.ipam.type', message: 'it is HostLocal' }]
      : []
  },
  examples: {
    bad: [() => operated({}, { cni: { ipam: { type: 'HostLocal' } } })],
    good: [() => operated({}, { cni: { ipam: { type: 'Calico' } } })],
  },
})

const server = calicoRule({
  id: 'calico-operator/no-api-server',
  title: 'the operator can change pools',
  severity: 'error',
  why: 'On a running cluster the operator adds a pool through Calico’s API server: without one it reports degraded and makes none.',
  source: 'tigera/operator:pkg/controller/ippool/pool_controller.go',
  covers: ['cni 2.3', 'P28'],
  remedy:
    'Create the resource APIServer default (operator.tigera.io/v1), and wait for Deployment calico-apiserver.',
  says: [
    {
      component: 'tigera-operator',
      line: '*Unable to modify IP pools while Calico API server is unavailable*',
    },
  ],
  reads: [{ kind: 'list', resource: deploymentResource }, ...reads],
  unless: byHand,
  find: ({ cluster }) => {
    const found = (cluster.objects[deploymentResource] ?? []).filter(
      ({ metadata }) => metadata.name === 'calico-apiserver',
    )
    const isReady = found.some(one => Number(getField(one, ['status', 'readyReplicas']) ?? 0) > 0)
    return isReady
      ? []
      : [
          {
            object: 'Deployment calico-apiserver',
            field: 'status.readyReplicas',
            message: found.length === 0 ? 'it is not there' : 'none is ready',
          },
        ]
  },
  examples: {
    bad: [() => operated({})],
    good: [() => operated({}, {}, { [deploymentResource]: [apiServer] })],
  },
})

const apiServer: KubeObject = {
  metadata: { name: 'calico-apiserver', namespace: 'calico-apiserver' },
  status: { readyReplicas: 1 },
}

const unowned = calicoRule({
  id: 'calico-operator/pool-not-owned',
  title: 'pools of the new family belong to the operator',
  severity: 'warning',
  why: 'A pool that somebody made by hand turns the family on everywhere all the same, since the operator looks at the pools that exist; one that the Installation names with other values it refuses to touch.',
  source: 'tigera/operator:pkg/controller/ippool/pool_controller.go, tigera/operator:pkg/render/node.go',
  covers: ['cni 2.3', 'P28'],
  remedy:
    'Write the pool into the Installation with exactly its values, or leave the list of the Installation empty and keep all pools by hand.',
  says: [{ component: 'tigera-operator', line: '*Cannot update an IP pool not owned by the operator*' }],
  reads: [...reads, { kind: 'list', resource: 'crd.projectcalico.org/v1/ippools' }],
  unless: facts =>
    byHand(facts) ??
    (Array.isArray(network(facts, 'ipPools')) && listOf(network(facts, 'ipPools')).length === 0
      ? 'the pools are kept by hand'
      : undefined),
  find: ({ calico, added }) =>
    calico.pools
      .filter(({ family, object: pool }) => {
        const owner = pool.metadata.labels?.['app.kubernetes.io/managed-by']
        return family === added && owner !== 'tigera-operator'
      })
      .map(({ name, cidr }) => ({
        object: `IPPool ${name}`,
        field: 'metadata.labels',
        message: `${cidr} does not belong to the operator, which turns ${added} on because of it`,
      })),
  examples: {
    bad: [() => operated({}, {}, {}, { pools: [pool4, pool6] })],
    good: [() => operated({}), () => operated({ ipPools: [] }, {}, {}, { pools: [pool4, pool6] })],
  },
})

const degraded = calicoRule({
  id: 'calico-operator/degraded',
  title: 'the operator is at rest before anything is changed',
  severity: 'error',
  why: 'A degraded operator has stopped at something already: it will not follow another change.',
  source: 'docs.tigera.io/calico/latest/reference/installation/api (TigeraStatus)',
  covers: ['cni 2.3', 'P28'],
  remedy: 'kubectl get tigerastatus says what is wrong: mend it first.',
  reads: [{ kind: 'list', resource: statusResource }],
  unless: byHand,
  find: ({ cluster }) =>
    (cluster.objects[statusResource] ?? []).flatMap(status => {
      const conditions = listOf(getField(status, ['status', 'conditions']))
      const bad = conditions.find(
        one => getField(one, ['type']) === 'Degraded' && getField(one, ['status']) === 'True',
      )
      return bad === undefined
        ? []
        : [
            {
              object: `TigeraStatus ${status.metadata.name}`,
              field: 'status.conditions',
              message: textOf(getField(bad, ['message']), 'it is degraded'),
            },
          ]
    }),
  examples: {
    bad: [() => operated({}, {}, { [statusResource]: [tigeraStatus('True')] })],
    good: [() => operated({}, {}, { [statusResource]: [tigeraStatus('False')] })],
  },
})

const tigeraStatus = (status: string): KubeObject => ({
  metadata: { name: 'ippools' },
  status: { conditions: [{ type: 'Degraded', status, message: 'pool was refused' }] },
})

const ip4: Json = { cidr: '10.244.0.0/16', encapsulation: 'VXLAN' }

const operated = (
  calicoNetwork: Readonly<Record<string, Json>>,
  spec: Readonly<Record<string, Json>> = {},
  objects: CalicoExample['objects'] = {},
  more: CalicoExample = {},
) =>
  calicoSituation({
    ...more,
    operated: true,
    objects: {
      [installationResource]: [{ metadata: { name: 'default' }, spec: { ...spec, calicoNetwork } }],
      ...objects,
    },
  })

export const operatorRules = [
  encapsulation,
  nat,
  outside,
  autodetection,
  hostLocal,
  server,
  unowned,
  degraded,
] as const
