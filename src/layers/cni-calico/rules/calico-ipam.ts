import type { Json } from '../../../base/json.ts'
import type { KubeObject } from '../../../model/cluster.ts'
import { getField } from '../../../model/fields.ts'
import { tryParseIP } from '../../../address/index.ts'
import { getIpam } from '../../../text/json-template.ts'
import { attempt } from '../../shared/edit.ts'
import { poolResource } from '../read.ts'
import { type CalicoFacts, calicoRule, list } from './calico-rule.ts'
import { pod } from '../../../rules/example.ts'
import { calicoSituation, named, pool4, pool6 } from './example.ts'

const plugin = 'projectcalico/calico:cni-plugin/pkg'
const annotation = (name: string): string => `cni.projectcalico.org/${name}`

const ipamOf = ({ calico }: CalicoFacts): { readonly [field: string]: Json } =>
  attempt('calico-config', () => getIpam(calico.config ?? '{}')).value ?? {}
const configOf = ({ calico }: CalicoFacts): string =>
  `ConfigMap ${calico.namespace}/${calico.source?.name ?? 'calico-config'}`

const hostLocal = calicoRule({
  id: 'calico-ipam/host-local',
  title: 'Calico gives addresses from its own pools',
  severity: 'error',
  why: 'host-local takes them from the podCIDRs of the Node, which can never be changed on a Node that has one: each would have to be deleted and registered anew.',
  source: `${plugin}/k8s/k8s.go, k/k:pkg/apis/core/validation/validation.go (ValidateNodeUpdate)`,
  covers: ['cni 2.1', 'cni 2.2', 'K1', 'P03'],
  remedy: 'Move to calico-ipam first (docs.tigera.io: migrate from host-local), or convert with new Nodes.',
  find: facts =>
    ipamOf(facts)['type'] === 'host-local'
      ? [
          {
            object: configOf(facts),
            field: 'ipam.type',
            message: 'it is host-local: pods get their addresses from the podCIDRs of the Node',
          },
        ]
      : [],
  examples: {
    bad: [() => calicoSituation({ ipam: { type: 'host-local', subnet: 'usePodCidr' } })],
    good: [() => calicoSituation()],
  },
})

const text = calicoRule({
  id: 'calico-ipam/boolean',
  title: 'assign_ipv4 and assign_ipv6 are texts',
  severity: 'error',
  why: 'calico-ipam takes "true" and "false" only: a JSON boolean does not parse, and no pod starts; any other text counts as false.',
  source: `${plugin}/types/types.go`,
  covers: ['cni 2.2', 'P23'],
  remedy: 'Write "true" or "false", in quotes.',
  says: [
    {
      component: 'calico-cni',
      line: '*json: cannot unmarshal bool into Go struct field *assign_ipv* of type string*',
    },
  ],
  find: facts =>
    ['assign_ipv4', 'assign_ipv6'].flatMap(field => {
      const value = ipamOf(facts)[field]
      return value === undefined || value === 'true' || value === 'false'
        ? []
        : [{ object: configOf(facts), field, message: `${JSON.stringify(value)} is not "true" or "false"` }]
    }),
  examples: {
    bad: [
      () => calicoSituation({ ipam: { assign_ipv6: true } }),
      () => calicoSituation({ ipam: { assign_ipv6: 'yes' } }),
    ],
    good: [() => calicoSituation({ ipam: { assign_ipv6: 'false' } })],
  },
})

const poolFields = { IPv4: 'ipv4_pools', IPv6: 'ipv6_pools' } as const

const namedPools = calicoRule({
  id: 'calico-ipam/named-pools',
  title: 'pools that the CNI configuration names are there',
  severity: 'error',
  why: 'A pool that ipv4_pools or ipv6_pools names by range or name and that is not there, or disabled, gives nothing: no pod starts.',
  source: `${plugin}/ipamplugin/ipam_plugin.go`,
  covers: ['cni 2.2', 'P23'],
  remedy: 'Name an open pool, or leave the list out: any pool of the family will do then.',
  reads: [{ kind: 'list', resource: poolResource }],
  find: facts =>
    (['IPv4', 'IPv6'] as const).flatMap(family => {
      const field = poolFields[family]
      const open = facts.calico.pools.filter(pool => pool.family === family && !pool.isDisabled)
      return list(ipamOf(facts)[field])
        .filter(wanted => !open.some(({ name, cidr }) => name === wanted || cidr === wanted))
        .map(wanted => ({
          object: configOf(facts),
          field,
          message: `${wanted} is no open IPPool of ${family}`,
        }))
    }),
  examples: {
    bad: [() => calicoSituation({ ipam: { ipv6_pools: ['default-ipv6-ippool'] } })],
    good: [
      () => calicoSituation({ ipam: { ipv4_pools: ['10.244.0.0/16'] } }),
      () => calicoSituation({ pools: [pool4, pool6], ipam: { ipv6_pools: ['fd00:244::/56'] } }),
    ],
  },
})

/** Places where pods get their annotations from: themselves (bare ones), the templates of what makes them, their namespaces. */
const templates = ['apps/v1/deployments', 'apps/v1/statefulsets', 'apps/v1/daemonsets', 'batch/v1/jobs']
const annotationReads = [...templates, 'v1/namespaces', 'v1/pods'].map(
  resource => ({ kind: 'list', resource }) as const,
)

interface Annotated {
  readonly object: string
  readonly field: string
  readonly value: string
}

