import { type Family, families, otherFamily } from '../address/family.ts'
import { widthOf } from '../address/ip.ts'
import type { ComponentArguments } from '../model/rule.ts'
import { argumentsRule } from './arguments-rule.ts'
import {
  allocates,
  clusterRanges,
  clusterTexts,
  component,
  given,
  maskIn,
  maskOf,
  nodeMask,
  oldMask,
} from './controller-manager.ts'

const core = 'k/k:cmd/kube-controller-manager/app/core.go setNodeCIDRMaskSizes'
const dual = '10.128.0.0/12,fd00:244::/48'

const isDual = (input: ComponentArguments): boolean => allocates(input) && clusterTexts(input).length > 1

const notANumber = argumentsRule({
  id: 'controller-manager-masks/not-a-number',
  component,
  title: 'node masks are prefix lengths',
  why: 'pflag refuses what is no number before anything starts.',
  source: 'github.com/spf13/pflag int32.go',
  covers: ['kubernetes 3.1'],
  remedy: 'Write 24 for IPv4, 64 for IPv6 (with a pod range of /48 to /64).',
  line: 'invalid argument "*" for "--*" flag: strconv.ParseInt: parsing "*": invalid syntax',
  judge: ({ arguments: flags }) =>
    [oldMask, ...families.map(maskOf)].flatMap(name => {
      const value = flags[name]
      return value === undefined || /^[+-]?\d+$/.test(value)
        ? []
        : [{ field: `--${name}`, values: [value, name, value] }]
    }),
  examples: {
    bad: [() => given({ [maskOf('IPv6')]: '/64' }), () => given({ [maskOf('IPv4')]: '' })],
    good: [() => given({ [maskOf('IPv4')]: '24' })],
  },
})

const oldOnDual = argumentsRule({
  id: 'controller-manager-masks/old-flag-on-dual',
  component,
  title: `--${oldMask} is not given on a dual-stack cluster`,
  why: 'The old flag stands for one family only.',
  source: core,
  covers: ['kubernetes 3.1', 'K5', 'P06'],
  remedy: `Take --${oldMask} out and write its value as the mask of the first family; set the other family's beside it.`,
  line: `usage of --${oldMask} is not allowed with dual-stack clusters`,
  judge: input => (isDual(input) && maskIn(input, oldMask) !== undefined ? [{ field: `--${oldMask}` }] : []),
  examples: {
    bad: [() => given({ 'cluster-cidr': dual, [oldMask]: '24' })],
    good: [
      () => given({ [oldMask]: '24' }),
      () => given({ 'cluster-cidr': dual, [oldMask]: '0' }),
      () => given({ 'cluster-cidr': dual, [oldMask]: '24', 'allocate-node-cidrs': 'false' }),
    ],
  },
})

const oldAndNew = argumentsRule({
  id: 'controller-manager-masks/old-and-new-flag',
  component,
  title: `--${oldMask} and a family's mask are not given together`,
  why: 'They could contradict each other.',
  source: core,
  covers: ['kubernetes 3.1'],
  remedy: `Keep only the masks with the family in their name.`,
  line: 'usage of --node-cidr-mask-size-ipv4 and --node-cidr-mask-size-ipv6 is not allowed if --node-cidr-mask-size is set. For dual-stack clusters please unset it and use IPFamily specific flags',
  judge: input =>
    allocates(input) &&
    clusterTexts(input).length === 1 &&
    maskIn(input, oldMask) !== undefined &&
    families.some(family => maskIn(input, maskOf(family)) !== undefined)
      ? [{ field: `--${oldMask}` }]
      : [],
  examples: {
    bad: [() => given({ [oldMask]: '24', [maskOf('IPv4')]: '24' })],
    good: [() => given({ [oldMask]: '24' }), () => given({ [maskOf('IPv4')]: '24' })],
  },
})

/** The mask of a family that a single-stack cluster does not have. On the way back a mask that is left behind is exactly this. */
const familyNotThere = (family: Family) =>
  argumentsRule({
    id: `controller-manager-masks/${family.toLowerCase()}-mask-without-family`,
    component,
    title: `--${maskOf(family)} is not given on a single-stack ${otherFamily(family)} cluster`,
    why: 'Also the trap of the way back: take the mask out in the same edit as the range.',
    source: core,
    covers: ['kubernetes 3.1', 'P06', 'P10'],
    remedy: `Take --${maskOf(family)} out, or add the range of that family to --cluster-cidr.`,
    line: `usage of --${maskOf(family)} is not allowed for a single-stack ${otherFamily(family)} cluster`,
    judge(input) {
      const ranges = clusterRanges(input)
      const [only] = ranges ?? []
      const isBroken =
        allocates(input) &&
        ranges?.length === 1 &&
        only?.family === otherFamily(family) &&
        maskIn(input, maskOf(family)) !== undefined &&
        maskIn(input, oldMask) === undefined
      return isBroken ? [{ field: `--${maskOf(family)}` }] : []
    },
    examples: {
      bad: [
        () =>
          given({
            'cluster-cidr': family === 'IPv4' ? 'fd00:244::/56' : '10.244.0.0/16',
            [maskOf(family)]: '64',
          }),
      ],
      good: [
        () => given({ 'cluster-cidr': dual, [maskOf(family)]: family === 'IPv4' ? '24' : '64' }),
        () => given({ 'cluster-cidr': family === 'IPv4' ? '10.244.0.0/16' : 'fd00:244::/56' }),
      ],
    },
  })

