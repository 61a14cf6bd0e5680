import { parseCIDR, tryParseIP } from '../../../address/index.ts'
import { contains } from '../../../address/cidr.ts'
import { isULA } from '../../../address/scope.ts'
import { getField } from '../../../model/fields.ts'
import { calicoRule, isOn } from './calico-rule.ts'
import { calicoSituation, pool4, pool6 } from './example.ts'
import { reads } from './calico-encapsulation.ts'

const nat = calicoRule({
  id: 'calico-encapsulation/no-nat',
  title: 'pods with private addresses are translated on their way out',
  severity: 'warning',
  why: 'Unique local addresses are not routed outside. natOutgoing is off for IPv6 pools unless it is asked for (for IPv4 it is on), so that pods with such addresses reach nothing outside the cluster by IPv6, and programs that prefer it wait for timeouts.',
  source: 'projectcalico/calico#2954, tigera/docs:calico/reference/configure-calico-node.mdx',
  covers: ['cni 2.2', 'P25', 'P34'],
  remedy:
    'Set natOutgoing to true on the pool (plan with NAT), or have a router translate or route the range.',
  reads,
  find: facts => {
    const { calico, added, situation } = facts
    const open = calico.pools.filter(({ family, isDisabled }) => family === added && !isDisabled)
    const there = open
      .filter(({ object }) => !isOn(getField(object, ['spec', 'natOutgoing'])))
      .map(({ name, cidr }) => ({ object: `IPPool ${name}`, field: 'spec.natOutgoing', cidr }))
    const planned = situation.goal
    const future =
      open.length > 0 || planned === undefined || planned.calico.natOutgoing
        ? []
        : [{ object: 'the new IPPool', field: 'natOutgoing', cidr: planned.pods[added] ?? '' }]
    return [...there, ...future]
      .filter(({ cidr }) => isPrivate(cidr))
      .map(({ object, field, cidr }) => ({
        object,
        field,
        message: `${cidr} is private, and pods with it are not translated on their way out`,
      }))
  },
  examples: {
    bad: [
      () => calicoSituation({ pools: [pool4, { ...pool6, natOutgoing: false }] }),
      () => calicoSituation({ goal: { calico: { encapsulation: 'None', natOutgoing: false } } }),
    ],
    good: [
      () => calicoSituation(),
      () =>
        calicoSituation({
          goal: {
            pods: { IPv4: '10.244.0.0/16', IPv6: '2001:db8:244::/56' },
            calico: { encapsulation: 'None', natOutgoing: false },
          },
        }),
    ],
  },
})

const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'].map(text =>
  parseCIDR(text),
)

const isPrivate = (cidr: string): boolean => {
  const ip = tryParseIP(cidr.split('/')[0] ?? '')
  return ip !== undefined && (isULA(ip) || privateRanges.some(range => contains(range, ip)))
}

const publicRange = calicoRule({
  id: 'calico-encapsulation/public-range',
  title: 'a public pod range that is not translated is routed to the nodes',
  severity: 'info',
  why: 'Packets to global addresses of pods come back only where the network outside has a route for the range to the nodes; otherwise connections hang, and asymmetric ones are dropped by firewalls.',
  source: 'flannel-io/flannel:Documentation/configuration.md, k3s-io/k3s#5766',
  covers: ['P39'],
  remedy: 'Announce the range by BGP or set a static route; or take a unique local range with NAT.',
  reads,
  find: ({ added, situation: { goal } }) => {
    const range = goal?.pods[added]
    if (range === undefined || goal?.calico.natOutgoing !== false || isPrivate(range)) return []
    return [
      {
        object: 'pod range',
        field: range,
        message: `${range} is public and not translated: the network outside must route it to the nodes`,
      },
    ]
  },
  examples: {
    bad: [
      () =>
        calicoSituation({
          goal: {
            pods: { IPv6: '2001:db8:244::/56' },
            calico: { encapsulation: 'None', natOutgoing: false },
          },
        }),
    ],
    good: [() => calicoSituation()],
  },
})

export const natRules = [nat, publicRange] as const
