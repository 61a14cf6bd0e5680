import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { UnreachableError } from '../../base/errors.ts'
import type { KubeObject } from '../../model/cluster.ts'
import { manualClock } from './testing/manual-clock.ts'
import { ApiError } from './api-error.ts'
import { collect } from './testing/collect.ts'
import { type FakeApi, type FakeApiOptions, type Fault, startFakeApi, status } from './testing/fake-api.ts'

let fake: FakeApi
afterEach(() => fake.close())

const service = (name: string, spec: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'a', name },
  spec,
})
async function start(options: FakeApiOptions = {}) {
  fake = await startFakeApi({
    objects: { 'v1/services': [service('x', { type: 'ClusterIP' })], 'v1/pods': [] },
    ...options,
  })
  return fake.api()
}
const methods = () => fake.requests.map(request => request.method)
const on = (method: string) => (request: { method: string }) => request.method === method

describe('plain requests', () => {
  test('version, get, and a get of what is not there', async () => {
    const api = await start({ version: 'v1.30.1' })
    expect(await api.version()).toBe('v1.30.1')
    expect(await api.get('v1/services', 'a', 'x')).toMatchObject({ kind: 'Service', metadata: { name: 'x' } })
    expect(await api.get('v1/services', 'a', 'y')).toBe(undefined)
    expect(await api.get('no.such/v1/things', undefined, 'y')).toBe(undefined)
  })

  test('create and replace name their field manager, and a dry run writes nothing', async () => {
    const api = await start()
    await api.create('v1/services', service('y'), { dryRun: true })
    expect(fake.objects['v1/services']).toHaveLength(1)
    const y = await api.create('v1/services', service('y'))
    const again = await api.replace('v1/services', { ...y, spec: { type: 'NodePort' } })
    expect(again.metadata.resourceVersion).not.toBe(y.metadata.resourceVersion)
    expect(fake.objects['v1/services']?.[1]?.spec).toEqual({ type: 'NodePort' })
    expect(fake.requests.map(({ method, path, query }) => `${method} ${path}?${query.toString()}`)).toEqual([
      'POST /api/v1/namespaces/a/services?fieldManager=dualstack&dryRun=All',
      'POST /api/v1/namespaces/a/services?fieldManager=dualstack',
      'PUT /api/v1/namespaces/a/services/y?fieldManager=dualstack',
    ])
  })

  test('a replace of what somebody changed meanwhile is a conflict, and one without resourceVersion is not even sent', async () => {
    const api = await start()
    const x = (await api.get('v1/services', 'a', 'x')) as KubeObject
    await api.replace('v1/services', x)
    await expect(api.replace('v1/services', { ...x, spec: { type: 'NodePort' } })).rejects.toMatchObject({
      name: 'ApiError',
      status: 409,
      reason: 'Conflict',
      exitCode: 5,
    })
    expect(fake.objects['v1/services']?.[0]?.spec).toEqual({ type: 'ClusterIP' })
    const sent = fake.requests.length
    await expect(api.replace('v1/services', service('x'))).rejects.toMatchObject({
      code: 'api.no-resource-version',
    })
    expect(fake.requests).toHaveLength(sent)
  })

  test('delete: with a uid it leaves a later object of the same name alone; what is gone is no error', async () => {
    const api = await start()
    await api.delete('v1/services', 'a', 'x', { uid: 'an-older-one' })
    expect(fake.objects['v1/services']).toHaveLength(1)
    const found = await api.get('v1/services', 'a', 'x')
    await expect(
      api.delete('v1/services', 'a', 'x', { uid: found?.metadata.uid, resourceVersion: '1' }),
    ).rejects.toMatchObject({ status: 409 })
    await api.delete('v1/services', 'a', 'x', { uid: found?.metadata.uid, gracePeriodSeconds: 0 })
    expect(fake.objects['v1/services']).toEqual([])
    expect(JSON.parse(fake.requests.at(-1)?.body ?? '')).toMatchObject({ gracePeriodSeconds: 0 })
    await api.delete('v1/services', 'a', 'x')
  })
})

