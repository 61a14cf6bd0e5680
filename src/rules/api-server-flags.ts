import { formatCIDR, size } from '../address/index.ts'
import { widthOf } from '../address/ip.ts'
import type { ComponentArguments } from '../model/rule.ts'
import { argumentsRule } from './arguments-rule.ts'
import { argumentsOf } from './example.ts'
import { isOn } from './gates.ts'
import { listOf, rangesIn, sloppyCIDR } from './sloppy.ts'
import { minorOf } from '../base/version.ts'

const component = 'kube-apiserver'
const flag = 'service-cluster-ip-range'
const options = 'k/k:cmd/kube-apiserver/app/options'

const given = (range: string, version = 'v1.36.3', more: Readonly<Record<string, string>> = {}) =>
  argumentsOf(component, { [flag]: range, ...more }, { version })

const texts = (input: ComponentArguments) => listOf(input.arguments[flag])

const notACIDR = (id: string, at: 0 | 1, line: string, bad: readonly string[]) =>
  argumentsRule({
    id: `api-server-flags/${id}`,
    component,
    title: `range ${at + 1} of --${flag} is a CIDR`,
    why: 'The flag is split at the comma and not trimmed: a space after the comma is an error too.',
    source: `${options}/completion.go`,
    covers: ['kubernetes 1.1'],
    remedy: 'Write both ranges with one comma and no space: 10.96.0.0/12,fd00:96::/112.',
    line,
    judge: input => {
      const text = texts(input)[at]
      return text === undefined || sloppyCIDR(text) !== undefined ? [] : [{ field: `--${flag}` }]
    },
    examples: {
      bad: bad.map(range => () => given(range)),
      good: [() => given('10.96.0.0/12,fc00::/108'), () => given('fd00:96::5/112')],
    },
  })

const moreThanTwo = argumentsRule({
  id: 'api-server-flags/more-than-two-ranges',
  component,
  title: `--${flag} has one range or two`,
  why: 'One range a family, and there are two families.',
  source: `${options}/validation.go`,
  covers: ['kubernetes 1.1', 'kubernetes 1.2'],
  remedy:
    'Keep the range that runs now and one of the other family. More addresses come from ServiceCIDR objects.',
  line: `--${flag} must not contain more than two entries`,
  judge: input => (texts(input).length > 2 ? [{ field: `--${flag}` }] : []),
  examples: {
    bad: [() => given('10.96.0.0/16,fd00:96::/112,fd00:97::/112')],
    good: [() => given('10.96.0.0/16,fd00:96::/112'), () => given('fd00:96::/112')],
  },
})

const oneFamily = argumentsRule({
  id: 'api-server-flags/one-family',
  component,
  title: `the two ranges of --${flag} are of different families`,
  why: 'A second range of the same family is no dual-stack; more room in a family comes from ServiceCIDR objects.',
  source: `${options}/validation.go`,
  covers: ['kubernetes 1.2'],
  remedy: 'Give the range that runs now first, and one of the other family behind it.',
  line: `--${flag}[0] and --${flag}[1] must be of different IP family`,
  judge(input) {
    const [first, second] = texts(input).map(sloppyCIDR)
    return first && second && first.family === second.family ? [{ field: `--${flag}` }] : []
  },
  examples: {
    bad: [() => given('10.96.0.0/16,10.97.0.0/16'), () => given('fd00:96::/112,fd00:97::/112')],
    good: [() => given('10.96.0.0/16,fd00:96::/112'), () => given('fd00:96::/112,10.96.0.0/16')],
  },
})

/**
 * The limit is about the bitmap that the old allocator keeps in etcd. Without the bitmap it is not asked: from 1.31 on that needs both gates,
 * up to 1.30 MultiCIDRServiceAllocator alone was enough.
 */
const hasSizeLimit = (input: ComponentArguments): boolean => {
  if (!isOn(input, 'MultiCIDRServiceAllocator')) return true
  return minorOf(input.version) >= 31 && !isOn(input, 'DisableAllocatorDualWrite')
}

