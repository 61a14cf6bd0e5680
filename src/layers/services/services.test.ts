import { expect, test } from 'vitest'
import type { Goal } from '../../model/goal.ts'
import type { Cluster, KubeObject, Pod, Resource } from '../../model/cluster.ts'
import { backGoal, goal, podOf, testCluster } from '../testing/cluster.ts'
import { applied, readingsOf, shown, stepsOf } from '../testing/steps.ts'
import { noneDual } from '../shared/none-dual.ts'
import { services } from './index.ts'

const service = (name: string, spec: object = {}, annotations?: Record<string, string>): KubeObject => ({
  metadata: { name, namespace: 'shop', ...(annotations === undefined ? {} : { annotations }) },
  spec: {
    ipFamilyPolicy: 'SingleStack',
    ipFamilies: ['IPv4'],
    clusterIP: '10.96.0.9',
    selector: { app: name },
    ...spec,
  },
})
const dualSpec = { ipFamilyPolicy: 'PreferDualStack', ipFamilies: ['IPv4', 'IPv6'] }
const slice = (
  name: string,
  family: string,
  addresses: readonly string[],
  more: object = {},
): KubeObject => ({
  metadata: { name: `${name}-${family}`, namespace: 'shop', labels: { 'kubernetes.io/service-name': name } },
  addressType: family,
  ports: [
    { protocol: 'TCP', port: 8080 },
    { protocol: 'UDP', port: 53 },
  ],
  endpoints: addresses.map((address, index) => ({
    addresses: [address],
    conditions: { ready: true },
    targetRef: { kind: 'Pod', name: `web-${index}` },
  })),
  ...more,
})
const pod = (name: string, more: Partial<Pod> = {}): Pod =>
  podOf({
    namespace: 'shop',
    name,
    hostNetwork: false,
    families: ['IPv4', 'IPv6'],
    ips: ['10.244.0.1', 'fd00:244::1'],
    labels: { app: 'web' },
    ...more,
  })
function cluster(
  list: readonly KubeObject[],
  pods: readonly Pod[] = [],
  objects: Record<Resource, readonly KubeObject[]> = {},
): Cluster {
  const base = testCluster()
  return {
    ...base,
    pods: [...base.pods, ...pods],
    objects: { ...base.objects, 'v1/services': list, ...objects },
  }
}
const include = (what: Partial<Goal['include']>): Goal => ({ ...goal, include: { ...goal.include, ...what } })
const noticesOf = (found: Cluster, to: Goal = goal) => {
  const state = services.read(found)
  return state === undefined ? [] : (services.notices?.(state, to) ?? [])
}
const there = ['hold-services', 'services']
const back = ['services', 'release-services']
const run = (found: Cluster, to: Goal, stages: readonly string[]): Cluster =>
  stages.reduce((state, stage) => applied(state, stepsOf(services, state, to, stage)), found)

test('a Service that waits for dual-stack is held before, and each gets both families after', () => {
  const found = cluster([service('web'), service('waits', { ipFamilyPolicy: 'PreferDualStack' })])
  const held = applied(found, stepsOf(services, found, goal, 'hold-services'))
  expect(shown(stepsOf(services, found, goal, 'hold-services'))).toMatchInlineSnapshot(`
    "# services/hold: Hold 1 Service with PreferDualStack at SingleStack
    waits spec.ipFamilyPolicy: "PreferDualStack" → "SingleStack"
    waits metadata.annotations.kubectl-dualstack/ip-family-policy: null → "PreferDualStack""
  `)
  expect(shown(stepsOf(services, held, goal, 'services'))).toMatchInlineSnapshot(`
    "# services/dual: Give 2 Services IPv4 and IPv6
    web spec.ipFamilyPolicy: "SingleStack" → "PreferDualStack"
    web spec.ipFamilies: ["IPv4"] → ["IPv4","IPv6"]
    web metadata.annotations.kubectl-dualstack/ip-family-policy: null → "SingleStack"
    waits spec.ipFamilyPolicy: "SingleStack" → "PreferDualStack"
    waits spec.ipFamilies: ["IPv4"] → ["IPv4","IPv6"]"
  `)
})

test('there and back leaves every Service as its owner wrote it, with nothing but the objects to remember by', () => {
  const found = cluster([
    service('web'),
    service('waits', { ipFamilyPolicy: 'PreferDualStack' }),
    service('annotated', {}, { note: 'mine' }),
    service('balanced', { type: 'LoadBalancer', ipFamilyPolicy: 'PreferDualStack' }),
    service('keeps', {
      clusterIP: 'None',
      selector: undefined,
      ipFamilyPolicy: 'RequireDualStack',
      ipFamilies: ['IPv4', 'IPv6'],
    }),
    { metadata: { name: 'outside', namespace: 'shop' }, spec: { type: 'ExternalName' } },
  ])
  const dual = run(found, goal, there)
  expect(there.slice(1).flatMap(stage => stepsOf(services, dual, goal, stage))).toEqual([])
  const end = run(dual, backGoal, back)
  expect(end.objects).toEqual(found.objects)
  expect(back.flatMap(stage => stepsOf(services, end, backGoal, stage))).toEqual([])
})

