import { formatCIDR, overlaps, parseCIDR, size } from '../address/cidr.ts'
import type { CIDR } from '../address/index.ts'
import { widthOf } from '../address/ip.ts'
import type { ComponentArguments } from '../model/rule.ts'
import { argumentsRule } from './arguments-rule.ts'
import { argumentsOf } from './example.ts'
import { listOf, rangesIn, sloppyCIDR } from './sloppy.ts'

const component = 'kubeadm'
const source = 'k/k:cmd/kubeadm/app/apis/kubeadm/validation/validation.go'
/** `kubeadm upgrade` does not ask these: what is wrong here goes straight into the manifests. */
const asked =
  'Asked by kubeadm init, join and `kubeadm config validate`, not by upgrade: there a bad value goes straight into the manifests.'
const subnets = [
  { field: 'networking.podSubnet', least: 14 },
  { field: 'networking.serviceSubnet', least: 10 },
] as const
const pods = subnets[0].field
const services = subnets[1].field
const extraArg = (name: string): string => `controllerManager.extraArgs.${name}`

const given = (fields: Readonly<Record<string, string>>) =>
  argumentsOf(component, {
    apiVersion: 'kubeadm.k8s.io/v1beta4',
    [pods]: '10.244.0.0/16,fd00:244::/56',
    [services]: '10.96.0.0/16,fd00:96::/112',
    ...fields,
  })

/** Ranges of a field; [] where one cannot be read, since nothing more is asked then. */
function rangesOf(input: ComponentArguments, field: string): readonly CIDR[] {
  const found = rangesIn(input.arguments[field])
  return found.length === listOf(input.arguments[field]).length ? found : []
}

const malformed = argumentsRule({
  id: 'kubeadm-config/subnet-malformed',
  component,
  title: 'podSubnet and serviceSubnet are CIDRs',
  why: `Split at the comma, not trimmed. ${asked}`,
  source,
  covers: ['kubernetes 6.1'],
  remedy: 'Write both ranges with one comma and no space.',
  line: "couldn't parse subnet",
  judge: ({ arguments: fields }) =>
    subnets
      .filter(({ field }) => listOf(fields[field]).some(text => sloppyCIDR(text) === undefined))
      .map(({ field }) => ({ field })),
  examples: {
    bad: [() => given({ [pods]: '10.244.0.0/16, fd00:244::/56' }), () => given({ [services]: '10.96.0.0' })],
    good: [() => given({}), () => given({ [pods]: '' })],
  },
})

const notAPair = argumentsRule({
  id: 'kubeadm-config/subnet-not-a-pair',
  component,
  title: 'podSubnet and serviceSubnet are one range, or one of each family',
  why: asked,
  source,
  covers: ['kubernetes 6.1'],
  remedy: 'Keep the range that runs now first, and one of the other family behind it.',
  line: 'expected one (IPv4 or IPv6) CIDR or two CIDRs from each family for dual-stack networking',
  judge: input =>
    subnets
      .filter(({ field }) => {
        const [first, second, third] = rangesOf(input, field)
        return third !== undefined || (first && second && first.family === second.family)
      })
      .map(({ field }) => ({ field })),
  examples: {
    bad: [
      () => given({ [pods]: '10.244.0.0/16,10.245.0.0/16' }),
      () => given({ [services]: '10.96.0.0/16,fd00:96::/112,fd00:97::/112' }),
    ],
    good: [() => given({}), () => given({ [services]: 'fd00:96::/112' })],
  },
})

