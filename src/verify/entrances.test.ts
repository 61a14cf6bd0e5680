import { describe, expect, test } from 'vitest'
import { families } from '../address/family.ts'
import type { KubeObject } from '../model/cluster.ts'
import type { Ask, Skipped } from '../model/verification.ts'
import type { Context, Entrance } from './context.ts'
import { balancedEntrances, type Resolved } from './entrances.ts'
import { type Around, ingressEntrances } from './ingress-entrances.ts'
import { isSkipped } from './scenario.ts'
import { outsideToIngress } from './scenarios/outside.ts'

const object = (name: string, more: object, labels?: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Any',
  metadata: { name, namespace: 'shop', ...(labels === undefined ? {} : { labels }) },
  ...more,
})
const status = (...ingress: readonly object[]) => ({ status: { loadBalancer: { ingress } } })

/** One line a family: what is asked, or why nothing is. */
const told = ([entrance]: readonly Entrance[]): Record<string, unknown> =>
  Object.fromEntries(
    families.map(family => [
      family,
      entrance?.lacks[family] ??
        entrance?.targets
          .filter(target => target.family === family)
          .map(({ address, port, host, path }) => `${address} ${port} ${host ?? ''}${path ?? ''}`.trim()),
    ]),
  )

describe('a Service of type LoadBalancer', () => {
  const balanced = (spec: object, more: object = {}, resolved: Resolved = new Map()) =>
    told(
      balancedEntrances(
        [object('web', { spec: { type: 'LoadBalancer', ports: [{ port: 80 }], ...spec }, ...more })],
        resolved,
        ['10.0.0.7', 'fd00::7'],
      ),
    )

  test('is asked in each family of its status, at each port of TCP', () => {
    const ports = [{ port: 80 }, { port: 443 }, { port: 53, protocol: 'UDP' }]
    expect(balanced({ ports }, status({ ip: '192.0.2.1' }, { ip: '2001:db8::1' }))).toEqual({
      IPv4: ['192.0.2.1 80', '192.0.2.1 443'],
      IPv6: ['2001:db8::1 80', '2001:db8::1 443'],
    })
    expect(balanced({ ports }, status({ ip: '192.0.2.1' }))).toEqual({
      IPv4: ['192.0.2.1 80', '192.0.2.1 443'],
      IPv6: 'the Service shop/web has no IPv6 address',
    })
  })

  test('without an address says so, also where another has one', () => {
    expect(balanced({})['IPv4']).toBe('the Service shop/web has no address in its status: nobody gave it one')
  })

  test('of UDP alone is not asked: nobody knows what it would answer', () => {
    const ports = [{ port: 53, protocol: 'UDP' }]
    expect(balanced({ ports }, status({ ip: '192.0.2.1' }))['IPv4']).toMatch(/no TCP port/)
  })

  test('that is known by a name is asked at what the name leads to', () => {
    const named = status({ hostname: 'lb.example' })
    expect(balanced({}, named, new Map([['lb.example', ['192.0.2.1', '2001:db8::1']]]))).toEqual({
      IPv4: ['192.0.2.1 80'],
      IPv6: ['2001:db8::1 80'],
    })
    expect(balanced({}, named, new Map([['lb.example', ['192.0.2.1']]]))['IPv6']).toBe(
      'the Service shop/web is reached by the name lb.example, which has no IPv6 address',
    )
    expect(balanced({}, named, new Map([['lb.example', 'ENOTFOUND']]))['IPv4']).toBe(
      'the Service shop/web is reached by the name lb.example, and this machine cannot resolve it: ENOTFOUND',
    )
  })

  test('that does not let this machine in is not asked; without a range of the family everybody is let in', () => {
    const both = status({ ip: '192.0.2.1' }, { ip: '2001:db8::1' })
    expect(balanced({ loadBalancerSourceRanges: ['203.0.113.0/24'] }, both)).toEqual({
      IPv4: 'the Service shop/web lets in 203.0.113.0/24 alone, and not this machine',
      IPv6: ['2001:db8::1 80'],
    })
    expect(
      balanced({ loadBalancerSourceRanges: ['203.0.113.0/24', ' 10.0.0.0/8', 'fd01::/64'] }, both),
    ).toEqual({
      IPv4: ['192.0.2.1 80'],
      IPv6: 'the Service shop/web lets in fd01::/64 alone, and not this machine',
    })
  })
})

