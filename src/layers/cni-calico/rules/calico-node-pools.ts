import type { Family } from '../../../address/family.ts'
import { getField } from '../../../model/fields.ts'
import { poolResource } from '../read.ts'
import { type CalicoFacts, calicoRule, isOn } from './calico-rule.ts'
import { calicoSituation, pool4, pool6 } from './example.ts'
import { startup, object, names, isByHand } from './calico-node.ts'

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

export const nodePoolRules = [randomPool, podSubnet, poolEnvironment] as const
