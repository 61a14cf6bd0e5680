import { expect, test } from 'vitest'
import { fileOf } from '../../model/changes.ts'
import type { Cluster, KubeObject } from '../../model/cluster.ts'
import {
  backGoal,
  controllerManagerManifest,
  controllerManagerPath,
  goal,
  manifest,
  testCluster,
  withMirrors,
} from '../testing/cluster.ts'
import { applied, readingsOf, shown, stepsOf } from '../testing/steps.ts'
import { kubeControllerManager } from './index.ts'

const steps = (cluster: Cluster, to = goal) =>
  stepsOf(kubeControllerManager, cluster, to, 'kube-controller-manager')
const given = (text: string) => testCluster({ files: { n1: { [controllerManagerPath]: text } } })
const textOf = (cluster: Cluster) => fileOf(cluster, 'n1', controllerManagerPath)?.text
const withLease = (cluster: Cluster, holderIdentity: string, renewTime: string): Cluster => {
  const lease: KubeObject = {
    metadata: { name: 'kube-controller-manager', namespace: 'kube-system' },
    spec: { holderIdentity, renewTime },
  }
  return { ...cluster, objects: { ...cluster.objects, 'coordination.k8s.io/v1/leases': [lease] } }
}
const withPodCIDRs = (cluster: Cluster, ...podCIDRs: string[]): Cluster => ({
  ...cluster,
  objects: { ...cluster.objects, 'v1/nodes': [{ metadata: { name: 'n1' }, spec: { podCIDRs } }] },
})

test('ranges become pairs, and both masks are named', () => {
  expect(shown(steps(testCluster()))).toMatchInlineSnapshot(`
    "# kube-controller-manager/n1: Give the controller manager of n1 the ranges of both families
    n1:/etc/kubernetes/manifests/kube-controller-manager.yaml
    @@ 12
    -    - --cluster-cidr=10.244.0.0/16
    +    - --cluster-cidr=10.244.0.0/16,fd00:244::/56
    @@ 14
    -    - --service-cluster-ip-range=10.96.0.0/16
    +    - --node-cidr-mask-size-ipv4=24
    +    - --node-cidr-mask-size-ipv6=64
    +    - --service-cluster-ip-range=10.96.0.0/16,fd00:96::/112"
  `)
})

test("the old mask flag goes, and its value stays as the first family's, in its place", () => {
  const to = { ...goal, nodeMask: { IPv4: 25, IPv6: 64 } }
  expect(
    shown(steps(given(controllerManagerManifest('--node-cidr-mask-size=25')), to)),
  ).toMatchInlineSnapshot(`
    "# kube-controller-manager/n1: Give the controller manager of n1 the ranges of both families
    n1:/etc/kubernetes/manifests/kube-controller-manager.yaml
    @@ 12
    -    - --cluster-cidr=10.244.0.0/16
    +    - --cluster-cidr=10.244.0.0/16,fd00:244::/56
    @@ 14
    -    - --node-cidr-mask-size=25
    -    - --service-cluster-ip-range=10.96.0.0/16
    +    - --node-cidr-mask-size-ipv4=25
    +    - --node-cidr-mask-size-ipv6=64
    +    - --service-cluster-ip-range=10.96.0.0/16,fd00:96::/112"
  `)
})

test('a controller manager that hands out no pod ranges gets no masks', () => {
  const text = controllerManagerManifest().replace(
    '--allocate-node-cidrs=true',
    '--allocate-node-cidrs=false',
  )
  expect(shown(steps(given(text)))).toMatchInlineSnapshot(`
    "# kube-controller-manager/n1: Give the controller manager of n1 the ranges of both families
    n1:/etc/kubernetes/manifests/kube-controller-manager.yaml
    @@ 12
    -    - --cluster-cidr=10.244.0.0/16
    +    - --cluster-cidr=10.244.0.0/16,fd00:244::/56
    @@ 14
    -    - --service-cluster-ip-range=10.96.0.0/16
    +    - --service-cluster-ip-range=10.96.0.0/16,fd00:96::/112"
  `)
})

