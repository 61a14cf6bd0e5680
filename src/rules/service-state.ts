import { type Family, families } from '../address/family.ts'
import { findObject } from '../model/changes.ts'
import type { KubeObject } from '../model/cluster.ts'
import { getField } from '../model/fields.ts'
import type { Rule, Situation, Violation } from '../model/rule.ts'
import { ruleThere } from './cluster-rule.ts'
import { situation } from './example.ts'

/** Services as they are before anything is changed. */
const reads = [{ kind: 'list', resource: 'v1/services' }] as const
const slices = 'discovery.k8s.io/v1/endpointslices'

const service = (spec: Readonly<Record<string, unknown>>, name = 'web', namespace = 'demo'): KubeObject => ({
  metadata: { name, namespace },
  spec: {
    type: 'ClusterIP',
    selector: { app: 'web' },
    clusterIP: '10.96.0.20',
    ipFamilies: ['IPv4'],
    ...spec,
  },
})
const given = (
  objects: Readonly<Record<string, readonly KubeObject[]>>,
  more: Parameters<typeof situation>[0] = {},
) => situation({ ...more, objects })
const one = (spec: Readonly<Record<string, unknown>>, more: Parameters<typeof situation>[0] = {}) =>
  given({ 'v1/services': [service(spec)] }, more)

