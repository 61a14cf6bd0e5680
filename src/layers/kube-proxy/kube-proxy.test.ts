import { expect, test } from 'vitest'
import { configMapText } from '../../model/changes.ts'
import { setField } from '../../model/fields.ts'
import type { Cluster, KubeObject } from '../../model/cluster.ts'
import { backGoal, goal, kubeProxyConfiguration, podOf, testCluster } from '../testing/cluster.ts'
import { applied, readingsOf, shown, stepsOf } from '../testing/steps.ts'
import { kubeProxy } from './index.ts'
import { annotationPath } from './read.ts'

const steps = (cluster: Cluster, to = goal) => stepsOf(kubeProxy, cluster, to, 'kube-proxy')
const given = (text: string) => testCluster({ kubeProxy: text })
const textOf = (cluster: Cluster) => configMapText(cluster, 'kube-system', 'kube-proxy', 'config.conf')
const daemonSetOf = (cluster: Cluster) => cluster.objects['apps/v1/daemonsets']?.[0]
const withDaemonSet = (cluster: Cluster, edit: (object: KubeObject) => KubeObject): Cluster => ({
  ...cluster,
  objects: {
    ...cluster.objects,
    'apps/v1/daemonsets': (cluster.objects['apps/v1/daemonsets'] ?? []).map(edit),
  },
})

test('the pod range becomes a pair, and an annotation starts the pods anew, in one step', () => {
  expect(shown(steps(testCluster()))).toMatchInlineSnapshot(`
    "# kube-proxy/rollout: Start kube-proxy anew on every node, for both families
    kube-system/kube-proxy config.conf
    @@ 3
    -clusterCIDR: 10.244.0.0/16
    +clusterCIDR: 10.244.0.0/16,fd00:244::/56
    kube-proxy spec.template.metadata.annotations.kubectl-dualstack/config: null → "83d7f674f76edb90""
  `)
})

test('where the configuration need not change the pods start anew all the same: they read the node addresses only then', () => {
  const cluster = given(kubeProxyConfiguration.replace('10.244.0.0/16', '""'))
  expect(shown(steps(cluster))).toMatchInlineSnapshot(`
    "# kube-proxy/rollout: Start kube-proxy anew on every node, for both families
    kube-proxy spec.template.metadata.annotations.kubectl-dualstack/config: null → "6b5e8754bdb261e2""
  `)
})

test('many nodes, one after the other, have their time', () => {
  const nodes = Array.from({ length: 5000 }, (_, index) => ({ metadata: { name: `n${index}` } }))
  const cluster = testCluster()
  const withinOf = (which: Cluster) => steps(which)[0]?.gates[0]?.within
  expect(withinOf(cluster)).toBe(600)
  expect(withinOf({ ...cluster, objects: { ...cluster.objects, 'v1/nodes': nodes } })).toBe(300_300)
})

test('the way back ends with the very object and text that were there', () => {
  const before = testCluster()
  const dual = applied(before, steps(before))
  expect(steps(dual)).toEqual([])
  const back = steps(dual, backGoal)
  expect(shown(back)).toMatchInlineSnapshot(`
    "# kube-proxy/rollout: Start kube-proxy anew on every node, for IPv4 alone
    kube-system/kube-proxy config.conf
    @@ 3
    -clusterCIDR: 10.244.0.0/16,fd00:244::/56
    +clusterCIDR: 10.244.0.0/16
    kube-proxy spec.template.metadata.annotations.kubectl-dualstack/config: "83d7f674f76edb90" → null"
  `)
  const end = applied(dual, back)
  expect(textOf(end)).toBe(kubeProxyConfiguration)
  expect(daemonSetOf(end)).toEqual(daemonSetOf(before))
  expect(steps(end, backGoal)).toEqual([])
})

test('a single-stack cluster that stays so is left alone', () => {
  expect(steps(testCluster(), backGoal)).toEqual([])
})

test('half a step is completed: the configuration was written, the pods were not started anew', () => {
  const cluster = given(kubeProxyConfiguration.replace('10.244.0.0/16', '10.244.0.0/16,fd00:244::/56'))
  expect(steps(cluster).flatMap(step => step.changes.map(change => change.target.kind))).toEqual(['object'])
  const dual = applied(testCluster(), steps(testCluster()))
  const halfBack = {
    ...dual,
    objects: { ...dual.objects, 'v1/configmaps': testCluster().objects['v1/configmaps'] ?? [] },
  }
  expect(steps(halfBack, backGoal).flatMap(step => step.changes.map(change => change.target.kind))).toEqual([
    'object',
  ])
})

