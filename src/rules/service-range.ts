import { addressesOf, widthOf } from '../address/index.ts'
import type { Ranges, Rule } from '../model/rule.ts'
import { ranges } from './example.ts'
import { ofRange, readRanges, type ReadRange } from './range-input.ts'
import { inVersions } from './versions.ts'

const hostBits = ({ cidr }: ReadRange): number => widthOf(cidr.family) - cidr.prefix
const services = (IPv6: string, version = 'v1.36.3'): Ranges =>
  ranges({ services: { IPv4: '10.96.0.0/12', IPv6 }, version })

/** Of every service range for which it holds. */
const judgeEach =
  (
    holds: (range: ReadRange) => boolean,
    message: (range: ReadRange, version: string) => string,
  ): Rule<'ranges'>['judge'] =>
  input =>
    readRanges(input, 'services')
      .filter(holds)
      .map(range => ofRange(range, message(range, input.version)))

/** The same check stands in kubeadm in every version; the API server gave it up with 1.34. */
const tooLarge: Rule<'ranges'> = {
  id: 'service-range/too-large',
  on: 'ranges',
  title: 'a service range has at most 20 host bits',
  severity: 'error',
  why: 'kubeadm refuses a larger one in every version, the API server up to 1.33.',
  source:
    'k/k:cmd/kube-apiserver/app/options/validation.go, k/k:cmd/kubeadm/app/apis/kubeadm/validation/validation.go',
  covers: ['howto', 'kubernetes 1.2', 'kubernetes 6.1', 'K7', 'P08'],
  remedy: 'Take a service range of /112 (65,536 addresses): usual, and enough for every cluster.',
  says: [
    {
      component: 'kube-apiserver',
      line: 'specified --service-cluster-ip-range* is too large; for *-bit addresses, the mask must be >= *',
    },
    {
      component: 'kubeadm',
      line: 'specified service subnet is too large; for *-bit addresses, the mask must be >= *',
    },
  ],
  judge: judgeEach(
    range => hostBits(range) > 20,
    (range, version) =>
      `/${range.cidr.prefix} leaves ${hostBits(range)} host bits: /${widthOf(range.family) - 20} is the largest; ${
        inVersions(version, '<1.34')
          ? 'the API server does not start, and kubeadm refuses it'
          : 'kubeadm refuses it, though the API server takes it since 1.34'
      }`,
  ),
  examples: {
    bad: [() => services('fc00::4:0:0/94'), () => ranges({ services: { IPv4: '10.0.0.0/11' } })],
    good: [() => services('fd00:96::/108')],
  },
}

const tooSmall: Rule<'ranges'> = {
  id: 'service-range/too-small',
  on: 'ranges',
  title: 'a service range has room for the addresses that are always taken',
  severity: 'error',
  why: 'kubeadm wants 10 addresses of each range, since it gives the tenth to DNS; the API server wants 8 of the first.',
  source:
    'k/k:cmd/kubeadm/app/apis/kubeadm/validation/validation.go, k/k:pkg/controlplane/apiserver/options/options.go',
  covers: ['kubernetes 1.1', 'kubernetes 6.1'],
  remedy: 'Take a service range of /112 (65,536 addresses): usual, and enough for every cluster.',
  says: [
    { component: 'kubeadm', line: 'subnet with * address(es) is too small, the minimum is 10' },
    {
      component: 'kube-apiserver',
      line: 'the service cluster IP range must be at least 8 IP addresses',
    },
  ],
  judge: judgeEach(
    range => 2 ** hostBits(range) < 10,
    range => `it has ${addressesOf(widthOf(range.family), range.cidr.prefix)} addresses; 10 are the fewest`,
  ),
  examples: {
    bad: [() => services('fd00:96::/125'), () => services('fd00:96::/128')],
    good: [() => services('fd00:96::/124')],
  },
}

