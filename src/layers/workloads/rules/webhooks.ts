import type { Cluster, KubeObject } from '../../../model/cluster.ts'
import { getField } from '../../../model/fields.ts'
import type { Violation } from '../../../model/rule.ts'
import { ruleThere } from '../../../rules/cluster-rule.ts'
import { situation } from '../../../rules/example.ts'
import { type LabelSelector, selects } from '../../shared/selector.ts'

const group = 'admissionregistration.k8s.io/v1'
const configurations = [
  [`${group}/validatingwebhookconfigurations`, 'ValidatingWebhookConfiguration'],
  [`${group}/mutatingwebhookconfigurations`, 'MutatingWebhookConfiguration'],
] as const
const slices = 'discovery.k8s.io/v1/endpointslices'

interface Webhook {
  readonly name?: string
  readonly failurePolicy?: string
  readonly clientConfig?: { readonly service?: { readonly namespace?: string; readonly name?: string } }
  readonly namespaceSelector?: LabelSelector
  readonly objectSelector?: LabelSelector
  readonly rules?: readonly {
    readonly apiGroups?: readonly string[]
    readonly resources?: readonly string[]
    readonly operations?: readonly string[]
  }[]
}

/** What the conversion has made or changed: [group, resource, operation]. */
const asked = [
  ['', 'pods', 'CREATE'],
  ['', 'services', 'UPDATE'],
  ['', 'nodes', 'UPDATE'],
  ['', 'configmaps', 'UPDATE'],
  ['', 'pods/eviction', 'CREATE'],
  ['apps', 'deployments', 'UPDATE'],
  ['apps', 'daemonsets', 'UPDATE'],
  ['apps', 'statefulsets', 'UPDATE'],
  ['apps', 'replicasets', 'CREATE'],
  ['networking.k8s.io', 'servicecidrs', 'UPDATE'],
  ['crd.projectcalico.org', 'ippools', 'CREATE'],
] as const

const among = (list: readonly string[] | undefined, ...wanted: readonly string[]): boolean =>
  list?.some(one => one === '*' || wanted.includes(one)) === true

/** Of these the first that the webhook is asked about; one star stands for no subresource, and two stars have them. */
const about = ({ rules = [] }: Webhook): string | undefined =>
  asked.find(([apiGroup, resource, operation]) =>
    rules.some(
      rule =>
        among(rule.apiGroups, apiGroup) &&
        among(rule.operations, operation) &&
        (resource.includes('/')
          ? rule.resources?.some(one => ['*/*', 'pods/*', resource].includes(one)) === true
          : among(rule.resources, resource, '*/*')),
    ),
  )?.[1]

interface Closed {
  readonly object: string
  readonly webhook: Webhook
  readonly resource: string
}

/** Webhooks without which something that the conversion does is refused. */
const failClosed = (cluster: Cluster): readonly Closed[] =>
  configurations.flatMap(([list, kind]) =>
    (cluster.objects[list] ?? []).flatMap(object => {
      const webhooks = getField(object, ['webhooks'])
      return (Array.isArray(webhooks) ? (webhooks as readonly Webhook[]) : []).flatMap(webhook => {
        const resource = (webhook.failurePolicy ?? 'Fail') === 'Fail' ? about(webhook) : undefined
        return resource === undefined || !meetsAny(cluster, webhook, resource)
          ? []
          : [{ object: `${kind} ${object.metadata.name}`, webhook, resource }]
      })
    }),
  )

/** Of no namespace: selectors of namespaces do not hold for them. */
const ofCluster: readonly string[] = ['nodes', 'servicecidrs', 'ippools']

/** Is there something that its selectors let through? Of other things than pods their labels are not looked at. */
function meetsAny(cluster: Cluster, webhook: Webhook, resource: string): boolean {
  const { namespaceSelector = {}, objectSelector = {} } = webhook
  const namespaces = cluster.objects['v1/namespaces']
  if (namespaces === undefined || ofCluster.includes(resource)) return true
  const selected = new Set(
    namespaces
      .filter(({ metadata }) => selects(namespaceSelector, metadata.labels ?? {}))
      .map(({ metadata }) => metadata.name),
  )
  if (resource !== 'pods') return selected.size > 0
  return cluster.pods.some(pod => selected.has(pod.namespace) && selects(objectSelector, pod.labels))
}

/** Does something ready stand behind a Service? A slice endpoint without a word on it counts as ready. */
const isServed = (cluster: Cluster, namespace: string, name: string): boolean =>
  (cluster.objects[slices] ?? []).some(slice => {
    if (slice.metadata.namespace !== namespace) return false
    if (slice.metadata.labels?.['kubernetes.io/service-name'] !== name) return false
    const endpoints = getField(slice, ['endpoints'])
    return Array.isArray(endpoints) && endpoints.some(one => getField(one, ['conditions', 'ready']) !== false)
  })

const reads = [
  ...configurations.map(([resource]) => ({ kind: 'list', resource }) as const),
  { kind: 'list', resource: slices } as const,
  { kind: 'list', resource: 'v1/namespaces' } as const,
  { kind: 'list', resource: 'v1/pods' } as const,
]

