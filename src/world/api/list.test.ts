import { afterEach, expect, test, vi } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import type { KubeObject } from '../../model/cluster.ts'
import { collect } from './testing/collect.ts'
import { type FakeApi, type Seen, startFakeApi, status } from './testing/fake-api.ts'

let fake: FakeApi
afterEach(() => fake.close())

const pods = (count: number, namespace = 'a'): KubeObject[] =>
  Array.from({ length: count }, (_, index) => ({
    metadata: { namespace, name: `p${String(index).padStart(4, '0')}`, labels: { odd: String(index % 2) } },
  }))
const start = async (objects: readonly KubeObject[]) => {
  fake = await startFakeApi({ objects: { 'v1/pods': objects } })
  return fake.api()
}
const namesOf = (list: readonly KubeObject[] | undefined) =>
  (list ?? []).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
const isContinued = (request: Seen) => request.query.has('continue')

test('pages of 500, each item once, and no page more than needed', async () => {
  const api = await start(pods(1203))
  const got = await collect(api.list('v1/pods'))
  expect(namesOf(got)).toEqual(namesOf(fake.objects['v1/pods']))
  expect(fake.requests.map(({ query }) => query.get('limit'))).toEqual(['500', '500', '500'])
})

test.each([false, true])(
  'the next page is asked for while this one still comes, and no other (brief: %s)',
  async brief => {
    const api = await start(pods(2203))
    const continued = () => fake.requests.filter(isContinued).length
    // Until somebody asks for the second page, the first one does not end.
    fake.fail({
      when: request => !isContinued(request),
      halfway: () => vi.waitFor(() => expect(continued()).toBe(1)),
    })
    const items = api.list('v1/pods', { brief })[Symbol.asyncIterator]()
    expect((await items.next()).value).toMatchObject({ metadata: { name: 'p0000' } })
    // The second one is there, whole, and nobody asked for it yet.
    await systemClock.sleep(200)
    expect(continued()).toBe(1)
    const names = ['p0000']
    for (let item = await items.next(); item.done !== true; item = await items.next())
      names.push(item.value.metadata.name)
    expect(names).toHaveLength(2203)
    expect(new Set(names).size).toBe(2203)
    expect(continued()).toBe(4)
  },
)

test('namespace and selectors go to the server', async () => {
  const api = await start([...pods(4), ...pods(4, 'b')])
  const options = { namespace: 'b', labelSelector: 'odd=1', fieldSelector: 'metadata.name!=p0001' }
  expect(namesOf(await collect(api.list('v1/pods', options)))).toEqual(['b/p0003'])
  expect(fake.requests[0]?.path).toBe('/api/v1/namespaces/b/pods')
})

test('a resource that is not served has no items; one that is, and empty, neither', async () => {
  const api = await start([])
  expect(await collect(api.list('crd.projectcalico.org/v1/ippools'))).toEqual([])
  expect(await collect(api.list('v1/pods'))).toEqual([])
})

test('a connection that breaks between pages loses and doubles nothing', async () => {
  const api = await start(pods(1203))
  fake.fail({ when: isContinued, cut: 'middle', times: 2 })
  fake.fail({ when: isContinued, answer: status(503, 'ServiceUnavailable', 'restarting') })
  expect(namesOf(await collect(api.list('v1/pods')))).toEqual(namesOf(fake.objects['v1/pods']))
})

test('a token that is too old: the server hands out another, and the list goes on where it was', async () => {
  const api = await start(pods(1203))
  const token = Buffer.from('a/p0499').toString('base64')
  fake.fail({
    when: isContinued,
    answer: status(410, 'Expired', 'too old', { metadata: { continue: token } }),
  })
  expect(namesOf(await collect(api.list('v1/pods')))).toEqual(namesOf(fake.objects['v1/pods']))
  expect(fake.requests.filter(request => !isContinued(request))).toHaveLength(1)
  // The token that was too old, the one handed out, and the last page's: none of them twice.
  expect(fake.requests.filter(isContinued)).toHaveLength(3)
})

test('without another token it reads again from the start and passes over what was given, also when objects came and went', async () => {
  const objects = [...pods(700), ...pods(700, 'a-b')]
  const api = await start(objects)
  fake.fail({ when: isContinued, answer: status(410, 'Expired', 'too old') })
  const got: string[] = []
  for await (const pod of api.list('v1/pods')) {
    if (got.length === 0) {
      const now = fake.objects['v1/pods'] ?? []
      now.splice(3, 1)
      now.push(...pods(1, 'aa'))
    }
    got.push(...namesOf([pod]))
  }
  // `a-b/` sorts before `a/`, since keys are compared as a whole
  const throughout = namesOf(objects).filter(name => name !== 'a/p0003')
  expect([...got].sort()).toEqual(
    [...throughout, 'a/p0003', 'aa/p0000'].sort().filter(name => got.includes(name)),
  )
  expect(new Set(got).size).toBe(got.length)
  for (const name of throughout) expect(got).toContain(name)
})

test('a server that always says "too old" is not asked for ever', async () => {
  const api = await start(pods(1203))
  fake.fail({ when: isContinued, answer: status(410, 'Expired', 'too old'), times: 100 })
  await expect(collect(api.list('v1/pods'))).rejects.toMatchObject({ status: 410 })
  expect(fake.requests.length).toBeLessThan(6)
})

test('whoever has seen enough ends the request that is under way', async () => {
  const api = await start(pods(1203))
  fake.fail({ when: isContinued, delay: 60_000 })
  for await (const pod of api.list('v1/pods')) {
    expect(pod.metadata.name).toBe('p0000')
    await vi.waitFor(() => expect(fake.requests.filter(isContinued)).toHaveLength(1))
    break
  }
  await vi.waitFor(() => expect(fake.connections).toBe(0))
})

test('a refusal in the middle is thrown, not taken for the end', async () => {
  const api = await start(pods(1203))
  fake.fail({ when: isContinued, answer: status(403, 'Forbidden', 'no more'), times: 2 })
  await expect(collect(api.list('v1/pods'))).rejects.toMatchObject({ status: 403 })
})

test('a gateway that spoils protobuf is no reason to fail', async () => {
  const api = await start(pods(3))
  const spoilt = (body: Buffer) => ({
    status: 200,
    body,
    headers: { 'Content-Type': 'application/vnd.kubernetes.protobuf ; x=y' },
  })
  fake.fail({ when: ({ path }) => path === '/api/v1/pods', answer: spoilt(Buffer.from('k8s\0nonsense')) })
  expect(namesOf(await collect(api.list('v1/pods', { brief: true })))).toEqual(
    namesOf(fake.objects['v1/pods']),
  )
  expect(fake.requests.map(({ headers }) => headers.accept)).toEqual([
    'application/vnd.kubernetes.protobuf, application/json',
    'application/json',
  ])
})

test('a refusal in protobuf is not asked for again where one in JSON is not', async () => {
  const api = await start(pods(3))
  const when = ({ path }: { path: string }) => path === '/api/v1/pods'
  const answer = status(500, 'InternalError', 'etcd said no', { details: { causes: [] } })
  for (const brief of [false, true]) {
    fake.fail({ when, answer })
    const before = fake.requests.length
    await expect(collect(api.list('v1/pods', { brief }))).rejects.toMatchObject({
      status: 500,
      retryAfter: undefined,
    })
    expect(fake.requests.length - before).toBe(1)
  }
})
