import { tryParseIP } from '../address/index.ts'
import { contains } from '../address/cidr.ts'
import { families, type Family } from '../address/family.ts'
import { findObject } from '../model/changes.ts'
import type { KubeObject } from '../model/cluster.ts'
import { getField, getTexts } from '../model/fields.ts'
import type { Rule, Situation } from '../model/rule.ts'
import { situation } from './example.ts'
import { sloppyCIDR } from './sloppy.ts'

const resource = 'networking.k8s.io/v1/servicecidrs'
const reads = [{ kind: 'list', resource }] as const
const controller = 'k/k:pkg/controlplane/controller/defaultservicecidr/default_servicecidr_controller.go'

const object = (cidrs: readonly string[], more: Readonly<Record<string, unknown>> = {}): KubeObject => ({
  metadata: { name: 'kubernetes' },
  spec: { cidrs },
  ...more,
})
const given = (cidrs: readonly string[], more: Parameters<typeof situation>[0] = {}, rest = {}): Situation =>
  situation({ ...more, objects: { [resource]: [object(cidrs, rest)], ...more.objects } })

const textsOf = (one: KubeObject | undefined): readonly string[] => getTexts(one, ['spec', 'cidrs'])
const mainObject = ({ cluster }: Situation) => findObject(cluster, resource, undefined, 'kubernetes')

/** The same addresses, however they are spelled. */
function isSame(one: string, other: string | undefined): boolean {
  const [a, b] = [sloppyCIDR(one), other === undefined ? undefined : sloppyCIDR(other)]
  return a !== undefined && b !== undefined && contains(a, b) && contains(b, a)
}

const otherRange: Rule<'cluster'> = {
  id: 'service-cidr/other-range',
  on: 'cluster',
  severity: 'error',
  title: 'ServiceCIDR kubernetes has the ranges that the cluster is to have',
  versions: '>=1.33',
  why: 'From 1.33 on Services get addresses from this object, not from the flag. A second range can be added to it once, and then never changes: a second try with another range leaves API servers that complain for ever and give out addresses of the old one.',
  source: `${controller}, test/integration/servicecidr/migration_test.go`,
  covers: ['kubernetes 1.3', 'kubernetes 2.2', 'kubernetes 2.3', 'kubernetes 2.4'],
  remedy:
    'Use the ranges of the object. Another second range needs the object made again, with a helper ServiceCIDR of the first range beside it meanwhile; never delete it alone.',
  says: [
    {
      component: 'kube-apiserver',
      line: 'The default ServiceCIDR * does not match the * flag configurations *',
      goesOn: true,
    },
  ],
  reads,
  judge(input) {
    const { goal } = input
    const texts = textsOf(mainObject(input))
    if (goal === undefined || texts.length === 0) return []
    // On the way back too both ranges of the goal are told; of the object the first counts, and what it has of the other.
    return texts.flatMap((text, at) => {
      const family = sloppyCIDR(text)?.family
      const wanted =
        at === 0 ? goal.families[0] && goal.services[goal.families[0]] : family && goal.services[family]
      if (wanted === undefined || isSame(text, wanted)) return []
      return [
        {
          object: 'ServiceCIDR kubernetes',
          field: `spec.cidrs[${at}]`,
          message: `${text}, and ${wanted} is wanted`,
        },
      ]
    })
  },
  examples: {
    bad: [
      () => given(['10.96.0.0/16', 'fd00:97::/112']),
      () => given(['fd00:96::/112']),
      () => given(['10.96.0.0/12']),
    ],
    good: [
      () => given(['10.96.0.0/16']),
      () => given(['10.96.0.0/16', 'fd00:96::/112']),
      () => given(['10.96.0.0/16', 'fd00:96::/112'], { goal: { families: ['IPv4'] } }),
      () => given(['fd00:96::/112'], { goal: { families: ['IPv6', 'IPv4'] } }),
    ],
  },
}

const readyOf = (one: KubeObject): string => {
  const list = getField(one, ['status', 'conditions'])
  const ready = Array.isArray(list) ? list.find(item => getField(item, ['type']) === 'Ready') : undefined
  const status = getField(ready, ['status'])
  return typeof status === 'string' ? status : ''
}