const tooSmall = argumentsRule({
  id: 'kubeadm-config/subnet-too-small',
  component,
  title: 'each range of podSubnet has 14 addresses at least, each of serviceSubnet 10',
  why: asked,
  source,
  covers: ['kubernetes 6.1'],
  remedy: 'Take /112 for Services and /56 for pods, which have room for a cluster’s life.',
  line: 'subnet with * address(es) is too small, the minimum is *',
  judge: input =>
    subnets.flatMap(({ field, least }) =>
      rangesOf(input, field)
        .filter(range => size(range) < BigInt(least))
        .map(range => ({ field, values: [String(size(range)), least] })),
    ),
  examples: {
    bad: [
      () => given({ [pods]: '10.244.0.0/29' }),
      () => given({ [services]: '10.96.0.0/16,fd00:96::/125' }),
    ],
    good: [() => given({ [services]: '10.96.0.0/28,fd00:96::/124' })],
  },
})

const tooLarge = argumentsRule({
  id: 'kubeadm-config/service-subnet-too-large',
  component,
  title: 'each range of serviceSubnet has 20 host bits at most',
  why: `Still so in 1.36, where the API server has given it up. ${asked}`,
  source,
  covers: ['kubernetes 1.2', 'kubernetes 6.1'],
  remedy: 'Take /112 for IPv6; /12 and /108 are the largest.',
  line: 'specified service subnet is too large; for *-bit addresses, the mask must be >= *',
  judge: input =>
    rangesOf(input, services)
      .filter(({ family, prefix }) => widthOf(family) - prefix > 20)
      .map(({ family }) => ({ field: services, values: [widthOf(family), widthOf(family) - 20] })),
  examples: {
    bad: [
      () => given({ [services]: '10.96.0.0/12,fc00::4:0:0/94' }),
      () => given({ [services]: '10.0.0.0/8' }),
    ],
    good: [() => given({ [services]: '10.96.0.0/12,fc00::/108' })],
  },
})

const maskArg = ({ family }: CIDR): string => `node-cidr-mask-size-${family.toLowerCase()}`

/** kubeadm looks at the masks with a family in their name only, never at node-cidr-mask-size. */
function maskOf(input: ComponentArguments, range: CIDR): number | undefined {
  const text = input.arguments[extraArg(maskArg(range))] ?? ''
  if (text === '') return range.family === 'IPv4' ? 24 : 64
  return /^[+-]?\d+$/.test(text) ? Number(text) : undefined
}

const podRanges = (input: ComponentArguments): readonly CIDR[] =>
  input.arguments[extraArg('allocate-node-cidrs')] === 'false' ? [] : rangesOf(input, pods)

const maskUnreadable = argumentsRule({
  id: 'kubeadm-config/node-mask-unreadable',
  component,
  title: 'node masks in controllerManager.extraArgs are whole numbers',
  why: asked,
  source,
  covers: ['kubernetes 6.1'],
  remedy: 'Write the number alone, quoted: "64".',
  line: 'could not parse the value of the kube-controller-manager flag * as an integer',
  judge: input =>
    podRanges(input)
      .filter(range => maskOf(input, range) === undefined)
      .map(range => ({ field: extraArg(maskArg(range)), values: [maskArg(range)] })),
  examples: {
    bad: [() => given({ [extraArg('node-cidr-mask-size-ipv6')]: '/64' })],
    good: [() => given({ [extraArg('node-cidr-mask-size-ipv6')]: '64' }), () => given({})],
  },
})

const maskTooShort = argumentsRule({
  id: 'kubeadm-config/node-mask-too-short',
  component,
  title: 'a node mask is at least as long as its range of podSubnet',
  why: `24 and 64 count where extraArgs say nothing; node-cidr-mask-size is not looked at. ${asked}`,
  source,
  covers: ['kubernetes 6.1'],
  remedy: 'Put node-cidr-mask-size-ipv4 and -ipv6 into controllerManager.extraArgs, beside the ranges.',
  line: 'the size of pod subnet with mask * is smaller than the size of node subnet with mask *',
  judge: input =>
    podRanges(input).flatMap(range => {
      const mask = maskOf(input, range)
      return mask === undefined || range.prefix <= mask ? [] : [{ field: pods, values: [range.prefix, mask] }]
    }),
  examples: {
    bad: [
      () => given({ [pods]: '10.244.0.0/16,fd00:244::/108' }),
      () => given({ [pods]: '10.244.0.0/25', [extraArg('node-cidr-mask-size')]: '26' }),
    ],
    good: [
      () => given({ [pods]: '10.128.0.0/12,fc00::8:0:0/94', [extraArg('node-cidr-mask-size-ipv6')]: '108' }),
      () => given({ [pods]: 'fd00:244::/108', [extraArg('allocate-node-cidrs')]: 'false' }),
    ],
  },
})

