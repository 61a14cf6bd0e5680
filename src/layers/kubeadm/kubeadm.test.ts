import { expect, test } from 'vitest'
import { configMapText } from '../../model/changes.ts'
import type { Cluster } from '../../model/cluster.ts'
import { backGoal, clusterConfiguration, goal, testCluster } from '../testing/cluster.ts'
import { applied, shown, stepsOf } from '../testing/steps.ts'
import { kubeadm } from './index.ts'

const steps = (cluster: Cluster, to = goal) => stepsOf(kubeadm, cluster, to, 'kubeadm-config')
const given = (text: string) => testCluster({ clusterConfiguration: text })
const textOf = (cluster: Cluster) =>
  configMapText(cluster, 'kube-system', 'kubeadm-config', 'ClusterConfiguration')

test('ranges and masks are written as v1beta4 wants them', () => {
  expect(shown(steps(given(clusterConfiguration)))).toMatchInlineSnapshot(`
    "# kubeadm/cluster-configuration: Write the ranges of both families into kubeadm's configuration
    kube-system/kubeadm-config ClusterConfiguration
    @@ 3
    -controllerManager: {}
    +controllerManager:
    +  extraArgs:
    +  - name: node-cidr-mask-size-ipv4
    +    value: "24"
    +  - name: node-cidr-mask-size-ipv6
    +    value: "64"
    @@ 7
    -  podSubnet: 10.244.0.0/16
    -  serviceSubnet: 10.96.0.0/16
    +  podSubnet: 10.244.0.0/16,fd00:244::/56
    +  serviceSubnet: 10.96.0.0/16,fd00:96::/112"
  `)
})

test('an older configuration keeps its form: extraArgs are a mapping up to v1beta3', () => {
  const old = clusterConfiguration
    .replace('v1beta4', 'v1beta3')
    .replace('controllerManager: {}', 'controllerManager:\n  extraArgs:\n    bind-address: 0.0.0.0')
  expect(shown(steps(given(old)))).toMatchInlineSnapshot(`
    "# kubeadm/cluster-configuration: Write the ranges of both families into kubeadm's configuration
    kube-system/kubeadm-config ClusterConfiguration
    @@ 6
    +    node-cidr-mask-size-ipv4: "24"
    +    node-cidr-mask-size-ipv6: "64"
    @@ 9
    -  podSubnet: 10.244.0.0/16
    -  serviceSubnet: 10.96.0.0/16
    +  podSubnet: 10.244.0.0/16,fd00:244::/56
    +  serviceSubnet: 10.96.0.0/16,fd00:96::/112"
  `)
})

test('the old mask becomes that of the first family', () => {
  const text = clusterConfiguration.replace(
    'controllerManager: {}',
    'controllerManager:\n  extraArgs:\n  - name: node-cidr-mask-size\n    value: "25"',
  )
  const to = { ...goal, nodeMask: { IPv4: 25, IPv6: 64 } }
  expect(shown(steps(given(text), to))).toMatchInlineSnapshot(`
    "# kubeadm/cluster-configuration: Write the ranges of both families into kubeadm's configuration
    kube-system/kubeadm-config ClusterConfiguration
    @@ 5
    -  - name: node-cidr-mask-size
    +  - name: node-cidr-mask-size-ipv4
    @@ 7
    +  - name: node-cidr-mask-size-ipv6
    +    value: "64"
    @@ 10
    -  podSubnet: 10.244.0.0/16
    -  serviceSubnet: 10.96.0.0/16
    +  podSubnet: 10.244.0.0/16,fd00:244::/56
    +  serviceSubnet: 10.96.0.0/16,fd00:96::/112"
  `)
})

