import type { Cluster } from '../../../model/cluster.ts'
import { getField } from '../../../model/fields.ts'
import { type CalicoFacts, calicoRule } from './calico-rule.ts'
import { calicoSituation, healthyNode } from './example.ts'
import { reads, encapsulationOf, vxlan } from './calico-encapsulation.ts'

const nodeMTUs = (cluster: Cluster): readonly number[] =>
  Object.values(cluster.nodes).flatMap(({ addresses }) =>
    addresses.flatMap(({ mtu, scope }) => (mtu === undefined || scope !== 'global' ? [] : [mtu])),
  )

const mtu = calicoRule({
  id: 'calico-encapsulation/fixed-mtu',
  title: 'an MTU that somebody fixed leaves room for the longer header of IPv6',
  severity: 'warning',
  why: 'VXLAN over IPv6 needs 70 bytes where IPv4 needs 50. An MTU given by hand is not adapted: small requests pass, large ones hang.',
  source:
    'docs.tigera.io/calico/latest/networking/configuring/mtu, projectcalico/calico:felix/dataplane/linux/int_dataplane.go',
  covers: ['cni 2.2', 'P33', 'practice mtu'],
  remedy:
    'Set veth_mtu to 0 (Calico finds it), or to the MTU of the network less 70. Pods get it when they are made.',
  reads: [
    ...reads,
    { kind: 'config-map', namespace: 'kube-system', name: 'calico-config' },
    { kind: 'network', on: 'all' },
  ],
  find: facts => {
    const fixed = fixedMTU(facts)
    if (facts.added !== 'IPv6' || fixed === undefined || encapsulationOf(facts) === 'None') return []
    const known = nodeMTUs(facts.cluster)
    const room = known.length === 0 ? undefined : Math.min(...known) - 70
    if (room !== undefined && fixed <= room) return []
    const most = room === undefined ? 'the MTU of the network less 70' : `${room}`
    return [
      {
        object: 'ConfigMap kube-system/calico-config',
        field: 'veth_mtu',
        message: `the MTU of pods is fixed to ${fixed}; with VXLAN over IPv6 it may be at most ${most}`,
      },
    ]
  },
  examples: {
    bad: [() => vxlan({ mtu: '1450' })],
    good: [
      () => vxlan({ mtu: '0' }),
      () => calicoSituation({ mtu: '1450' }),
      () =>
        vxlan({
          mtu: '1430',
          facts: { n1: { addresses: healthyNode.addresses.map(one => ({ ...one, mtu: 1500 })) } },
        }),
    ],
  },
})

/** `0`, nothing: Calico finds it. */
function fixedMTU({ calico, cluster }: CalicoFacts): number | undefined {
  const config = cluster.objects['v1/configmaps']?.find(
    ({ metadata }) => metadata.name === 'calico-config' && metadata.namespace === calico.namespace,
  )
  const value = Number(getField(config, ['data', 'veth_mtu']) ?? 0)
  return Number.isInteger(value) && value > 0 ? value : undefined
}

const smallMTU = calicoRule({
  id: 'calico-encapsulation/below-1280',
  title: 'the MTU of pods is large enough for IPv6',
  severity: 'error',
  why: 'Every link that carries IPv6 has an MTU of 1280 at least; on a smaller one the kernel switches IPv6 off, and a pod gets no address.',
  source: 'RFC 8200 section 5',
  covers: ['cni 2.2', 'P33'],
  remedy: 'Raise veth_mtu to 1280 or more (or to 0, so that Calico finds it), and make the network carry it.',
  reads: [{ kind: 'config-map', namespace: 'kube-system', name: 'calico-config' }],
  find: facts => {
    const fixed = fixedMTU(facts)
    return fixed === undefined || fixed >= 1280
      ? []
      : [
          {
            object: 'ConfigMap kube-system/calico-config',
            field: 'veth_mtu',
            message: `the MTU of pods is ${fixed}, and IPv6 wants 1280`,
          },
        ]
  },
  examples: {
    bad: [() => calicoSituation({ mtu: '1230' })],
    good: [() => calicoSituation(), () => calicoSituation({ mtu: '1440' })],
  },
})

export const mtuRules = [mtu, smallMTU] as const
