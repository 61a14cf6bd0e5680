import { addressesOf, widthOf } from '../address/index.ts'
import type { Ranges, Rule } from '../model/rule.ts'
import { ranges } from './example.ts'
import { ofRange, readRanges, type ReadRange } from './range-input.ts'
import { inVersions } from './versions.ts'

const hostBits = ({ cidr }: ReadRange): number => widthOf(cidr.family) - cidr.prefix
const services = (IPv6: string): Ranges => ranges({ services: { IPv4: '10.96.0.0/12', IPv6 } })

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
  judge: judgeEach(
    range => 2 ** hostBits(range) < 10,
    range => `it has ${addressesOf(widthOf(range.family), range.cidr.prefix)} addresses; 10 are the fewest`,
  ),
  examples: {
    bad: [() => services('fd00:96::/125'), () => services('fd00:96::/128')],
    good: [() => services('fd00:96::/124')],
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
export const serviceRangeRules = [tooLarge, tooSmall, unusual] as const
