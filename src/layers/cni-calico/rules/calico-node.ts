import type { Family } from '../../../address/family.ts'
import { tryParseIP } from '../../../address/index.ts'
import { getField } from '../../../model/fields.ts'
import type { Violation } from '../../../model/rule.ts'
import { listed } from '../../shared/families.ts'
import { poolResource } from '../read.ts'
import { detect } from './autodetection.ts'
import { type CalicoFacts, calicoRule, isOn } from './calico-rule.ts'
import { pod } from '../../../rules/example.ts'
import { calicoSituation, healthyNode, pool4, pool6 } from './example.ts'

const startup = 'projectcalico/calico:node/pkg/lifecycle/startup/startup.go'
const object = 'DaemonSet calico-node'

/** Names of calico-node's environment, per family. */
const names = {
  IPv4: { address: 'IP', method: 'IP_AUTODETECTION_METHOD', support: undefined },
  IPv6: { address: 'IP6', method: 'IP6_AUTODETECTION_METHOD', support: 'FELIX_IPV6SUPPORT' },
} as const

/** The method by which calico-node will look for addresses of the new family: the one that is set, else what the plan sets. */
function methodOf({ calico, added }: CalicoFacts): string {
  const { address, method } = names[added]
  const set = calico.environment[method]
  if (set !== undefined && set !== '') return set
  return calico.environment[address] === 'autodetect' ? 'first-found' : 'kubernetes-internal-ip'
}

const isByHand = ({ isOperated }: CalicoFacts): string | undefined =>
  isOperated ? 'the Tigera operator writes the environment of calico-node' : undefined

/** Nodes that were read, with what the method finds there. */
const found = (facts: CalicoFacts) =>
  Object.entries(facts.cluster.nodes).map(([node, one]) => ({
    node,
    detected: detect(methodOf(facts), facts.added, one),
  }))

const network = [{ kind: 'network', on: 'all' } as const]

const noAddress = calicoRule({
  id: 'calico-node/no-address',
  title: 'calico-node finds an address of the new family on every node',
  severity: 'error',
  why: 'A node on which none is found ends calico-node there at every start, and the roll-out stops at that node, since one may be unavailable at a time. Only global unicast addresses count: unique local ones do, link-local ones do not.',
  source: startup,
  covers: ['cni 2.2', 'P22'],
  remedy:
    'Give the node an address on the interface that the others use, or choose another IP6_AUTODETECTION_METHOD.',
  says: [
    { component: 'calico-node', line: '*ailed to autodetect an IPv6 address*' },
    { component: 'calico-node', line: "Couldn't autodetect an IPv6 address. If auto-detecting" },
  ],
  reads: network,
  unless: isByHand,
  find: facts =>
    found(facts).flatMap(({ node, detected }) => {
      const method = methodOf(facts)
      const planned = facts.situation.goal?.nodeAddresses[node]?.[facts.added]
      const lacks =
        detected === 'elsewhere'
          ? facts.situation.goal !== undefined && method.startsWith('kubernetes') && planned === undefined
          : 'addresses' in detected && detected.addresses.length === 0
      return lacks
        ? [
            {
              object: `Node ${node}`,
              field: names[facts.added].method,
              message: `${method} finds no ${facts.added} address`,
            },
          ]
        : []
    }),
  examples: {
    bad: [
      () => calicoSituation({ environment: { IP6: 'autodetect' }, facts: { n1: { addresses: [] } } }),
      () =>
        calicoSituation({
          environment: { IP6: 'autodetect', IP6_AUTODETECTION_METHOD: 'cidr=fd00:99::/64' },
        }),
      () => calicoSituation({ goal: { nodeAddresses: { n1: { IPv4: '10.0.0.11' } } } }),
    ],
    good: [
      () => calicoSituation(),
      () =>
        calicoSituation({
          environment: { IP6: 'autodetect', IP6_AUTODETECTION_METHOD: 'interface=eth.*' },
        }),
    ],
  },
})