const familiesOf = (object: KubeObject | undefined): readonly Family[] => {
  const list = getField(object, ['spec', 'ipFamilies'])
  return families.filter(family => Array.isArray(list) && list.includes(family))
}
const nameOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`
const services = ({ cluster }: Situation): readonly KubeObject[] => cluster.objects['v1/services'] ?? []
const at = (object: KubeObject, field: string, message: string): Violation => ({
  object: `Service ${nameOf(object)}`,
  field,
  message,
})

const waits = ruleThere({
  id: 'service-state/waits-for-dual-stack',
  severity: 'info',
  title: 'no PreferDualStack Service waits for its second family',
  why: 'A Service that asked for two families on a single-stack cluster stays as it is when the ranges come, and turns at the first update that leaves ipFamilies out: at a moment that nobody chose, with or without endpoints.',
  source:
    'k/k:pkg/registry/core/service/storage/alloc.go isMatchingPreferDualStackClusterIPFields, test/integration/dualstack TestUpgradeServicePreferToDualStack',
  covers: ['kubernetes 1.4', 'kubernetes 7.1', 'K11', 'P12', 'P11'],
  remedy:
    'Nothing: the plan holds them at SingleStack while API servers change, and gives them both families with the others.',
  reads,
  find: (input, added) =>
    services(input)
      .filter(
        object =>
          getField(object, ['spec', 'ipFamilyPolicy']) === 'PreferDualStack' &&
          familiesOf(object).length === 1 &&
          !familiesOf(object).includes(added),
      )
      .map(object =>
        at(object, 'spec.ipFamilyPolicy', `PreferDualStack, and ${familiesOf(object).join()} only`),
      ),
  examples: {
    bad: [() => one({ ipFamilyPolicy: 'PreferDualStack' })],
    good: [
      () => one({ ipFamilyPolicy: 'PreferDualStack', ipFamilies: ['IPv4', 'IPv6'] }),
      () => one({ ipFamilyPolicy: 'SingleStack' }),
    ],
  },
})

const kubernetes: Rule<'cluster'> = {
  id: 'service-state/kubernetes-is-dual-stack',
  on: 'cluster',
  severity: 'warning',
  title: 'the Service default/kubernetes has one family',
  why: 'Its endpoints stay of the first family and the API servers’ certificates have no address of the second, so clients that take the second one fail. Patching it is accepted; nothing ever makes it dual-stack or mends it (KEP-2438 is provisional).',
  source: 'k/k:pkg/controlplane/controller/kubernetesservice/controller.go',
  covers: ['kubernetes 1.3', 'kubernetes 7.1', 'K12'],
  remedy: 'kubectl -n default patch service kubernetes -p \'{"spec":{"ipFamilyPolicy":"SingleStack"}}\'',
  reads,
  judge({ cluster }) {
    const object = findObject(cluster, 'v1/services', 'default', 'kubernetes')
    return object === undefined || familiesOf(object).length < 2
      ? []
      : [at(object, 'spec.ipFamilies', 'has both families, and endpoints of one')]
  },
  examples: {
    bad: [
      () => given({ 'v1/services': [service({ ipFamilies: ['IPv4', 'IPv6'] }, 'kubernetes', 'default')] }),
    ],
    good: [
      () => given({ 'v1/services': [service({}, 'kubernetes', 'default')] }),
      () => given({ 'v1/services': [service({ ipFamilies: ['IPv4', 'IPv6'] }, 'kubernetes', 'demo')] }),
    ],
  },
}

const noFamilies: Rule<'cluster'> = {
  id: 'service-state/no-families',
  on: 'cluster',
  severity: 'warning',
  title: 'every Service with an address has ipFamilies',
  versions: '<1.37',
  why: 'The endpoints controller can panic on a Service without ipFamilies up to 1.36; an API server fills them in when it reads, so such an object comes from elsewhere.',
  source: 'kubernetes/kubernetes#138736',
  covers: ['kubernetes 7.5'],
  remedy: 'Write such a Service once (kubectl annotate): the API server then stores its families.',
  reads,
  judge: input =>
    services(input)
      .filter(
        object => getField(object, ['spec', 'type']) !== 'ExternalName' && familiesOf(object).length === 0,
      )
      .map(object => at(object, 'spec.ipFamilies', 'is empty')),
  examples: {
    bad: [() => one({ ipFamilies: [] })],
    good: [() => one({}), () => one({ type: 'ExternalName', ipFamilies: undefined })],
  },
}

/** Families of which a Service has ready endpoints, by `namespace/name`. */
function endpointFamilies({ cluster }: Situation): ReadonlyMap<string, ReadonlySet<Family>> {
  const found = new Map<string, Set<Family>>()
  for (const slice of cluster.objects[slices] ?? []) {
    const family = families.find(candidate => candidate === slice['addressType'])
    const list = slice['endpoints']
    if (family === undefined || !Array.isArray(list)) continue
    const key = `${slice.metadata.namespace ?? ''}/${slice.metadata.labels?.['kubernetes.io/service-name'] ?? ''}`
    const known = found.get(key) ?? new Set<Family>()
    if (list.some(endpoint => getField(endpoint, ['conditions', 'ready']) !== false)) known.add(family)
    found.set(key, known)
  }
  return found
}

const slice = (family: Family, addresses: readonly string[]): KubeObject => ({
  metadata: { name: `web-${family}`, namespace: 'demo', labels: { 'kubernetes.io/service-name': 'web' } },
  addressType: family,
  endpoints: addresses.map(address => ({ addresses: [address], conditions: { ready: true } })),
})
const dual = { ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'PreferDualStack' }

const noEndpoints: Rule<'cluster'> = {
  id: 'service-state/no-endpoints-of-family',
  on: 'cluster',
  severity: 'warning',
  title: 'a Service of two families has endpoints of both, or of none',
  why: 'A pod without an address of a family is no endpoint there. Such a Service refuses connections over that family, while DNS already answers with its address: pods are made again first, Services change after.',
  source: 'k/k:staging/src/k8s.io/endpointslice/reconciler.go',
  covers: ['kubernetes 7.5'],
  remedy:
    'Make the pods behind it again, or give the Service one family (ipFamilyPolicy: SingleStack) until they are.',
  reads: [...reads, { kind: 'list', resource: slices }],
  judge(input) {
    const ready = endpointFamilies(input)
    return services(input).flatMap(object => {
      const has = ready.get(nameOf(object)) ?? new Set<Family>()
      const lacking = familiesOf(object).filter(family => !has.has(family))
      if (has.size === 0 || familiesOf(object).length < 2 || getField(object, ['spec', 'selector']) === null)
        return []
      return lacking.map(family => at(object, 'spec.ipFamilies', `has ${family}, and no endpoint of it`))
    })
  },
  examples: {
    bad: [
      () =>
        given({
          'v1/services': [service(dual)],
          [slices]: [slice('IPv4', ['10.244.0.5']), slice('IPv6', [])],
        }),
      () => given({ 'v1/services': [service(dual)], [slices]: [slice('IPv6', ['fd00:244::5'])] }),
    ],
    good: [
      () =>
        given({
          'v1/services': [service(dual)],
          [slices]: [slice('IPv4', ['10.244.0.5']), slice('IPv6', ['fd00:244::5'])],
        }),
      () => given({ 'v1/services': [service({})], [slices]: [slice('IPv4', ['10.244.0.5'])] }),
      () => given({ 'v1/services': [service(dual)], [slices]: [] }),
    ],
  },
}

export const serviceStateRules = [waits, kubernetes, noFamilies, noEndpoints] as const
