import { expect, test } from 'vitest'
import type { Clock } from '../base/clock.ts'
import { silentLogger } from '../base/logger.ts'
import type { Cluster, KubeObject } from '../model/cluster.ts'
import type { Refresh } from '../model/plan.ts'
import { refresh as readAgain } from '../observe/refresh.ts'
import { memoryApi } from '../world/api/testing/memory-api.ts'
import type { KubeApi, NodeAccess, World } from '../world/ports.ts'
import { finishKept, remakePod } from './bare-pods.ts'
import { recreatePods } from './recreate.ts'

class Killed extends Error {}

const nothing: Cluster = { uid: 'u', version: 'v1.36.3', objects: {}, pods: [], nodes: {}, unread: {} }
const single = [{ ip: '10.244.0.1' }]
const dual = [{ ip: '10.244.0.2' }, { ip: 'fd00::2' }]

interface Made {
  readonly owner?: string
  readonly ready?: boolean
  readonly ips?: readonly { readonly ip: string }[]
  readonly spec?: object
  readonly annotations?: Readonly<Record<string, string>>
}
const pod = (
  name: string,
  { owner, ready = true, ips = single, spec, annotations }: Made = {},
): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    namespace: 'shop',
    labels: { app: 'x' },
    ...(annotations === undefined ? {} : { annotations }),
    ...(owner === undefined
      ? {}
      : {
          ownerReferences: [
            { apiVersion: 'apps/v1', kind: 'StatefulSet', name: owner, uid: 's', controller: true },
          ],
        }),
  },
  spec: {
    nodeName: 'n1',
    containers: [{ name: 'c', image: 'i', env: [{ name: 'PASSWORD', value: 'secret' }] }],
    ...spec,
  },
  status: {
    phase: 'Running',
    podIPs: ips,
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
  },
})

/** A cluster in memory whose kubelet gives a new pod both families, and whose controller makes a pod of `owner` again. */
function worldWith(pods: readonly KubeObject[], comesBack: (name: string) => KubeObject | undefined) {
  const fake = memoryApi({ 'v1/pods': pods, 'apps/v1/replicasets': [], 'v1/podtemplates': [] })
  let now = 0
  const calls: string[] = []
  const state = { killAt: Number.POSITIVE_INFINITY }
  const call = (what: string): void => {
    if (calls.length >= state.killAt) throw new Killed(what)
    calls.push(what)
  }
  const clock: Clock = {
    now: () => now,
    sleep: async ms => {
      now += ms
    },
  }
  const real = fake.api({ clock })
  const api: KubeApi = {
    ...real,
    server: real.server,
    version: () => real.version(),
    list: (resource, options) => real.list(resource, options),
    get: (resource, namespace, name) => real.get(resource, namespace, name),
    exec: async () => ({ code: 0, stdout: '', stderr: '' }),
    replace: async (resource, object) => {
      call(`replace ${resource} ${object.metadata.name}`)
      return real.replace(resource, object)
    },
    create: async (resource, object, options) => {
      call(`create ${resource} ${object.metadata.name}${options?.dryRun ? ' (dry run)' : ''}`)
      const isPod = resource === 'v1/pods' && options?.dryRun !== true
      const { status } = pod('', { ips: dual })
      return real.create(resource, isPod ? { ...object, status } : object, options)
    },
    delete: async (resource, namespace, name, options) => {
      call(`delete ${resource} ${name}`)
      await real.delete(resource, namespace, name, options)
    },
    evict: async (namespace, name, uid) => {
      call(`evict ${name} at ${now / 1000} s`)
      const outcome = await real.evict(namespace, name, uid)
      const next = comesBack(name)
      if (next !== undefined) await real.create('v1/pods', next)
      return outcome
    },
  }
  const world: World = { api, nodes: {} as NodeAccess, clock, logger: silentLogger }
  return { world, fake, calls, state }
}

type RecreatePods = Extract<Refresh, { kind: 'recreate-pods' }>
const recreate = (world: World, refresh: Partial<RecreatePods>) =>
  recreatePods(
    {
      world,
      look: namespace => readAgain(nothing, [{ kind: 'pods', namespace }], world),
      progress: () => {},
      within: 60,
    },
    {
      kind: 'recreate-pods',
      owner: { namespace: 'shop', kind: 'StatefulSet', name: 'db' },
      until: ['IPv4', 'IPv6'],
      by: 'eviction',
      ...refresh,
    },
  )

const bare: Partial<RecreatePods> = {
  owner: { namespace: 'shop', kind: 'Pod', name: 'bare' },
  by: 'delete',
  ready: 1,
}
const barePod = () =>
  pod('bare', {
    annotations: { own: 'kept', 'cni.projectcalico.org/podIP': '10.244.0.1/32' },
    spec: { ephemeralContainers: [{ name: 'debug' }] },
  })