describe('eviction', () => {
  const pod = (name: string) => ({ metadata: { namespace: 'a', name, uid: `uid-${name}` } })
  const budget = (message: string) => ({ details: { causes: [{ reason: 'DisruptionBudget', message }] } })
  const refusal = "Cannot evict pod as it would violate the pod's disruption budget."

  test('evicted, gone, another pod of that name, blocked by a budget', async () => {
    const needs = 'The disruption budget db needs 2 healthy pods and has 2 currently'
    const api = await start({
      objects: { 'v1/pods': ['one', 'two', 'three'].map(pod) },
      evict: ({ metadata }) =>
        metadata.name === 'two' ? status(429, 'TooManyRequests', refusal, budget(needs)) : undefined,
    })
    expect(await api.evict('a', 'one', 'uid-one')).toBe('evicted')
    expect(await api.evict('a', 'one', 'uid-one')).toBe('gone')
    expect(await api.evict('a', 'three', 'uid-of-an-older-one')).toBe('gone')
    const before = fake.requests.length
    expect(await api.evict('a', 'two', 'uid-two')).toEqual({ blocked: needs })
    expect(fake.requests).toHaveLength(before + 2)
    expect(await api.evict('a', 'two', 'uid-of-an-older-one')).toBe('gone')
    expect(fake.objects['v1/pods']?.map(left => left.metadata.name)).toEqual(['two', 'three'])
  })

  test('a budget still being processed is blocked too, although it has a Retry-After', async () => {
    const still = 'The disruption budget db is still being processed by the server.'
    const answer = {
      ...status(429, 'TooManyRequests', refusal, budget(still)),
      headers: { 'Retry-After': '1' },
    }
    const api = await start({ objects: { 'v1/pods': [pod('one')] }, evict: () => answer })
    expect(await api.evict('a', 'one', 'uid-one')).toEqual({ blocked: still })
    expect(methods()).toEqual(['POST', 'GET'])
  })

  test('priority and fairness is not a budget: it is tried again', async () => {
    const api = await start({ objects: { 'v1/pods': [pod('one')] } })
    const busy = {
      status: 429,
      body: 'Too many requests, please try again later.',
      headers: { 'Retry-After': '0' },
    }
    fake.fail({ answer: busy, times: 2 })
    expect(await api.evict('a', 'one', 'uid-one')).toBe('evicted')
    expect(fake.requests).toHaveLength(3)
  })
})

