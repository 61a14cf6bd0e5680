import type { ComponentArguments } from '../model/rule.ts'
import { argumentsRule } from './arguments-rule.ts'
import { allocates, clusterRanges, clusterTexts, component, given } from './controller-manager.ts'
import { listOf, rangesIn, sloppyCIDR } from './sloppy.ts'

const core = 'k/k:cmd/kube-controller-manager/app/core.go'
const services = ({ arguments: flags }: ComponentArguments) => listOf(flags['service-cluster-ip-range'])

const notACIDR = argumentsRule({
  id: 'controller-manager-flags/cluster-cidr-not-a-cidr',
  component,
  title: 'each part of --cluster-cidr is a CIDR',
  why: 'The flag is split at the comma and its parts are not trimmed. A controller manager that hands out node ranges exits.',
  source: `${core} processCIDRs`,
  covers: ['kubernetes 3.1'],
  remedy: 'Write both ranges with one comma and no space: 10.244.0.0/16,fd00:244::/56.',
  line: 'invalid CIDR[*]: <nil> (invalid CIDR address: *)',
  judge(input) {
    if (!allocates(input)) return []
    const at = clusterTexts(input).findIndex(text => sloppyCIDR(text) === undefined)
    return at < 0 ? [] : [{ field: '--cluster-cidr', values: [at, clusterTexts(input)[at] ?? ''] }]
  },
  examples: {
    bad: [
      () => given({ 'cluster-cidr': '10.244.0.0/16, fd00:244::/56' }),
      () => given({ 'cluster-cidr': '10.244.0.0' }),
    ],
    good: [
      () => given({ 'cluster-cidr': '10.244.0.0/16,fd00:244::/56' }),
      () => given({ 'cluster-cidr': 'nonsense', 'allocate-node-cidrs': 'false' }),
    ],
  },
})

const oneFamily = argumentsRule({
  id: 'controller-manager-flags/cluster-cidr-one-family',
  component,
  title: 'two ranges of --cluster-cidr are of different families',
  why: 'Node ranges are matched with cluster ranges by their place in the list, one a family.',
  source: `${core} validateCIDRs`,
  covers: ['kubernetes 3.1'],
  remedy: 'Keep the range that runs now, and add one of the other family behind it.',
  line: 'len of ClusterCIDRs==* and they are not configured as dual stack (at least one from each IPFamily',
  judge(input) {
    const ranges = clusterRanges(input)
    if (!allocates(input) || ranges === undefined || ranges.length < 2) return []
    const isDual = new Set(ranges.map(({ family }) => family)).size > 1
    return isDual ? [] : [{ field: '--cluster-cidr', values: [ranges.length] }]
  },
  examples: {
    bad: [
      () => given({ 'cluster-cidr': '10.244.0.0/16,10.245.0.0/16' }),
      () => given({ 'cluster-cidr': 'fd00:244::/56,fd00:245::/56' }),
    ],
    good: [() => given({ 'cluster-cidr': 'fd00:244::/56,10.244.0.0/16' })],
  },
})

const moreThanTwo = argumentsRule({
  id: 'controller-manager-flags/cluster-cidr-more-than-two',
  component,
  title: '--cluster-cidr has one range or two',
  why: 'One range a family, and there are two families.',
  source: `${core} validateCIDRs`,
  covers: ['kubernetes 3.1'],
  remedy: 'Keep the range that runs now and one of the other family.',
  line: 'length of clusterCIDRs is:* more than max allowed of 2',
  judge(input) {
    const { length } = clusterTexts(input)
    return allocates(input) && length > 2 ? [{ field: '--cluster-cidr', values: [length] }] : []
  },
  examples: {
    bad: [() => given({ 'cluster-cidr': '10.244.0.0/16,fd00:244::/56,10.245.0.0/16' })],
    good: [() => given({ 'cluster-cidr': '10.244.0.0/16,fd00:244::/56' })],
  },
})

const missing = argumentsRule({
  id: 'controller-manager-flags/cluster-cidr-missing',
  component,
  title: '--cluster-cidr is given where --allocate-node-cidrs is',
  why: 'There is nothing to hand out otherwise, and the controller manager exits.',
  source: `${core} validateCIDRs`,
  covers: ['kubernetes 3.1'],
  remedy: 'Set --cluster-cidr, or --allocate-node-cidrs=false where the CNI does not read node ranges.',
  line: 'invalid CIDR[0]: <nil> (invalid CIDR address: )',
  judge: input => (allocates(input) && clusterTexts(input).length === 0 ? [{ field: '--cluster-cidr' }] : []),
  examples: {
    bad: [() => given({ 'cluster-cidr': '' })],
    good: [() => given({}), () => given({ 'cluster-cidr': '', 'allocate-node-cidrs': 'false' })],
  },
})