test('a bare pod comes back as it was written, and nothing of ours stays', async () => {
  const { world, fake } = worldWith([barePod()], () => undefined)
  await recreate(world, bare)
  const [made, ...more] = fake.objects['v1/pods'] ?? []
  expect(more).toEqual([])
  expect(made).toMatchObject({
    metadata: { name: 'bare', namespace: 'shop', labels: { app: 'x' }, annotations: { own: 'kept' } },
    status: { podIPs: dual },
  })
  expect(made?.metadata.annotations).toEqual({ own: 'kept' })
  expect(made?.['spec']).toEqual({
    containers: [{ name: 'c', image: 'i', env: [{ name: 'PASSWORD', value: 'secret' }] }],
  })
  expect(fake.objects['v1/podtemplates']).toEqual([])
})

test('killed in front of any call, whoever comes next finds a bare pod that was deleted, and makes it again', async () => {
  const clean = worldWith([barePod()], () => undefined)
  await recreate(clean.world, bare)
  expect(clean.calls).toEqual([
    'create v1/pods bare (dry run)',
    'create v1/podtemplates bare',
    'delete v1/pods bare',
    'create v1/pods bare',
    'delete v1/podtemplates bare',
  ])
  for (let at = 0; at < clean.calls.length; at++) {
    const { world, fake, state } = worldWith([barePod()], () => undefined)
    state.killAt = at
    await expect(recreate(world, bare), clean.calls[at]).rejects.toThrow(Killed)
    state.killAt = Number.POSITIVE_INFINITY
    // The way back, or another machine: no step knows of the pod any more.
    await finishKept({ world })
    expect(
      fake.objects['v1/pods']?.map(object => object.metadata.name),
      clean.calls[at],
    ).toEqual(['bare'])
    expect(fake.objects['v1/podtemplates']).toEqual([])
    await recreate(world, bare)
    expect(fake.objects['v1/pods']).toMatchObject([{ metadata: { name: 'bare' }, status: { podIPs: dual } }])
  }
})

test('a bare pod with a folder of its node comes back on that node', async () => {
  const volumes = [{ name: 'data', hostPath: { path: '/srv/data' } }]
  const { world, fake } = worldWith([pod('bare', { spec: { volumes } })], () => undefined)
  await recreate(world, bare)
  expect(fake.objects['v1/pods']).toMatchObject([
    { spec: { nodeName: 'n1', volumes }, status: { podIPs: dual } },
  ])
})

test('a bare pod that somebody else has just deleted does not come back', async () => {
  const { world, fake, calls } = worldWith([barePod()], () => undefined)
  const seen = readAgain(nothing, [{ kind: 'pods', namespace: 'shop' }], world)
  const [before] = (await seen).pods
  if (before === undefined) throw new Error('no pod')
  const [object] = fake.objects['v1/pods'] ?? []
  if (object === undefined) throw new Error('no pod')
  fake.objects['v1/pods'] = [
    { ...object, metadata: { ...object.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } },
  ]
  await remakePod({ world }, before)
  expect(calls).toEqual([])
})

test('a bare pod that the API server would refuse is not deleted', async () => {
  const { world, fake } = worldWith([barePod()], () => undefined)
  fake.fail({
    when: ({ method, path }) => method === 'POST' && path.endsWith('/pods'),
    // A 403 is doubted once.
    times: 2,
    answer: {
      status: 403,
      body: {
        kind: 'Status',
        status: 'Failure',
        reason: 'Forbidden',
        message: 'violates PodSecurity "restricted"',
      },
    },
  })
  await expect(recreate(world, bare)).rejects.toMatchObject({ code: 'workloads.not-remade', exitCode: 6 })
  expect(fake.objects['v1/pods']).toMatchObject([{ status: { podIPs: single } }])
  expect(fake.objects['v1/podtemplates']).toEqual([])
})

test('somebody’s own PodTemplate of that name is left, and so is the pod', async () => {
  const { world, fake } = worldWith([barePod()], () => undefined)
  const theirs = { metadata: { name: 'bare', namespace: 'shop' }, template: {} }
  await world.api.create('v1/podtemplates', theirs)
  await expect(recreate(world, bare)).rejects.toMatchObject({ code: 'workloads.not-kept' })
  expect(await finishKept({ world })).toEqual([])
  expect(fake.objects['v1/podtemplates']).toMatchObject([theirs])
  expect(fake.objects['v1/pods']).toMatchObject([{ status: { podIPs: single } }])
})