test('extraArgs that beat networking are edited too', () => {
  const text = clusterConfiguration
    .replace(
      'apiServer: {}',
      'apiServer:\n  extraArgs:\n  - name: service-cluster-ip-range\n    value: 10.96.0.0/16',
    )
    .replace(
      'controllerManager: {}',
      'controllerManager:\n  extraArgs:\n  - name: allocate-node-cidrs\n    value: "false"\n  - name: cluster-cidr\n    value: 10.244.0.0/16',
    )
  expect(shown(steps(given(text)))).toMatchInlineSnapshot(`
    "# kubeadm/cluster-configuration: Write the ranges of both families into kubeadm's configuration
    kube-system/kubeadm-config ClusterConfiguration
    @@ 4
    -    value: 10.96.0.0/16
    +    value: 10.96.0.0/16,fd00:96::/112
    @@ 11
    -    value: 10.244.0.0/16
    +    value: 10.244.0.0/16,fd00:244::/56
    @@ 15
    -  podSubnet: 10.244.0.0/16
    -  serviceSubnet: 10.96.0.0/16
    +  podSubnet: 10.244.0.0/16,fd00:244::/56
    +  serviceSubnet: 10.96.0.0/16,fd00:96::/112"
  `)
})

test.each([
  { name: 'as kubeadm writes it', text: clusterConfiguration },
  { name: 'of v1beta3', text: clusterConfiguration.replace('v1beta4', 'v1beta3') },
  { name: 'without a pod range', text: clusterConfiguration.replace(/ {2}podSubnet.*\n/, '') },
])('a configuration $name is as before after the way there and back', ({ text }) => {
  const there = applied(given(text), steps(given(text)))
  expect(textOf(there)).not.toBe(text)
  expect(steps(there)).toEqual([])
  const end = applied(there, steps(there, backGoal))
  expect(textOf(end)).toBe(text)
  expect(steps(end, backGoal)).toEqual([])
})

test('a cluster without a pod range does not get one: an upgrade would begin to hand out podCIDRs', () => {
  const text = clusterConfiguration.replace(/ {2}podSubnet.*\n/, '')
  expect(shown(steps(given(text)))).toMatchInlineSnapshot(`
    "# kubeadm/cluster-configuration: Write the ranges of both families into kubeadm's configuration
    kube-system/kubeadm-config ClusterConfiguration
    @@ 7
    -  serviceSubnet: 10.96.0.0/16
    +  serviceSubnet: 10.96.0.0/16,fd00:96::/112"
  `)
})

test('half a conversion is completed', () => {
  const text = clusterConfiguration.replace('10.96.0.0/16', '10.96.0.0/16,fd00:96::/112')
  const there = applied(given(text), steps(given(text)))
  expect(textOf(there)).toBe(textOf(applied(given(clusterConfiguration), steps(given(clusterConfiguration)))))
})

test('masks that the owner wrote stay in a cluster that stays single-stack', () => {
  const text = clusterConfiguration.replace(
    'controllerManager: {}',
    'controllerManager:\n  extraArgs:\n  - name: node-cidr-mask-size-ipv4\n    value: "24"',
  )
  expect(steps(given(text), backGoal)).toEqual([])
})

test('another first range is refused, with its place', () => {
  const text = clusterConfiguration.replace('10.96.0.0/16', '10.97.0.0/16')
  expect(() => steps(given(text))).toThrow(
    "ConfigMap kube-system/kubeadm-config, ClusterConfiguration: networking.serviceSubnet: the first range is 10.97.0.0/16, and this cluster's is 10.96.0.0/16",
  )
})

test('what cannot be parsed is shown in status, and refused only when it must be edited', () => {
  const cluster = given('networking: {podSubnet: [}\n')
  const state = kubeadm.read(cluster)
  expect(state && kubeadm.status(state)).toEqual([
    expect.objectContaining({ subject: 'kubeadm', note: expect.stringContaining('line 1') }),
  ])
  expect(() => steps(cluster)).toThrow('ConfigMap kube-system/kubeadm-config')
})

test('a cluster without kubeadm has no such layer', () => {
  expect(kubeadm.read({ ...testCluster(), objects: {} })).toBeUndefined()
})
