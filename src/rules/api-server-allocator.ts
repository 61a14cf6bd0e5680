import { formatCIDR } from '../address/index.ts'
import type { ComponentArguments } from '../model/rule.ts'
import { argumentsRule } from './arguments-rule.ts'
import { argumentsOf } from './example.ts'
import { isOn } from './gates.ts'
import { listOf, rangesIn } from './sloppy.ts'

/** What an API server accepts as --service-cluster-ip-range and then cannot give out, or not all of. */
const component = 'kube-apiserver'
const flag = 'service-cluster-ip-range'
const given = (range: string, version: string, gates?: string) =>
  argumentsOf(
    component,
    { [flag]: range, ...(gates === undefined ? {} : { 'feature-gates': gates }) },
    { version },
  )

const ipv6Ranges = (input: ComponentArguments) =>
  listOf(input.arguments[flag])
    .slice(0, 2)
    .flatMap(rangesIn)
    .filter(range => range.family === 'IPv6')

const shorterThan64 = argumentsRule({
  id: 'api-server-allocator/shorter-than-64',
  component,
  title: 'an IPv6 service range is not larger than /64',
  versions: '>=1.34',
  why: 'From 1.34 on the flag takes any size. The allocator refuses a prefix shorter than 64, only logs it, and every Service of that family fails.',
  source: 'k/k:pkg/registry/core/service/ipallocator/ipallocator.go, cidrallocator.go',
  covers: ['kubernetes 1.2'],
  remedy: 'Take /112: usual, and small enough for every version and for kubeadm.',
  goesOn: true,
  line: 'error creating new IPAllocator for Service CIDR *',
  judge: input =>
    ipv6Ranges(input)
      .filter(({ prefix }) => prefix < 64)
      .map(range => ({ field: `--${flag}`, values: [formatCIDR(range)] })),
  examples: {
    bad: [() => given('10.96.0.0/16,fd00:96::/48', 'v1.34.0')],
    good: [() => given('10.96.0.0/16,fd00:96::/64', 'v1.34.0'), () => given('10.0.0.0/8', 'v1.36.3')],
  },
})

const exactly64 = argumentsRule({
  id: 'api-server-allocator/exactly-64',
  component,
  severity: 'warning',
  title: 'an IPv6 service range is not exactly /64 on 1.34',
  versions: '=1.34',
  why: 'The allocator of early 1.34 releases counts past the end of a /64 and gives out addresses outside of the range. Mended in 1.35.0 and in later releases of 1.34.',
  source: 'kubernetes/kubernetes#134193',
  covers: ['kubernetes 1.2', 'kubernetes 11'],
  remedy: 'Take /112, or use the newest release of 1.34.',
  judge: input =>
    ipv6Ranges(input)
      .filter(({ prefix }) => prefix === 64)
      .map(range => ({
        field: `--${flag}`,
        message: `${formatCIDR(range)}: Services may get addresses outside of it`,
      })),
  examples: {
    bad: [() => given('10.96.0.0/16,fd00:96::/64', 'v1.34.0')],
    good: [() => given('10.96.0.0/16,fd00:96::/112', 'v1.34.0')],
  },
})

const onlyTheStart = argumentsRule({
  id: 'api-server-allocator/only-65536-used',
  component,
  severity: 'info',
  title: 'an IPv6 service range of more than 65,536 addresses is used as far as that',
  versions: '<1.33',
  why: 'The allocator of these versions keeps a bitmap of at most 65,536 addresses: a /108 behaves like a /112. From 1.33 on the rest is used too.',
  source: 'k/k:pkg/registry/core/service/ipallocator/bitmap.go',
  covers: ['kubernetes 1.2'],
  remedy: 'Take /112, or know that the rest waits for 1.33.',
  judge: input =>
    isOn(input, 'MultiCIDRServiceAllocator')
      ? []
      : ipv6Ranges(input)
          .filter(({ prefix }) => prefix < 112)
          .map(range => ({
            field: `--${flag}`,
            message: `${formatCIDR(range)}: Services get addresses of its first /112 only`,
          })),
  examples: {
    bad: [() => given('10.96.0.0/12,fc00::/108', 'v1.32.4')],
    good: [
      () => given('10.96.0.0/12,fc00::/112', 'v1.32.4'),
      () => given('10.96.0.0/12,fc00::/108', 'v1.31.0', 'MultiCIDRServiceAllocator=true'),
    ],
  },
})

const noRange = argumentsRule({
  id: 'api-server-allocator/no-range',
  component,
  severity: 'warning',
  title: `--${flag} says which range Services have`,
  why: 'Without the flag Services get the deprecated default 10.0.0.0/24. A second range cannot be added to a default: it would become the first.',
  source: 'k/k:cmd/kube-apiserver/app/options/completion.go',
  covers: ['kubernetes 1.1', 'kubernetes 1.2'],
  remedy:
    'Write the range that runs now into the flag (10.0.0.0/24 unless Services show another) before anything is added.',
  line: `--${flag} must contain at least one valid cidr`,
  judge: input =>
    listOf(input.arguments[flag]).length > 0
      ? []
      : [{ field: `--${flag}`, message: 'not set: Services have 10.0.0.0/24' }],
  examples: {
    bad: [() => argumentsOf(component, { 'secure-port': '6443' }), () => given('', 'v1.36.3')],
    good: [() => given('10.96.0.0/16', 'v1.36.3')],
  },
})

export const apiServerAllocatorRules = [shorterThan64, exactly64, onlyTheStart, noRange] as const
