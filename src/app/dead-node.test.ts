import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { UnreachableError } from '../base/errors.ts'
import { layers } from '../layers/index.ts'
import type { KubeObject } from '../model/cluster.ts'
import { setField } from '../model/fields.ts'
import { readBundle } from '../observe/bundle.ts'
import { observe } from '../observe/live.ts'
import { type Practice, practiceWorld } from '../practice/index.ts'
import { managedBy } from '../world/own/labels.ts'
import type { KubeApi, NodeAccess, World } from '../world/ports.ts'
import { apply } from './apply.ts'
import type { Execute } from './execute.ts'
import { foresee } from './foresee.ts'
import { rollback } from './rollback.ts'
import { allReads } from './rules.ts'
import type { Source } from './source.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dead-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const sample = resolve(import.meta.dirname, '../../samples/calico-1cp-1w')

/** The practice cluster with nodes that neither the cluster nor we hear anything of: as its node lifecycle controller would write it. */
function without(practice: Practice, dead: readonly string[]): World {
  const seen = (resource: string, object: KubeObject): KubeObject => {
    if (resource === 'v1/nodes') {
      const status = dead.includes(object.metadata.name) ? 'Unknown' : 'True'
      return setField(object, ['status', 'conditions'], [{ type: 'Ready', status }])
    }
    if (resource !== 'discovery.k8s.io/v1/endpointslices') return object
    const endpoints = (object['endpoints'] ?? []) as readonly { readonly nodeName?: string }[]
    return { ...object, endpoints: endpoints.filter(({ nodeName = '' }) => !dead.includes(nodeName)) }
  }
  const { api, nodes } = practice
  return {
    ...practice,
    api: {
      server: api.server,
      version: (...given) => api.version(...given),
      create: (...given) => api.create(...given),
      replace: (...given) => api.replace(...given),
      delete: (...given) => api.delete(...given),
      evict: (...given) => api.evict(...given),
      exec: (...given) => api.exec(...given),
      get: async (resource, ...given) => {
        const object = await api.get(resource, ...given)
        return object === undefined ? undefined : seen(resource, object)
      },
      async *list(resource, options) {
        for await (const object of api.list(resource, options)) yield seen(resource, object)
      },
    },
    nodes: new Proxy(nodes, {
      get:
        (target, key: keyof NodeAccess) =>
        (node: string, ...given: readonly unknown[]) => {
          if (dead.includes(node))
            throw new UnreachableError(`node ${node}: connection timed out`, 'nodes.ssh')
          return (target[key] as (...all: readonly unknown[]) => unknown).call(target, node, ...given)
        },
    }),
  }
}

const common = (world: World): Omit<Execute, 'plan' | 'direction' | 'given'> => ({
  world,
  layers,
  agree: async () => true,
  how: 'stand-in',
  by: 'test',
  emit: () => {},
  env: { XDG_STATE_HOME: folder },
})
const dualCluster = async (): Promise<Practice> => {
  const practice = practiceWorld(await readBundle(sample, allReads(layers)))
  await apply({ ...common(practice), intent: {} })
  return practice
}
/** What is on a node, as bytes; but for the file that calico-node writes there, which lives in the practice cluster all the time. */
const files = (practice: Practice, node: string) =>
  Object.fromEntries(
    Object.entries(practice.cluster().nodes[node]?.files ?? {}).flatMap(([path, file]) =>
      file === null || path.startsWith('/etc/cni/') ? [] : [[path, file.text] as const],
    ),
  )

test('a dead worker does not stop the way back, and the same command finishes it when it is back', async () => {
  const single = practiceWorld(await readBundle(sample, allReads(layers)))
  const practice = await dualCluster()
  const dual = files(practice, 'n2')
  const back = await rollback({ ...common(without(practice, ['n2'])), intent: {} })
  expect(back.kind).toBe('done')
  expect(back.plan.notices[0]).toMatchObject({ object: 'Node n2' })
  expect(files(practice, 'n1')).toEqual(files(single, 'n1'))
  expect(files(practice, 'n2')).toEqual(dual)
  const again = await rollback({ ...common(practice), intent: {} })
  expect(again.kind).toBe('done')
  expect(again.plan.steps.map(step => step.id)).toMatchInlineSnapshot(`
    [
      "workloads/pods",
      "cni-calico/blocks-ipv6",
      "cni-calico/clear-ipv6",
      "cni-calico/rules-ipv6",
      "kubelet/n2",
      "host/n2",
    ]
  `)
  expect(files(practice, 'n2')).toEqual(files(single, 'n2'))
  expect((await rollback({ ...common(practice), intent: {} })).kind).toBe('nothing')
})

