import { describe, expect, test } from 'vitest'
import { host } from '../src/layers/host/index.ts'
import { kubeAPIServer } from '../src/layers/kube-apiserver/index.ts'
import { kubeControllerManager } from '../src/layers/kube-controller-manager/index.ts'
import { kubeProxy } from '../src/layers/kube-proxy/index.ts'
import { kubeadm } from '../src/layers/kubeadm/index.ts'
import { kubelet } from '../src/layers/kubelet/index.ts'
import { applied } from '../src/layers/testing/steps.ts'
import type { Cluster } from '../src/model/cluster.ts'
import type { Layer } from '../src/model/layer.ts'
import type { Plan } from '../src/model/plan.ts'
import { readBundle } from '../src/observe/bundle.ts'
import { decide } from '../src/plan/intent.ts'
import { makePlan } from '../src/plan/make.ts'
import { sample, whySkipped } from './support/samples.ts'

const layers: readonly Layer[] = [host, kubeadm, kubeAPIServer, kubeControllerManager, kubelet, kubeProxy]

const read = (folder: string) =>
  readBundle(
    folder,
    layers.flatMap(layer => layer.reads),
  )
/** Those of the captured clusters that are converted already. */
const ranges = { pods: 'fd00:244::/56', services: 'fd00:96::/112' }
const planTo = (cluster: Cluster, to: 'dual' | 'single') =>
  makePlan({
    cluster,
    goal: decide(cluster, to === 'dual' ? { to, ...ranges } : { to }),
    layers,
    tool: 'test',
  })

/** The lines that a plan changes, each with how often: which node it is on matters little. */
function lines(plan: Plan): readonly string[] {
  const counts = new Map<string, number>()
  for (const change of plan.steps.flatMap(step => step.changes)) {
    if (!('edits' in change)) continue
    for (const { remove, insert } of change.edits) {
      for (const line of [
        ...remove.map(text => `-${text.trim()}`),
        ...insert.map(text => `+${text.trim()}`),
      ]) {
        counts.set(line, (counts.get(line) ?? 0) + 1)
      }
    }
  }
  return [...counts].map(([line, count]) => `${count} × ${line}`)
}

const texts = (cluster: Cluster) => ({
  files: Object.fromEntries(
    Object.entries(cluster.nodes).map(([node, { files }]) => [
      node,
      Object.fromEntries(Object.entries(files).filter(([, file]) => file !== null)),
    ]),
  ),
  maps: cluster.objects['v1/configmaps'],
  daemonSets: cluster.objects['apps/v1/daemonsets'],
  sysctls: Object.values(cluster.nodes).map(node => node.sysctls),
})

describe.each(['calico-1cp-2w', 'calico-3cp-2w', 'bridge-1cp-1w'])('%s, single-stack', name => {
  const folder = sample(name)
  test.skipIf(folder === undefined)(`there and back changes no byte${whySkipped(name)}`, async () => {
    const before = await read(folder ?? '')
    expect(planTo(before, 'single').steps).toEqual([])
    const dual = applied(before, planTo(before, 'dual').steps)
    expect(planTo(dual, 'dual').steps).toEqual([])
    const end = applied(dual, planTo(dual, 'single').steps)
    expect(texts(end)).toEqual(texts(before))
    expect(planTo(end, 'single').steps).toEqual([])
  })
})

test.skipIf(sample('calico-3cp-2w') === undefined)(
  `a real cluster of three control planes gets these lines and no others${whySkipped('calico-3cp-2w')}`,
  async () => {
    const plan = planTo(await read(sample('calico-3cp-2w') ?? ''), 'dual')
    expect(lines(plan)).toMatchInlineSnapshot(`
      [
        "5 × +# Written by kubectl-dualstack: this node forwards both IP families. \`dualstack rollback\` takes it away.",
        "10 × +# before: 1",
        "5 × +net.ipv6.conf.all.forwarding = 1",
        "5 × +net.ipv6.conf.default.forwarding = 1",
        "1 × -controllerManager: {}",
        "1 × +controllerManager:",
        "1 × +extraArgs:",
        "1 × +- name: node-cidr-mask-size-ipv4",
        "1 × +value: "24"",
        "1 × +- name: node-cidr-mask-size-ipv6",
        "1 × +value: "64"",
        "1 × -podSubnet: 10.244.0.0/16",
        "1 × -serviceSubnet: 10.96.0.0/16",
        "1 × +podSubnet: 10.244.0.0/16,fd00:244::/56",
        "1 × +serviceSubnet: 10.96.0.0/16,fd00:96::/112",
        "6 × -- --service-cluster-ip-range=10.96.0.0/16",
        "6 × +- --service-cluster-ip-range=10.96.0.0/16,fd00:96::/112",
        "3 × -- --cluster-cidr=10.244.0.0/16",
        "3 × +- --cluster-cidr=10.244.0.0/16,fd00:244::/56",
        "3 × +- --node-cidr-mask-size-ipv4=24",
        "3 × +- --node-cidr-mask-size-ipv6=64",
        "1 × -KUBELET_KUBEADM_ARGS="--node-ip=10.89.0.11"",
        "1 × +KUBELET_KUBEADM_ARGS="--node-ip=10.89.0.11,fd00:89::11"",
        "1 × -KUBELET_KUBEADM_ARGS="--node-ip=10.89.0.12"",
        "1 × +KUBELET_KUBEADM_ARGS="--node-ip=10.89.0.12,fd00:89::12"",
        "1 × -KUBELET_KUBEADM_ARGS="--node-ip=10.89.0.13"",
        "1 × +KUBELET_KUBEADM_ARGS="--node-ip=10.89.0.13,fd00:89::13"",
        "1 × -KUBELET_KUBEADM_ARGS="--node-ip=10.89.0.14"",
        "1 × +KUBELET_KUBEADM_ARGS="--node-ip=10.89.0.14,fd00:89::14"",
        "1 × -KUBELET_KUBEADM_ARGS="--node-ip=10.89.0.15"",
        "1 × +KUBELET_KUBEADM_ARGS="--node-ip=10.89.0.15,fd00:89::15"",
        "1 × -clusterCIDR: 10.244.0.0/16",
        "1 × +clusterCIDR: 10.244.0.0/16,fd00:244::/56",
      ]
    `)
  },
)

test.skipIf(sample('calico-3cp-2w-half') === undefined)(
  `a half-converted cluster gets the other half${whySkipped('calico-3cp-2w-half')}`,
  async () => {
    const plan = planTo(await read(sample('calico-3cp-2w-half') ?? ''), 'dual')
    const servers = plan.steps.filter(step => step.layer === 'kube-apiserver')
    expect(servers.map(step => [step.id, step.leaves.length])).toEqual([
      ['kube-apiserver/n2', 0],
      ['kube-apiserver/n3', 0],
    ])
    expect(plan.goal.services.IPv6).toBe('fd00:96::/112')
  },
)

test.skipIf(sample('calico-1cp-2w-by-hand') === undefined)(
  `a cluster converted by hand gets what its page forgot${whySkipped('calico-1cp-2w-by-hand')}`,
  async () => {
    const plan = planTo(await read(sample('calico-1cp-2w-by-hand') ?? ''), 'dual')
    expect(plan.steps.map(step => step.id)).toEqual([
      'host/n1',
      'host/n2',
      'host/n3',
      'kubeadm/cluster-configuration',
      'kube-proxy/rollout',
    ])
  },
)
