import { addressesOf, powerOfTwo, widthOf } from '../address/index.ts'
import { families, type Family } from '../address/family.ts'
import type { Ranges, Rule, Violation } from '../model/rule.ts'
import { ranges } from './example.ts'
import { isPrefix, maskFlag, nameOf, nodeMaskOf, readRanges, type ReadRange } from './range-input.ts'

const at = (family: Family, mask: number, message: string, remedy?: string): Violation => ({
  object: Number.isNaN(mask) ? 'node mask' : `node mask /${mask}`,
  field: maskFlag(family),
  message,
  ...(remedy !== undefined && { remedy }),
})

/** Pod ranges with a mask that is one. */
const masked = (input: Ranges): readonly { range: ReadRange; mask: number; bits: number }[] =>
  readRanges(input, 'pods').flatMap(range => {
    const mask = nodeMaskOf(input, range.family)
    return isPrefix(mask, widthOf(range.family)) ? [{ range, mask, bits: mask - range.cidr.prefix }] : []
  })

const pods = (IPv6: string, mask?: number): Ranges =>
  ranges({
    pods: { IPv4: '10.244.0.0/16', IPv6 },
    nodeMask: { IPv4: 24, ...(mask !== undefined && { IPv6: mask }) },
  })
const pods4 = (IPv4: string, mask: number): Ranges =>
  ranges({ pods: { IPv4, IPv6: 'fd00:244::/56' }, nodeMask: { IPv4: mask, IPv6: 64 } })

const notPrefix: Rule<'ranges'> = {
  id: 'node-mask/not-a-prefix-length',
  on: 'ranges',
  title: 'a node mask is a prefix length',
  severity: 'error',
  why: 'The flag is a number; kubeadm reads it from extraArgs too.',
  source: 'k/k:cmd/kubeadm/app/apis/kubeadm/validation/validation.go',
  covers: ['kubernetes 6.1'],
  remedy: 'Give a whole number: 24 for IPv4, 64 for IPv6.',
  judge: input =>
    families.flatMap(family => {
      const mask = input.nodeMask[family]
      return mask === undefined || isPrefix(mask, widthOf(family))
        ? []
        : [at(family, mask, `it is not a whole number from 0 to ${widthOf(family)}`)]
    }),
  examples: {
    bad: [
      () => pods('fd00:244::/56', 129),
      () => pods('fd00:244::/56', 64.5),
      () => pods4('10.244.0.0/16', NaN),
    ],
    good: [() => ranges(), () => ranges({ nodeMask: {} })],
  },
}

const shorter: Rule<'ranges'> = {
  id: 'node-mask/shorter-than-range',
  on: 'ranges',
  title: 'a node’s block fits into the pod range',
  severity: 'error',
  why: 'The controller manager does not start, and kubeadm refuses the pair. Without a flag the mask is 24 for IPv4 and 64 for IPv6.',
  source:
    'k/k:pkg/controller/nodeipam/node_ipam_controller.go, k/k:cmd/kubeadm/app/apis/kubeadm/validation/validation.go',
  covers: ['howto', 'kubernetes 3.1', 'kubernetes 6.1', 'K6', 'P07'],
  remedy: 'Take a shorter pod range or a longer mask: for IPv6 a /56 and 64.',
  judge: input =>
    masked(input)
      .filter(({ bits }) => bits < 0)
      .map(({ range, mask }) =>
        at(
          range.family,
          mask,
          `it is shorter than /${range.cidr.prefix} of the ${nameOf(range)}${input.nodeMask[range.family] === undefined ? '; it is what the controller manager takes when none is given' : ''}`,
          `Give ${maskFlag(range.family)} ${range.cidr.prefix} to ${Math.min(range.cidr.prefix + 16, widthOf(range.family))}, or a larger pod range.`,
        ),
      ),
  examples: {
    bad: [() => pods('fd00:244::/94'), () => pods('fd00:244::/112', 108), () => pods4('10.244.0.0/25', 24)],
    good: [() => ranges(), () => pods('fd00:244::/64', 64), () => pods('fd00:244::/112', 120)],
  },
}

const tooMany: Rule<'ranges'> = {
  id: 'node-mask/more-than-16-bits',
  on: 'ranges',
  title: 'a node mask is at most 16 bits longer than the pod range',
  severity: 'error',
  why: 'The controller manager keeps a bitmap of blocks and refuses more than 65,536 of IPv6; kubeadm refuses that in both families. With the default mask of 64 an IPv6 pod range is /48 to /64.',
  source:
    'k/k:pkg/controller/nodeipam/ipam/cidrset/cidr_set.go, k/k:cmd/kubeadm/app/apis/kubeadm/validation/validation.go',
  covers: ['howto', 'kubernetes 3.1', 'kubernetes 6.1', 'K6', 'P07'],
  remedy: 'Take a longer pod range or a shorter mask: for IPv6 a /56 and 64.',
  judge: input =>
    masked(input)
      .filter(({ bits }) => bits > 16)
      .map(({ range, mask, bits }) =>
        at(
          range.family,
          mask,
          `it is ${bits} bits longer than the ${nameOf(range)}; 16 are the most`,
          `Give ${maskFlag(range.family)} ${range.cidr.prefix} to ${range.cidr.prefix + 16}, or a smaller pod range.`,
        ),
      ),
  examples: {
    bad: [() => pods('fd00:244::/47', 64), () => pods('fd00:244::/48', 80), () => pods4('10.0.0.0/8', 25)],
    good: [() => pods('fd00:244::/48', 64), () => pods('fd00:244::8:0:0/94', 108)],
  },
}