function annotatedWith({ cluster }: CalicoFacts, name: string): readonly Annotated[] {
  const key = annotation(name)
  const found = (object: string, value: unknown, field: string): readonly Annotated[] =>
    typeof value === 'string' && value !== '' ? [{ object, field, value }] : []
  const kinds: Readonly<Record<string, string>> = {
    'apps/v1/deployments': 'Deployment',
    'apps/v1/statefulsets': 'StatefulSet',
    'apps/v1/daemonsets': 'DaemonSet',
    'batch/v1/jobs': 'Job',
  }
  const nameOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`
  const path = ['spec', 'template', 'metadata', 'annotations', key]
  return [
    ...Object.entries(kinds).flatMap(([resource, kind]) =>
      (cluster.objects[resource] ?? []).flatMap(object =>
        found(`${kind} ${nameOf(object)}`, getField(object, path), `template annotation ${key}`),
      ),
    ),
    ...(cluster.objects['v1/namespaces'] ?? []).flatMap(({ metadata }) =>
      found(`Namespace ${metadata.name}`, metadata.annotations?.[key], `annotation ${key}`),
    ),
    ...cluster.pods
      .filter(({ owner }) => owner === undefined)
      .flatMap(pod => found(`Pod ${pod.namespace}/${pod.name}`, pod.annotations?.[key], `annotation ${key}`)),
  ]
}

const jsonList = (value: string): readonly string[] => {
  try {
    return list(JSON.parse(value) as Json)
  } catch {
    return []
  }
}

const fixed = calicoRule({
  id: 'calico-ipam/fixed-addresses',
  title: 'pods with addresses of their own name one of each family',
  severity: 'warning',
  why: 'With ipAddrs or ipAddrsNoIpam the CNI plugin gives a pod exactly the addresses that stand there, whatever assign_ipv6 says: the pod stays single-stack, and its Service must.',
  source: `${plugin}/k8s/k8s.go`,
  covers: ['cni 2.2', 'practice fixed-addresses'],
  remedy:
    'Add an address of the new family to the annotation, or leave the Service of these pods single-stack (annotation kubectl-dualstack/leave=true).',
  reads: annotationReads,
  find: facts =>
    ['ipAddrs', 'ipAddrsNoIpam'].flatMap(name =>
      annotatedWith(facts, name).flatMap(({ object, field, value }) => {
        const addresses = jsonList(value)
        return addresses.some(address => tryParseIP(address)?.family === facts.added)
          ? []
          : [{ object, field, message: `${value} names no ${facts.added} address` }]
      }),
    ),
  examples: {
    bad: [() => withTemplate('ipAddrs', '["10.244.0.77"]'), () => withBarePod('ipAddrs', '["10.244.0.77"]')],
    good: [() => withTemplate('ipAddrs', '["10.244.0.77","fd00:244::77"]'), () => calicoSituation()],
  },
})

const optOut = calicoRule({
  id: 'calico-ipam/ip-families-annotation',
  title: 'no annotation keeps pods single-stack',
  severity: 'info',
  why: 'cni.projectcalico.org/ipFamilies on a pod or its namespace beats assign_ipv6: somebody decided that these pods have these families.',
  source: `${plugin}/k8s/k8s.go`,
  covers: ['cni 2.2', 'practice fixed-addresses'],
  remedy: 'Take the annotation away when they are to have both, and make the pods again.',
  reads: annotationReads,
  find: facts =>
    annotatedWith(facts, 'ipFamilies').flatMap(({ object, field, value }) =>
      jsonList(value).includes(facts.added)
        ? []
        : [{ object, field, message: `${value} leaves ${facts.added} out` }],
    ),
  examples: {
    bad: [
      () => withTemplate('ipFamilies', '["IPv4"]'),
      () =>
        calicoSituation({
          objects: {
            'v1/namespaces': [
              { metadata: { name: 'old', annotations: { [annotation('ipFamilies')]: '["IPv4"]' } } },
            ],
          },
        }),
    ],
    good: [() => withTemplate('ipFamilies', '["IPv4","IPv6"]'), () => calicoSituation()],
  },
})

const poolAnnotations = { IPv4: 'ipv4pools', IPv6: 'ipv6pools' } as const

const wantedPools = calicoRule({
  id: 'calico-ipam/pool-annotation',
  title: 'who asks for a pool of one family asks for one of the other',
  severity: 'warning',
  why: 'Pods or namespaces that are bound to a pool (a tenant’s range, known to a firewall) get their addresses of the other family from any pool that is open.',
  source: 'docs.tigera.io/calico/latest/networking/ipam/legacy-firewalls',
  covers: ['cni 2.2', 'practice fixed-addresses'],
  remedy: 'Make a pool of the new family for them, and name it in the annotation of that family.',
  reads: annotationReads,
  find: facts => {
    const other = facts.added === 'IPv6' ? 'IPv4' : 'IPv6'
    const said = new Set(annotatedWith(facts, poolAnnotations[facts.added]).map(({ object }) => object))
    return annotatedWith(facts, poolAnnotations[other])
      .filter(({ object }) => !said.has(object))
      .map(({ object, field, value }) => ({
        object,
        field,
        message: `${value} binds ${other}, and nothing binds ${facts.added}`,
      }))
  },
  examples: {
    bad: [() => withTemplate('ipv4pools', '["tenant-a"]')],
    good: [() => calicoSituation()],
  },
})

function withTemplate(name: string, value: string) {
  const template = { metadata: { annotations: { [annotation(name)]: value } } }
  return calicoSituation({
    objects: {
      'apps/v1/deployments': [{ ...named('web', {}, 'demo'), spec: { template } }],
    },
  })
}

function withBarePod(name: string, value: string) {
  const bare = pod({ name: 'bare', ips: ['10.244.0.77'], annotations: { [annotation(name)]: value } })
  return calicoSituation({ pods: [bare] })
}

export const ipamRules = [hostLocal, text, namedPools, fixed, optOut, wantedPools] as const
