import { expect, test } from 'vitest'
import { type Family, families, type PerFamily } from '../../address/family.ts'
import type { Answer, Ask } from '../../model/verification.ts'
import type { Context, Tester } from '../context.ts'
import { isSkipped } from '../scenario.ts'
import { isRepeated, notRepeated } from '../watch/repeated.ts'
import { scenarios } from './index.ts'
import { networkPolicy } from './network-policy.ts'
import { podToNode } from './pod-to-node.ts'
import { podToPod } from './pod-to-pod.ts'
import { affinity } from './session-affinity.ts'

/** A cluster of so many nodes. Those of `lacking` give their pods no IPv6 address. */
function contextOf(
  count: number,
  has: readonly Family[] = families,
  lacking: readonly string[] = [],
): Context {
  const pair = (index: number): PerFamily<string> => ({ IPv4: `10.0.0.${index}`, IPv6: `fd00::${index}` })
  const only = (addresses: PerFamily<string>, all: readonly Family[]): PerFamily<string> =>
    Object.fromEntries(
      all.flatMap(family => (addresses[family] === undefined ? [] : [[family, addresses[family]]])),
    )
  const names = Array.from({ length: count }, (_, index) => `n${index + 1}`)
  const tester = (role: Tester['role'], node: string, index: number): Tester => ({
    pod: `${role}-${node}`,
    role,
    node,
    ips: only(pair(index), lacking.includes(node) ? ['IPv4'] : has),
  })
  const service = (name: string) => ({
    name,
    clusterIPs: only({ IPv4: '10.96.0.9', IPv6: 'fd00:96::9' }, has),
    nodePort: 30_000,
  })
  return {
    families,
    namespace: 'verify-x',
    nodes: names.map((name, index) => ({ name, addresses: only(pair(index + 100), has) })),
    testers: [
      ...names.map((name, index) => tester('peer', name, index + 1)),
      tester('second', 'n1', 200),
      tester('guarded', names[1] ?? 'n1', 201),
    ],
    services: {
      web: service('web'),
      affinity: service('affinity'),
      headless: { name: 'headless', clusterIPs: {} },
      hairpin: service('hairpin'),
      nodeport: service('nodeport'),
      'nodeport-local': service('nodeport-local'),
    },
    isAgnhost: true,
    dns: { addresses: only({ IPv4: '10.96.0.10', IPv6: 'fd00:96::a' }, has), domain: 'cluster.local' },
    apiServer: { IPv4: '10.96.0.1' },
    ownServices: [],
    loadBalancers: [],
    ingresses: [],
    outside: [],
    isSctp: false,
    isHostPorts: false,
    cni: 'cni-calico',
  }
}

const asksOf = (context: Context, family: Family): readonly Ask[] =>
  scenarios.flatMap(scenario => scenario.asks(context, family)).filter((one): one is Ask => !isSkipped(one))

test.each(families)('what is asked in %s is asked by addresses of that family only', family => {
  const asks = asksOf(contextOf(3), family)
  expect(asks.length).toBeGreaterThan(40)
  for (const { id, address } of asks)
    if (address !== undefined) expect(address.includes(':') ? 'IPv6' : 'IPv4', id).toBe(family)
})

test('both families are asked the same, but for the Service kubernetes, which has one', () => {
  const shape = (family: Family) =>
    asksOf(contextOf(3), family)
      .filter(({ scenario }) => scenario !== 'pod-to-api-server')
      .map(({ id }) => id.replace(family, 'F'))
  expect(shape('IPv6')).toEqual(shape('IPv4'))
})

test('no two asks have one id', () => {
  const ids = families.flatMap(family => asksOf(contextOf(5), family).map(({ id }) => id))
  expect(new Set(ids).size).toBe(ids.length)
})

test('every scenario that asks nothing in a single-stack cluster says why', () => {
  const context = contextOf(2, ['IPv4'])
  for (const scenario of scenarios) {
    const made = scenario
      .asks(context, 'IPv6')
      .filter(one => !(isSkipped(one) ? false : one.scenario === 'default-route'))
    expect(
      made.filter(one => !isSkipped(one)),
      scenario.id,
    ).toEqual([])
    if (scenario.id !== 'default-route' && scenario.id !== 'packet-size')
      expect(made.length, scenario.id).toBeGreaterThan(0)
  }
})