const tooLarge = argumentsRule({
  id: 'api-server-flags/service-range-too-large',
  component,
  title: `a range of --${flag} has at most 20 host bits`,
  versions: '<1.35',
  why: 'Up to 1.33 the API server keeps a bitmap of the range in etcd. From 1.34 on it does not ask any more, but kubeadm does.',
  source: `${options}/validation.go`,
  covers: ['kubernetes 1.2', 'K7', 'P08', 'howto'],
  remedy: 'Take /112 for IPv6: 65,536 Services. /12 and /108 are the largest.',
  line: 'specified --* is too large; for *-bit addresses, the mask must be >= *',
  judge: input =>
    hasSizeLimit(input)
      ? texts(input)
          .slice(0, 2)
          .flatMap((text, at) => {
            const range = sloppyCIDR(text)
            if (range === undefined || widthOf(range.family) - range.prefix <= 20) return []
            const width = widthOf(range.family)
            return [{ field: `--${flag}`, values: [at === 0 ? flag : `${flag}[1]`, width, width - 20] }]
          })
      : [],
  examples: {
    bad: [
      () => given('10.96.0.0/12,fc00::4:0:0/94', 'v1.33.1'),
      () => given('10.0.0.0/8', 'v1.29.0'),
      () => given('fd00::/96', 'v1.34.0', { 'feature-gates': 'DisableAllocatorDualWrite=false' }),
    ],
    good: [
      () => given('10.96.0.0/12,fc00::/108', 'v1.33.1'),
      () => given('10.96.0.0/12,fc00::4:0:0/94', 'v1.34.0'),
      () => given('fd00::/64', 'v1.30.0', { 'feature-gates': 'MultiCIDRServiceAllocator=true' }),
    ],
  },
})

const tooSmall = argumentsRule({
  id: 'api-server-flags/service-range-too-small',
  component,
  title: `the first range of --${flag} has at least 8 addresses`,
  why: 'The first of its addresses is that of the Service kubernetes.',
  source: 'k/k:pkg/controlplane/apiserver/options/options.go ServiceIPRange',
  covers: ['kubernetes 1.1'],
  remedy: 'Keep the range that runs now; for a new cluster take /16 or /112.',
  line: 'error determining service IP ranges for primary service cidr: the service cluster IP range must be at least 8 IP addresses',
  judge(input) {
    const [first] = rangesIn(texts(input)[0])
    return first !== undefined && size(first) < 8n ? [{ field: `--${flag}` }] : []
  },
  examples: {
    bad: [() => given('10.96.0.0/30'), () => given('fd00:96::/126,10.96.0.0/16')],
    good: [() => given('10.96.0.0/29'), () => given('10.96.0.0/16,fd00:96::/126')],
  },
})

const secondTooSmall = argumentsRule({
  id: 'api-server-flags/second-range-too-small',
  component,
  severity: 'warning',
  title: `the second range of --${flag} has room for Services`,
  why: 'The API server asks no least size of the second range and starts; then every Service of two families fails.',
  source: `${options}/completion.go`,
  covers: ['kubernetes 1.1'],
  remedy: 'Take /112.',
  goesOn: true,
  line: 'failed to allocate a serviceIP: range is full',
  judge(input) {
    const [second] = rangesIn(texts(input)[1])
    if (second === undefined || size(second) >= 16n) return []
    const message = `${formatCIDR(second)} has ${size(second)} addresses; kubeadm wants 10 at least`
    return [{ field: `--${flag}`, message }]
  },
  examples: {
    bad: [() => given('10.96.0.0/16,fd00:96::/128'), () => given('fd00:96::/112,10.96.0.0/29')],
    good: [() => given('10.96.0.0/16,fd00:96::/112'), () => given('10.96.0.0/16')],
  },
})

export const apiServerFlagRules = [
  notACIDR('first-range-not-a-cidr', 0, `${flag}[0] is not a valid cidr`, ['10.96.0.0', ' 10.96.0.0/12']),
  notACIDR('second-range-not-a-cidr', 1, `${flag}[1] is not an ip net`, [
    '10.96.0.0/12, fd00::/108',
    '10.96.0.0/12,',
  ]),
  moreThanTwo,
  oneFamily,
  tooLarge,
  tooSmall,
  secondTooSmall,
] as const
