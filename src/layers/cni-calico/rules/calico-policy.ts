import type { Json } from '../../../base/json.ts'
import type { Family } from '../../../address/family.ts'
import type { KubeObject } from '../../../model/cluster.ts'
import { getField } from '../../../model/fields.ts'
import type { Violation } from '../../../model/rule.ts'
import { familiesIn } from '../../shared/policy-blocks.ts'
import {
  type CalicoFacts,
  calicoRule,
  globalPolicyResource,
  globalSetResource,
  list,
  policyResource,
  setResource,
} from './calico-rule.ts'
import { calicoSituation, named } from './example.ts'

const policyReads = [globalPolicyResource, policyResource].map(
  resource => ({ kind: 'list', resource }) as const,
)
const page = 'docs.tigera.io/calico/latest/reference/resources/globalnetworkpolicy'

interface PolicyRule {
  readonly object: string
  readonly field: string
  readonly action: Json
  readonly rule: Json
}

const nameOf = (kind: string, { metadata }: KubeObject): string =>
  `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`

function policyRulesOf({ cluster }: CalicoFacts): readonly PolicyRule[] {
  const kinds = [
    ['GlobalNetworkPolicy', globalPolicyResource],
    ['NetworkPolicy of Calico', policyResource],
  ] as const
  return kinds.flatMap(([kind, resource]) =>
    (cluster.objects[resource] ?? []).flatMap(policy =>
      ['ingress', 'egress'].flatMap(way => {
        const rules = getField(policy, ['spec', way])
        return (Array.isArray(rules) ? rules : []).map((rule: Json, index) => ({
          object: nameOf(kind, policy),
          field: `spec.${way}[${index}]`,
          action: getField(rule, ['action']),
          rule,
        }))
      }),
    ),
  )
}

const netsOf = (rule: Json, field: 'nets' | 'notNets'): readonly string[] =>
  ['source', 'destination'].flatMap(side => list(getField(rule, [side, field])))

/** Does a rule name addresses, and none of this family? */
const isWithout = (rule: Json, field: 'nets' | 'notNets', family: Family): boolean => {
  const nets = netsOf(rule, field)
  return nets.length > 0 && !familiesIn(nets).has(family)
}

const blocked = calicoRule({
  id: 'calico-policy/allows-one-family',
  title: 'Calico’s policies that allow networks allow those of both families',
  severity: 'warning',
  why: 'A rule with nets of one family says nothing of the other: what no rule allows is dropped.',
  source: page,
  covers: ['P31', 'practice host-endpoints'],
  remedy: 'Add nets of the new family to the rule.',
  reads: policyReads,
  find: facts =>
    policyRulesOf(facts)
      .filter(({ action, rule }) => action === 'Allow' && isWithout(rule, 'nets', facts.added))
      .map(({ object, field, rule }) => ({
        object,
        field,
        message: `it allows ${netsOf(rule, 'nets').join(', ')}, and nothing of ${facts.added}`,
      })),
  examples: {
    bad: [() => withRule({ action: 'Allow', source: { nets: ['10.0.0.0/8'] } })],
    good: [
      () => withRule({ action: 'Allow', source: { nets: ['10.0.0.0/8', 'fd00::/8'] } }),
      () => withRule({ action: 'Allow' }),
    ],
  },
})

const open = calicoRule({
  id: 'calico-policy/denies-one-family',
  title: 'Calico’s policies that deny networks deny those of both families',
  severity: 'warning',
  why: 'A deny rule with nets of one family, and a notNets of one family, let the other through without a word.',
  source: page,
  covers: ['P31'],
  remedy: 'Add nets of the new family to the rule.',
  reads: policyReads,
  find: facts =>
    policyRulesOf(facts).flatMap(({ object, field, action, rule }): readonly Violation[] => {
      const denies = action === 'Deny' && isWithout(rule, 'nets', facts.added)
      const excepts = action === 'Allow' && isWithout(rule, 'notNets', facts.added)
      if (!denies && !excepts) return []
      const nets = netsOf(rule, denies ? 'nets' : 'notNets').join(', ')
      return [
        {
          object,
          field,
          message: `it ${denies ? 'denies' : 'leaves out'} ${nets}; ${facts.added} passes`,
        },
      ]
    }),
  examples: {
    bad: [
      () => withRule({ action: 'Deny', destination: { nets: ['169.254.169.254/32'] } }),
      () => withRule({ action: 'Allow', destination: { notNets: ['10.0.0.0/8'] } }),
    ],
    good: [
      () => withRule({ action: 'Deny', destination: { nets: ['10.0.0.0/8', 'fd00::/8'] } }),
      () => withRule({ action: 'Deny' }),
    ],
  },
})

