import { contains, overlaps, tryParseCIDR, tryParseIP } from '../address/index.ts'
import { families } from '../address/family.ts'
import type { Rule } from '../model/rule.ts'
import { ranges } from './example.ts'
import { nameOf, ofRange, readRanges } from './range-input.ts'

const podsAndServices: Rule<'ranges'> = {
  id: 'overlap/pods-and-services',
  on: 'ranges',
  title: 'pod range and service range are apart',
  severity: 'error',
  why: 'No component looks: one address is then a pod’s and a Service’s, and kube-proxy sends what was meant for the pod to the Service. The controller manager leaves out whole node blocks that meet the service range.',
  source: 'k/k:pkg/controller/nodeipam/ipam/range_allocator.go filterOutServiceRange',
  covers: ['kubernetes 1.1', 'kubernetes 3.1'],
  remedy: 'Choose ranges that are apart.',
  judge: input =>
    families.flatMap(family => {
      const [pods] = readRanges(input, 'pods').filter(range => range.family === family)
      const [services] = readRanges(input, 'services').filter(range => range.family === family)
      return pods !== undefined && services !== undefined && overlaps(pods.cidr, services.cidr)
        ? [ofRange(services, `it overlaps the ${nameOf(pods)}`)]
        : []
    }),
  examples: {
    bad: [
      () => ranges({ pods: { IPv6: 'fd00::/48' }, services: { IPv6: 'fd00::/112' } }),
      () => ranges({ pods: { IPv4: '10.96.128.0/24' }, services: { IPv4: '10.96.0.0/12' } }),
    ],
    good: [
      () => ranges(),
      () => ranges({ pods: { IPv6: 'fd00::/48' }, services: { IPv6: 'fd00:0:1::/112' } }),
    ],
  },
}

const nodeAddress: Rule<'ranges'> = {
  id: 'overlap/node-address',
  on: 'ranges',
  title: 'no range holds the address of a node',
  severity: 'error',
  why: 'Pods could not reach that node: its address would be a pod’s or a Service’s.',
  source: 'https://kubernetes.io/docs/concepts/cluster-administration/networking/',
  covers: ['kubernetes 1.1', 'practice'],
  remedy: 'Choose a range apart from the network of the nodes.',
  judge: input =>
    readRanges(input).flatMap(range =>
      Object.entries(input.nodeAddresses).flatMap(([node, addresses]) => {
        const text = addresses[range.family] ?? ''
        const ip = tryParseIP(text)
        return ip !== undefined && contains(range.cidr, ip)
          ? [ofRange(range, `it holds the address ${text} of node ${node}`)]
          : []
      }),
    ),
  examples: {
    bad: [
      () => ranges({ nodeAddresses: { n1: { IPv6: 'fd00:244::11' } } }),
      () => ranges({ nodeAddresses: { n1: { IPv4: '10.96.3.4' } } }),
    ],
    good: [() => ranges()],
  },
}

const network: Rule<'ranges'> = {
  id: 'overlap/network',
  on: 'ranges',
  title: 'no range meets a network that is there already',
  severity: 'error',
  why: 'What is in that network could no longer be reached from nodes and pods, or pods could not be reached.',
  source: 'https://kubernetes.io/docs/concepts/cluster-administration/networking/',
  covers: ['practice'],
  remedy: 'Choose a range apart from the networks that the nodes have routes to.',
  judge: input =>
    readRanges(input).flatMap(range =>
      input.networks.flatMap(({ cidr, of }) => {
        const other = tryParseCIDR(cidr, { allowHostBits: true })
        return other !== undefined && overlaps(range.cidr, other)
          ? [ofRange(range, `it overlaps ${cidr}, ${of}`)]
          : []
      }),
    ),
  examples: {
    bad: [
      () => ranges({ networks: [{ cidr: 'fd00:244:0:8::/64', of: 'network of n1 (eth1)' }] }),
      () => ranges({ networks: [{ cidr: '10.0.0.0/8', of: 'route of n1 (tun0)' }] }),
    ],
    good: [() => ranges({ networks: [{ cidr: '10.0.0.0/24', of: 'network of n1 (eth0)' }] })],
  },
}

/** Ranges against each other, and against what is there. Kubernetes checks none of it. */
export const overlapRules = [podsAndServices, nodeAddress, network] as const