describe('refusals', () => {
  test.each([
    [403, 'Forbidden', 'api.forbidden', 4, 'kubectl auth can-i list deployments.apps'],
    [401, 'Unauthorized', 'api.unauthorized', 4, 'kubectl auth whoami'],
    [422, 'Invalid', 'api.invalid', 3, undefined],
    [500, 'InternalError', 'api.internal-error', 4, 'readyz'],
  ])('%i %s', async (code, reason, ours, exitCode, hint) => {
    const api = await start()
    fake.fail({ answer: status(code, reason, 'because'), times: 2, when: ({ path }) => path !== '/readyz' })
    const listing = collect(api.list('apps/v1/deployments'))
    const error: unknown = await listing.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({
      message: `list apps/v1/deployments: because (${code} ${reason})`,
      status: code,
      reason,
      code: ours,
      exitCode,
    })
    expect((error as ApiError).hint ?? '').toContain(hint ?? '')
  })

  test('what an answer says is told without the secrets in it', async () => {
    const api = await start()
    fake.fail({ answer: status(422, 'Invalid', 'spec.args: "--webhook-token=abc123": too long') })
    await expect(api.get('v1/services', 'a', 'x')).rejects.toMatchObject({
      message: expect.stringMatching(/--webhook-token=REDACTED": too long \(422 Invalid\)$/),
    })
  })

  test('a page of a proxy is told shortly and on one line', async () => {
    const api = await start()
    fake.fail({ answer: { status: 500, body: `<html>\n<h1>Oh no</h1>${'x'.repeat(500)}` } })
    await expect(api.get('v1/services', 'a', 'x')).rejects.toMatchObject({
      message: expect.stringMatching(/^get v1\/services a\/x: Oh no x{190,200} \(500 InternalError\)$/),
    })
  })
})

describe('when the connection breaks', () => {
  test('a get is tried again, whichever way it broke', async () => {
    const api = await start()
    for (const fault of [{ cut: 'before' }, { cut: 'middle' }, { cut: 'after' }] satisfies Fault[])
      fake.fail(fault)
    expect(await api.get('v1/services', 'a', 'x')).toMatchObject({ metadata: { name: 'x' } })
    expect(fake.requests).toHaveLength(4)
  })

  test('after one dead kept-alive socket the others are not tried one by one', async () => {
    await start()
    let retries = 0
    const timeouts = { connect: 1000, idle: 300 }
    const api = fake.api({ patience: 60, timeouts, onRetry: () => retries++ })
    await Promise.all(Array.from({ length: 4 }, () => api.version()))
    const dead = new Set(fake.requests.map(request => request.connection))
    expect(dead.size).toBe(4)
    fake.fail({ when: ({ connection }) => dead.has(connection), delay: 3_600_000, times: 100 })
    expect(await api.version()).toBe('v1.36.3')
    expect(retries).toBe(1)
  })

  test('a replace that was carried out before its answer got lost is a success, not a conflict with ourselves', async () => {
    const api = await start()
    const x = (await api.get('v1/services', 'a', 'x')) as KubeObject
    fake.fail({ when: on('PUT'), cut: 'after' })
    const written = await api.replace('v1/services', { ...x, spec: { type: 'NodePort' } })
    expect(written.spec).toEqual({ type: 'NodePort' })
    expect(methods()).toEqual(['GET', 'PUT', 'PUT', 'GET'])
  })

  test.each([
    ['another value', { type: 'LoadBalancer' }],
    ['a field that we took away', { type: 'NodePort', externalName: 'x' }],
  ])(
    'a replace that somebody overtook with %s is a conflict, also when an answer got lost',
    async (_name, spec) => {
      await start()
      const theirs = () => {
        const [now] = fake.objects['v1/services'] ?? []
        if (now)
          fake.objects['v1/services'] = [
            { ...now, spec, metadata: { ...now.metadata, resourceVersion: '9999' } },
          ]
      }
      const api = fake.api({ onRetry: theirs })
      const x = (await api.get('v1/services', 'a', 'x')) as KubeObject
      fake.fail({ when: on('PUT'), cut: 'before' })
      await expect(api.replace('v1/services', { ...x, spec: { type: 'NodePort' } })).rejects.toMatchObject({
        status: 409,
      })
    },
  )

  test('a create that was carried out before its answer got lost is a success', async () => {
    const api = await start()
    fake.fail({ when: on('POST'), cut: 'after' })
    expect(
      (await api.create('v1/services', service('y', { ports: [{ port: 80 }] }))).metadata.uid,
    ).toBeTruthy()
    expect(fake.objects['v1/services']).toHaveLength(2)
  })

  test('but what somebody else made under that name is not ours', async () => {
    const api = await start()
    fake.fail({ when: on('POST'), cut: 'before' })
    const creating = api.create('v1/services', service('x', { type: 'NodePort' }))
    await expect(creating).rejects.toMatchObject({ reason: 'AlreadyExists', exitCode: 5 })
  })

  test('a create with a generated name is not sent twice', async () => {
    const api = await start()
    fake.fail({ cut: 'after' })
    const object = { metadata: { namespace: 'a', name: '', generateName: 'y-' } } as KubeObject
    await expect(api.create('v1/services', object)).rejects.toMatchObject({
      code: 'api.unreachable',
      message: expect.stringContaining('Whether the last request was carried out is not known'),
    })
    expect(methods()).toEqual(['POST'])
  })

  test('a server that starts or shuts down says 503 or 429, and the request waits for it', async () => {
    const api = await start()
    fake.fail({ answer: status(503, 'ServiceUnavailable', 'not yet'), times: 2 })
    await api.create('v1/services', service('y'))
    expect(methods()).toEqual(['POST', 'POST', 'POST'])
  })

  describe('a 403, which a server that has just started gives to everybody', () => {
    const isReadyz = ({ path }: { path: string }) => path === '/readyz'
    const no = status(
      403,
      'Forbidden',
      'services is forbidden: User "anna" cannot create resource "services"',
    )
    const paths = () => fake.requests.map(({ path }) => path.replace(/^.*\//, ''))

    test.each([
      ['says so', { status: 500, body: '[-]poststarthook/rbac/bootstrap-roles failed' }],
      ['forbids that too', no],
      ['breaks the connection', undefined],
    ])('is tried again while /readyz %s', async (_name, answer) => {
      const api = await start()
      fake.fail({ when: isReadyz, times: 2, ...(answer === undefined ? { cut: 'before' } : { answer }) })
      fake.fail({ when: on('POST'), answer: no, times: 3 })
      await api.create('v1/services', service('y'))
      expect(paths()).toEqual(['services', 'readyz', 'services', 'readyz', 'services', 'readyz', 'services'])
    })

    test('counts from a server that is ready, when it says so again', async () => {
      const api = await start()
      fake.fail({ when: on('POST'), answer: no, times: 2 })
      await expect(api.create('v1/services', service('y'))).rejects.toMatchObject({ status: 403 })
      expect(paths()).toEqual(['services', 'readyz', 'services'])
    })

    test('counts in the end from a server that never lets us see whether it is ready', async () => {
      await start()
      const clock = manualClock(0)
      fake.fail({ answer: no, times: 1000 })
      let ended: unknown
      fake
        .api({ patience: 120, clock })
        .version()
        .catch((error: unknown) => {
          ended = error
        })
      for (let second = 0; second < 50; second++) {
        await pause(5)
        await clock.advance(1_000)
      }
      expect(ended).toMatchObject({ status: 403 })
    })
  })

  test('requests wait for a server that is away, as long as patience lasts', async () => {
    await start()
    const patient = fake.api({ patience: 20 })
    const impatient = fake.api({ patience: 0.3 })
    await patient.version()
    await fake.stop()
    const waiting = patient.create('v1/services', service('y'))
    const error: unknown = await impatient.version().then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(UnreachableError)
    expect(error).toMatchObject({
      code: 'api.unreachable',
      exitCode: 4,
      hint: expect.stringContaining('crictl'),
    })
    await fake.start()
    expect(await waiting).toMatchObject({ metadata: { name: 'y' } })
  })

  test('silence ends: no byte for the idle time', async () => {
    await start()
    fake.fail({ delay: 60_000 })
    const api = fake.api({ patience: 0, timeouts: { connect: 1000, idle: 100 } })
    await expect(api.version()).rejects.toMatchObject({
      code: 'api.unreachable',
      message: expect.stringContaining('no answer'),
    })
  })

  test('abort ends at once, with its own reason', async () => {
    const api = await start()
    fake.fail({ delay: 60_000 })
    const reason = new Error('enough')
    const controller = new AbortController()
    setTimeout(() => controller.abort(reason), 50)
    await expect(api.version(controller.signal)).rejects.toBe(reason)
    await fake.stop()
    const waiting = fake.api({ patience: 60 }).version(AbortSignal.timeout(100))
    await expect(waiting).rejects.toMatchObject({ name: 'TimeoutError' })
    await fake.start()
  })
})