const otherAddress = calicoRule({
  id: 'calico-node/other-address',
  title: 'calico-node finds the address that the node reports',
  severity: 'warning',
  why: 'Sessions and routes use what calico-node finds, everything else what the Node reports. first-found walks the interfaces from the last to the first and may end at a network that the other nodes do not reach.',
  source: `${startup}, projectcalico/calico#1654`,
  covers: ['cni 2.2', 'P22'],
  remedy:
    'Set IP6_AUTODETECTION_METHOD to kubernetes-internal-ip, or to cidr= with the network of the nodes.',
  reads: network,
  unless: isByHand,
  find: facts =>
    found(facts).flatMap(({ node, detected }) => {
      if (detected === 'elsewhere' || 'wrong' in detected) return []
      const planned = facts.situation.goal?.nodeAddresses[node]?.[facts.added]
      const [first] = detected.addresses
      if (planned === undefined || first === undefined || first.address === planned) return []
      return [
        {
          object: `Node ${node}`,
          field: names[facts.added].method,
          message: `${methodOf(facts)} finds ${first.address} on ${first.interface}, and the node is to report ${planned}`,
        },
      ]
    }),
  examples: {
    bad: [
      () =>
        calicoSituation({
          environment: { IP6: 'autodetect' },
          facts: {
            n1: {
              addresses: [
                ...healthyNode.addresses,
                ...healthyNode.addresses.map(one =>
                  one.family === 'IPv6' ? { ...one, interface: 'eth1', address: 'fd00:77::1' } : one,
                ),
              ],
            },
          },
        }),
    ],
    good: [
      () => calicoSituation({ environment: { IP6: 'autodetect' } }),
      () =>
        calicoSituation({
          environment: { IP6: 'autodetect' },
          facts: {
            n1: {
              addresses: [
                ...healthyNode.addresses,
                ...healthyNode.addresses.map(one => ({
                  ...one,
                  interface: 'docker0',
                  address: 'fd00:77::1',
                })),
              ],
            },
          },
        }),
    ],
  },
})

const wrongMethod = calicoRule({
  id: 'calico-node/autodetection-method',
  title: 'the autodetection method is one that calico-node knows',
  severity: 'error',
  why: 'A method that cannot be understood ends calico-node at its start, on every node.',
  source: 'tigera/docs:calico/reference/configure-calico-node.mdx',
  covers: ['cni 2.2', 'P22'],
  remedy: 'Use kubernetes-internal-ip, first-found, cidr=, interface=, skip-interface= or can-reach=.',
  says: [{ component: 'calico-node', line: '*Invalid IP autodetection method: *' }],
  unless: isByHand,
  find: facts => {
    const method = methodOf(facts)
    const detected = detect(method, facts.added, healthyNode)
    return detected === 'elsewhere' || !('wrong' in detected)
      ? []
      : [{ object, field: names[facts.added].method, message: detected.wrong }]
  },
  examples: {
    bad: [
      () => calicoSituation({ environment: { IP6_AUTODETECTION_METHOD: 'first-fuond' } }),
      () => calicoSituation({ environment: { IP6_AUTODETECTION_METHOD: 'cidr=10.0.0.0/24' } }),
      () => calicoSituation({ environment: { IP6_AUTODETECTION_METHOD: 'interface=eth(' } }),
    ],
    good: [
      () => calicoSituation(),
      () => calicoSituation({ environment: { IP6_AUTODETECTION_METHOD: 'can-reach=fd00:10::1' } }),
    ],
  },
})

const half = calicoRule({
  id: 'calico-node/half-configured',
  title: 'address detection and Felix agree about the new family',
  severity: 'warning',
  why: 'With addresses but without Felix’s support routes and policies of the family are missing; with support but no addresses no session and no route is made. Somebody stopped half-way.',
  source: 'tigera/docs:calico/reference/configure-calico-node.mdx',
  covers: ['cni 2.2'],
  remedy: 'The plan completes it. Find out first who began, and whether a template will take it back.',
  unless: isByHand,
  find: ({ calico, added }): readonly Violation[] => {
    const { address, support } = names[added]
    if (support === undefined) return []
    const finds = !['', 'none', undefined].includes(calico.environment[address])
    const felix = isOn(calico.environment[support] ?? 'false')
    if (finds === felix) return []
    return [
      {
        object,
        field: finds ? support : address,
        message: `${address} is ${calico.environment[address] ?? 'not set'}, and ${support} is ${calico.environment[support] ?? 'not set'}`,
      },
    ]
  },
  examples: {
    bad: [
      () => calicoSituation({ environment: { IP6: 'autodetect', FELIX_IPV6SUPPORT: 'false' } }),
      () => calicoSituation({ environment: { FELIX_IPV6SUPPORT: 'true' } }),
    ],
    good: [
      () => calicoSituation({ environment: { FELIX_IPV6SUPPORT: 'false' } }),
      () => calicoSituation({ environment: { IP6: 'autodetect', FELIX_IPV6SUPPORT: 'true' } }),
    ],
  },
})

