import { kindOf } from '../address/index.ts'
import type { Ranges, Rule } from '../model/rule.ts'
import { ranges } from './example.ts'
import { judgeKinds, ofRange, readRanges } from './range-input.ts'

const listed = 'https://www.iana.org/assignments/iana-ipv6-special-registry'

const pods = (IPv6: string): Ranges => ranges({ pods: { IPv4: '10.244.0.0/16', IPv6 } })
const pods4 = (IPv4: string): Ranges => ranges({ pods: { IPv4, IPv6: 'fd00:244::/56' } })

const unusable: Rule<'ranges'> = {
  id: 'range-kind/unusable',
  on: 'ranges',
  title: 'no range has addresses that no pod or Service can have',
  severity: 'error',
  why: 'Loopback, link-local and multicast addresses never leave a link, and Kubernetes refuses them as endpoints; Calico refuses a pool that meets fe80::/10.',
  source: 'calico:libcalico-go/lib/clientv3/ippool.go, k/k:pkg/apis/core/validation/validation.go, RFC 4291',
  covers: ['cni 2.2', 'kubernetes 5.2'],
  remedy: 'Take a range of private addresses: inside 10.0.0.0/8, or a unique local one of your own (fd…/48).',
  judge: judgeKinds(
    [
      'loopback',
      'link-local',
      'multicast',
      'unspecified',
      'this-network',
      'reserved',
      'broadcast',
      'discard',
      'protocol',
    ],
    title => `it has addresses that are set aside: ${title}`,
  ),
  examples: {
    bad: [
      () => pods('fe80::/64'),
      () => pods('ff00::/56'),
      () => pods('::/0'),
      () => pods4('169.254.0.0/16'),
      () => pods4('224.0.0.0/16'),
      () => pods4('127.1.0.0/16'),
    ],
    good: [() => ranges(), () => pods('2600:1f00:a:b00::/56'), () => pods('2001:db8::/56')],
  },
}

const mapped: Rule<'ranges'> = {
  id: 'range-kind/mapped',
  on: 'ranges',
  title: 'no range is of IPv4-mapped addresses',
  severity: 'error',
  why: '::ffff:a.b.c.d is IPv6 to some parsers and IPv4 to others, and no packet has it as its address.',
  source: 'k/k:pkg/apis/networking/validation/validation.go, RFC 4291 2.5.5.2',
  covers: ['kubernetes 2.2'],
  remedy: 'Write the IPv4 range as IPv4, and take another range for IPv6.',
  says: [{ component: 'kube-apiserver', line: 'must not have an IPv4-mapped IPv6 address' }],
  judge: judgeKinds(['mapped'], title => `its addresses are ${title}`),
  examples: {
    bad: [() => pods('::ffff:10.244.0.0/112')],
    good: [() => ranges()],
  },
}

const documentation: Rule<'ranges'> = {
  id: 'range-kind/documentation',
  on: 'ranges',
  title: 'no range is one of those for documentation and benchmarks',
  severity: 'warning',
  why: 'Routers and firewalls drop such addresses on purpose, and examples that people copy collide with them.',
  source: `RFC 3849, RFC 9637, RFC 5737, RFC 2544, ${listed}`,
  covers: ['practice'],
  remedy: 'Take a unique local prefix (dualstack cidr suggest), or one that was assigned to you.',
  judge: judgeKinds(['documentation', 'benchmarking'], title => `its addresses are set aside for ${title}`),
  examples: {
    bad: [() => pods('2001:db8:1::/56'), () => pods('3fff::/56'), () => pods4('198.51.100.0/24')],
    good: [() => ranges(), () => pods('2001:db9::/56')],
  },
}

const siteLocal: Rule<'ranges'> = {
  id: 'range-kind/site-local',
  on: 'ranges',
  title: 'no range is of site-local addresses',
  severity: 'warning',
  why: 'fec0::/10 is out of use since 2004, and hosts choose source addresses for it by rules of their own. kubeadm warns too.',
  source: 'RFC 3879, k/k:cmd/kubeadm/app/apis/kubeadm/validation/validation.go',
  covers: ['kubernetes 6.1'],
  remedy: 'Take a unique local prefix: dualstack cidr suggest.',
  judge: judgeKinds(['site-local'], title => `its addresses are ${title}`),
  examples: { bad: [() => pods('fec0:1::/56')], good: [() => ranges()] },
}

const translation: Rule<'ranges'> = {
  id: 'range-kind/translation',
  on: 'ranges',
  title: 'no range is one of those that translate or tunnel',
  severity: 'error',
  why: 'Routers, NAT64 gateways and hosts give these prefixes a meaning of their own: packets to them are translated or go into a tunnel.',
  source: `RFC 6052, RFC 4380, RFC 3056, ${listed}`,
  covers: ['practice'],
  remedy: 'Take a unique local prefix: dualstack cidr suggest.',
  judge: judgeKinds(['translation'], title => `its addresses are set aside for ${title}`),
  examples: {
    bad: [() => pods('64:ff9b::/96'), () => pods('2002:a00::/56'), () => pods('2001:0:1::/56')],
    good: [() => ranges()],
  },
}

const unallocated: Rule<'ranges'> = {
  id: 'range-kind/unallocated',
  on: 'ranges',
  title: 'every IPv6 range lies in a space that is in use',
  severity: 'warning',
  why: 'Only 2000::/3 is given out, and fd00::/8 is for everybody. Addresses of the rest are dropped as bogus by many networks.',
  source: 'https://www.iana.org/assignments/ipv6-address-space',
  covers: ['practice'],
  remedy: 'Take a unique local prefix: dualstack cidr suggest.',
  judge: input =>
    readRanges(input).flatMap(range =>
      kindOf(range.cidr).name === 'unallocated'
        ? [ofRange(range, 'its addresses are given out to nobody')]
        : [],
    ),
  examples: {
    bad: [() => pods('4000::/56'), () => pods('1::/56')],
    good: [() => ranges(), () => pods('2600::/56')],
  },
}

const publicRanges: Rule<'ranges'> = {
  id: 'range-kind/public',
  on: 'ranges',
  title: 'a pod range of public addresses is routed to the cluster',
  severity: 'info',
  why: 'Pods with public addresses can be reached from outside only where the network routes the range to the nodes, and they can be reached then: a firewall has to stand before them. Addresses that are not yours take away the way to whom they belong to.',
  source: 'flannel:Documentation/configuration.md, k3s-io/k3s#5766',
  covers: ['P25', 'P39'],
  remedy:
    'Let the range be routed to the nodes, or take private addresses and translate: dualstack cidr suggest.',
  judge: input =>
    readRanges(input, 'pods').flatMap(range =>
      kindOf(range.cidr).name === 'global'
        ? [
            ofRange(
              range,
              'its addresses are public: the network must route them to the nodes, and they must be yours',
            ),
          ]
        : [],
    ),
  examples: {
    bad: [() => pods('2600:1f00:a:b00::/56'), () => pods4('11.0.0.0/16')],
    good: [() => ranges(), () => pods4('100.64.0.0/16'), () => ranges({ services: { IPv6: '2600::/112' } })],
  },
}

/** What the addresses are set aside for. */
export const rangeKindRules = [
  unusable,
  mapped,
  documentation,
  siteLocal,
  translation,
  unallocated,
  publicRanges,
] as const
