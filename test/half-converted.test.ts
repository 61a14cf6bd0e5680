import { describe, expect, test } from 'vitest'
import { layers } from '../src/app/layers.ts'
import { planFor } from '../src/app/plan.ts'
import { status } from '../src/app/status.ts'
import { applyStep } from '../src/model/apply.ts'
import type { Cluster } from '../src/model/cluster.ts'
import { readsOf } from '../src/model/layer.ts'
import type { Plan } from '../src/model/plan.ts'
import { readBundle } from '../src/observe/bundle.ts'
import { sample, whySkipped } from './support/samples.ts'

const read = (name: string): Promise<Cluster> => readBundle(sample(name) ?? '', readsOf(layers))
const end = (start: Cluster, plan: Plan): Cluster => plan.steps.reduce(applyStep, start)
const ids = (plan: Plan): readonly string[] => plan.steps.map(step => step.id)

/** Real clusters that somebody left in the middle: `status` says so, and a plan finishes what is missing, and only that. */
describe.each(['calico-3cp-2w-half', 'calico-1cp-2w-by-hand'])('%s', name => {
  const skipped = sample(name) === undefined

  test.skipIf(skipped)(`is shown as it is: in between${whySkipped(name)}`, async () => {
    const report = status(await read(name), layers)
    expect(report.verdict).toBe('in between')
    expect(report.rows.some(row => row.verdict === 'single-stack')).toBe(true)
  })

  test.skipIf(skipped)(`is completed, and then nothing is left${whySkipped(name)}`, async () => {
    const cluster = await read(name)
    const plan = planFor(cluster, {}, layers)
    expect(plan.steps.length).toBeGreaterThan(5)
    expect(planFor(end(cluster, plan), {}, layers).steps).toEqual([])
  })

  test.skipIf(skipped)(`leads back to one family as well${whySkipped(name)}`, async () => {
    const cluster = await read(name)
    const back = planFor(cluster, { to: 'single' }, layers)
    const single = end(cluster, back)
    expect(planFor(single, { to: 'single' }, layers).steps).toEqual([])
    const flags = Object.values(single.nodes).flatMap(
      ({ files }) =>
        /--service-cluster-ip-range=(\S+)/.exec(
          files['/etc/kubernetes/manifests/kube-apiserver.yaml']?.text ?? '',
        )?.[1] ?? [],
    )
    expect(flags.length).toBeGreaterThan(0)
    for (const flag of flags) expect(flag).not.toContain(',')
  })
})

test.skipIf(sample('calico-3cp-2w-half') === undefined)(
  `one API server of three is converted: the others are, with the range that it has${whySkipped('calico-3cp-2w-half')}`,
  async () => {
    const cluster = await read('calico-3cp-2w-half')
    const range = /--service-cluster-ip-range=(\S+)/.exec(
      cluster.nodes['n1']?.files['/etc/kubernetes/manifests/kube-apiserver.yaml']?.text ?? '',
    )?.[1]
    const plan = planFor(cluster, {}, layers)
    expect(ids(plan).filter(id => id.startsWith('kube-apiserver/'))).toEqual([
      'kube-apiserver/n2',
      'kube-apiserver/n3',
    ])
    expect(range).toContain(',')
    expect([plan.goal.services.IPv4, plan.goal.services.IPv6].join()).toBe(range)
    expect(() => planFor(cluster, { services: 'fd00:dead::/112' }, layers)).toThrow(
      'this cluster already has',
    )
  },
)

test.skipIf(sample('calico-1cp-2w-by-hand') === undefined)(
  `by hand what people forget is left: exactly that is planned${whySkipped('calico-1cp-2w-by-hand')}`,
  async () => {
    const plan = planFor(await read('calico-1cp-2w-by-hand'), {}, layers)
    expect(ids(plan)).toMatchInlineSnapshot(`
      [
        "services/hold",
        "host/n1",
        "host/n2",
        "host/n3",
        "kubeadm/cluster-configuration",
        "kube-proxy/rollout",
        "workloads/dns",
        "workloads/kube-system",
        "workloads/pods",
        "services/dual",
        "dns/service",
      ]
    `)
  },
)
