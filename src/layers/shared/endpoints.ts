import { isIPv6 } from 'node:net'
import { type Family, otherFamily } from '../../address/family.ts'
import { familyOf } from '../../address/index.ts'
import type { Cluster, KubeObject, Pod } from '../../model/cluster.ts'
import { groupBy } from './group.ts'

/** An EndpointSlice, as far as we read it. https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoint-slice-v1/ */
export interface Slice {
  readonly namespace: string
  readonly service: string
  readonly family: Family | undefined
  readonly ports: readonly { readonly protocol: string; readonly port: number }[]
  readonly endpoints: readonly {
    readonly pod: string | undefined
    readonly node: string | undefined
    readonly address: string
    readonly ready: boolean
  }[]
}

export const sliceResource = 'discovery.k8s.io/v1/endpointslices'

interface SliceObject {
  readonly addressType?: string
  readonly ports?: readonly { protocol?: string; port?: number }[]
  readonly endpoints?: readonly {
    addresses?: readonly string[]
    conditions?: { ready?: boolean }
    nodeName?: string
    targetRef?: { kind?: string; name?: string }
  }[]
}

const known = new WeakMap<readonly KubeObject[], ReadonlyMap<string, readonly KubeObject[]>>()

/** The slices of a `namespace/service`. Found at once, and read when they are asked for: a large cluster has a hundred thousand endpoints, and few matter. */
export function slicesByService(cluster: Cluster): (service: string) => readonly Slice[] {
  const objects = cluster.objects[sliceResource] ?? []
  const found = known.get(objects) ?? groupBy(objects, sliceKey)
  known.set(objects, found)
  return service => (found.get(service) ?? []).map(readSlice)
}

const serviceOf = ({ metadata }: KubeObject): string => metadata.labels?.['kubernetes.io/service-name'] ?? ''
const sliceKey = (slice: KubeObject): string => `${slice.metadata.namespace ?? ''}/${serviceOf(slice)}`

function readSlice(object: KubeObject): Slice {
  const { addressType, ports, endpoints } = object as KubeObject & SliceObject
  return {
    namespace: object.metadata.namespace ?? '',
    service: serviceOf(object),
    family: addressType === 'IPv4' || addressType === 'IPv6' ? addressType : undefined,
    ports: (ports ?? []).flatMap(({ protocol = 'TCP', port }) =>
      port === undefined ? [] : [{ protocol, port }],
    ),
    endpoints: (endpoints ?? []).map(({ addresses, conditions, nodeName, targetRef }) => ({
      pod: targetRef?.kind === 'Pod' ? targetRef.name : undefined,
      node: nodeName,
      address: addresses?.[0] ?? '',
      // Not said means ready, by the API's own words.
      ready: conditions?.ready !== false,
    })),
  }
}

export const readyCount = (slices: readonly Slice[], family: Family): number =>
  new Set(
    slices
      .filter(slice => slice.family === family)
      .flatMap(slice => slice.endpoints.filter(endpoint => endpoint.ready).map(endpoint => endpoint.address)),
  ).size

/** `[fd00::1]:8080`, as `reach` wants it. */
const socketAddress = (ip: string, port: number): string => (isIPv6(ip) ? `[${ip}]:${port}` : `${ip}:${port}`)

/** Something of a pod that should answer. */
export interface Listener {
  readonly pod: Pod
  readonly address: string
}

/**
 * Where the ready endpoints of a Service would answer over a family that it does not have yet: the pods behind its slices of the other
 * family, at the same ports. TCP only; a UDP or SCTP port cannot be tried by opening a connection.
 */
export function endpointAddresses(
  slices: readonly Slice[],
  pods: ReadonlyMap<string, Pod>,
  family: Family,
): { readonly addresses: readonly Listener[]; readonly lacking: readonly string[] } {
  const addresses: Listener[] = []
  const lacking: string[] = []
  for (const slice of slices) {
    if (slice.family !== otherFamily(family)) continue
    const ports = slice.ports.filter(({ protocol }) => protocol === 'TCP')
    for (const endpoint of slice.endpoints) {
      if (!endpoint.ready || endpoint.pod === undefined) continue
      const pod = pods.get(`${slice.namespace}/${endpoint.pod}`)
      // Gone since, or about to go: no endpoint for long.
      if (pod === undefined || pod.deleting) continue
      const ip = pod.ips.find(candidate => familyOf(candidate) === family)
      if (ip === undefined) lacking.push(pod.name)
      else addresses.push(...ports.map(({ port }) => ({ pod, address: socketAddress(ip, port) })))
    }
  }
  return { addresses, lacking }
}

export const podsByName = (cluster: Cluster): ReadonlyMap<string, Pod> =>
  new Map(cluster.pods.map(pod => [`${pod.namespace}/${pod.name}`, pod]))