test('one pod without the family is asked all the same, without an address', () => {
  const asks = podToPod
    .asks(contextOf(3, families, ['n3']), 'IPv6')
    .filter((one): one is Ask => !isSkipped(one))
  expect(
    asks
      .filter(({ address }) => address === undefined)
      .map(({ from, to, protocol }) => `${from.name} ${to.name} ${protocol}`),
  ).toEqual(['peer-n1 peer-n3 HTTP', 'peer-n1 peer-n3 UDP', 'peer-n2 peer-n3 HTTP', 'peer-n2 peer-n3 UDP'])
})

test('up to eight nodes every ordered pair is asked; beyond, asks grow as the nodes do', () => {
  const count = (nodes: number) =>
    podToPod.asks(contextOf(nodes), 'IPv4').filter(one => !isSkipped(one) && one.protocol === 'HTTP').length
  expect(count(8)).toBe(8 * 7 + 1)
  expect(count(50)).toBe(50 * 3 + 1)
  expect(asksOf(contextOf(100), 'IPv4').length / asksOf(contextOf(50), 'IPv4').length).toBeLessThan(2.1)
})

const answered = (ask: Ask, outcome: Answer['outcome'], seen = ''): Answer => ({ ask, outcome, seen })

test('a policy that stops nobody in any family is no matter of families', () => {
  const asks = families
    .flatMap(family => networkPolicy.asks(contextOf(2), family))
    .filter((one): one is Ask => !isSkipped(one))
  const all = asks.map(ask => answered(ask, ask.expect === 'denied' ? 'failed' : 'passed'))
  expect(networkPolicy.conclude?.(all).filter(isSkipped)).toHaveLength(1)
  const one = asks.map(ask =>
    answered(ask, ask.expect === 'denied' && ask.family === 'IPv6' ? 'failed' : 'passed'),
  )
  expect(networkPolicy.conclude?.(one)).toEqual(one)
})

test('a port that is closed in every family is skipped, one that is closed in one family has failed', () => {
  const asks = families
    .flatMap(family => podToNode.asks(contextOf(2), family))
    .filter((one): one is Ask => !isSkipped(one))
  expect(podToNode.conclude?.(asks.map(ask => answered(ask, 'failed')))).toMatchObject([
    { scenario: 'pod-to-node' },
  ])
  const half = asks.map(ask => answered(ask, ask.family === 'IPv6' ? 'failed' : 'passed'))
  expect(podToNode.conclude?.(half)).toEqual(half)
})

test('two pods that answer one client are no affinity', () => {
  const asks = affinity.asks(contextOf(2), 'IPv6').filter((one): one is Ask => !isSkipped(one))
  const same = asks.map(ask => answered(ask, 'passed', '200 from peer-n1'))
  expect(affinity.conclude?.(same)).toEqual(same)
  const mixed = asks.map((ask, index) => answered(ask, 'passed', `200 from peer-n${(index % 2) + 1}`))
  expect(affinity.conclude?.(mixed).every(one => !isSkipped(one) && one.outcome === 'failed')).toBe(true)
})

test('what is asked again and again begins where a client can stand, and has an answer of its own', () => {
  const asks = scenarios
    .flatMap(scenario => families.flatMap(family => scenario.asks(contextOf(3), family)))
    .filter((one): one is Ask => !isSkipped(one))
    .filter(isRepeated)
  expect(asks.length).toBeGreaterThan(20)
  for (const { id, from, expect: expected, hold, size } of asks)
    expect({ id, kind: ['pod', 'outside'].includes(from.kind), expected, hold, size }).toEqual({
      id,
      kind: true,
      expected: 'answers',
      hold: undefined,
      size: undefined,
    })
  const known = scenarios.map(({ id }) => id)
  expect(Object.keys(notRepeated).filter(id => !known.includes(id))).toEqual([])
})
