import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { bundledSample } from '../../app/sample.ts'
import type { KubeObject, Pod } from '../../model/cluster.ts'
import { protobufType, readPodList, statusJson } from './pod-fields.ts'
import { Common, projectPod } from './pods.ts'
import { ProtobufError, ProtobufReader } from './protobuf.ts'
import { collect } from './testing/collect.ts'
import { type FakeApi, startFakeApi, status } from './testing/fake-api.ts'
import { protobufBody } from './testing/pod-wire.ts'

let fake: FakeApi | undefined
afterEach(() => fake?.close())

const sample = (
  JSON.parse(readFileSync(join(bundledSample(), 'objects/v1/pods.json'), 'utf8')) as { items: KubeObject[] }
).items

/** One of everything that a projection asks of. */
const odd: KubeObject[] = [
  {
    metadata: { name: 'ended', namespace: 'demo' },
    spec: {},
    status: {
      phase: 'Running',
      containerStatuses: [
        { name: 'a', state: { terminated: { exitCode: 0, reason: 'Completed' } } },
        { name: 'b', state: { terminated: { exitCode: -1 } } },
      ],
    },
  },
  {
    metadata: { name: 'waits', namespace: 'demo' },
    spec: { containers: [{ name: 'a', image: 'a:1' }] },
    status: {
      phase: 'Pending',
      initContainerStatuses: [
        { name: 'i', state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s' } } },
      ],
      containerStatuses: [{ name: 'a', state: { waiting: { reason: 'PodInitializing' } } }],
      podIP: '10.244.1.9',
    },
  },
  {
    metadata: {
      name: 'kube-apiserver-n1',
      namespace: 'kube-system',
      uid: 'u-é',
      resourceVersion: '12',
      creationTimestamp: '2026-11-23T03:40:01Z',
      deletionTimestamp: '2026-11-24T00:00:00Z',
      labels: { component: 'kube-apiserver', empty: '', zone: 'München', 'zone-2': '東京' },
      annotations: {
        'kubernetes.io/config.mirror': 'abc',
        'cni.projectcalico.org/ipAddrs': '["fd00::1"]',
        other: 'ü',
      },
      ownerReferences: [
        { apiVersion: 'v1', kind: 'Other', name: 'o', uid: 'o', controller: false },
        { apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'n', controller: true },
      ],
    },
    spec: {
      nodeName: 'n1',
      hostNetwork: true,
      containers: [
        {
          name: 'a',
          image: 'a:1',
          command: ['/a', ''],
          args: ['--service-cluster-ip-range=10.96.0.0/16,fd00::/112'],
        },
        { name: 'b', image: 'b:1', args: ['--x'] },
      ],
    },
    status: {
      phase: 'Running',
      podIP: '10.89.1.11',
      podIPs: [{ ip: '10.89.1.11' }, { ip: 'fd00:89:1::11' }],
      conditions: [
        { type: 'Initialized', status: 'True', lastTransitionTime: '2026-11-23T03:40:02Z' },
        { type: 'Ready', status: 'True', lastTransitionTime: '2026-11-23T03:40:03Z' },
      ],
    },
  },
]

const page = (items: readonly KubeObject[]) => ({
  metadata: { resourceVersion: '7', continue: 'more' },
  items,
})
const projected = (items: readonly KubeObject[]): Pod[] => {
  const common = new Common()
  return items.map(item => projectPod(item, common))
}
const throughProtobuf = (items: readonly KubeObject[]): Pod[] =>
  projected(read(protobufBody('PodList', page(items))))

const read = (bytes: Buffer): KubeObject[] => [...readPodList(bytes, new ProtobufReader()).items]

test('a pod that came in protobuf is the pod that came in JSON', () => {
  expect(throughProtobuf([...sample, ...odd])).toEqual(projected([...sample, ...odd]))
  expect(throughProtobuf(odd).map(({ ended, waiting }) => ended ?? waiting)).toEqual([
    'Error: exit code -1',
    'CrashLoopBackOff: back-off 5m0s',
    undefined,
  ])
})

test('any pod', () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }))
  // No API server takes such a label, and it is no member as others are.
  const some = text.filter(given => given !== '' && given !== '__proto__')
  const texts = fc.dictionary(some, text, { maxKeys: 4 })
  const time = fc
    .integer({ min: -62_000_000_000, max: 4_000_000_000 })
    .map(seconds => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z'))
  const container = fc.record({ name: some, image: some, command: fc.array(text), args: fc.array(text) })
  const state = fc.oneof(
    fc.record({ waiting: fc.record({ reason: some, message: some }) }),
    fc.record({ terminated: fc.record({ exitCode: fc.integer(), reason: some }) }),
  )
  const statuses = fc.array(fc.record({ name: some, state }), { maxLength: 2 })
  const pod = fc.record({
    metadata: fc.record({
      name: some,
      namespace: some,
      uid: some,
      creationTimestamp: time,
      labels: texts,
      annotations: texts,
    }),
    spec: fc.record({
      nodeName: some,
      hostNetwork: fc.boolean(),
      containers: fc.array(container, { minLength: 1, maxLength: 2 }),
    }),
    status: fc.record({
      phase: fc.constantFrom('Pending', 'Running', 'Failed'),
      conditions: fc.array(
        fc.record({
          type: fc.constantFrom('Ready', 'Initialized'),
          status: fc.constantFrom('True', 'False'),
          lastTransitionTime: time,
        }),
      ),
      podIPs: fc.array(fc.record({ ip: fc.oneof(fc.ipV4(), fc.ipV6()) }), { maxLength: 2 }),
      containerStatuses: statuses,
      initContainerStatuses: statuses,
    }),
  })
  fc.assert(
    fc.property(fc.array(pod, { maxLength: 3 }), pods => {
      expect(throughProtobuf(pods as KubeObject[])).toEqual(projected(pods as KubeObject[]))
    }),
  )
})

