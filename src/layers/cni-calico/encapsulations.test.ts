import { expect, test } from 'vitest'
import type { Cluster, KubeObject } from '../../model/cluster.ts'
import { getField } from '../../model/fields.ts'
import type { Goal } from '../../model/goal.ts'
import { backGoal, goal, testCluster } from '../testing/cluster.ts'
import { applied, stepsOf } from '../testing/steps.ts'
import { cniCalico } from './index.ts'

/** Every way in which calico.yaml and calico-vxlan.yaml are installed: encapsulation of the pool that is there × BGP on or off × IPAM. */
const encapsulations = [
  { ipipMode: 'Always', vxlanMode: 'Never' },
  { ipipMode: 'CrossSubnet', vxlanMode: 'Never' },
  { ipipMode: 'Never', vxlanMode: 'Always' },
  { ipipMode: 'Never', vxlanMode: 'CrossSubnet' },
  { ipipMode: 'Never', vxlanMode: 'Never' },
]
const backends = ['bird', 'vxlan'] as const
const goals: readonly Goal['calico']['encapsulation'][] = ['None', 'VXLAN', 'VXLANCrossSubnet']

const resource = 'crd.projectcalico.org/v1/ippools'
const conflistPath = '/etc/cni/net.d/10-calico.conflist'
const network = (ipam: string): string =>
  `{\n  "name": "k8s-pod-network",\n  "plugins": [\n    {\n      "type": "calico",\n      "ipam": {\n        "type": "${ipam}"\n      }\n    }\n  ]\n}`

function installed(pool: object, backend: string, ipam = 'calico-ipam'): Cluster {
  const base = testCluster({
    files: Object.fromEntries(['n1', 'n2'].map(node => [node, { [conflistPath]: network(ipam) }])),
  })
  const from = (name: string, key: string) => ({
    name,
    valueFrom: { configMapKeyRef: { name: 'calico-config', key } },
  })
  const daemonSet: KubeObject = {
    metadata: { name: 'calico-node', namespace: 'kube-system' },
    spec: {
      updateStrategy: { type: 'RollingUpdate' },
      template: {
        spec: {
          initContainers: [{ name: 'install-cni', env: [from('CNI_NETWORK_CONFIG', 'cni_network_config')] }],
          containers: [
            {
              name: 'calico-node',
              env: [
                from('CALICO_NETWORKING_BACKEND', 'calico_backend'),
                { name: 'IP', value: 'autodetect' },
                { name: 'FELIX_IPV6SUPPORT', value: 'false' },
              ],
            },
          ],
        },
      },
    },
  }
  const configMap = {
    metadata: { name: 'calico-config', namespace: 'kube-system' },
    data: { calico_backend: backend, cni_network_config: network(ipam) },
  }
  return {
    ...base,
    objects: {
      ...base.objects,
      'v1/configmaps': [...(base.objects['v1/configmaps'] ?? []), configMap],
      'apps/v1/daemonsets': [...(base.objects['apps/v1/daemonsets'] ?? []), daemonSet],
      [resource]: [{ metadata: { name: 'default-ipv4-ippool' }, spec: { cidr: '10.244.0.0/16', ...pool } }],
    },
  }
}

const there = ['cni-pool', 'cni-addresses', 'cni-assignment']
const back = ['cni-assignment', 'cni-pool', 'cni-addresses']
const through = (cluster: Cluster, stages: readonly string[], to: Goal): Cluster =>
  stages.reduce((state, stage) => applied(state, stepsOf(cniCalico, state, to, stage)), cluster)

const combinations = encapsulations.flatMap(pool =>
  backends.flatMap(backend => goals.map(encapsulation => ({ ...pool, backend, encapsulation }))),
)

test.each(combinations)(
  'ipip $ipipMode, vxlan $vxlanMode, backend $backend, new family $encapsulation',
  ({ ipipMode, vxlanMode, backend, encapsulation }) => {
    const start = installed({ ipipMode, vxlanMode }, backend)
    const to = { ...goal, calico: { ...goal.calico, encapsulation } }
    if (backend === 'vxlan' && encapsulation === 'None') {
      expect(() => through(start, there, to)).toThrow(
        'without BGP, pods of other nodes are reached only through VXLAN',
      )
      return
    }
    const end = through(start, there, to)
    const made = end.objects[resource]?.find(({ metadata }) => metadata.name === 'default-ipv6-ippool')
    // IP in IP carries IPv4 only: never on the new pool, whatever the old one has.
    expect(getField(made, ['spec', 'ipipMode'])).toBe('Never')
    expect(getField(made, ['spec', 'vxlanMode'])).toBe(
      { None: 'Never', VXLAN: 'Always', VXLANCrossSubnet: 'CrossSubnet' }[encapsulation],
    )
    // The old pool and the backend stay as they are.
    expect(end.objects[resource]?.[0]).toEqual(start.objects[resource]?.[0])
    expect(end.objects['v1/configmaps']?.at(-1)?.['data']).toMatchObject({ calico_backend: backend })
    for (const stage of there) expect(stepsOf(cniCalico, end, to, stage)).toEqual([])
    const single = through(end, back, { ...backGoal, calico: to.calico })
    expect(single.objects['apps/v1/daemonsets']).toEqual(start.objects['apps/v1/daemonsets'])
    expect(single.objects['v1/configmaps']).toEqual(start.objects['v1/configmaps'])
    expect(single.nodes).toEqual(start.nodes)
    expect(getField(single.objects[resource]?.[1], ['spec', 'disabled'])).toBe(true)
  },
)

test.each(['host-local', 'galaxy-ipam'].flatMap(ipam => backends.map(backend => ({ ipam, backend }))))(
  '$ipam with backend $backend is refused by name, with what is missing',
  ({ ipam, backend }) => {
    const cluster = installed({ ipipMode: 'Always' }, backend, ipam)
    for (const stage of there) {
      expect(() => stepsOf(cniCalico, cluster, goal, stage)).toThrow(`ipam is ${ipam}`)
    }
  },
)