const randomPool = calicoRule({
  id: 'calico-node/random-pool',
  title: 'no calico-node is about to make a pool with a random range',
  severity: 'warning',
  why: 'Where IPv6 support is on and no pool of IPv6 is there, calico-node makes one when it starts: from CALICO_IPV6POOL_CIDR, else from podSubnet of kubeadm-config, else with 40 random bits. No pool changes its range later.',
  source: `${startup}, projectcalico/calico PR 1693`,
  covers: ['cni 2.2', 'P24'],
  remedy: 'Do not restart calico-node before the plan has made the pool, or set NO_DEFAULT_POOLS=true.',
  reads: [
    { kind: 'list', resource: poolResource },
    { kind: 'config-map', namespace: 'kube-system', name: 'kubeadm-config' },
  ],
  unless: isByHand,
  find: ({ calico, added, cluster }) => {
    const { support } = names[added]
    const { environment } = calico
    const isNamed = (environment['CALICO_IPV6POOL_CIDR'] ?? '') !== ''
    if (support === undefined || !isOn(environment[support] ?? '') || isNamed) return []
    if (isOn(environment['NO_DEFAULT_POOLS'] ?? '')) return []
    if (calico.pools.some(({ family }) => family === added) || namesFamily(cluster, added)) return []
    return [
      {
        object,
        field: support,
        message: 'the next start of calico-node makes an IPv6 pool with a random range',
      },
    ]
  },
  examples: {
    bad: [() => calicoSituation({ environment: { FELIX_IPV6SUPPORT: 'true' } })],
    good: [
      () => calicoSituation({ environment: { FELIX_IPV6SUPPORT: 'false' } }),
      () => calicoSituation({ environment: { FELIX_IPV6SUPPORT: 'true' }, pools: [pool4, pool6] }),
      () =>
        calicoSituation({
          environment: { FELIX_IPV6SUPPORT: 'true', CALICO_IPV6POOL_CIDR: 'fd00:244::/56' },
        }),
    ],
  },
})