test('an answer that is cut off anywhere, or is something else, is an error', () => {
  const whole = protobufBody('PodList', page(odd))
  // The last four bytes are two empty texts of the envelope.
  for (let length = 0; length < whole.length - 4; length++)
    expect(() => read(whole.subarray(0, length))).toThrow(ProtobufError)
  const refusal = protobufBody('Status', { status: 'Failure' })
  expect(() => read(refusal)).toThrow('a Status, not a PodList')
  expect(statusJson(Buffer.from('<html>'))).toBe(
    'an answer that cannot be read: no Status: it begins otherwise',
  )
})

test('a time that JavaScript has no date for is an error as any other', () => {
  const [first] = odd
  const bytes = protobufBody('PodList', page([first as KubeObject]))
  const far = protobufBody(
    'PodList',
    page([{ ...first, metadata: { name: 'far', creationTimestamp: '+275760-09-13T00:00:00Z' } }]),
  )
  expect(read(bytes)).toHaveLength(1)
  expect(read(far)[0]?.metadata.creationTimestamp).toBe('+275760-09-13T00:00:00Z')
  // One bit more in the seconds.
  const seconds = far.indexOf(Buffer.from([0x08, 0x80, 0x80]))
  expect(seconds).toBeGreaterThan(0)
  far[seconds + 1] = 0x81
  expect(() => read(far)).toThrow('a time of 8640000000001 seconds')
})

test('whatever bytes come, reading ends', () => {
  const whole = protobufBody('PodList', page(odd))
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
      const bytes = Buffer.from(whole)
      bytes[at] = byte
      try {
        read(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(ProtobufError)
      }
    }),
    { numRuns: 2000 },
  )
})

test('a brief list asks for protobuf page after page, and gives what projections read', async () => {
  const many = Array.from({ length: 1203 }, (_, index) => ({
    ...odd[2],
    metadata: { ...odd[2]?.metadata, name: `p${String(index).padStart(4, '0')}` },
  })) as KubeObject[]
  fake = await startFakeApi({ objects: { 'v1/pods': many } })
  const got = await collect(fake.api().list('v1/pods', { brief: true }))
  expect(projected(got)).toEqual(projected(fake.objects['v1/pods'] ?? []))
  expect(fake.requests.map(({ headers }) => headers.accept)).toEqual(
    Array.from({ length: 3 }, () => `${protobufType}, application/json`),
  )
})

test('where only JSON is passed on, a brief list is one of JSON', async () => {
  fake = await startFakeApi({ objects: { 'v1/pods': odd }, jsonOnly: true })
  const got = await collect(fake.api().list('v1/pods', { brief: true }))
  expect(projected(got)).toEqual(projected(fake.objects['v1/pods'] ?? []))
})

test('other resources, and whole pods, come in JSON', async () => {
  fake = await startFakeApi({ objects: { 'v1/pods': odd, 'v1/nodes': [{ metadata: { name: 'n1' } }] } })
  expect(await collect(fake.api().list('v1/pods'))).toEqual(fake.objects['v1/pods'])
  expect(await collect(fake.api().list('v1/nodes', { brief: true }))).toMatchObject([
    { metadata: { name: 'n1' } },
  ])
  expect(fake.requests.map(({ headers }) => headers.accept)).toEqual(['application/json', 'application/json'])
})

test('a refusal in protobuf says what it says in JSON', async () => {
  fake = await startFakeApi({ objects: { 'v1/pods': odd } })
  const answer = status(403, 'Forbidden', 'pods is forbidden: User "x" cannot list', {
    details: { kind: 'pods' },
  })
  fake.fail({ when: ({ path }) => path === '/api/v1/pods', answer, times: 4 })
  const api = fake.api()
  const said = (brief: boolean) => collect(api.list('v1/pods', { brief })).catch((error: unknown) => error)
  const refused = await said(true)
  expect(refused).toMatchObject({ status: 403, reason: 'Forbidden' })
  expect(refused).toEqual(await said(false))
})
