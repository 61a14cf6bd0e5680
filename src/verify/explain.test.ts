import { expect, test } from 'vitest'
import { UnreachableError } from '../base/errors.ts'
import type { KubeObject } from '../model/cluster.ts'
import type { Answer, Ask } from '../model/verification.ts'
import type { World } from '../world/ports.ts'
import type { Context } from './context.ts'
import { explain } from './explain.ts'

const ask = (scenario: string, rest: Partial<Ask> = {}): Ask => ({
  id: `${scenario}/${rest.from?.node ?? 'n1'}`,
  scenario,
  family: 'IPv6',
  protocol: 'HTTP',
  from: { kind: 'pod', name: 'peer-n1', node: 'n1' },
  to: { kind: 'pod', name: 'peer-n2', node: 'n2' },
  address: 'fd00::2',
  port: 8080,
  expect: 'answers',
  ...rest,
})
const failed = (one: Ask, seen = 'no answer in 2 s'): Answer => ({ ask: one, outcome: 'failed', seen })
const passed = (one: Ask): Answer => ({ ask: one, outcome: 'passed', seen: 'status 200' })
const service = { to: { kind: 'service', name: 'web' } } as const

const slice = (family: string, ...addresses: readonly string[]): KubeObject => ({
  metadata: { name: `web-${family}`, namespace: 'verify-x', labels: { 'kubernetes.io/service-name': 'web' } },
  addressType: family,
  endpoints: addresses.map(address => ({
    addresses: [address],
    conditions: { ready: address !== 'fd00::bad' },
  })),
})

/** Counts what is read. Ways are known of n1; n2 cannot be asked. */
function worldOf(slices: readonly KubeObject[] = []) {
  const read: string[] = []
  const world = {
    api: {
      async *list(resource: string, { namespace = '' } = {}) {
        read.push(`${resource} ${namespace}`)
        yield* slices
      },
    },
    nodes: {
      facts: (node: string, { ways = [] }: { ways?: readonly string[] }) => {
        read.push(`ways of ${node}: ${ways.join()}`)
        if (node === 'n2') return Promise.reject(new UnreachableError('ssh failed', 'nodes.ssh'))
        return Promise.resolve({
          ways: Object.fromEntries(ways.map(way => [way, `${way} via fe80::1; fe80::1 FAILED`])),
        })
      },
    },
  } as unknown as World
  return { world, read }
}
const context = {
  namespace: 'verify-x',
  cni: 'cni-calico',
  nodes: [{ name: 'n1' }, { name: 'n2' }, { name: 'n3', unasked: 'ssh failed' }],
} as unknown as Context

test('of what works nothing is read', async () => {
  const { world, read } = worldOf()
  const answers = [passed(ask('pod-to-pod'))]
  expect(await explain(world, context, answers)).toEqual(answers)
  expect(read).toEqual([])
})

test('a failure has its request, the way from its node and the endpoints of its Service in that family', async () => {
  const { world, read } = worldOf([slice('IPv4', '10.0.0.9'), slice('IPv6', 'fd00::9', 'fd00::bad')])
  const [answer] = await explain(world, context, [failed(ask('pod-to-service', { ...service, size: 8000 }))])
  expect(answer?.evidence).toEqual([
    { of: 'request', says: 'HTTP [fd00::2]:8080 8000 bytes' },
    { of: 'ip route get fd00::2; ip neigh (n1)', says: 'fd00::2 via fe80::1; fe80::1 FAILED' },
    { of: 'IPv6 endpoints of web', says: 'fd00::9 fd00::bad (not ready)' },
  ])
  expect(read.sort()).toEqual(['discovery.k8s.io/v1/endpointslices verify-x', 'ways of n1: fd00::2'])
})

test('a node that cannot be asked says so in its own failures only, and is not asked where that is known', async () => {
  const { world, read } = worldOf()
  const from = (node: string) => ({ from: { kind: 'pod', name: `peer-${node}`, node } }) as const
  const explained = await explain(
    world,
    context,
    ['n1', 'n2', 'n3'].map(node => failed(ask('pod-to-pod', from(node)))),
  )
  expect(explained.map(({ evidence = [] }) => evidence[1]?.says)).toEqual([
    'fd00::2 via fe80::1; fe80::1 FAILED',
    'could not be asked: ssh failed',
    undefined,
  ])
  expect(read.some(one => one.includes('n3'))).toBe(false)
})

const pods = ask('pod-to-pod')
const ready = [slice('IPv6', 'fd00::9')]
test.each<[string, Answer, readonly Answer[], readonly KubeObject[], string]>([
  ['pods do not reach each other', failed(pods), [], [], 'cni-calico'],
  ['a pod without an address', failed(pods, 'pod peer-n2 has no IPv6 address'), [], [], 'cni-calico'],
  [
    'a node without an address',
    failed(ask('pod-to-node', { to: { kind: 'node', name: 'n2' } }), 'node n2 has no IPv6 address'),
    [],
    [],
    'kubelet',
  ],
  ['an echo between nodes', failed(ask('packet-size', { protocol: 'ICMP' })), [], [], 'host'],
  [
    'a Service, while pods reach each other',
    failed(ask('pod-to-service', service)),
    [passed(pods)],
    ready,
    'kube-proxy',
  ],
  [
    'a Service, where pods do not either',
    failed(ask('pod-to-service', service)),
    [failed(pods)],
    ready,
    'cni-calico',
  ],
  ['a Service without endpoints', failed(ask('pod-to-service', service)), [], [], 'kube-controller-manager'],
  [
    'a Service, where pods fail in the other family',
    failed(ask('pod-to-service', service)),
    [failed({ ...pods, family: 'IPv4' })],
    ready,
    'kube-proxy',
  ],
])('blame: %s', async (_, answer, others, slices, layer) => {
  const [explained] = await explain(worldOf(slices).world, context, [answer, ...others])
  expect(explained?.layer).toBe(layer)
})

test('beyond forty failures the layer is still named, and nothing more is read', async () => {
  const { world, read } = worldOf()
  const many = Array.from({ length: 60 }, (_, index) =>
    failed(ask('pod-to-pod', { id: `x${index}`, address: `fd00::${index}` })),
  )
  const explained = await explain(world, context, many)
  expect(explained.filter(({ evidence }) => evidence !== undefined)).toHaveLength(40)
  expect(explained.every(({ layer }) => layer === 'cni-calico')).toBe(true)
  expect(read[0]?.split(',')).toHaveLength(40)
})
