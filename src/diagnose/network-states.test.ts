import { describe, expect, test } from 'vitest'
import type { Cluster, KubeObject, NodeFacts, Route } from '../model/cluster.ts'
import { pod } from '../rules/example.ts'
import { conclude } from './conclude.ts'
import { networkStates } from './failures/network-states.ts'
import { Hearing } from './hearing.ts'

const facts: NodeFacts = { files: {}, sysctls: {}, addresses: [], routes: [] }

function clusterOf(more: Partial<Cluster>): Cluster {
  return { uid: 'u', version: 'v1.36.3', objects: {}, pods: [], nodes: {}, unread: {}, ...more }
}

/** Ids and objects of what is found. */
const found = (more: Partial<Cluster>): readonly string[] =>
  conclude({
    hearing: new Hearing(),
    cluster: clusterOf(more),
    failures: networkStates,
    lookedAt: [],
    notRead: [],
  }).found.flatMap(({ failure, because }) => because.map(({ where }) => `${failure}: ${where}`))

const object = (name: string, spec: object, namespace?: string): KubeObject => ({
  metadata: { name, ...(namespace !== undefined && { namespace }) },
  spec,
})

describe('forwarding', () => {
  const pods = [pod({ ips: ['10.244.0.5', 'fd00:244::5'] })]
  const nodes = (ipv4: string, ipv6: string) => ({
    n1: { ...facts, sysctls: { 'net.ipv4.ip_forward': ipv4, 'net.ipv6.conf.all.forwarding': ipv6 } },
  })

  test('of a family that pods have must be on, each by itself', () => {
    expect(found({ pods, nodes: nodes('1', '1') })).toEqual([])
    expect(found({ pods, nodes: nodes('1', '0') })).toEqual([
      'state/forwarding-off: Node n1, net.ipv6.conf.all.forwarding',
    ])
    expect(found({ pods, nodes: nodes('0', '1') })).toEqual([
      'state/forwarding-off: Node n1, net.ipv4.ip_forward',
    ])
  })

  test('of a family that no pod there has may be off: so it is in every single-stack cluster', () => {
    expect(found({ pods: [pod({ ips: ['10.244.0.5'] })], nodes: nodes('1', '0') })).toEqual([])
    expect(found({ pods: [pod({ ips: ['fd00::5'], hostNetwork: true })], nodes: nodes('1', '0') })).toEqual(
      [],
    )
  })
})

describe('routes to pods of other nodes', () => {
  const block = (name: string, node: string, cidr: string) => object(name, { affinity: `host:${node}`, cidr })
  const objects = {
    'crd.projectcalico.org/v1/ipamblocks': [
      block('a', 'n1', '10.244.1.0/26'),
      block('b', 'n1', 'fd00:244::1:0/122'),
      block('c', 'n2', '10.244.2.0/26'),
      block('d', 'n2', 'fd00:244::2:0/122'),
    ],
  }
  const route = (destination: string): Route => ({
    family: destination.includes(':') ? 'IPv6' : 'IPv4',
    destination,
    interface: 'eth0',
    protocol: 'bird',
  })
  const nodes = (...destinations: readonly string[]) => ({
    n1: { ...facts, routes: destinations.map(route) },
  })

  test('in both families, or in none, is no matter of families', () => {
    expect(found({ objects, nodes: nodes('10.244.2.0/26', 'fd00:244::2:0/122') })).toEqual([])
    // Another CNI, or a router that has them.
    expect(found({ objects, nodes: nodes() })).toEqual([])
  })

  test('in one family alone is told', () => {
    expect(found({ objects, nodes: nodes('10.244.2.0/26') })).toEqual([
      'state/pod-routes-of-one-family: Node n1, IPv6 routes',
    ])
  })

  test('podCIDRs count as well', () => {
    const node = (name: string, ...podCIDRs: readonly string[]) => object(name, { podCIDRs })
    const list = {
      'v1/nodes': [node('n1', '10.1.0.0/24', 'fd01::/64'), node('n2', '10.2.0.0/24', 'fd02::/64')],
    }
    expect(found({ objects: list, nodes: nodes('10.2.0.0/24', 'fd02::/64') })).toEqual([])
    expect(found({ objects: list, nodes: nodes('fd02::/64') })).toEqual([
      'state/pod-routes-of-one-family: Node n1, IPv4 routes',
    ])
  })
})

describe('a policy in front of a Service', () => {
  const policy = (...cidrs: readonly string[]) =>
    object(
      'only',
      { podSelector: {}, ingress: [{ from: cidrs.map(cidr => ({ ipBlock: { cidr } })) }] },
      'shop',
    )
  const slice = {
    metadata: { name: 'web-1', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.244.0.5'], targetRef: { kind: 'Pod', name: 'web-1' } }],
  }
  const cluster = (ipFamilies: readonly string[], ...cidrs: readonly string[]) => ({
    pods: [pod({ namespace: 'shop', name: 'web-1' })],
    objects: {
      'v1/services': [object('web', { ipFamilies, selector: { app: 'web' } }, 'shop')],
      'discovery.k8s.io/v1/endpointslices': [slice],
      'networking.k8s.io/v1/networkpolicies': [policy(...cidrs)],
    },
  })

  test('that knows one family matters where the Service has two', () => {
    expect(found(cluster(['IPv4', 'IPv6'], '0.0.0.0/0'))).toEqual([
      'state/policy-of-one-family: Service shop/web, NetworkPolicy only',
    ])
    expect(found(cluster(['IPv4'], '0.0.0.0/0'))).toEqual([])
    expect(found(cluster(['IPv4', 'IPv6'], '0.0.0.0/0', '::/0'))).toEqual([])
    expect(found(cluster(['IPv4', 'IPv6']))).toEqual([])
  })
})

describe('an address that somebody else has', () => {
  const nodes = (...flags: readonly string[]) => ({
    n1: {
      ...facts,
      addresses: [
        {
          interface: 'eth0',
          family: 'IPv6' as const,
          address: 'fd00::1',
          prefixLength: 64,
          scope: 'global',
          flags,
        },
      ],
    },
  })
  test('is told, and no other', () => {
    expect(found({ nodes: nodes('dadfailed', 'tentative') })).toEqual([
      'state/duplicate-address: Node n1, eth0',
    ])
    expect(found({ nodes: nodes('tentative') })).toEqual([])
  })
})