test('a Service that somebody made dual meanwhile waits again at the end of the way back', () => {
  const end = run(cluster([service('new', dualSpec)]), backGoal, back)
  expect(end.objects['v1/services']).toEqual([service('new', { ipFamilyPolicy: 'PreferDualStack' })])
})

test('the DNS Service is held and released as any other', () => {
  const waiting = {
    ...service('kube-dns', { ipFamilyPolicy: 'PreferDualStack' }),
    metadata: { name: 'kube-dns', namespace: 'kube-system' },
  }
  const found = cluster([waiting])
  const held = run(found, goal, ['hold-services'])
  expect(held.objects['v1/services']?.[0]).toMatchObject({ spec: { ipFamilyPolicy: 'SingleStack' } })
  expect(run(held, backGoal, ['release-services']).objects).toEqual(found.objects)
})

test('the first family of a Service stays the first', () => {
  const end = run(cluster([service('six', { ipFamilies: ['IPv6'] })]), goal, there)
  expect(end.objects['v1/services']?.[0]).toMatchObject({ spec: { ipFamilies: ['IPv6', 'IPv4'] } })
})

test.each<[string, KubeObject, Partial<Goal['include']> | undefined]>([
  ['headless', service('web', { clusterIP: 'None' }), { headlessServices: true }],
  ['a load balancer', service('web', { type: 'LoadBalancer' }), { loadBalancerServices: true }],
  ['without selector', service('web', { selector: undefined }), undefined],
  ['to be left', service('web', {}, { 'kubectl-dualstack/leave': 'true' }), undefined],
])('a Service that is %s is held back, and a notice says why', (_, object, asked) => {
  const found = cluster([object])
  expect(stepsOf(services, found, goal, 'services')).toEqual([])
  expect(noticesOf(found)).toMatchObject([
    { object: 'Service shop/web', message: expect.stringContaining('held back at IPv4') },
  ])
  if (asked !== undefined) expect(stepsOf(services, found, include(asked), 'services')).toHaveLength(1)
})

test('a Service that names the pods of a StatefulSet is held back', () => {
  const sets = {
    'apps/v1/statefulsets': [{ metadata: { name: 'db', namespace: 'shop' }, spec: { serviceName: 'db' } }],
  }
  expect(stepsOf(services, cluster([service('db')], [], sets), goal, 'services')).toEqual([])
})

test('a Service without selector whose owner keeps endpoints of the new family is converted', () => {
  const found = cluster([service('web', { selector: undefined })], [], {
    'discovery.k8s.io/v1/endpointslices': [slice('web', 'IPv6', ['fd00::1'])],
  })
  expect(stepsOf(services, found, goal, 'services')).toHaveLength(1)
})

test('a Service whose pods stay at one family stays too', () => {
  const found = cluster([service('web')], [pod('web-0', { families: ['IPv4'], ips: ['10.244.0.1'] })])
  expect(stepsOf(services, found, goal, 'services')).toEqual([])
})

test('default/kubernetes and the DNS Service are never touched here', () => {
  const named = (name: string, namespace: string): KubeObject => ({
    ...service(name),
    metadata: { name, namespace },
  })
  const found = cluster([named('kubernetes', 'default'), named('kube-dns', 'kube-system')])
  expect(there.flatMap(stage => stepsOf(services, found, goal, stage))).toEqual([])
})

test('what a Service of two families with the other one first is told on the way back', () => {
  const found = cluster([service('six', { ...dualSpec, ipFamilies: ['IPv6', 'IPv4'] })])
  expect(stepsOf(services, found, backGoal, 'services')).toEqual([])
  expect(noticesOf(found, backGoal)).toMatchObject([{ message: expect.stringContaining('cannot return') }])
})

test('API servers keep a family for as long as a Service has it, unless somebody said that it stays', () => {
  const gate = noneDual(backGoal)
  const six = service('six', { ipFamilies: ['IPv6'] })
  const headless = service('own', { ...dualSpec, clusterIP: 'None', selector: undefined })
  const seen = (...list: readonly KubeObject[]) => readingsOf(services, cluster(list), [gate])[0]
  expect(seen(service('web'), headless)).toMatchObject({ holds: true })
  expect(seen(service('web', dualSpec), six)).toMatchObject({
    holds: false,
    seen: 'Services with another family than IPv4: shop/web (IPv4, IPv6), shop/six (IPv6)',
    hopeless: expect.stringContaining('"ipFamilies":["IPv4"]') as string,
  })
  const left = service('six', { ipFamilies: ['IPv6'] }, { 'kubectl-dualstack/leave': 'true' })
  expect(seen(left)).toMatchObject({ holds: true })
  expect(noticesOf(cluster([six]), backGoal)[0]?.message).toContain('The run stops before')
  expect(noticesOf(cluster([left]), backGoal)[0]?.message).toContain('It is left')
})