const allocator: Rule<'ranges'> = {
  id: 'service-range/no-allocator',
  on: 'ranges',
  title: 'the allocator takes the service range',
  severity: 'error',
  versions: '>=1.34',
  why: 'The API server starts with any range, and its allocator takes /64 and longer: it only logs the error, and then every Service of that family fails.',
  source:
    'k/k:pkg/registry/core/service/ipallocator/cidrallocator.go, k/k:pkg/registry/core/service/ipallocator/ipallocator.go',
  covers: ['kubernetes 1.2'],
  remedy: 'Take a service range of /112 (65,536 addresses): usual, and enough for every cluster.',
  says: [
    { component: 'kube-apiserver', line: 'shortest allowed prefix length for service CIDR is 64, got *' },
    { component: 'kube-apiserver', line: 'error creating new IPAllocator for Service CIDR *' },
  ],
  judge: judgeEach(
    ({ cidr }) => cidr.family === 'IPv6' && cidr.prefix < 64,
    ({ cidr }) => `/${cidr.prefix} is shorter than /64: no Service would get an address of it`,
  ),
  examples: { bad: [() => services('fd00:96::/56')], good: [() => services('fd00:96::/64')] },
}

const outside: Rule<'ranges'> = {
  id: 'service-range/past-its-end',
  on: 'ranges',
  title: 'the allocator stays inside the service range',
  severity: 'error',
  versions: '=1.34',
  why: 'With exactly /64 the allocator of early 1.34 counts past 64 bits and gives addresses that lie outside. Later patch releases do not.',
  source: 'kubernetes/kubernetes#134193',
  covers: ['kubernetes 1.2', 'kubernetes 11'],
  remedy: 'Take a service range of /112 (65,536 addresses): usual, and enough for every cluster.',
  judge: judgeEach(
    ({ cidr }) => cidr.family === 'IPv6' && cidr.prefix === 64,
    () => 'with exactly /64 Services may get addresses outside the range',
  ),
  examples: {
    bad: [() => services('fd00:96::/64', 'v1.34.0')],
    good: [() => services('fd00:96::/65', 'v1.34.0'), () => services('fd00:96::/112', 'v1.34.0')],
  },
}

const unused: Rule<'ranges'> = {
  id: 'service-range/partly-used',
  on: 'ranges',
  title: 'the whole service range is used',
  severity: 'info',
  versions: '<1.33',
  why: 'The allocator keeps a bitmap of 65,536 addresses at most: of a larger IPv6 range it gives out only the first, as if it were a /112.',
  source: 'k/k:pkg/registry/core/service/ipallocator/bitmap.go',
  covers: ['kubernetes 1.2'],
  remedy: 'Take /112: the rest would lie idle until 1.33.',
  judge: judgeEach(
    range => range.family === 'IPv6' && hostBits(range) > 16,
    () => 'before 1.33 only the first 65,536 addresses are given out',
  ),
  examples: {
    bad: [() => services('fd00:96::/108', 'v1.30.0')],
    good: [() => services('fd00:96::/112', 'v1.30.0')],
  },
}

const unusual: Rule<'ranges'> = {
  id: 'service-range/unusual',
  on: 'ranges',
  title: 'a service range has a usual size',
  severity: 'info',
  why: 'Others expect /108 to /120 of IPv6 and /12 to /24 of IPv4: smaller ones fill up, and a range cannot be changed later.',
  source: 'https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/dual-stack-support/',
  covers: ['practice'],
  remedy: 'Take /112 for IPv6.',
  judge: judgeEach(
    range => hostBits(range) < 8,
    range =>
      `/${range.cidr.prefix} has room for ${addressesOf(widthOf(range.family), range.cidr.prefix)} Services, and cannot be made larger later`,
  ),
  examples: {
    bad: [() => services('fd00:96::/121')],
    good: [() => services('fd00:96::/112'), () => services('fd00:96::/120')],
  },
}

/** Sizes of service ranges. */
export const serviceRangeRules = [tooLarge, tooSmall, allocator, outside, unused, unusual] as const