const version = calicoRule({
  id: 'calico-policy/version-or-protocol',
  title: 'Calico’s rules are not bound to one IP version',
  severity: 'warning',
  why: 'ipVersion binds a rule to one family, and ICMP means ICMP of IPv4: what is allowed so in the one is dropped in the other, neighbour discovery of hosts among it.',
  source: page,
  covers: ['P31', 'P32'],
  remedy: 'Write the rule a second time for the new family (protocol ICMPv6 for ICMP).',
  reads: policyReads,
  find: facts => {
    const rules = policyRulesOf(facts).filter(({ action }) => action === 'Allow')
    const number = facts.added === 'IPv6' ? 6 : 4
    const control = facts.added === 'IPv6' ? 'ICMPv6' : 'ICMP'
    const twin = (object: string, test: (rule: Json) => boolean): boolean =>
      rules.some(one => one.object === object && test(one.rule))
    return rules.flatMap(({ object, field, rule }) => {
      const bound = getField(rule, ['ipVersion'])
      const protocol = getField(rule, ['protocol'])
      const isBound =
        typeof bound === 'number' &&
        bound !== number &&
        !twin(object, one => getField(one, ['ipVersion']) === number)
      const isICMP =
        (protocol === 'ICMP' || protocol === 'ICMPv6') &&
        protocol !== control &&
        !twin(object, one => getField(one, ['protocol']) === control)
      if (!isBound && !isICMP) return []
      const what = isBound ? `ipVersion ${bound}` : `protocol ${isICMP ? protocol : ''}`
      return [{ object, field, message: `it allows ${what} only, and no rule beside it ${facts.added}` }]
    })
  },
  examples: {
    bad: [
      () => withRule({ action: 'Allow', ipVersion: 4 }),
      () => withRule({ action: 'Allow', protocol: 'ICMP' }),
    ],
    good: [
      () => withRule({ action: 'Allow', protocol: 'ICMP' }, { action: 'Allow', protocol: 'ICMPv6' }),
      () => withRule({ action: 'Allow', protocol: 'TCP' }),
    ],
  },
})

const sets = calicoRule({
  id: 'calico-policy/set-of-one-family',
  title: 'sets of networks have both families',
  severity: 'warning',
  why: 'Policies that choose a NetworkSet by its labels mean its nets: with nets of one family they allow, or deny, in that one alone.',
  source: 'docs.tigera.io/calico/latest/reference/resources/globalnetworkset',
  covers: ['P31'],
  remedy: 'Add nets of the new family to the set.',
  reads: [globalSetResource, setResource].map(resource => ({ kind: 'list', resource }) as const),
  find: ({ cluster, added }) => {
    const kinds = [
      ['GlobalNetworkSet', globalSetResource],
      ['NetworkSet', setResource],
    ] as const
    return kinds.flatMap(([kind, resource]) =>
      (cluster.objects[resource] ?? []).flatMap(set => {
        const nets = list(getField(set, ['spec', 'nets']))
        return nets.length === 0 || familiesIn(nets.map(asRange)).has(added)
          ? []
          : [
              {
                object: nameOf(kind, set),
                field: 'spec.nets',
                message: `${nets.slice(0, 3).join(', ')}: none is of ${added}`,
              },
            ]
      }),
    )
  },
  examples: {
    bad: [
      () =>
        calicoSituation({ objects: { [globalSetResource]: [named('office', { nets: ['192.0.2.0/24'] })] } }),
    ],
    good: [
      () => calicoSituation(),
      () =>
        calicoSituation({
          objects: { [setResource]: [named('office', { nets: ['192.0.2.7', '2001:db8::/64'] }, 'demo')] },
        }),
    ],
  },
})

const asRange = (text: string): string =>
  text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`

const withRule = (...ingress: readonly Json[]) =>
  calicoSituation({ objects: { [globalPolicyResource]: [named('hosts', { ingress })] } })

export const policyRules = [blocked, open, version, sets] as const
