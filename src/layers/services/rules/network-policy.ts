import type { KubeObject } from '../../../model/cluster.ts'
import { getField } from '../../../model/fields.ts'
import type { Violation } from '../../../model/rule.ts'
import { ruleThere } from '../../../rules/cluster-rule.ts'
import { situation } from '../../../rules/example.ts'
import { familiesIn, policyRules } from '../../shared/policy-blocks.ts'

const resource = 'networking.k8s.io/v1/networkpolicies'
const reads = [{ kind: 'list', resource } as const]
const nameOf = ({ metadata }: KubeObject): string =>
  `NetworkPolicy ${metadata.namespace ?? ''}/${metadata.name}`

const oneFamily = ruleThere({
  id: 'network-policy/one-family',
  title: 'NetworkPolicies that list addresses list both families',
  severity: 'warning',
  why: 'A block lets its own family through: 0.0.0.0/0 does not cover IPv6. Where a rule lists blocks of one family only, everything of the other that is no pod is dropped.',
  source:
    'kubernetes.io/docs/concepts/services-networking/network-policies, cloudnativelabs/kube-router:docs/ipv6.md',
  covers: ['P30', 'P31'],
  remedy: 'Add ipBlocks of the new family to the rule; the Service stays single-stack until then.',
  reads,
  find: ({ cluster }, added) =>
    (cluster.objects[resource] ?? []).flatMap(policy =>
      policyRules(policy)
        .filter(({ families }) => families.size > 0 && !families.has(added))
        .map(({ way, blocks }) => ({
          object: nameOf(policy),
          field: `spec.${way}`,
          message: `${blocks.join(', ')}: nothing of ${added} passes`,
        })),
    ),
  examples: {
    bad: [() => withPolicy([{ cidr: '0.0.0.0/0' }])],
    good: [() => withPolicy([{ cidr: '0.0.0.0/0' }, { cidr: '::/0' }]), () => withPolicy([])],
  },
})

interface Block {
  readonly cidr: string
  readonly except?: readonly string[]
}

const blocksOf = (policy: KubeObject): readonly (readonly Block[])[] => {
  const sides = [
    ['ingress', 'from'],
    ['egress', 'to'],
  ] as const
  return sides.flatMap(([way, peers]) => {
    const rules = getField(policy, ['spec', way])
    return (Array.isArray(rules) ? rules : []).map(rule => {
      const list = getField(rule, [peers])
      return (Array.isArray(list) ? list : []).flatMap(peer => {
        const block = getField(peer, ['ipBlock']) as Block | null
        return block === null ? [] : [block]
      })
    })
  })
}

const exceptions = ruleThere({
  id: 'network-policy/exception-of-one-family',
  title: 'what a policy leaves out it leaves out in both families',
  severity: 'warning',
  why: 'except names addresses of the block’s own family. A rule that keeps pods from some networks of one family opens all of the other, as soon as it has a block of it.',
  source: 'kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1',
  covers: ['P31'],
  remedy: 'Give the block of the new family an except with the networks that are meant.',
  reads,
  find: ({ cluster }, added) =>
    (cluster.objects[resource] ?? []).flatMap(policy =>
      blocksOf(policy).flatMap((blocks): readonly Violation[] => {
        const excepted = blocks.filter(({ except = [] }) => except.length > 0)
        const ofAdded = (list: readonly Block[]): boolean =>
          familiesIn(list.map(({ cidr }) => cidr)).has(added)
        return excepted.length > 0 && ofAdded(blocks) && !ofAdded(excepted)
          ? [
              {
                object: nameOf(policy),
                field: 'ipBlock.except',
                message: `${excepted.map(({ except = [] }) => except.join(', ')).join(', ')} are left out, nothing of ${added} is`,
              },
            ]
          : []
      }),
    ),
  examples: {
    bad: [() => withPolicy([{ cidr: '0.0.0.0/0', except: ['169.254.169.254/32'] }, { cidr: '::/0' }])],
    good: [
      () =>
        withPolicy([
          { cidr: '0.0.0.0/0', except: ['169.254.169.254/32'] },
          { cidr: '::/0', except: ['fd00:ec2::254/128'] },
        ]),
      () => withPolicy([{ cidr: '0.0.0.0/0', except: ['10.0.0.0/8'] }]),
    ],
  },
})

const withPolicy = (blocks: readonly Block[]) =>
  situation({
    objects: {
      [resource]: [
        {
          metadata: { name: 'egress', namespace: 'demo' },
          spec: { podSelector: {}, egress: [{ to: blocks.map(ipBlock => ({ ipBlock })) }] },
        },
      ],
    },
  })

export const networkPolicyRules = [oneFamily, exceptions] as const