test('a dual-stack Service that somebody wants left stays on the way back, and is named', () => {
  const left = service('web', dualSpec, { 'kubectl-dualstack/leave': 'true' })
  expect(stepsOf(services, cluster([left]), backGoal, 'services')).toEqual([])
  expect(
    stepsOf(services, cluster([service('web', dualSpec)]), backGoal, 'services').map(step => step.id),
  ).toContain('services/single')
  expect(noticesOf(cluster([left]), backGoal)[0]?.message).toContain('stays dual-stack')
})

test('source ranges and policies that name one family only are told', () => {
  const found = cluster(
    [service('web', { type: 'LoadBalancer', loadBalancerSourceRanges: ['203.0.113.0/24'] })],
    [],
    {
      'networking.k8s.io/v1/networkpolicies': [
        {
          metadata: { name: 'in', namespace: 'shop' },
          spec: {
            ingress: [{ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }],
            egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }, { ipBlock: { cidr: 'fd00::/8' } }] }],
          },
        },
      ],
    },
  )
  expect(noticesOf(found).map(notice => `${notice.object}: ${notice.message}`)).toMatchInlineSnapshot(`
    [
      "Service shop/web: held back at IPv4: a load balancer may change or lose its external address when a family is added",
      "Service shop/web: loadBalancerSourceRanges names no IPv6 range: over IPv6 its address would be open to everybody",
      "NetworkPolicy shop/in: an ingress rule lists 0.0.0.0/0 and no IPv6 block: what it lets through over the other family is blocked over IPv6",
    ]
  `)
})

const endpoints = (v6: readonly string[]) => ({
  'discovery.k8s.io/v1/endpointslices': [slice('web', 'IPv4', ['10.244.0.1']), slice('web', 'IPv6', v6)],
})

test('a Service is converted only when its own pods answer over the new family', () => {
  const found = cluster([service('web')], [pod('web-0')], {
    'discovery.k8s.io/v1/endpointslices': [slice('web', 'IPv4', ['10.244.0.1'])],
  })
  const needs = stepsOf(services, found, goal, 'services')[0]?.needs ?? []
  const asked = needs.flatMap(gate => services.gates['reachable']?.reads(gate.args, found) ?? [])
  // UDP cannot be tried by opening a connection.
  expect(asked.filter(read => read.kind === 'reach')).toEqual([
    { kind: 'reach', node: 'n1', addresses: ['[fd00:244::1]:8080'] },
  ])
  const answered = (reach: Record<string, boolean>): Cluster => ({
    ...found,
    nodes: { ...found.nodes, n1: { ...found.nodes['n1'], reach } as Cluster['nodes'][string] },
  })
  expect(readingsOf(services, found, needs)[0]?.holds).toBe(false)
  expect(readingsOf(services, answered({ '[fd00:244::1]:8080': false }), needs)[0]?.seen).toContain(
    'shop/web: [fd00:244::1]:8080 does not answer n1',
  )
  expect(readingsOf(services, answered({ '[fd00:244::1]:8080': true }), needs)[0]?.holds).toBe(true)
})

test('it is done when there are as many endpoints in each family', () => {
  const gates = stepsOf(services, cluster([service('web')]), goal, 'services')[0]?.gates ?? []
  const judged = (object: KubeObject, v6: readonly string[]) =>
    readingsOf(services, cluster([object], [], endpoints(v6)), gates)[0]
  expect(judged(service('web'), [])?.seen).toContain('shop/web: IPv4')
  expect(judged(service('web', dualSpec), [])?.seen).toContain('shop/web: 0 of 1 endpoints with IPv6')
  expect(judged(service('web', dualSpec), ['fd00:244::1'])?.holds).toBe(true)
})

test('the way back is done when no endpoint of the other family is left, for as long as DNS answers may be kept', () => {
  const corefile = {
    metadata: { name: 'coredns', namespace: 'kube-system' },
    data: { Corefile: '.:53 {\n kubernetes cluster.local {\n ttl 20\n }\n cache 30\n}' },
  }
  const dual = cluster([service('web', dualSpec)], [], { 'v1/configmaps': [corefile] })
  const gates = stepsOf(services, dual, backGoal, 'services')[0]?.gates ?? []
  expect(gates[0]?.steady).toBe(40)
  expect(
    readingsOf(services, cluster([service('web')], [], endpoints(['fd00:244::1'])), gates)[0]?.holds,
  ).toBe(false)
  expect(readingsOf(services, cluster([service('web')], [], endpoints([])), gates)[0]?.holds).toBe(true)
})