const shorterThanRange = argumentsRule({
  id: 'controller-manager-masks/shorter-than-range',
  component,
  title: 'a node mask is at least as long as its range of --cluster-cidr',
  why: 'A node’s block must lie inside the range. 24 and 64 count where no flag is given, so an IPv6 range must be /48 to /64 then.',
  source: 'k/k:pkg/controller/nodeipam/node_ipam_controller.go',
  covers: ['kubernetes 3.1', 'P07', 'howto'],
  remedy: 'Choose a longer node mask, or a larger range: /56 with 64, /112 with 120.',
  line: 'Controller: Invalid --cluster-cidr, mask size of cluster CIDR must be less than or equal to --node-cidr-mask-size configured for CIDR family',
  judge: input =>
    allocates(input)
      ? (clusterRanges(input) ?? [])
          .filter(({ family, prefix }) => prefix > nodeMask(input, family))
          .map(({ family }) => ({ field: `--${maskOf(family)}` }))
      : [],
  examples: {
    bad: [
      () => given({ 'cluster-cidr': '10.244.0.0/16,fd00:244::/108' }),
      () => given({ 'cluster-cidr': 'fd00:244::/72' }),
      () => given({ 'cluster-cidr': '10.244.0.0/26' }),
    ],
    good: [
      () => given({ 'cluster-cidr': '10.128.0.0/12,fc00::8:0:0/94', [maskOf('IPv6')]: '108' }),
      () => given({ 'cluster-cidr': '10.244.0.0/24' }),
      () => given({ 'cluster-cidr': '10.244.0.0/25', [oldMask]: '26' }),
    ],
  },
})

const tooManyBlocks = argumentsRule({
  id: 'controller-manager-masks/more-than-16-bits',
  component,
  title: 'an IPv6 node mask is at most 16 bits longer than its range',
  why: 'The controller manager keeps a bit for each block: 65,536 at most. IPv4 has no such limit here; kubeadm has it for both.',
  source: 'k/k:pkg/controller/nodeipam/ipam/cidrset/cidr_set.go',
  covers: ['kubernetes 3.1', 'K6'],
  remedy:
    'Choose a mask up to 16 more than the prefix of the range: /48 with 64, /56 with 64, /104 with 120.',
  line: 'New CIDR set failed; the node CIDR size is too big',
  judge: input =>
    allocates(input)
      ? (clusterRanges(input) ?? [])
          .filter(({ family, prefix }) => family === 'IPv6' && nodeMask(input, family) - prefix > 16)
          .map(({ family }) => ({ field: `--${maskOf(family)}` }))
      : [],
  examples: {
    bad: [
      () => given({ 'cluster-cidr': '10.244.0.0/16,fc00::/8', [maskOf('IPv6')]: '64' }),
      () => given({ 'cluster-cidr': 'fd00:244::/47' }),
    ],
    good: [
      () => given({ 'cluster-cidr': dual }),
      () => given({ 'cluster-cidr': '10.0.0.0/8', [maskOf('IPv4')]: '28' }),
    ],
  },
})

const tooLong = argumentsRule({
  id: 'controller-manager-masks/longer-than-address',
  component,
  title: 'a node mask is not longer than an address',
  why: 'No flag is checked for it; the controller manager then fails in arithmetic, or hands out nothing.',
  source: 'k/k:pkg/controller/nodeipam/ipam/cidrset/cidr_set.go',
  covers: ['kubernetes 3.1'],
  remedy: 'At most 32 for IPv4 and 128 for IPv6; 24 and 64 are usual.',
  judge: input =>
    allocates(input)
      ? (clusterRanges(input) ?? [])
          .filter(({ family }) => nodeMask(input, family) > widthOf(family))
          .map(({ family }) => ({
            field: `--${maskOf(family)}`,
            message: `${nodeMask(input, family)} is longer than an ${family} address`,
          }))
      : [],
  examples: {
    bad: [
      () => given({ [maskOf('IPv4')]: '64' }),
      () => given({ 'cluster-cidr': dual, [maskOf('IPv6')]: '129' }),
    ],
    good: [() => given({ [maskOf('IPv4')]: '32' })],
  },
})

export const controllerManagerMaskRules = [
  notANumber,
  oldOnDual,
  oldAndNew,
  ...families.map(familyNotThere),
  shorterThanRange,
  tooManyBlocks,
  tooLong,
] as const