describe('an Ingress', () => {
  const labels = { 'app.kubernetes.io/name': 'proxy', 'app.kubernetes.io/instance': 'mine' }
  const ingress = (more: object = {}, spec: object = {}) =>
    object('web', {
      spec: {
        ingressClassName: 'proxy',
        rules: [{ host: 'web.example', http: { paths: [{ path: '/shop' }] } }],
        ...spec,
      },
      ...more,
    })
  const controller = (spec: object = {}) =>
    object(
      'proxy',
      {
        spec: {
          type: 'NodePort',
          clusterIPs: ['10.96.0.9'],
          ipFamilies: ['IPv4', 'IPv6'],
          ports: [
            { name: 'https', port: 443, nodePort: 30443 },
            { name: 'http', port: 80, nodePort: 30080 },
          ],
          ...spec,
        },
      },
      labels,
    )
  const around = (more: Partial<Around> = {}): Around => ({
    services: [
      object('other', { spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 1 }] } }),
      controller(),
    ],
    classes: [object('proxy', {}, labels)],
    nodes: [
      { name: 'n1', addresses: { IPv4: '10.0.0.1' } },
      { name: 'n2', addresses: { IPv4: '10.0.0.2', IPv6: 'fd00::2' } },
    ],
    resolved: new Map(),
    carriers: new Map(),
    given: [],
    ...more,
  })
  const asked = (one: KubeObject, more: Partial<Around> = {}) => told(ingressEntrances([one], around(more)))

  test('is asked for its host where its status says', () => {
    const balanced = [controller({ type: 'LoadBalancer' })]
    expect(asked(ingress(status({ ip: '192.0.2.1' })), { services: balanced })).toEqual({
      IPv4: ['192.0.2.1 80 web.example/shop'],
      IPv6: 'the Ingress shop/web has no IPv6 address',
    })
    const ports = [{ port: 30080, protocol: 'TCP' }]
    expect(asked(ingress(status({ ip: '10.0.0.1', ports })))['IPv4']).toEqual([
      '10.0.0.1 30080 web.example/shop',
    ])
  })

  test('whose controller writes no address is asked at the node port of the Service that is labelled as its class', () => {
    const nodePort = { IPv4: ['10.0.0.2 30080 web.example/shop'], IPv6: ['fd00::2 30080 web.example/shop'] }
    expect(asked(ingress())).toEqual(nodePort)
    const nobody = [object('proxy', {})]
    expect(asked(ingress(), { classes: nobody })['IPv4']).toMatch(/is labelled as its IngressClass proxy is/)
    // The Service's ClusterIP, and a node where nothing listens on port 80: what ingress-nginx writes without a load balancer.
    expect(asked(ingress(status({ ip: '10.96.0.9' })), { classes: nobody })).toEqual(nodePort)
    expect(asked(ingress(status({ ip: '10.0.0.1' })))).toEqual(nodePort)
  })

  test('behind a load balancer on the nodes themselves is asked there', () => {
    const services = [controller({ type: 'LoadBalancer' })]
    expect(asked(ingress(status({ ip: '10.0.0.1' })), { services })['IPv4']).toEqual([
      '10.0.0.1 80 web.example/shop',
    ])
  })

  test('is asked at a node that passes on, in the families of the Service', () => {
    expect(asked(ingress(), { carriers: new Map([['shop/proxy', ['n1']]]) })).toEqual({
      IPv4: ['10.0.0.1 30080 web.example/shop'],
      IPv6: expect.stringMatching(/no Node that answers there has an IPv6 address/),
    })
    expect(asked(ingress(), { services: [controller({ ipFamilies: ['IPv4'] })] })['IPv6']).toMatch(
      /node port of the Service shop\/proxy, which has no IPv6/,
    )
  })

  test('is asked where the user says, whatever stands in its status', () => {
    const given = [{ name: '', family: 'IPv6', address: 'fd00::5', port: 8080 } as const]
    expect(asked(ingress(status({ ip: '192.0.2.1' })), { given })).toEqual({
      IPv4: '--ingress names no IPv4 address',
      IPv6: ['fd00::5 8080 web.example/shop'],
    })
  })

  test('that nobody answers for says why', () => {
    expect(asked(ingress(), { classes: [] })['IPv4']).toMatch(/its IngressClass proxy is not there/)
    expect(asked(ingress({}, { ingressClassName: undefined }))['IPv4']).toMatch(/names no IngressClass/)
    expect(asked(ingress({}, { rules: [{ host: '*.example' }] }))['IPv4']).toMatch(/wildcard/)
  })

  test('of a default backend alone is asked without a host', () => {
    const only = ingress(status({ ip: '192.0.2.1' }), { rules: undefined, defaultBackend: {} })
    const services = [controller({ type: 'LoadBalancer' })]
    expect(asked(only, { services })['IPv4']).toEqual(['192.0.2.1 80 /'])
  })

  test('of several addresses in a family has an id for each', () => {
    const several = ingress(
      status({ ip: '10.0.0.1', ports: [{ port: 30080 }] }, { ip: '10.0.0.2', ports: [{ port: 30080 }] }),
    )
    const context = { ingresses: ingressEntrances([several], around()) } as unknown as Context
    const asks = outsideToIngress
      .asks(context, 'IPv4')
      .filter((one: Ask | Skipped): one is Ask => !isSkipped(one))
    expect(asks.map(({ address }) => address)).toEqual(['10.0.0.1', '10.0.0.2'])
    expect(new Set(asks.map(({ id }) => id)).size).toBe(2)
  })
})
