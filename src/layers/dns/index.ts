import { tryParseIP } from '../../address/index.ts'
import type { Cluster, KubeObject } from '../../model/cluster.ts'
import { getField } from '../../model/fields.ts'
import type { Goal } from '../../model/goal.ts'
import type { Layer, StatusRow } from '../../model/layer.ts'
import type { Notice, Step } from '../../model/plan.ts'
import { readArguments } from '../shared/arguments.ts'
import { endpointsGate, type EndpointsArgs, reachableGate } from '../shared/endpoint-gates.ts'
import { isDNSService, secondsToForget } from '../shared/dns.ts'
import { sliceResource } from '../shared/endpoints.ts'
import { listed } from '../shared/families.ts'
import { selectsByMap } from '../shared/selector.ts'
import { readService, type Service, serviceKey, toDual, toSingle } from '../shared/service.ts'

export interface DNS {
  readonly cluster: Cluster
  readonly service: Service
  /** NodeLocal DNSCache, which answers on each node in front of the Service. */
  readonly nodeLocal: KubeObject | undefined
}

/** The Service of cluster DNS. Its pods are of the layer workloads, and are made again before all others. */
export const dns: Layer<DNS> = {
  id: 'dns',
  title: 'Cluster DNS',
  reads: [
    { kind: 'list', resource: 'v1/services' },
    { kind: 'list', resource: sliceResource },
    { kind: 'list', resource: 'apps/v1/daemonsets' },
    { kind: 'config-map', namespace: 'kube-system', name: 'coredns' },
  ],
  read: readDNS,
  status: ({ service }) => [statusRow(service)],
  steps: (state, goal, stage) => (stage === 'dns' ? dnsSteps(state, goal) : []),
  notices: dnsNotices,
  gates: { reachable: reachableGate, endpoints: endpointsGate },
}

function readDNS(cluster: Cluster): DNS | undefined {
  const object = cluster.objects['v1/services']?.find(isDNSService)
  if (object === undefined) return undefined
  const nodeLocal = cluster.objects['apps/v1/daemonsets']?.find(
    ({ metadata }) => metadata.namespace === 'kube-system' && metadata.name === 'node-local-dns',
  )
  return { cluster, service: readService(object), nodeLocal }
}

function statusRow(service: Service): StatusRow {
  const addresses = (service.object['spec'] as { clusterIPs?: readonly string[] }).clusterIPs ?? []
  const configured = Object.fromEntries(
    service.families.map((family, index) => [family, addresses[index] ?? '']),
  )
  return { subject: `Service ${serviceKey(service)}`, configured, running: configured }
}

function dnsSteps(state: DNS, goal: Goal): readonly Step[] {
  const { service } = state
  const isBack = goal.families.length === 1
  const change = isBack
    ? service.families.length > 1
      ? toSingle(service)
      : undefined
    : goal.families.every(family => service.families.includes(family))
      ? undefined
      : toDual(service, goal.families)
  if (change === undefined || (!isBack && singlePods(state, goal).length > 0)) return []
  const name = serviceKey(service)
  const reach: EndpointsArgs = {
    services: [name],
    families: goal.families.filter(family => !service.families.includes(family)),
  }
  const settled: EndpointsArgs = { services: [name], families: goal.families }
  return [
    {
      id: 'dns/service',
      stage: 'dns',
      layer: 'dns',
      title: `${isBack ? 'Take' : 'Give'} the DNS Service ${isBack ? 'back to ' : ''}${goal.families.join(' and ')}`,
      why: isBack
        ? 'Nobody may ask by a family whose servers are about to lose it.'
        : 'Pods of one family that come later need a DNS server of theirs; pods that run keep the name server they have.',
      interrupts: [],
      leaves: [],
      needs: isBack
        ? []
        : [
            {
              id: 'dns/reachable',
              args: { ...reach },
              within: 120,
              steady: 0,
              because:
                'some queries would time out if the Service had an address behind which nobody answers',
            },
          ],
      changes: [change],
      refreshes: [],
      gates: [
        {
          id: 'dns/endpoints',
          args: { ...settled },
          within: 120,
          steady: isBack ? secondsToForget(state.cluster) : 1,
          because: isBack
            ? 'clients keep the address of a name until its TTL is over'
            : 'each address of the DNS Service must have all servers behind it',
        },
      ],
    },
  ]
}

/** DNS servers that will not have every family: left by the layer workloads for a reason of its own. */
const singlePods = ({ cluster, service }: DNS, goal: Goal): readonly string[] =>
  cluster.pods
    .filter(pod => pod.namespace === service.namespace && selectsByMap(service.selector, pod.labels))
    .filter(
      pod => pod.ready && !pod.deleting && !goal.families.every(family => pod.families.includes(family)),
    )
    .map(pod => pod.name)

/**
 * NodeLocal DNSCache listens on the addresses of its -localip: one of its own, and in iptables mode that of the DNS Service. Pods go on
 * asking it by the address in their resolv.conf, so nothing has to change; only the Service's new address is none of those.
 */
function dnsNotices({ nodeLocal }: DNS, goal: Goal): readonly Notice[] {
  if (nodeLocal === undefined || goal.families.length === 1) return []
  const listens = listenAddresses(nodeLocal)
  const missing = goal.families.filter(
    family => !listens.some(address => tryParseIP(address)?.family === family),
  )
  if (listens.length > 0 && missing.length === 0) return []
  return [
    {
      layer: 'dns',
      object: 'DaemonSet kube-system/node-local-dns',
      message: `NodeLocal DNSCache listens on ${listens.length === 0 ? 'addresses that its arguments do not tell' : listed(listens)}: pods go on asking it there; who asks the DNS Service by its ${missing.join(' and ') || 'new'} address passes the cache by`,
      remedy:
        'Nothing has to be done. For the cache in both families add an address of the other one to -localip and to `bind` in the ConfigMap node-local-dns.',
    },
  ]
}

function listenAddresses(nodeLocal: KubeObject): readonly string[] {
  const containers = getField(nodeLocal, ['spec', 'template', 'spec', 'containers'])
  const words = (Array.isArray(containers) ? containers : []).flatMap(container => {
    const args = getField(container, ['args'])
    return Array.isArray(args) ? args.filter(word => typeof word === 'string') : []
  })
  const value = readArguments(words.map(word => word.replace(/^-(?=[^-])/, '--'))).get('localip')
  return (value ?? '').split(',').filter(address => address !== '')
}
