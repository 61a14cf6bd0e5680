import { type Family, otherFamily } from '../address/family.ts'
import { tryParseCIDR, tryParseIP } from '../address/index.ts'
import type { KubeObject } from '../model/cluster.ts'
import { sameJson } from '../model/fields.ts'
import type { Write } from './admission.ts'
import type { Server } from './servers.ts'

/** A Service's specification, as far as it is defaulted here. */
export interface ServiceSpec {
  readonly type?: string
  readonly selector?: Readonly<Record<string, string>>
  readonly clusterIP?: string
  readonly clusterIPs?: readonly string[]
  readonly ipFamilies?: readonly Family[]
  readonly ipFamilyPolicy?: string
  readonly ports?: readonly ServicePort[]
  readonly [field: string]: unknown
}
export interface ServicePort {
  readonly name?: string
  readonly port: number
  readonly protocol?: string
  readonly targetPort?: number | string
  readonly nodePort?: number
}

export const specOf = (service: KubeObject): ServiceSpec => (service['spec'] ?? {}) as ServiceSpec
export const none = 'None'

/** Families of an API server's ranges, in order. */
const familiesOf = ({ services }: Server): readonly Family[] =>
  services.flatMap(text => tryParseCIDR(text, { allowHostBits: true })?.family ?? [])

/**
 * The Service with everything that the API server fills in before it validates: what an update leaves out, the families that its policy
 * stands for. k/k:pkg/registry/core/service/storage/alloc.go, initIPFamilyFields; the same from 1.25 to 1.36.
 */
export function prepareService({ object, old, server }: Write): KubeObject {
  const before = old === undefined ? undefined : specOf(old)
  const spec = withFamilies(withOldValues(withDefaults(specOf(object)), before), before, familiesOf(server))
  return { ...object, spec, status: object['status'] ?? { loadBalancer: {} } }
}

function withDefaults(spec: ServiceSpec): ServiceSpec {
  const type = spec.type ?? 'ClusterIP'
  const isExternal = type === 'ExternalName'
  const ports = spec.ports?.map(port => ({
    ...port,
    protocol: port.protocol ?? 'TCP',
    targetPort: port.targetPort ?? port.port,
  }))
  return {
    ...spec,
    ...(ports === undefined ? {} : { ports }),
    sessionAffinity: spec['sessionAffinity'] ?? none,
    type,
    ...(isExternal ? {} : { internalTrafficPolicy: spec['internalTrafficPolicy'] ?? 'Cluster' }),
    ...(type === 'NodePort' || type === 'LoadBalancer'
      ? { externalTrafficPolicy: spec['externalTrafficPolicy'] ?? 'Cluster' }
      : {}),
  }
}

/** What an update does not say stays: policy, addresses, node ports. The families are not among it. */
function withOldValues(spec: ServiceSpec, old: ServiceSpec | undefined): ServiceSpec {
  const clusterIP = spec.clusterIP ?? spec.clusterIPs?.[0]
  const clusterIPs = spec.clusterIPs ?? (clusterIP === undefined ? undefined : [clusterIP])
  const own = defined({ ...spec, clusterIP, clusterIPs })
  if (old === undefined || spec.type === 'ExternalName' || old.type === 'ExternalName') return own
  const kept = clusterIP === undefined || clusterIP === ''
  // Somebody who sets clusterIP alone means the first of the list.
  const ips = kept
    ? old.clusterIPs
    : clusterIP === old.clusterIP && spec.clusterIPs === undefined
      ? old.clusterIPs
      : clusterIPs
  const ports = spec.ports?.map(port => {
    const same = old.ports?.find(one => one.port === port.port && (one.protocol ?? 'TCP') === port.protocol)
    const isKept = port.nodePort === undefined && same?.nodePort !== undefined && spec.type !== 'ClusterIP'
    return isKept ? { ...port, nodePort: same.nodePort } : port
  })
  return defined({
    ...own,
    clusterIP: kept ? old.clusterIP : clusterIP,
    clusterIPs: ips,
    ipFamilyPolicy: spec.ipFamilyPolicy ?? old.ipFamilyPolicy,
    ...(ports === undefined ? {} : { ports }),
  })
}

function withFamilies(
  spec: ServiceSpec,
  old: ServiceSpec | undefined,
  configured: readonly Family[],
): ServiceSpec {
  if (spec.type === 'ExternalName') return spec
  const isWaiting =
    old?.ipFamilyPolicy === 'PreferDualStack' &&
    spec.ipFamilyPolicy === 'PreferDualStack' &&
    sameJson(spec.clusterIPs, old.clusterIPs) &&
    sameJson(spec.ipFamilies, old.ipFamilies)
  if (isWaiting) return spec
  const released = old === undefined ? spec : withoutReleased(spec, old)
  const isHeadless = released.clusterIPs?.[0] === none
  const given = released.clusterIPs?.filter(ip => ip !== none) ?? []
  const [primary = 'IPv4'] = configured
  const inferred = released.ipFamilies ?? given.flatMap(ip => tryParseIP(ip)?.family ?? [])
  const [first = primary] = inferred
  const isSelectorless = isHeadless && Object.keys(released.selector ?? {}).length === 0
  const policy = released.ipFamilyPolicy ?? (isSelectorless ? 'RequireDualStack' : 'SingleStack')
  const mayBeDual = configured.length > 1 || isSelectorless
  const families =
    inferred.length < 2 && policy !== 'SingleStack' && mayBeDual
      ? [first, otherFamily(first)]
      : inferred.length === 0
        ? [first]
        : inferred
  return { ...released, ipFamilies: families, ipFamilyPolicy: policy }
}

/** SingleStack on a Service of two families, and nothing else said: the second address and family are given back. */
function withoutReleased(spec: ServiceSpec, old: ServiceSpec): ServiceSpec {
  if (spec.ipFamilyPolicy !== 'SingleStack') return spec
  const keepsIPs = sameJson(spec.clusterIPs, old.clusterIPs)
  const keepsFamilies = sameJson(spec.ipFamilies, old.ipFamilies) || spec.ipFamilies?.length === 1
  return {
    ...spec,
    ...(keepsIPs && keepsFamilies ? { clusterIPs: spec.clusterIPs?.slice(0, 1) } : {}),
    ...(keepsFamilies ? { ipFamilies: spec.ipFamilies?.slice(0, 1) } : {}),
  }
}

const defined = (spec: ServiceSpec): ServiceSpec =>
  Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined))
