import { expect, test } from 'vitest'
import { configMapText } from '../../model/changes.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { Goal } from '../../model/goal.ts'
import { kubeAPIServer } from '../kube-apiserver/index.ts'
import { kubeControllerManager } from '../kube-controller-manager/index.ts'
import { kubeProxy } from '../kube-proxy/index.ts'
import { kubeadm } from '../kubeadm/index.ts'
import { kubelet } from '../kubelet/index.ts'
import {
  apiServerManifest,
  apiServerPath,
  backGoal,
  clusterConfiguration,
  controllerManagerManifest,
  controllerManagerPath,
  envPath,
  goal,
  testCluster,
  withKubelets,
  withMirrors,
} from '../testing/cluster.ts'
import { applied, stepsOf } from '../testing/steps.ts'

const stages = [
  [kubeadm, 'kubeadm-config'],
  [kubeAPIServer, 'kube-apiserver'],
  [kubeControllerManager, 'kube-controller-manager'],
  [kubelet, 'kubelet'],
  [kubeProxy, 'kube-proxy'],
] as const

/** Through all components, each on what the one before left. */
const through = (cluster: Cluster, to: Goal): Cluster =>
  stages.reduce((state, [layer, stage]) => applied(state, stepsOf(layer, state, to, stage)), cluster)

const texts = (cluster: Cluster): Readonly<Record<string, string>> => ({
  apiserver: cluster.nodes['n1']?.files[apiServerPath]?.text ?? '',
  controllerManager: cluster.nodes['n1']?.files[controllerManagerPath]?.text ?? '',
  kubelet: cluster.nodes['n2']?.files[envPath]?.text ?? '',
  kubeProxy: configMapText(cluster, 'kube-system', 'kube-proxy', 'config.conf') ?? '',
  kubeadm: configMapText(cluster, 'kube-system', 'kubeadm-config', 'ClusterConfiguration') ?? '',
})

const old = (version: string): Cluster =>
  testCluster({ version, clusterConfiguration: clusterConfiguration.replace('v1beta4', 'v1beta2') })

test('1.20: every component gets the gate, each in its own words, and loses it on the way back', () => {
  const start = old('v1.20.15')
  const end = through(start, goal)
  const found = texts(end)
  expect(found['apiserver']).toContain('    - --feature-gates=IPv6DualStack=true\n')
  expect(found['controllerManager']).toContain('    - --feature-gates=IPv6DualStack=true\n')
  expect(found['kubelet']).toBe(
    'KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.12,fd00:10::12 --feature-gates=IPv6DualStack=true"\n',
  )
  expect(found['kubeProxy']).toContain('featureGates:\n  IPv6DualStack: true\n')
  expect(found['kubeadm']).toContain('featureGates:\n  IPv6DualStack: true\n')
  expect(texts(through(end, goal))).toEqual(found)
  const back = through(withKubelets(withMirrors(end)), backGoal)
  expect(texts(back)).toMatchObject({
    apiserver: texts(start)['apiserver'],
    controllerManager: texts(start)['controllerManager'],
    kubelet: texts(start)['kubelet'],
  })
  for (const text of Object.values(texts(back))) expect(text).not.toContain('IPv6DualStack')
})

test.each(['v1.21.14', 'v1.22.17', 'v1.23.17', 'v1.37.0'])('%s: nobody needs the gate', version => {
  for (const text of Object.values(texts(through(old(version), goal))))
    expect(text).not.toContain('IPv6DualStack')
})

test('1.22 with the gate turned off: it is turned on where it is off', () => {
  const off = '--feature-gates=A=true,IPv6DualStack=false'
  const cluster = testCluster({
    version: 'v1.22.0',
    clusterConfiguration: `${clusterConfiguration.replace('v1beta4', 'v1beta3').replace('apiServer: {}', 'apiServer:\n  extraArgs:\n    feature-gates: A=true,IPv6DualStack=false')}featureGates:\n  IPv6DualStack: false\n`,
    files: {
      n1: {
        [apiServerPath]: apiServerManifest().replace('    - --tls', `    - ${off}\n    - --tls`),
        [controllerManagerPath]: controllerManagerManifest(off),
        [envPath]: `KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.11 ${off}"\n`,
      },
    },
  })
  const found = texts(through(cluster, goal))
  for (const name of ['apiserver', 'controllerManager'])
    expect(found[name]).toContain('--feature-gates=A=true,IPv6DualStack=true\n')
  expect(found['kubeadm']).toContain('feature-gates: A=true,IPv6DualStack=true\n')
  expect(found['kubeadm']).toContain('featureGates:\n  IPv6DualStack: true\n')
})

test('a node that is older than its API server counts by itself', () => {
  const cluster = old('v1.22.0')
  const nodes = (cluster.objects['v1/nodes'] ?? []).map(node => ({
    ...node,
    status: { ...(node['status'] as object), nodeInfo: { kubeletVersion: 'v1.20.1' } },
  }))
  const mixed = { ...cluster, objects: { ...cluster.objects, 'v1/nodes': nodes } }
  expect(texts(through(mixed, goal))['kubelet']).toContain('--feature-gates=IPv6DualStack=true')
  expect(texts(through(mixed, goal))['apiserver']).not.toContain('feature-gates')
})

test('gates in another file than the node address: refused, one of the two would be lost', () => {
  const cluster = testCluster({
    version: 'v1.20.0',
    files: { n1: { '/etc/default/kubelet': 'KUBELET_EXTRA_ARGS=--feature-gates=A=true\n' } },
  })
  expect(() => stepsOf(kubelet, cluster, goal, 'kubelet')).toThrow(
    '--feature-gates stands in KUBELET_EXTRA_ARGS',
  )
})
