import { overlaps } from '../address/cidr.ts'
import { tryParseCIDR } from '../address/index.ts'
import type { ComponentArguments } from '../model/rule.ts'
import { argumentsRule } from './arguments-rule.ts'
import { allocates, clusterRanges, component, given, nodeMask } from './controller-manager.ts'

/** What a controller manager meets when it starts: the podCIDRs of the nodes, matched with its ranges by their place in the list. */
const allocator = 'k/k:pkg/controller/nodeipam/ipam/range_allocator.go'
const dual = '10.244.0.0/16,fd00:244::/56'

/** Every range of every node, with its place. */
const nodeRanges = (input: ComponentArguments) =>
  allocates(input)
    ? (input.meets?.podCIDRs ?? []).flatMap((list, node) => list.map((text, at) => ({ node, text, at })))
    : []

/** `podCIDRs` has no names; the count from 1 is all that can be said of a node here. */
const field = ({ node, at }: { node: number; at: number }) => `Node ${node + 1} spec.podCIDRs[${at}]`

const notConfigured = argumentsRule({
  id: 'node-ranges/more-than-cluster-ranges',
  component,
  title: 'no node has more podCIDRs than --cluster-cidr has ranges',
  why: 'The controller manager exits at every start until the Node objects are made again. So all controller managers must be dual-stack before a node has two podCIDRs, and on the way back the nodes come first.',
  source: `${allocator}, kubernetes/kubernetes#102698`,
  covers: ['kubernetes 3.2', 'K3', 'P10'],
  remedy:
    'Keep both ranges in --cluster-cidr of every controller manager for as long as a node has two podCIDRs; such Nodes must be deleted and created again with one.',
  line: 'node:* has an allocated cidr: * at index:* that does not exist in cluster cidrs configuration',
  judge(input) {
    const ranges = clusterRanges(input)
    if (ranges === undefined) return []
    return nodeRanges(input)
      .filter(({ at }) => at >= ranges.length)
      .map(range => ({ field: field(range), values: [`(${range.node + 1})`, range.text, range.at] }))
  },
  examples: {
    bad: [() => given({}, [['10.244.0.0/24', 'fd00:244::/64']])],
    good: [
      () => given({ 'cluster-cidr': dual }, [['10.244.0.0/24', 'fd00:244::/64'], ['10.244.1.0/24']]),
      () => given({ 'allocate-node-cidrs': 'false' }, [['10.244.0.0/24', 'fd00:244::/64']]),
    ],
  },
})

const outside = argumentsRule({
  id: 'node-ranges/outside-cluster-range',
  component,
  title: 'podCIDRs of nodes lie in the range of the same place in --cluster-cidr',
  why: 'They are matched by place: a pair in the other order, or a first range that was changed, ends every start.',
  source: `${allocator}, cidrset/cidr_set.go; k0sproject/k0s#7186`,
  covers: ['kubernetes 3.2', 'K2', 'P02'],
  remedy: 'Put the range that runs now first and leave it as it is; the new family goes behind it.',
  line: 'failed to mark cidr[*] at idx [*] as occupied for node: *: cidr * is out the range of cluster cidr *',
  judge(input) {
    const ranges = clusterRanges(input)
    return nodeRanges(input).flatMap(range => {
      const mine = tryParseCIDR(range.text, { allowHostBits: true })
      const wide = ranges?.[range.at]
      if (mine === undefined || wide === undefined || overlaps(mine, wide)) return []
      const text = (input.arguments['cluster-cidr'] ?? '').trim().split(',')[range.at] ?? ''
      return [
        { field: field(range), values: [range.text, range.at, `(${range.node + 1})`, range.text, text] },
      ]
    })
  },
  examples: {
    bad: [
      () => given({ 'cluster-cidr': 'fd00:244::/56,10.244.0.0/16' }, [['10.244.0.0/24']]),
      () => given({ 'cluster-cidr': '10.128.0.0/12,fc00::8:0:0/94' }, [['10.244.3.0/24']]),
    ],
    good: [
      () => given({ 'cluster-cidr': dual }, [['10.244.0.0/24'], ['10.244.1.0/24', 'fd00:244::/64'], []]),
    ],
  },
})

const exhausted = argumentsRule({
  id: 'node-ranges/not-enough-blocks',
  component,
  title: '--cluster-cidr has a block for every node',
  why: 'A node that gets no block stays without pods where the CNI reads it.',
  source: `${allocator}, cidrset/cidr_set.go`,
  covers: ['kubernetes 3.2'],
  remedy:
    'Choose a longer node mask or a larger range for the new family; the first range cannot be changed.',
  goesOn: true,
  line: 'failed to allocate cidr from cluster cidr at idx:*: CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range',
  judge(input) {
    const nodes = input.meets?.podCIDRs?.length ?? 0
    return (allocates(input) ? (clusterRanges(input) ?? []) : []).flatMap((range, at) => {
      const bits = nodeMask(input, range.family) - range.prefix
      return bits < 0 || 2 ** bits >= nodes ? [] : [{ field: '--cluster-cidr', values: [at] }]
    })
  },
  examples: {
    bad: [
      () => given({ 'cluster-cidr': '10.244.0.0/16,fd00:244::/64' }, [['10.244.0.0/24'], ['10.244.1.0/24']]),
    ],
    good: [() => given({ 'cluster-cidr': dual }, [['10.244.0.0/24'], ['10.244.1.0/24']])],
  },
})

const keepsOne = argumentsRule({
  id: 'node-ranges/node-keeps-one',
  component,
  severity: 'info',
  title: 'nodes that joined before have both podCIDRs',
  why: 'A node that has podCIDRs never gets a second one, and the API server refuses to add it. That matters only where the CNI takes pod addresses from there; Calico’s own IPAM does not.',
  source: `${allocator}, k/k:pkg/apis/core/validation/validation.go ValidateNodeUpdate`,
  covers: ['kubernetes 3.2', 'K4', 'K1', 'P03'],
  remedy:
    'Nothing where the CNI has IPAM of its own; else the Node object must be deleted and created again with both.',
  judge(input) {
    if (!allocates(input) || clusterRanges(input)?.length !== 2) return []
    const one = (input.meets?.podCIDRs ?? []).filter(list => list.length === 1).length
    if (one === 0) return []
    return [
      { field: 'spec.podCIDRs', message: `${one === 1 ? '1 node keeps' : `${one} nodes keep`} one podCIDR` },
    ]
  },
  examples: {
    bad: [() => given({ 'cluster-cidr': dual }, [['10.244.0.0/24']])],
    good: [
      () => given({ 'cluster-cidr': dual }, [['10.244.0.0/24', 'fd00:244::/64']]),
      () => given({}, [['10.244.0.0/24']]),
    ],
  },
})

export const nodeRangeRules = [notConfigured, outside, exhausted, keepsOne] as const
