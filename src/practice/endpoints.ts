import { type Family, families } from '../address/family.ts'
import { familyOf } from '../address/index.ts'
import type { KubeObject } from '../model/cluster.ts'
import { sameJson } from '../model/fields.ts'
import type { Index } from '../model/simulation.ts'
import type { LabelSelector } from '../layers/shared/selector.ts'
import { countsOtherwise, isDeleting, isReady, nodeOf, statusOf } from './pod-status.ts'
import { podsSelected, Selecting } from './selection.ts'
import { podResource, type Site } from './site.ts'
import { ownerReference } from './workloads.ts'

const slices = 'discovery.k8s.io/v1/endpointslices'
const services = 'v1/services'
const serviceLabel = 'kubernetes.io/service-name'
const managedBy = { 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' }
const most = 100
/** Seconds; the controller batches by a second. */
const delay = 0.5

interface ServiceSpec {
  readonly type?: string
  readonly clusterIP?: string
  readonly selector?: Readonly<Record<string, string>>
  readonly ipFamilies?: readonly Family[]
  readonly publishNotReadyAddresses?: boolean
  readonly ports?: readonly {
    readonly name?: string
    readonly port: number
    readonly protocol?: string
    readonly targetPort?: number | string
  }[]
}
interface Endpoint {
  readonly addresses: readonly string[]
  readonly conditions: { readonly ready: boolean; readonly serving: boolean; readonly terminating: boolean }
  readonly targetRef: {
    readonly kind: 'Pod'
    readonly namespace: string
    readonly name: string
    readonly uid: string
  }
  readonly nodeName: string
}
type Slice = KubeObject & {
  readonly addressType?: string
  readonly endpoints?: readonly Endpoint[]
  readonly ports?: readonly object[]
}

const specOf = (service: KubeObject): ServiceSpec => service['spec'] ?? {}
/** A Service without one, or with an empty one, selects nothing. */
const selectorOf = ({ selector = {} }: ServiceSpec): LabelSelector | undefined =>
  Object.keys(selector).length === 0 ? undefined : { matchLabels: selector }

const slicesByService: Index = {
  resource: slices,
  keys({ metadata: { namespace = '', labels } }) {
    const service = labels?.[serviceLabel]
    return service === undefined ? [] : [`${namespace}/${service}`]
  },
}

/** The EndpointSlice controller: a set of slices for each family of a Service, with the pods that have an address of it. */
export function keepEndpoints(site: Site): void {
  const look = (service: KubeObject): void => {
    const { namespace, name } = service.metadata
    site.soon(`endpoints ${namespace ?? ''}/${name}`, delay, () => {
      const now = site.store.get(services, namespace, name)
      if (now !== undefined) reconcile(site, now)
    })
  }
  const selecting = new Selecting(site.store, services, service => selectorOf(specOf(service)))
  site.store.onWrite(({ resource, before, after }) => {
    if (resource === services && after !== undefined) look(after)
    if (resource !== podResource || !endsOtherwise(before, after)) return
    const pod = after ?? before
    if (pod !== undefined) for (const service of selecting.of(pod)) look(service)
  })
}

/** A pod without an address is no end of anything. */
function endsOtherwise(before: KubeObject | undefined, after: KubeObject | undefined): boolean {
  const [old, now] = [before, after].map(pod => pod && statusOf(pod).podIPs)
  return (old !== undefined || now !== undefined) && (old !== now || countsOtherwise(before, after))
}

function reconcile(site: Site, service: KubeObject): void {
  const spec = specOf(service)
  const selector = selectorOf(spec)
  if (spec.type === 'ExternalName' || selector === undefined) return
  const { namespace = '', name } = service.metadata
  const own = (site.store.find(slicesByService, `${namespace}/${name}`) as readonly Slice[]).filter(
    ({ metadata }) =>
      metadata.labels?.['endpointslice.kubernetes.io/managed-by'] ===
      managedBy['endpointslice.kubernetes.io/managed-by'],
  )
  const pods = podsSelected(site.store, namespace, selector).filter(pod => nodeOf(pod) !== '')
  const ports = own.find(slice => slice.ports !== undefined)?.ports ?? portsOf(spec, pods[0])
  for (const family of families) {
    const ofFamily = own.filter(slice => slice.addressType === family)
    if (spec.ipFamilies?.includes(family) === true)
      write(
        site,
        service,
        family,
        ofFamily,
        endpointsOf(pods, family, spec.publishNotReadyAddresses === true),
        ports,
      )
    else for (const { metadata } of ofFamily) site.store.remove(slices, metadata.namespace, metadata.name)
  }
}

function endpointsOf(pods: readonly KubeObject[], family: Family, publishes: boolean): readonly Endpoint[] {
  return pods.flatMap((pod): readonly Endpoint[] => {
    const { phase, podIPs = [] } = statusOf(pod)
    const ip = podIPs.find(one => familyOf(one.ip) === family)?.ip
    if (ip === undefined || phase === 'Succeeded' || phase === 'Failed') return []
    const serving = isReady(pod) || publishes
    const terminating = isDeleting(pod)
    const { namespace = '', name, uid = '' } = pod.metadata
    return [
      {
        addresses: [ip],
        conditions: { ready: serving && !terminating, serving, terminating },
        targetRef: { kind: 'Pod', namespace, name, uid },
        nodeName: nodeOf(pod),
      },
    ]
  })
}

/** A named target port is looked up in the pod; a number is what it is. */
function portsOf({ ports = [] }: ServiceSpec, pod: KubeObject | undefined): readonly object[] {
  const containers =
    (
      (pod?.['spec'] ?? {}) as {
        containers?: readonly { ports?: readonly { name?: string; containerPort: number }[] }[]
      }
    ).containers ?? []
  return ports.map(({ name = '', port, protocol = 'TCP', targetPort = port }) => {
    const named = containers.flatMap(one => one.ports ?? []).find(one => one.name === targetPort)
    return {
      name,
      protocol,
      port: typeof targetPort === 'number' ? targetPort : (named?.containerPort ?? port),
    }
  })
}

/** Those that are in a slice stay in it; the others fill the last, and then new ones. */
function write(
  site: Site,
  service: KubeObject,
  family: Family,
  old: readonly Slice[],
  wanted: readonly Endpoint[],
  ports: readonly object[],
): void {
  const keyOf = (endpoint: Endpoint) => endpoint.targetRef?.uid ?? endpoint.addresses[0] ?? ''
  const left = new Map(wanted.map(endpoint => [keyOf(endpoint), endpoint]))
  const kept = old.map(slice => ({
    slice,
    endpoints: (slice.endpoints ?? []).flatMap(endpoint => {
      const now = left.get(keyOf(endpoint))
      left.delete(keyOf(endpoint))
      return now === undefined ? [] : [{ ...endpoint, ...now }]
    }),
  }))
  const fresh = [...left.values()]
  for (const one of kept) one.endpoints.push(...fresh.splice(0, Math.max(0, most - one.endpoints.length)))
  for (const { slice, endpoints } of kept)
    if (!sameJson(endpoints, slice.endpoints ?? [])) site.store.put(slices, { ...slice, endpoints })
  do {
    if (fresh.length === 0 && kept.length > 0) return
    make(site, service, family, fresh.splice(0, most), ports)
  } while (fresh.length > 0)
}

function make(
  site: Site,
  service: KubeObject,
  family: Family,
  endpoints: readonly Endpoint[],
  ports: readonly object[],
): void {
  const { namespace = '', name } = service.metadata
  const isHeadless = specOf(service).clusterIP === 'None'
  site.make(slices, {
    metadata: {
      name: `${name}-${site.suffix()}`,
      namespace,
      generation: 1,
      labels: {
        ...service.metadata.labels,
        ...managedBy,
        [serviceLabel]: name,
        ...(isHeadless ? { 'service.kubernetes.io/headless': '' } : {}),
      },
      ownerReferences: [{ ...ownerReference(services, service), kind: 'Service' }],
    },
    addressType: family,
    endpoints,
    ports,
  })
}