const tooManyServices = argumentsRule({
  id: 'controller-manager-flags/service-range-more-than-two',
  component,
  title: "the controller manager's --service-cluster-ip-range has one range or two",
  why: 'Asked before anything starts, also where no node ranges are handed out.',
  source: 'k/k:cmd/kube-controller-manager/app/options/nodeipamcontroller.go',
  covers: ['kubernetes 3.1'],
  remedy: "Write what the API server's flag of that name says.",
  line: '--service-cluster-ip-range can not contain more than two entries',
  judge: input => (services(input).length > 2 ? [{ field: '--service-cluster-ip-range' }] : []),
  examples: {
    bad: [
      () =>
        given({
          'service-cluster-ip-range': '10.96.0.0/12,fd00:96::/112,fd00:97::/112',
          'allocate-node-cidrs': 'false',
        }),
    ],
    good: [() => given({ 'service-cluster-ip-range': '10.96.0.0/12,fd00:96::/112' })],
  },
})

const servicesOneFamily = argumentsRule({
  id: 'controller-manager-flags/service-range-one-family',
  component,
  title: "the two ranges of the controller manager's --service-cluster-ip-range are of different families",
  why: 'The ranges are kept out of the pods’; two of one family end the start.',
  source: core,
  covers: ['kubernetes 3.1'],
  remedy: "Write what the API server's flag of that name says.",
  line: 'serviceCIDR and secondaryServiceCIDR are not dualstack (from different IPfamiles)',
  judge(input) {
    const [first, second] = services(input).map(sloppyCIDR)
    const isBroken = allocates(input) && first && second && first.family === second.family
    return isBroken ? [{ field: '--service-cluster-ip-range' }] : []
  },
  examples: {
    bad: [() => given({ 'service-cluster-ip-range': '10.96.0.0/12,10.112.0.0/12' })],
    good: [
      () => given({ 'service-cluster-ip-range': '10.96.0.0/12,fd00:96::/112' }),
      () =>
        given({ 'service-cluster-ip-range': '10.96.0.0/12,10.112.0.0/12', 'allocate-node-cidrs': 'false' }),
    ],
  },
})

const servicesUnreadable = argumentsRule({
  id: 'controller-manager-flags/service-range-unreadable',
  component,
  severity: 'warning',
  title: "the controller manager's --service-cluster-ip-range can be read",
  why: 'A part that is no CIDR is only logged: the controller manager runs and may give nodes blocks that Services use.',
  source: core,
  covers: ['kubernetes 3.1'],
  remedy: "Write what the API server's flag of that name says, without spaces.",
  goesOn: true,
  line: 'Warning: unsuccessful parsing of service CIDR',
  judge: input =>
    allocates(input) && rangesIn(input.arguments['service-cluster-ip-range']).length < services(input).length
      ? [{ field: '--service-cluster-ip-range' }]
      : [],
  examples: {
    bad: [() => given({ 'service-cluster-ip-range': '10.96.0.0/12, fd00:96::/112' })],
    good: [() => given({ 'service-cluster-ip-range': '10.96.0.0/12,fd00:96::/112' }), () => given({})],
  },
})

const allocator = argumentsRule({
  id: 'controller-manager-flags/allocator-type',
  component,
  title: '--cidr-allocator-type is RangeAllocator',
  why: 'The other kinds belong to cloud providers that are gone; an unknown one ends the start.',
  source: 'k/k:pkg/controller/nodeipam/ipam/cidr_allocator.go',
  covers: ['kubernetes 3.1'],
  remedy: 'Take the flag out: RangeAllocator is what counts then.',
  line: 'invalid CIDR allocator type: *',
  judge(input) {
    const type = input.arguments['cidr-allocator-type'] ?? 'RangeAllocator'
    const known = ['RangeAllocator', 'CloudAllocator', 'IPAMFromCluster', 'IPAMFromCloud']
    return allocates(input) && !known.includes(type)
      ? [{ field: '--cidr-allocator-type', values: [type] }]
      : []
  },
  examples: {
    bad: [() => given({ 'cidr-allocator-type': 'MultiCIDRRangeAllocator' })],
    good: [() => given({ 'cidr-allocator-type': 'RangeAllocator' }), () => given({})],
  },
})

export const controllerManagerFlagRules = [
  missing,
  notACIDR,
  oneFamily,
  moreThanTwo,
  tooManyServices,
  servicesOneFamily,
  servicesUnreadable,
  allocator,
] as const