/** Does kubeadm-config's podSubnet name the family in the way that calico-node reads it: by a pattern, without quotes and spaces? */
function namesFamily(cluster: CalicoFacts['cluster'], family: Family): boolean {
  const value = podSubnetLine(cluster)
  return value !== undefined && !/["'\s]/.test(value) && value.includes(family === 'IPv6' ? ':' : '.')
}

function podSubnetLine(cluster: CalicoFacts['cluster']): string | undefined {
  const map = cluster.objects['v1/configmaps']?.find(({ metadata }) => metadata.name === 'kubeadm-config')
  const text = getField(map, ['data', 'ClusterConfiguration'])
  return typeof text === 'string' ? /^ *podSubnet: *(.*?) *$/m.exec(text)?.[1] : undefined
}

const podSubnet = calicoRule({
  id: 'calico-node/pod-subnet-text',
  title: 'podSubnet stands in kubeadm-config as calico-node reads it',
  severity: 'info',
  why: 'calico-node takes default pools from that line by a pattern: in quotes, or with a space behind the comma, the second range is lost without a word, and the pool gets a random range. With a pool of our own it does not matter.',
  source: `${startup} (extractKubeadmCIDRs)`,
  covers: ['cni 2.2', 'P24'],
  remedy: 'Write podSubnet without quotes, the ranges parted by a comma alone.',
  reads: [{ kind: 'config-map', namespace: 'kube-system', name: 'kubeadm-config' }],
  unless: isByHand,
  find: ({ cluster }) => {
    const value = podSubnetLine(cluster)
    return value === undefined || !/["'\s]/.test(value)
      ? []
      : [
          {
            object: 'ConfigMap kube-system/kubeadm-config',
            field: 'networking.podSubnet',
            message: `${value} is not read by calico-node`,
          },
        ]
  },
  examples: {
    bad: [
      () => withPodSubnet('"10.244.0.0/16,fd00:244::/56"'),
      () => withPodSubnet('10.244.0.0/16, fd00::/56'),
    ],
    good: [() => withPodSubnet('10.244.0.0/16,fd00:244::/56'), () => calicoSituation()],
  },
})

function withPodSubnet(text: string) {
  return calicoSituation({
    objects: {
      'v1/configmaps': [
        {
          metadata: { name: 'kubeadm-config', namespace: 'kube-system' },
          data: {
            ClusterConfiguration: `networking:\n  podSubnet: ${text}\n  serviceSubnet: 10.96.0.0/12\n`,
          },
        },
      ],
    },
  })
}

const poolEnvironment = calicoRule({
  id: 'calico-node/pool-environment',
  title: 'the environment that describes default pools lets calico-node start',
  severity: 'error',
  why: 'calico-node ends itself when a pool range is given while default pools are off, and when the block size is outside 116 to 128.',
  source: startup,
  covers: ['cni 2.2'],
  remedy:
    'Take CALICO_IPV6POOL_CIDR out where NO_DEFAULT_POOLS is true; set CALICO_IPV6POOL_BLOCK_SIZE to 122 or leave it out.',
  says: [{ component: 'calico-node', line: '*Invalid blocksize * for version 6*' }],
  unless: isByHand,
  find: ({ calico: { environment } }) => {
    const size = environment['CALICO_IPV6POOL_BLOCK_SIZE']
    const range = environment['CALICO_IPV6POOL_CIDR'] ?? ''
    const isOff = isOn(environment['NO_DEFAULT_POOLS'] ?? '')
    return [
      ...(isOff && range !== '' && range !== 'none'
        ? [{ object, field: 'CALICO_IPV6POOL_CIDR', message: 'it is set, and NO_DEFAULT_POOLS is true' }]
        : []),
      ...(size === undefined || size === '' || (Number(size) >= 116 && Number(size) <= 128)
        ? []
        : [{ object, field: 'CALICO_IPV6POOL_BLOCK_SIZE', message: `${size} is outside 116 to 128` }]),
    ]
  },
  examples: {
    bad: [
      () =>
        calicoSituation({
          environment: { NO_DEFAULT_POOLS: 'true', CALICO_IPV6POOL_CIDR: 'fd00:244::/56' },
        }),
      () => calicoSituation({ environment: { CALICO_IPV6POOL_BLOCK_SIZE: '64' } }),
    ],
    good: [
      () => calicoSituation({ environment: { NO_DEFAULT_POOLS: 'true' } }),
      () => calicoSituation({ environment: { CALICO_IPV6POOL_BLOCK_SIZE: '122' } }),
    ],
  },
})

const routerId = calicoRule({
  id: 'calico-node/router-id',
  title: 'nodes with IPv4 take their router id from it',
  severity: 'warning',
  why: 'CALICO_ROUTER_ID=hash is for nodes that have no IPv4: on others it changes the router id of running sessions, and two nodes may get the same.',
  source: 'tigera/docs:calico/reference/configure-calico-node.mdx',
  covers: ['cni 2.2'],
  remedy: 'Take CALICO_ROUTER_ID out.',
  find: ({ calico, situation }) =>
    calico.environment['CALICO_ROUTER_ID'] === 'hash' && situation.goal?.families.includes('IPv4') !== false
      ? [{ object, field: 'CALICO_ROUTER_ID', message: 'it is hash, and the nodes have IPv4 addresses' }]
      : [],
  examples: {
    bad: [() => calicoSituation({ environment: { CALICO_ROUTER_ID: 'hash' } })],
    good: [() => calicoSituation({ environment: { CALICO_ROUTER_ID: '10.0.0.1' } })],
  },
})

const onDelete = calicoRule({
  id: 'calico-node/update-strategy',
  title: 'a change of calico-node reaches the nodes',
  severity: 'error',
  why: 'With the update strategy OnDelete the pods keep their old environment until somebody deletes them one by one.',
  source: 'kubernetes.io/docs/tasks/manage-daemon/update-daemon-set',
  covers: ['cni 2.2'],
  remedy: 'Set spec.updateStrategy.type to RollingUpdate.',
  find: ({ calico }) => {
    const type = getField(calico.daemonSet, ['spec', 'updateStrategy', 'type'])
    return type === 'OnDelete'
      ? [
          {
            object,
            field: 'spec.updateStrategy.type',
            message: 'it is OnDelete: a change would reach no node',
          },
        ]
      : []
  },
  examples: {
    bad: [() => calicoSituation({ strategy: 'OnDelete' })],
    good: [() => calicoSituation()],
  },
})

const backend = calicoRule({
  id: 'calico-node/policy-only',
  title: 'Calico does the networking of this cluster',
  severity: 'error',
  why: 'With the networking backend none another CNI gives pods their addresses (Canal: Flannel with Calico’s policies), and that one must be converted.',
  source: 'projectcalico/calico:manifests/canal.yaml',
  covers: ['cni 2.1', 'cni 2.2'],
  remedy: 'Convert the CNI that gives pods their addresses; Calico follows it.',
  unless: isByHand,
  find: ({ calico }) =>
    calico.backend === 'none'
      ? [
          {
            object,
            field: 'CALICO_NETWORKING_BACKEND',
            message: 'it is none: Calico only enforces policies here',
          },
        ]
      : [],
  examples: {
    bad: [() => calicoSituation({ backend: 'none' })],
    good: [() => calicoSituation()],
  },
})

const datastore = calicoRule({
  id: 'calico-node/datastore',
  title: 'Calico keeps its data in the Kubernetes API',
  severity: 'error',
  why: 'With a datastore of its own (etcd) its pools are no objects of this cluster, and cannot be read or changed here.',
  source: 'tigera/docs:calico/reference/configure-calico-node.mdx',
  covers: ['cni 2.2'],
  remedy: 'Make the IPPool with calicoctl; this version converts the Kubernetes datastore only.',
  unless: isByHand,
  find: ({ calico: { environment } }) => {
    const type = environment['DATASTORE_TYPE']
    return type === undefined || type === 'kubernetes'
      ? []
      : [{ object, field: 'DATASTORE_TYPE', message: `it is ${type}` }]
  },
  examples: {
    bad: [() => calicoSituation({ environment: { DATASTORE_TYPE: 'etcdv3' } })],
    good: [() => calicoSituation({ environment: { DATASTORE_TYPE: 'kubernetes' } })],
  },
})

/**
 * On a node that a conversion has left (it was dead), calico-node waits for the very address that the rest of the conversion gives its Node:
 * nothing that anybody could mend first.
 */
function waitsForAddress(facts: CalicoFacts, node: string): boolean {
  const { calico, added, cluster } = facts
  const asks = calico.environment[names[added].address] === 'autodetect'
  if (!asks || methodOf(facts) !== 'kubernetes-internal-ip') return false
  const object = cluster.objects['v1/nodes']?.find(({ metadata }) => metadata.name === node)
  const addresses = getField(object, ['status', 'addresses'])
  return !(Array.isArray(addresses) ? addresses : []).some(one => {
    const address = getField(one, ['address'])
    return (
      getField(one, ['type']) === 'InternalIP' &&
      typeof address === 'string' &&
      tryParseIP(address)?.family === added
    )
  })
}

const unready = calicoRule({
  id: 'calico-node/not-ready',
  title: 'calico-node is ready everywhere before its roll-out',
  severity: 'error',
  why: 'A roll-out takes down one more at a time: where one is down already it does not begin, or it leaves nodes without routes.',
  source: 'kubernetes.io/docs/tasks/manage-daemon/update-daemon-set',
  covers: ['P22', 'P27'],
  remedy: 'Mend the pods that are not ready first: kubectl -n kube-system get pods -l k8s-app=calico-node.',
  reads: [{ kind: 'list', resource: 'v1/pods' }],
  find: facts => {
    const pods = facts.cluster.pods.filter(
      pod =>
        pod.labels['k8s-app'] === 'calico-node' &&
        !pod.ready &&
        !pod.deleting &&
        !waitsForAddress(facts, pod.node),
    )
    return pods.length === 0
      ? []
      : [
          {
            object,
            field: 'status',
            message: `${pods.length} of its pods are not ready: ${listed(
              pods.map(({ name, node }) => `${name} on ${node}`),
              3,
            )}`,
          },
        ]
  },
  examples: {
    bad: [() => calicoSituation({ pods: [agent(false)] })],
    good: [
      () => calicoSituation({ pods: [agent(true)] }),
      () => calicoSituation(),
      () =>
        calicoSituation({
          pods: [agent(false)],
          environment: { IP6: 'autodetect', IP6_AUTODETECTION_METHOD: 'kubernetes-internal-ip' },
        }),
    ],
  },
})

const agent = (ready: boolean) =>
  pod({
    namespace: 'kube-system',
    name: 'calico-node-x',
    owner: { kind: 'DaemonSet', name: 'calico-node' },
    ips: ['10.0.0.11'],
    hostNetwork: true,
    ready,
    labels: { 'k8s-app': 'calico-node' },
  })

export const nodeRules = [
  noAddress,
  otherAddress,
  wrongMethod,
  half,
  randomPool,
  podSubnet,
  poolEnvironment,
  routerId,
  onDelete,
  backend,
  datastore,
  unready,
] as const