test('a flag that is not there stays away', () => {
  const text = manifest('kube-controller-manager', ['--leader-elect=true'])
  expect(steps(given(text))).toEqual([])
})

test.each([
  { name: 'as kubeadm writes it', text: controllerManagerManifest() },
  {
    name: 'without --service-cluster-ip-range',
    text: controllerManagerManifest().replace(/.*service-cluster-ip-range.*\n/, ''),
  },
])('a manifest $name is as before after the way there and back', ({ text }) => {
  const before = given(text)
  const dual = applied(before, steps(before))
  expect(textOf(dual)).not.toBe(text)
  expect(steps(dual)).toEqual([])
  const end = applied(dual, steps(dual, backGoal))
  expect(textOf(end)).toBe(text)
  expect(steps(end, backGoal)).toEqual([])
})

test('the way back leaves no mask of the family that goes, and keeps one that says more than the default', () => {
  const to = { ...goal, nodeMask: { IPv4: 25, IPv6: 64 } }
  const before = given(controllerManagerManifest('--node-cidr-mask-size=25'))
  const dual = applied(before, steps(before, to))
  expect(shown(steps(dual, { ...backGoal, nodeMask: to.nodeMask }))).toMatchInlineSnapshot(`
    "# kube-controller-manager/n1: Take the second family's ranges from the controller manager of n1
    n1:/etc/kubernetes/manifests/kube-controller-manager.yaml
    @@ 12
    -    - --cluster-cidr=10.244.0.0/16,fd00:244::/56
    +    - --cluster-cidr=10.244.0.0/16
    @@ 15
    -    - --node-cidr-mask-size-ipv6=64
    -    - --service-cluster-ip-range=10.96.0.0/16,fd00:96::/112
    +    - --service-cluster-ip-range=10.96.0.0/16"
  `)
})

test('a half-converted one gets the rest', () => {
  const text = controllerManagerManifest().replace(
    '--cluster-cidr=10.244.0.0/16',
    '--cluster-cidr=10.244.0.0/16,fd00:244::/56',
  )
  const end = applied(given(text), steps(given(text)))
  expect(textOf(end)).toBe(textOf(applied(testCluster(), steps(testCluster()))))
})

test('masks that the owner wrote stay in a cluster that stays single-stack', () => {
  expect(steps(given(controllerManagerManifest('--node-cidr-mask-size-ipv4=24')), backGoal)).toEqual([])
  expect(steps(given(controllerManagerManifest('--node-cidr-mask-size=25')), backGoal)).toEqual([])
})

test("the dead man's switch is armed, for longer than the gates wait", () => {
  const [step] = steps(testCluster())
  const longest = Math.max(...(step?.gates ?? []).map(gate => gate.within + gate.steady))
  expect(step?.guard).toMatchObject({ node: 'n1' })
  expect(step?.guard?.within).toBeGreaterThan(longest)
})

test('gates hold when the pod runs the flags, is ready, and somebody leads since', () => {
  const before = withLease(testCluster(), 'n1_uuid', '2025-12-31T23:59:59.000000Z')
  const gates = steps(before).flatMap(step => step.gates)
  expect(readingsOf(kubeControllerManager, before, gates)).toMatchInlineSnapshot(`
    [
      {
        "holds": false,
        "id": "kube-controller-manager/runs",
        "seen": "kube-controller-manager on n1 runs with --cluster-cidr=10.244.0.0/16 --service-cluster-ip-range=10.96.0.0/16 --node-cidr-mask-size-ipv4 is not set --node-cidr-mask-size-ipv6 is not set",
      },
      {
        "holds": false,
        "id": "kube-controller-manager/leads",
        "seen": "n1 leads, its Lease was renewed at 2025-12-31T23:59:59.000000Z, before the pod of n1 began",
      },
    ]
  `)
  const runs = withMirrors(applied(before, steps(before)))
  expect(readingsOf(kubeControllerManager, runs, gates).map(reading => reading.holds)).toEqual([true, false])
  const leads = withLease(runs, 'n1_other', '2026-01-01T00:00:20.000000Z')
  expect(readingsOf(kubeControllerManager, leads, gates).map(reading => reading.holds)).toEqual([true, true])
  const elsewhere = withLease(runs, 'some-host.example.com_uuid', '2026-01-01T00:00:20.000000Z')
  expect(readingsOf(kubeControllerManager, elsewhere, gates)[1]).toMatchObject({ holds: true })
})