const notReady: Rule<'cluster'> = {
  id: 'service-cidr/not-ready',
  on: 'cluster',
  severity: 'error',
  title: 'no ServiceCIDR is about to go',
  versions: '>=1.31',
  why: 'An object that is being deleted, or is not Ready, gives no addresses of any family, while IPAddresses keep it there. ServiceCIDR kubernetes in that state means that no Service can be made.',
  source:
    'k/k:pkg/controller/servicecidrs/servicecidrs_controller.go, pkg/registry/core/service/ipallocator/cidrallocator.go',
  covers: ['kubernetes 2.2', 'kubernetes 2.4'],
  remedy:
    'Make another ServiceCIDR with the same first range: the deletion then finishes, and the API server makes kubernetes again from its flag within 10 seconds.',
  says: [
    {
      component: 'kube-controller-manager',
      line: 'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR',
      goesOn: true,
    },
  ],
  reads,
  judge: ({ cluster }) =>
    (cluster.objects[resource] ?? []).flatMap(one => {
      const isGoing = one.metadata.deletionTimestamp !== undefined
      if (!isGoing && readyOf(one) !== 'False') return []
      return [
        {
          object: `ServiceCIDR ${one.metadata.name}`,
          field: isGoing ? 'metadata.deletionTimestamp' : 'status.conditions',
          message: isGoing ? 'is being deleted' : 'is not Ready',
        },
      ]
    }),
  examples: {
    bad: [
      () => given(['10.96.0.0/16'], {}, { status: { conditions: [{ type: 'Ready', status: 'False' }] } }),
      () =>
        given(
          ['10.96.0.0/16'],
          {},
          { metadata: { name: 'kubernetes', deletionTimestamp: '2026-05-31T23:59:00Z' } },
        ),
    ],
    good: [
      () => given(['10.96.0.0/16'], {}, { status: { conditions: [{ type: 'Ready', status: 'True' }] } }),
      () => given(['10.96.0.0/16']),
    ],
  },
}

const service = (clusterIPs: readonly string[]): KubeObject => ({
  metadata: { name: 'web', namespace: 'demo' },
  spec: { clusterIP: clusterIPs[0], clusterIPs },
})

const outside: Rule<'cluster'> = {
  id: 'service-cidr/address-outside',
  on: 'cluster',
  severity: 'warning',
  title: 'addresses of Services lie in the ranges of the cluster',
  why: 'An address of a range that was given up stays at its Service; the repair controller complains every few minutes. On an API server that starts, many of them can keep the first repair from succeeding.',
  source: 'k/k:pkg/registry/core/service/ipallocator/controller/repairip.go, repair.go',
  covers: ['kubernetes 1.3', 'kubernetes 2.6'],
  remedy: 'Make such a Service again, so that it gets an address of a range that there is.',
  says: [
    {
      component: 'kube-apiserver',
      line: 'Cluster IP [*]: * is not within any configured Service CIDR; please recreate service',
      goesOn: true,
    },
    { component: 'kube-apiserver', line: 'unable to perform initial IP and Port allocation check' },
  ],
  reads: [...reads, { kind: 'list', resource: 'v1/services' }],
  judge(input) {
    const { cluster, goal } = input
    const named = (cluster.objects[resource] ?? []).flatMap(textsOf)
    const wanted = goal === undefined ? [] : families.flatMap(family => goal.services[family] ?? [])
    const ranges = [...named, ...wanted].flatMap(text => sloppyCIDR(text) ?? [])
    const known = new Set<Family>(ranges.map(({ family }) => family))
    return (cluster.objects['v1/services'] ?? []).flatMap(one => {
      const list = getField(one, ['spec', 'clusterIPs'])
      return (Array.isArray(list) ? list : []).flatMap((text, at) => {
        const ip = typeof text === 'string' ? tryParseIP(text) : undefined
        if (ip === undefined || !known.has(ip.family) || ranges.some(range => contains(range, ip))) return []
        return [
          {
            object: `Service ${one.metadata.namespace ?? ''}/${one.metadata.name}`,
            field: `spec.clusterIPs[${at}]`,
            message: `${String(text)} lies in no service range`,
          },
        ]
      })
    })
  },
  examples: {
    bad: [
      () => given(['10.96.0.0/16'], { objects: { 'v1/services': [service(['10.200.0.5'])] } }),
      () => given(['10.96.0.0/16'], { objects: { 'v1/services': [service(['10.96.0.5', 'fd00:97::5'])] } }),
    ],
    good: [
      () => given(['10.96.0.0/16'], { objects: { 'v1/services': [service(['10.96.0.5', 'fd00:96::5'])] } }),
      () => given(['10.96.0.0/16'], { objects: { 'v1/services': [service(['None'])] } }),
    ],
  },
}

export const serviceCIDRRules = [otherRange, notReady, outside] as const
