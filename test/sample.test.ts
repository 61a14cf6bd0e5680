import { resolve } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { layers } from '../src/app/layers.ts'
import { planFor } from '../src/app/plan.ts'
import { applyStep } from '../src/model/apply.ts'
import type { Cluster } from '../src/model/cluster.ts'
import { readsOf } from '../src/model/layer.ts'
import type { Plan } from '../src/model/plan.ts'
import { parsePlan } from '../src/model/plan-schema.ts'
import { readBundle } from '../src/observe/bundle.ts'
import { stagesBack, stagesThere } from '../src/plan/stages.ts'

/** The laws of the planner, on a real cluster: the bundle that `npm start` uses. */
let cluster: Cluster
beforeAll(async () => {
  cluster = await readBundle(resolve(import.meta.dirname, '../samples/calico-1cp-1w'), readsOf(layers))
})
const end = (start: Cluster, plan: Plan): Cluster => plan.steps.reduce(applyStep, start)

test('planning from where a plan ends gives no steps', () => {
  const there = planFor(cluster, {}, layers)
  expect(there.steps.length).toBeGreaterThan(10)
  expect(planFor(end(cluster, there), {}, layers).steps).toEqual([])
})

test('a single-stack cluster needs no way back', () => {
  expect(planFor(cluster, { to: 'single' }, layers).steps).toEqual([])
})

test('the way back from the end leads to the same files, ConfigMaps and workloads', () => {
  const dual = end(cluster, planFor(cluster, {}, layers))
  const back = planFor(dual, { to: 'single' }, layers)
  const single = end(dual, back)
  expect(planFor(single, { to: 'single' }, layers).steps).toEqual([])
  for (const [node, facts] of Object.entries(cluster.nodes)) {
    for (const [path, file] of Object.entries(facts.files)) {
      expect(single.nodes[node]?.files[path]?.text ?? null, `${node}:${path}`).toBe(file?.text ?? null)
    }
    expect(single.nodes[node]?.sysctls).toEqual(facts.sysctls)
  }
  for (const resource of [
    'v1/configmaps',
    'apps/v1/daemonsets',
    'apps/v1/deployments',
    'apps/v1/statefulsets',
  ]) {
    expect(single.objects[resource], resource).toEqual(cluster.objects[resource])
  }
})

test.each([
  ['there', stagesThere],
  ['back', stagesBack],
])('steps %s come in the order of the stages', (way, stages) => {
  const there = planFor(cluster, {}, layers)
  const plan = way === 'there' ? there : planFor(end(cluster, there), { to: 'single' }, layers)
  const places = plan.steps.map(step => stages.findIndex(stage => stage.id === step.stage))
  expect(places).not.toContain(-1)
  expect(places).toEqual(places.toSorted((a, b) => a - b))
})

test.each([
  // kubernetes.md 5, cni.md K11, P14, P23: each pair is forced by a rule.
  ['kube-apiserver', 'kube-controller-manager'],
  ['kubelet', 'kube-proxy'],
  ['kubelet', 'cni-addresses'],
  ['cni-pool', 'cni-assignment'],
  ['cni-addresses', 'cni-assignment'],
  ['cni-assignment', 'workloads-dns'],
  ['workloads-dns', 'workloads'],
  ['workloads', 'services'],
  ['services', 'dns'],
  ['hold-services', 'kube-apiserver'],
])('there, %s comes before %s', (first, second) => {
  const ids = stagesThere.map(stage => stage.id)
  expect(ids.indexOf(first)).toBeLessThan(ids.indexOf(second))
  expect(ids).toContain(first)
})

test.each([
  ['dns', 'services'],
  ['services', 'kube-apiserver'],
  ['cni-assignment', 'workloads'],
  ['workloads', 'cni-pool'],
  ['workloads', 'cni-addresses'],
  ['kubelet', 'kube-proxy'],
  ['kube-controller-manager', 'kube-apiserver'],
  ['kube-apiserver', 'release-services'],
  ['cni-addresses', 'host'],
])('back, %s comes before %s', (first, second) => {
  const ids = stagesBack.map(stage => stage.id)
  expect(ids.indexOf(first)).toBeLessThan(ids.indexOf(second))
  expect(ids).toContain(first)
})

test('a plan file of either way is read as the plan that it was, and an unknown field is refused', () => {
  const there = planFor(cluster, {}, layers)
  for (const plan of [there, planFor(end(cluster, there), { to: 'single' }, layers)]) {
    const file: unknown = JSON.parse(JSON.stringify(plan))
    expect(parsePlan(file)).toEqual({ plan: file })
    expect(parsePlan({ ...(file as object), sudo: true })).toHaveProperty('problem')
  }
})
