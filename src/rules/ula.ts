import { type CIDR, kindOf } from '../address/index.ts'
import type { Ranges, Rule } from '../model/rule.ts'
import { ranges } from './example.ts'
import { judgeKinds, ofRange, readRanges } from './range-input.ts'

const pods = (IPv6: string): Ranges => ranges({ pods: { IPv4: '10.244.0.0/16', IPv6 } })

const undefinedHalf: Rule<'ranges'> = {
  id: 'ula/undefined',
  on: 'ranges',
  title: 'unique local ranges are of the defined half, fd00::/8',
  severity: 'warning',
  why: 'RFC 4193 leaves fc00::/8 undefined: its bits are not random, so nothing keeps it apart from others, and it may be given a meaning one day. A unique local prefix is fd and 40 random bits.',
  source: 'RFC 4193 3.1, 3.2',
  covers: ['howto', 'practice'],
  remedy: 'Take a prefix of fd and 40 random bits: dualstack cidr suggest.',
  judge: judgeKinds(
    ['ula-undefined'],
    () => 'RFC 4193 leaves fc00::/8 undefined; a unique local prefix begins with fd and 40 random bits',
  ),
  examples: {
    bad: [
      () => pods('fc00::/48'),
      () => ranges({ services: { IPv4: '10.96.0.0/12', IPv6: 'fc00::/108' } }),
      () => pods('fc00::/7'),
    ],
    good: [() => ranges()],
  },
}

/** Ten hexadecimal digits of the global ID; more than half of them zero happens by chance once in 80,000. */
const isChosenByHand = ({ value }: CIDR): boolean =>
  ((value >> 80n) & 0xff_ffff_ffffn).toString(16).padStart(10, '0').replaceAll(/[^0]/g, '').length >= 6

const notRandom: Rule<'ranges'> = {
  id: 'ula/not-random',
  on: 'ranges',
  title: 'the 40 bits after fd are random',
  severity: 'info',
  why: 'They keep two networks apart that are joined one day, by a merger, a VPN or a second cluster. People choose the same round numbers.',
  source: 'RFC 4193 3.2.1',
  covers: ['practice'],
  remedy: 'Take a prefix of fd and 40 random bits: dualstack cidr suggest.',
  judge: input =>
    readRanges(input).flatMap(range =>
      kindOf(range.cidr).name === 'ula' && isChosenByHand(range.cidr)
        ? [ofRange(range, 'the 40 bits after fd look chosen by hand: others choose the same')]
        : [],
    ),
  examples: {
    bad: [() => ranges()],
    good: [
      () =>
        ranges({
          pods: { IPv4: '10.244.0.0/16', IPv6: 'fd2d:7116:42b7::/56' },
          services: { IPv4: '10.96.0.0/16', IPv6: 'fd2d:7116:42b7:ffff::/112' },
        }),
    ],
  },
}

const afterIPv4: Rule<'ranges'> = {
  id: 'ula/after-ipv4',
  on: 'ranges',
  title: 'who prefers which family is known',
  severity: 'info',
  why: 'By the table of RFC 6724 a host prefers IPv4 to a unique local address, and a public IPv6 address to both. With unique local ranges most clients go on using IPv4; with public ones they change at once when a name gets an AAAA record.',
  source: 'RFC 6724 2.1, 10.3',
  covers: ['P34', 'practice'],
  remedy: 'Nothing to do; to make clients use IPv6, ask for it, or take public addresses.',
  judge: input => {
    const services = readRanges(input, 'services')
    return services
      .filter(({ cidr }) => kindOf(cidr).name === 'ula' && services.some(({ family }) => family === 'IPv4'))
      .map(range => ofRange(range, 'a host that gets both addresses of a Service tries IPv4 first'))
  },
  examples: {
    bad: [() => ranges()],
    good: [() => ranges({ services: { IPv6: 'fd00:96::/112' } })],
  },
}

/** Unique local addresses, the private ones of IPv6. */
export const ulaRules = [undefinedHalf, notRandom, afterIPv4] as const