test('a leader that is not ready does not lead', () => {
  const cluster = testCluster()
  const [, leads] = steps(cluster).flatMap(step => step.gates)
  const ill = { ...cluster, pods: cluster.pods.map(pod => ({ ...pod, ready: false })) }
  expect(
    readingsOf(
      kubeControllerManager,
      withLease(ill, 'n1_uuid', '2026-01-01T00:00:20Z'),
      leads ? [leads] : [],
    ),
  ).toEqual([
    expect.objectContaining({ holds: false, seen: 'the controller manager of n1 leads and is not ready' }),
  ])
})

test.each([
  {
    waiting: 'CrashLoopBackOff: back-off 20s restarting failed container=kube-controller-manager',
    hopeless: true,
  },
  {
    waiting: 'CrashLoopBackOff: back-off 10s restarting failed container=kube-controller-manager',
    hopeless: false,
  },
  { waiting: 'ContainerCreating: ', hopeless: false },
])('a pod that waits with $waiting is hopeless: $hopeless', ({ waiting, hopeless }) => {
  const before = testCluster()
  const runs = withMirrors(applied(before, steps(before)))
  const ill = { ...runs, pods: runs.pods.map(pod => ({ ...pod, ready: false, waiting })) }
  const [reading] = readingsOf(
    kubeControllerManager,
    ill,
    steps(before).flatMap(step => step.gates),
  )
  expect(reading?.holds).toBe(false)
  expect(reading?.hopeless !== undefined).toBe(hopeless)
})

test.each([
  { name: 'two podCIDRs, and one range', podCIDRs: ['10.244.1.0/24', 'fd00:244:0:1::/64'], to: backGoal },
  { name: 'its podCIDRs the other way round', podCIDRs: ['fd00:244:0:1::/64', '10.244.1.0/24'], to: goal },
  { name: 'a podCIDR outside of the range', podCIDRs: ['10.99.1.0/24'], to: goal },
])('the step does not begin while a node has $name', ({ podCIDRs, to }) => {
  const dual = applied(testCluster(), steps(testCluster()))
  const [step] = to === goal ? steps(testCluster()) : steps(dual, to)
  const [reading] = readingsOf(
    kubeControllerManager,
    withPodCIDRs(testCluster(), ...podCIDRs),
    step?.needs ?? [],
  )
  expect(reading).toMatchObject({
    holds: false,
    hopeless: expect.stringContaining('Remove and join node n1 again'),
  })
  expect(readingsOf(kubeControllerManager, testCluster(), step?.needs ?? [])).toEqual([
    expect.objectContaining({ holds: true }),
  ])
})

test('the way back names the nodes with two podCIDRs beforehand', () => {
  const state = kubeControllerManager.read(withPodCIDRs(testCluster(), '10.244.1.0/24', 'fd00:244:0:1::/64'))
  expect(state && kubeControllerManager.notices?.(state, backGoal)).toEqual([
    expect.objectContaining({ object: 'Node n1' }),
  ])
  expect(state && kubeControllerManager.notices?.(state, goal)).toEqual([])
})

test('another first range is refused, with its place', () => {
  expect(() => steps(given(controllerManagerManifest().replace('10.244.0.0/16', '10.245.0.0/16')))).toThrow(
    "n1:/etc/kubernetes/manifests/kube-controller-manager.yaml: the first range is 10.245.0.0/16, and this cluster's is 10.244.0.0/16",
  )
})