const down = ruleThere({
  id: 'webhooks/closed-and-down',
  severity: 'error',
  title: 'whoever is asked before pods and Services are changed is there to answer',
  why: 'A webhook with failurePolicy Fail whose Service has no ready endpoint refuses whatever it is asked about: pods that the conversion takes down do not come again, and Services cannot be changed.',
  source: 'kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers (failure policy)',
  covers: ['practice webhooks'],
  remedy:
    'Bring the pods of that Service back, or take the configuration away if nobody needs it any more (what is left of an uninstalled operator).',
  says: [{ component: 'kube-apiserver', line: '*failed calling webhook "*": *' }],
  reads,
  // Without slices nobody knows what is served.
  without: ({ cluster }) => (cluster.objects[slices] === undefined ? `${slices} was not read` : undefined),
  find: ({ cluster }) =>
    failClosed(cluster).flatMap(({ object, webhook, resource }): readonly Violation[] => {
      const { namespace, name } = webhook.clientConfig?.service ?? {}
      if (namespace === undefined || name === undefined || isServed(cluster, namespace, name)) return []
      return [
        {
          object,
          field: webhook.name ?? 'webhooks',
          message: `is asked about ${resource}, fails closed, and Service ${namespace}/${name} has no ready endpoint`,
        },
      ]
    }),
  examples: {
    bad: [
      () => withWebhook({ rules: [rule('', 'pods')] }, false),
      () => withWebhook({ rules: [rule('*', '*/*')], failurePolicy: 'Fail' }, false),
      () => withWebhook({ rules: [rule('', 'pods/eviction')] }, undefined),
    ],
    good: [
      () => withWebhook({ rules: [rule('', 'pods')] }, true),
      () => withWebhook({ rules: [rule('', 'pods')], failurePolicy: 'Ignore' }, false),
      () => withWebhook({ rules: [rule('batch', 'jobs')] }, false),
      () =>
        withWebhook(
          { rules: [rule('', 'services')], namespaceSelector: { matchLabels: { mesh: 'on' } } },
          false,
          [{ metadata: { name: 'ops' } }],
        ),
      () => situation({ objects: { [slices]: [] } }),
    ],
  },
})

const own = ruleThere({
  id: 'webhooks/asked-about-its-own-pods',
  severity: 'warning',
  title: 'no webhook that fails closed is asked about the pods that answer for it',
  why: 'When all its pods are away at once (one replica, a node that restarts) nobody answers whether they may come again: neither they nor any other pod is made until somebody takes the webhook away by hand.',
  source:
    'kubernetes.io/docs/concepts/cluster-administration/admission-webhooks-good-practices (self dependency)',
  covers: ['practice webhooks'],
  remedy:
    'Leave its own namespace out (namespaceSelector on kubernetes.io/metadata.name), or give it two replicas on two nodes and a PodDisruptionBudget.',
  reads,
  find: ({ cluster }) =>
    failClosed(cluster).flatMap(({ object, webhook }): readonly Violation[] => {
      const namespace = webhook.clientConfig?.service?.namespace
      const { matchLabels = {}, matchExpressions = [] } = webhook.namespaceSelector ?? {}
      // Whoever selects namespaces has thought of it; what the selector comes to is not guessed at.
      const isOpen = Object.keys(matchLabels).length === 0 && matchExpressions.length === 0
      const isOfPods = about({ rules: webhook.rules }) === 'pods'
      if (namespace === undefined || !isOpen || !isOfPods || podsIn(cluster, namespace) > 1) return []
      return [
        {
          object,
          field: webhook.name ?? 'webhooks',
          message: `is asked about pods of every namespace, its own (${namespace}) too, where one pod answers`,
        },
      ]
    }),
  examples: {
    bad: [() => withWebhook({ rules: [rule('', 'pods')] }, true)],
    good: [
      () => withWebhook({ rules: [rule('', 'services')] }, true),
      () =>
        withWebhook(
          {
            rules: [rule('', 'pods')],
            namespaceSelector: { matchExpressions: [{ key: 'x', operator: 'DoesNotExist' }] },
          },
          true,
        ),
    ],
  },
})

const podsIn = (cluster: Cluster, namespace: string): number =>
  cluster.pods.filter(pod => pod.namespace === namespace && pod.ready && !pod.deleting).length

const rule = (apiGroup: string, resource: string) => ({
  apiGroups: [apiGroup],
  resources: [resource],
  operations: ['*'],
})

/** `ready` undefined: the Service has no slice at all. */
function withWebhook(webhook: Webhook, ready: boolean | undefined, namespaces?: readonly KubeObject[]) {
  const slice: KubeObject = {
    metadata: { name: 'hook-1', namespace: 'ops', labels: { 'kubernetes.io/service-name': 'hook' } },
    endpoints: [{ conditions: { ready } }],
  }
  const service = { namespace: 'ops', name: 'hook' }
  return situation({
    objects: {
      [configurations[0][0]]: [
        {
          metadata: { name: 'hook' },
          webhooks: [{ name: 'hook.example', clientConfig: { service }, ...webhook }],
        },
      ],
      [slices]: ready === undefined ? [] : [slice],
      ...(namespaces && { 'v1/namespaces': namespaces }),
    },
  })
}

export const webhookRules = [down, own] as const