test('what its owner changes later in the configuration is not our roll-out', () => {
  const dual = applied(testCluster(), steps(testCluster()))
  const map = dual.objects['v1/configmaps']?.map(object =>
    object.metadata.name === 'kube-proxy'
      ? setField(object, ['data', 'config.conf'], `${textOf(dual)}oomScoreAdj: -998\n`)
      : object,
  )
  expect(steps({ ...dual, objects: { ...dual.objects, 'v1/configmaps': map ?? [] } })).toEqual([])
})

test('the way back of a conversion that others made starts the pods anew too', () => {
  const byHand = given(kubeProxyConfiguration.replace('10.244.0.0/16', '10.244.0.0/16,fd00:244::/56'))
  const back = steps(byHand, backGoal)
  expect(back.flatMap(step => step.changes.map(change => change.target.kind))).toEqual([
    'config-map',
    'object',
  ])
  const end = applied(byHand, back)
  expect(textOf(end)).toBe(kubeProxyConfiguration)
  expect(steps(end, backGoal)).toEqual([])
})

test('a leftover annotation of the very same configuration still gives a roll-out', () => {
  const dual = applied(testCluster(), steps(testCluster()))
  const reset = {
    ...dual,
    objects: { ...dual.objects, 'v1/configmaps': testCluster().objects['v1/configmaps'] ?? [] },
  }
  const again = applied(reset, steps(reset))
  expect(steps(reset)[0]?.changes).toHaveLength(2)
  expect(steps(again)).toEqual([])
})

test('pods that are not made again by a template change are refused', () => {
  const cluster = withDaemonSet(testCluster(), object =>
    setField(object, ['spec', 'updateStrategy', 'type'], 'OnDelete'),
  )
  expect(() => steps(cluster)).toThrow(expect.objectContaining({ code: 'kube-proxy.on-delete' }))
})

test('NodePort addresses of one family are told: the other family answers everywhere', () => {
  const state = kubeProxy.read(
    given(kubeProxyConfiguration.replace('nodePortAddresses: null', 'nodePortAddresses:\n- 10.0.0.0/24')),
  )
  expect(state && kubeProxy.notices?.(state, goal).map(notice => notice.message)).toEqual([
    'nodePortAddresses 10.0.0.0/24 names no IPv6 range, so NodePorts will answer on every IPv6 address of every node',
  ])
  expect(state && kubeProxy.notices?.(state, backGoal)).toEqual([])
})

test('the gate follows the roll-out', () => {
  const cluster = withDaemonSet(testCluster(), object => setField(object, annotationPath, 'x'))
  const gates = steps(testCluster()).flatMap(step => step.gates)
  const status = (
    generation: number,
    observedGeneration: number,
    updatedNumberScheduled: number,
    numberAvailable: number,
  ) =>
    withDaemonSet(cluster, object => ({
      ...object,
      metadata: { ...object.metadata, generation },
      status: { observedGeneration, desiredNumberScheduled: 2, updatedNumberScheduled, numberAvailable },
    }))
  const seen = (of: Cluster) => readingsOf(kubeProxy, of, gates).map(({ holds, seen }) => `${holds} ${seen}`)
  expect(seen(status(2, 1, 2, 2))).toEqual([
    'false DaemonSet kube-system/kube-proxy: the change is not seen by its controller yet',
  ])
  expect(seen(status(2, 2, 1, 2))).toEqual([
    'false DaemonSet kube-system/kube-proxy: 1 of 2 pods updated, 2 of 2 available',
  ])
  expect(seen(status(2, 2, 2, 1))).toEqual([
    'false DaemonSet kube-system/kube-proxy: 2 of 2 pods updated, 1 of 2 available',
  ])
  expect(seen(status(2, 2, 2, 2))).toEqual([
    'true DaemonSet kube-system/kube-proxy: 2 of 2 pods updated, 2 of 2 available',
  ])
  const pods = ['1', '2'].map(revision =>
    podOf({
      name: `p${revision}`,
      labels: { 'k8s-app': 'kube-proxy' },
      revision,
      created: `2026-01-0${revision}T00:00:00Z`,
      waiting: 'CrashLoopBackOff: back-off 40s restarting',
    }),
  )
  expect(readingsOf(kubeProxy, { ...status(2, 2, 1, 1), pods }, gates)).toEqual([
    expect.objectContaining({
      seen: expect.stringContaining('p2 on n1'),
      hopeless: expect.stringContaining('kubectl logs -n kube-system p2 --previous'),
    }),
  ])
})

test('a cluster whose CNI does the work of kube-proxy has no such layer', () => {
  expect(kubeProxy.read({ ...testCluster(), objects: {} })).toBeUndefined()
})
