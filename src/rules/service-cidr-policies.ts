import type { KubeObject } from '../model/cluster.ts'
import { getField, getText } from '../model/fields.ts'
import { ruleThere } from './cluster-rule.ts'
import { situation } from './example.ts'

const group = 'admissionregistration.k8s.io/v1'
const policies = `${group}/validatingadmissionpolicies`
const bindings = `${group}/validatingadmissionpolicybindings`

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter(item => typeof item === 'string') : []

function isAbout(policy: KubeObject): boolean {
  const given = getField(policy, ['spec', 'matchConstraints', 'resourceRules'])
  return (Array.isArray(given) ? given : []).some(rule => {
    const has = (key: string, ...wanted: readonly string[]): boolean =>
      texts(getField(rule, [key])).some(value => value === '*' || wanted.includes(value))
    return (
      has('apiGroups', 'networking.k8s.io') &&
      has('resources', 'servicecidrs', 'servicecidrs/status', '*/*') &&
      has('operations', 'CREATE', 'UPDATE')
    )
  })
}

/** Does some binding make it refuse? Where bindings were not read, it may. */
function denies(policy: KubeObject, bound: readonly KubeObject[] | undefined): boolean {
  return (
    bound === undefined ||
    bound.some(
      binding =>
        getText(binding, ['spec', 'policyName']) === policy.metadata.name &&
        texts(getField(binding, ['spec', 'validationActions'])).includes('Deny'),
    )
  )
}

const refused = ruleThere({
  id: 'service-cidr-policies/may-refuse',
  title: 'no admission policy stands in the way of the ServiceCIDR object',
  severity: 'warning',
  versions: '>=1.33',
  why: 'The API server itself makes the object `kubernetes` a pair when it starts with two ranges. A policy on servicecidrs is asked too; where it refuses, the pair never comes, Services get no address of the new family, and the log of the API server alone says why.',
  source:
    'kubernetes.io/docs/tasks/network/extend-service-ip-ranges (policies), k/k:pkg/controlplane/controller/defaultservicecidr',
  covers: ['practice servicecidr-policies', 'kubernetes 2.2'],
  remedy:
    'Read the policy: let it pass the object `kubernetes`, the user system:apiserver, or the new range; or set its binding to Warn or Audit for the time of the conversion.',
  reads: [
    { kind: 'list', resource: policies },
    { kind: 'list', resource: bindings },
  ],
  find: ({ cluster }) =>
    (cluster.objects[policies] ?? [])
      .filter(policy => isAbout(policy) && denies(policy, cluster.objects[bindings]))
      .map(policy => ({
        object: `ValidatingAdmissionPolicy ${policy.metadata.name}`,
        field: 'spec.matchConstraints',
        message: 'judges changes of ServiceCIDRs, and a binding of it denies',
      })),
  examples: {
    bad: [() => withPolicy(['servicecidrs'], ['Deny']), () => withPolicy(['*'], ['Deny', 'Audit'])],
    good: [
      () => withPolicy(['servicecidrs'], ['Warn']),
      () => withPolicy(['networkpolicies'], ['Deny']),
      () => situation(),
    ],
  },
})

const withPolicy = (resources: readonly string[], validationActions: readonly string[]) =>
  situation({
    objects: {
      [policies]: [
        {
          metadata: { name: 'ranges' },
          spec: {
            matchConstraints: {
              resourceRules: [{ apiGroups: ['networking.k8s.io'], operations: ['*'], resources }],
            },
          },
        },
      ],
      [bindings]: [{ metadata: { name: 'ranges' }, spec: { policyName: 'ranges', validationActions } }],
    },
  })

export const serviceCIDRPolicyRules = [refused] as const