test('a pod that cannot be made again stays kept, and the error says where', async () => {
  const { world, fake, state } = worldWith([barePod()], () => undefined)
  state.killAt = 3
  await expect(recreate(world, bare)).rejects.toThrow(Killed)
  state.killAt = Number.POSITIVE_INFINITY
  fake.fail({
    when: ({ method, path }) => method === 'POST' && path.endsWith('/pods'),
    // A 403 is doubted once.
    times: 2,
    answer: {
      status: 403,
      body: { kind: 'Status', status: 'Failure', reason: 'Forbidden', message: 'no' },
    },
  })
  await expect(finishKept({ world })).rejects.toMatchObject({
    code: 'workloads.kept',
    hint: expect.stringContaining('kubectl -n shop delete podtemplate bare') as string,
  })
  expect(fake.objects['v1/podtemplates']).toHaveLength(1)
  await finishKept({ world })
  expect(fake.objects['v1/pods']).toHaveLength(1)
})

test('a pod that was broken before we came does not hold up the others', async () => {
  const broken = pod('db-1', { owner: 'db', ready: false })
  const { world, calls } = worldWith([pod('db-0', { owner: 'db' }), broken], name =>
    pod(name, { owner: 'db', ips: dual, ready: name === 'db-0' }),
  )
  await recreate(world, { ready: 1 })
  expect(calls).toEqual(['evict db-1 at 0 s', 'evict db-0 at 1 s'])
})

test('a pod that has no address yet is looked at when it has some', async () => {
  const { world, fake, calls } = worldWith([pod('db-0', { owner: 'db', ips: [], ready: false })], name =>
    pod(name, { owner: 'db', ips: dual }),
  )
  let waits = 0
  const clock: Clock = {
    ...world.clock,
    sleep: async (ms, signal) => {
      await world.clock.sleep(ms, signal)
      // The CNI was asked before it was told.
      if (++waits !== 3) return
      const [{ status }, [coming]] = [pod('db-0'), fake.objects['v1/pods'] ?? []]
      if (coming !== undefined) fake.objects['v1/pods'] = [{ ...coming, status }]
    },
  }
  await recreate({ ...world, clock }, { ready: 0 })
  expect(calls).toEqual(['evict db-0 at 3 s'])
})

test('a pod that never gets an address holds nothing up', async () => {
  const { world, calls } = worldWith([pod('db-0', { owner: 'db', ips: [], ready: false })], () => undefined)
  await recreate(world, { ready: 0 })
  expect(calls).toEqual([])
  expect(world.clock.now()).toBe(16_000)
})

test('a pod that is ready goes only when as many serve as served before', async () => {
  const three = ['db-0', 'db-1', 'db-2'].map(name => pod(name, { owner: 'db' }))
  const { world, fake } = worldWith(three, name => pod(name, { owner: 'db', ips: dual, ready: false }))
  await expect(recreate(world, { ready: 3 })).rejects.toMatchObject({
    code: 'workloads.blocked',
    message: expect.stringContaining('fewer of its pods are ready than were before') as string,
  })
  expect(fake.objects['v1/pods']?.filter(object => object.metadata.creationTimestamp === undefined)).toEqual(
    [],
  )
  const old = (fake.objects['v1/pods'] ?? []).filter(
    object => (object['status'] as { podIPs: readonly object[] }).podIPs.length === 1,
  )
  expect(old).toHaveLength(2)
})

const statefulSet = (replicas: number): KubeObject => ({
  metadata: { name: 'db', namespace: 'shop' },
  spec: { replicas },
})

test('a pod that is not back yet is waited for; one that its owner does not want any more is not', async () => {
  const three = ['db-0', 'db-1', 'db-2'].map(name => pod(name, { owner: 'db' }))
  const { world, fake, calls } = worldWith(three, () => undefined)
  fake.objects['apps/v1/statefulsets'] = [statefulSet(2)]
  await expect(recreate(world, { ready: 3 })).rejects.toMatchObject({ code: 'workloads.blocked' })
  expect(calls).toEqual(['evict db-2 at 0 s', 'evict db-1 at 16 s'])
})

test('where no pod comes back that its owner wants, no other one goes', async () => {
  const two = ['db-0', 'db-1'].map(name => pod(name, { owner: 'db' }))
  const { world, fake, calls } = worldWith(two, () => undefined)
  fake.objects['apps/v1/statefulsets'] = [statefulSet(2)]
  await expect(recreate(world, { ready: 2 })).rejects.toMatchObject({
    code: 'workloads.blocked',
    message: expect.stringContaining('fewer of its pods are ready than were before') as string,
  })
  expect(calls).toEqual(['evict db-1 at 0 s'])
})

test('pods whose owner is gone are not waited for', async () => {
  const two = ['db-0', 'db-1'].map(name => pod(name, { owner: 'db' }))
  const { world, calls } = worldWith(two, () => undefined)
  await recreate(world, { ready: 2 })
  expect(calls).toEqual(['evict db-1 at 0 s', 'evict db-0 at 16 s'])
})
