import { addressesOf, widthOf } from '../address/index.ts'
import type { Ranges, Rule } from '../model/rule.ts'
import { ranges } from './example.ts'
import { ofRange, readRanges } from './range-input.ts'

const pods = (IPv6: string): Ranges =>
  ranges({ pods: { IPv4: '10.244.0.0/16', IPv6 }, nodeMask: { IPv4: 24, IPv6: 128 } })

const tooSmall: Rule<'ranges'> = {
  id: 'pod-range/too-small',
  on: 'ranges',
  title: 'a pod range has room for the pods of kubeadm itself',
  severity: 'error',
  why: 'kubeadm wants 14 addresses of each pod range.',
  source: 'k/k:cmd/kubeadm/app/apis/kubeadm/validation/validation.go',
  covers: ['kubernetes 6.1'],
  remedy: 'Take a pod range of /56 for IPv6: 256 nodes of /64.',
  judge: input =>
    readRanges(input, 'pods')
      .filter(({ family, cidr }) => widthOf(family) - cidr.prefix < 4)
      .map(range =>
        ofRange(
          range,
          `it has ${addressesOf(widthOf(range.family), range.cidr.prefix)} addresses; 14 are the fewest`,
        ),
      ),
  examples: { bad: [() => pods('fd00:244::/125')], good: [() => pods('fd00:244::/124')] },
}

const largest = { IPv4: 8, IPv6: 48 } as const

const tooLarge: Rule<'ranges'> = {
  id: 'pod-range/too-large',
  on: 'ranges',
  title: 'a pod range is not larger than a site',
  severity: 'warning',
  why: 'A site gets a /48 of IPv6, and so does a unique local prefix: a shorter one takes addresses of others. Node masks cannot be more than 16 bits longer than it.',
  source: 'RFC 4193 3.1, RFC 6177',
  covers: ['practice'],
  remedy: 'Take a range inside a /48 of your own: dualstack cidr suggest.',
  judge: input =>
    readRanges(input, 'pods')
      .filter(({ family, cidr }) => cidr.prefix < largest[family])
      .map(range =>
        ofRange(range, `/${range.cidr.prefix} is larger than one site’s share, /${largest[range.family]}`),
      ),
  examples: { bad: [() => pods('fd00::/8'), () => pods('fd00::/47')], good: [() => pods('fd00:244::/48')] },
}

/** Sizes of pod ranges by themselves; with the node mask: node-mask.ts, with what there is: room.ts. */
export const podRangeRules = [tooSmall, tooLarge] as const