const isUsual: Readonly<Record<Family, (mask: number, prefix: number) => boolean>> = {
  IPv4: mask => mask >= 22 && mask <= 26,
  IPv6: (mask, prefix) => (mask === 64 && prefix < 64) || (mask >= 112 && mask <= 120),
}

const usual = {
  IPv4: '22 to 26 are usual',
  IPv6: '64 with a range of /48 to /63, or 112 to 120, are usual',
} as const

const unusual: Rule<'ranges'> = {
  id: 'node-mask/unusual',
  on: 'ranges',
  title: 'a node mask is a usual one',
  severity: 'info',
  why: 'It works. Tools and people expect 24 in IPv4, and in IPv6 64 or 112 to 120: with another mask addresses are harder to read, and a guess at the node goes wrong.',
  source: 'https://kubernetes.io/docs/concepts/services-networking/dual-stack/',
  covers: ['howto', 'practice'],
  remedy: 'Nothing to do; or take a pod range of /56 with 64.',
  judge: input =>
    masked(input)
      .filter(
        ({ range, mask, bits }) => bits >= 0 && bits <= 16 && !isUsual[range.family](mask, range.cidr.prefix),
      )
      .map(({ range, mask, bits }) =>
        at(
          range.family,
          mask,
          `${range.cidr.prefix} to ${mask} is ${bits} bits, which is allowed; ${usual[range.family]}`,
        ),
      ),
  examples: {
    bad: [
      () => pods('fc00::8:0:0/94', 108),
      () => pods('fd00:244::/64', 64),
      () => pods4('10.244.0.0/16', 28),
    ],
    good: [() => ranges(), () => pods('fd00:244::/104', 120), () => pods('fd00:244::/63', 64)],
  },
}

/** maxPods of the kubelet, where nothing else is said. */
const defaultMaxPods = 110

const fewPods: Rule<'ranges'> = {
  id: 'node-mask/few-pods',
  on: 'ranges',
  title: 'a node’s block has an address for each pod that the kubelet allows',
  severity: 'warning',
  why: `The kubelet takes up to ${defaultMaxPods} pods unless told otherwise. A CNI that gives each node its podCIDR and no more has then pods without an address; Calico’s own IPAM and Cilium’s cluster pool take further blocks.`,
  source: 'https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/',
  covers: ['cni 2.1', 'practice'],
  remedy: 'Take a mask with at least 7 host bits: 25 for IPv4, 121 for IPv6.',
  judge: input =>
    masked(input)
      .filter(({ range, mask }) => 2 ** (widthOf(range.family) - mask) < defaultMaxPods)
      .map(({ range, mask }) =>
        at(
          range.family,
          mask,
          `a node has ${addressesOf(widthOf(range.family), mask)} addresses, and the kubelet allows ${defaultMaxPods} pods`,
        ),
      ),
  examples: {
    bad: [() => pods4('10.244.0.0/16', 26), () => pods('fd00:244::/112', 124)],
    good: [() => ranges(), () => pods4('10.244.0.0/16', 25), () => pods('fd00:244::/112', 121)],
  },
}

const fewNodes: Rule<'ranges'> = {
  id: 'node-mask/few-nodes',
  on: 'ranges',
  title: 'the pod range has blocks for several nodes',
  severity: 'warning',
  why: 'Where the CNI reads podCIDRs, a node that joins when there is no block left never gets one.',
  source: 'k/k:pkg/controller/nodeipam/ipam/cidrset/cidr_set.go',
  covers: ['kubernetes 3.2'],
  remedy: 'Take a larger pod range or a longer mask: for IPv6 a /56 and 64, 256 nodes.',
  judge: input =>
    masked(input)
      .filter(({ bits }) => bits >= 0 && bits < 4)
      .map(({ range, mask, bits }) =>
        at(
          range.family,
          mask,
          `the ${nameOf(range)} has blocks for ${powerOfTwo(bits)} ${bits === 0 ? 'node' : 'nodes'}`,
        ),
      ),
  examples: {
    bad: [() => pods('fd00:244::/64', 64), () => pods4('10.244.0.0/22', 24)],
    good: [() => ranges(), () => pods4('10.244.0.0/20', 24)],
  },
}

/** The pod block of a node against the pod range. */
export const nodeMaskRules = [notPrefix, shorter, tooMany, fewPods, fewNodes, unusual] as const