test('a worker that dies on the way is left when the run goes on, and the way there comes to its end', async () => {
  const practice = practiceWorld(await readBundle(sample, allReads(layers)))
  const dead: string[] = []
  const world = without(practice, dead)
  let begun = 0
  const dies = apply({
    ...common(world),
    intent: {},
    emit: event => {
      if (event.kind === 'intend' && event.step === 'kubelet/n2') dead.push('n2')
      if (event.kind === 'intend') begun++
    },
  })
  await expect(dies).rejects.toMatchObject({ exitCode: expect.any(Number) as number })
  expect(begun).toBeGreaterThan(3)
  // The old plan held Services back for pods on n2, which nobody sees any more: what is left is planned anew.
  await expect(apply({ ...common(world), intent: {} })).rejects.toMatchObject({
    code: 'run.not-at-target',
    hint: expect.stringContaining('Run the same command again') as string,
  })
  const done = await apply({ ...common(world), intent: {} })
  expect(done.kind).toBe('done')
  expect(done.plan.notices[0]).toMatchObject({ object: 'Node n2' })
  expect(done.plan.steps.map(step => step.id)).not.toContain('kubelet/n2')
  // Back again, with a calico-node that waits for the address which only this step gives its Node: no rule may stand in the way.
  dead.splice(0)
  const settled: string[] = []
  const rest = apply({
    ...common(world),
    intent: {},
    emit: event => {
      if (event.kind === 'settled') settled.push(event.step)
    },
  })
  // All pods of this small cluster are on n2, and a budget there allows none of them to be away.
  await expect(rest).rejects.toMatchObject({ code: 'workloads.blocked' })
  expect(settled).toContain('kubelet/n2')
})

test('a dead control plane stops everything before it begins, and is named with the way out', async () => {
  const world = without(await dualCluster(), ['n1'])
  await expect(rollback({ ...common(world), intent: {} })).rejects.toMatchObject({
    code: 'node.control-plane-away',
    message: expect.stringContaining('control plane n1') as string,
    hint: expect.stringContaining('--without-node n1') as string,
  })
})

test('preflight judges what a run would do: a dead worker is left, a dead control plane is in the way', async () => {
  const practice = practiceWorld(await readBundle(sample, allReads(layers)))
  const judge = (dead: string) => {
    const world = without(practice, [dead])
    const read: Source['read'] = (reads, how) => observe(world, reads, how)
    const source: Source = { world, read, close: async () => {} }
    return foresee(source, {}, layers, { ignored: new Set(), now: practice.clock.now() })
  }
  const worker = await judge('n2')
  expect(worker.findings.filter(({ severity }) => severity === 'error')).toEqual([])
  expect(worker.findings).toContainEqual(
    expect.objectContaining({ rule: 'node/left', severity: 'warning', object: 'Node n2' }),
  )
  const controlPlane = await judge('n1')
  expect(controlPlane.verdict).toBe('stop')
  expect(controlPlane.findings[0]).toMatchObject({ rule: 'node.control-plane-away', severity: 'error' })
})

test('a pod that was to be made again, and whose old instance hangs on a dead worker, is told with that worker', async () => {
  const practice = practiceWorld(await readBundle(sample, allReads(layers)))
  const spec = { containers: [{ name: 'c', image: 'i' }] }
  await practice.api.create('v1/podtemplates', {
    metadata: {
      name: 'lonely',
      namespace: 'demo',
      labels: managedBy,
      annotations: { 'kubectl-dualstack/pod-uid': 'old' },
    },
    template: { metadata: {}, spec },
  })
  const world = without(practice, ['n2'])
  const old: KubeObject = {
    metadata: { name: 'lonely', namespace: 'demo', uid: 'old', deletionTimestamp: '2026-01-01T00:00:00Z' },
    spec: { ...spec, nodeName: 'n2' },
  }
  const get: KubeApi['get'] = async (resource, namespace, name, signal) =>
    resource === 'v1/pods' && name === 'lonely' ? old : world.api.get(resource, namespace, name, signal)
  const hanging = { ...world, api: { ...world.api, get } }
  await expect(apply({ ...common(hanging), intent: {} })).rejects.toMatchObject({
    code: 'workloads.kept',
    message: expect.stringContaining('hangs on node n2') as string,
  })
})