const maskTooLong = argumentsRule({
  id: 'kubeadm-config/node-mask-too-long',
  component,
  title: 'a node mask is at most 16 bits longer than its range of podSubnet',
  why: `kubeadm has this limit for both families, the controller manager for IPv6 only. ${asked}`,
  source,
  covers: ['kubernetes 3.1', 'kubernetes 6.1'],
  remedy: 'Choose a mask up to 16 more than the prefix: /8 with 24, /48 with 64, /104 with 120.',
  line: 'pod subnet mask (*) and node-mask (*) difference is greater than 16',
  judge: input =>
    podRanges(input).flatMap(range => {
      const mask = maskOf(input, range)
      return mask === undefined || mask - range.prefix <= 16
        ? []
        : [{ field: pods, values: [range.prefix, mask] }]
    }),
  examples: {
    bad: [
      () => given({ [pods]: '10.0.0.0/8', [extraArg('node-cidr-mask-size-ipv4')]: '26' }),
      () => given({ [pods]: '10.244.0.0/16,fc00::/8' }),
    ],
    good: [() => given({ [pods]: '10.0.0.0/8,fd00:244::/48' })],
  },
})

const siteLocal = parseCIDR('fec0::/10')
const deprecated = argumentsRule({
  id: 'kubeadm-config/site-local',
  component,
  severity: 'warning',
  title: 'no subnet has site-local addresses',
  why: 'fec0::/10 was taken out of use by RFC 3879; unique local addresses (RFC 4193) took their place.',
  source,
  covers: ['kubernetes 6.1'],
  remedy: 'Take a range inside fd00::/8 with 40 random bits behind fd.',
  goesOn: true,
  line: 'the subnet * contains IPv6 site-local addresses that belong to fec0::/10 which has been deprecated by rfc3879',
  judge: input =>
    subnets.flatMap(({ field }) =>
      rangesOf(input, field)
        .filter(range => overlaps(range, siteLocal))
        .map(range => ({ field, values: [formatCIDR(range)] })),
    ),
  examples: {
    bad: [() => given({ [pods]: '10.244.0.0/16,fec0:244::/56' })],
    good: [() => given({})],
  },
})

const order = argumentsRule({
  id: 'kubeadm-config/order-differs',
  component,
  severity: 'warning',
  title: 'podSubnet and serviceSubnet have their families in one order',
  why: 'kubeadm compares the orders neither with each other nor with the advertised address. Pods then have another first family than Services.',
  source,
  covers: ['kubernetes 6.1'],
  remedy: 'Put the family that the cluster runs now first in both.',
  judge(input) {
    const [pod] = rangesOf(input, pods)
    const [service] = rangesOf(input, services)
    if (pod === undefined || service === undefined || pod.family === service.family) return []
    return [{ field: pods, message: `begins with ${pod.family}, and serviceSubnet with ${service.family}` }]
  },
  examples: {
    bad: [() => given({ [pods]: 'fd00:244::/56,10.244.0.0/16' })],
    good: [() => given({}), () => given({ [pods]: 'fd00:244::/56', [services]: 'fd00:96::/112' })],
  },
})

export const kubeadmConfigRules = [
  malformed,
  notAPair,
  tooSmall,
  tooLarge,
  maskUnreadable,
  maskTooShort,
  maskTooLong,
  deprecated,
  order,
] as const
