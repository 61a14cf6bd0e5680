import { type Family, families } from '../address/family.ts'
import type { IP } from '../address/ip.ts'
import { getField, sameJson } from '../model/fields.ts'
import type { KubeObject } from '../model/cluster.ts'
import type { Admission } from '../model/rule.ts'
import { addressErrors } from './field-address.ts'
import { duplicate, type FieldError, invalid, notSupported } from './field-error.ts'
import { sloppyCIDR, sloppyIP } from './sloppy.ts'

/** A Service's specification, as far as families are in it. */
export interface ServiceSpec {
  readonly type: string
  readonly hasSelector: boolean
  readonly clusterIP: string
  readonly clusterIPs: readonly string[]
  readonly ipFamilies: readonly Family[]
  readonly ipFamilyPolicy: string | undefined
}

/** An error, and which rule it breaks. */
export interface Refusal extends FieldError {
  readonly code: string
}

const policies = ['PreferDualStack', 'RequireDualStack', 'SingleStack']
const clusterIPs = 'spec.clusterIPs'
const ipFamilies = 'spec.ipFamilies'
const ipFamilyPolicy = 'spec.ipFamilyPolicy'

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const textsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter(item => typeof item === 'string') : []

/**
 * As written, with what an update may leave out taken from what stood there (storage.go patchAllocatedValues, normalizeClusterIPs). Fields
 * of a wrong type count as left out: the API server does not even decode them.
 */
export function specOf(object: KubeObject, old?: ServiceSpec): ServiceSpec {
  const read = (field: string): unknown => getField(object, ['spec', field])
  const type = textOf(read('type')) || 'ClusterIP'
  const keeps = old !== undefined && type !== 'ExternalName' && old.type !== 'ExternalName'
  const written = textsOf(read('clusterIPs'))
  const clusterIP = textOf(read('clusterIP')) || (keeps ? old.clusterIP : '')
  const list =
    written.length > 0 ? written : keeps && clusterIP === old.clusterIP ? old.clusterIPs : [clusterIP]
  const selector = read('selector')
  return {
    type,
    hasSelector: typeof selector === 'object' && selector !== null && Object.keys(selector).length > 0,
    clusterIP,
    clusterIPs: list.filter((ip, at) => at > 0 || ip !== ''),
    // A name that is no family is one of the things to be found.
    ipFamilies: textsOf(read('ipFamilies')) as readonly Family[],
    ipFamilyPolicy: textOf(read('ipFamilyPolicy')) || undefined,
  }
}

export const isHeadless = (spec: ServiceSpec): boolean =>
  spec.clusterIPs.length === 1 && spec.clusterIPs[0] === 'None'

const familyOf = (ip: IP | undefined): Family | undefined => ip?.family

/**
 * What an API server with these ranges says to the families of a Service before it allocates: the first stage that finds something ends
 * it, as there. The same for a Service as it was sent and for one whose families were filled in.
 * k/k:pkg/registry/core/service/storage/alloc.go initIPFamilyFields, the same in 1.25 to 1.36
 */
export function familyRefusals({ object, old, server }: Admission): readonly Refusal[] {
  const before = old === undefined ? undefined : specOf(old)
  const spec = specOf(object, before)
  if (spec.type === 'ExternalName' || staysWaiting(spec, before)) return []
  const policy = spec.ipFamilyPolicy ?? before?.ipFamilyPolicy ?? defaultPolicy(spec)
  const alone = ownRefusals(spec, before, policy, server.version)
  if (alone.length > 0) return alone
  const configured = server.services.flatMap(text => sloppyCIDR(text)?.family ?? [])
  const released = withReleased(spec, before, policy)
  const mixed = policyRefusals(released, before, policy, configured, server.version)
  if (mixed.length > 0 || (spec.clusterIP === 'None' && !spec.hasSelector)) return mixed
  return clusterRefusals(released, policy, configured)
}

/** A PreferDualStack Service of which nothing changes is let through by any API server. */
function staysWaiting(spec: ServiceSpec, before: ServiceSpec | undefined): boolean {
  return (
    before !== undefined &&
    spec.type === before.type &&
    spec.ipFamilyPolicy === 'PreferDualStack' &&
    (before.ipFamilyPolicy ?? 'PreferDualStack') === 'PreferDualStack' &&
    sameJson([...spec.clusterIPs], [...before.clusterIPs]) &&
    sameJson([...spec.ipFamilies], [...before.ipFamilies])
  )
}

const defaultPolicy = (spec: ServiceSpec): string =>
  spec.clusterIP === 'None' && !spec.hasSelector ? 'RequireDualStack' : 'SingleStack'

/** What can be said without knowing the cluster (validation.go ValidateServiceClusterIPsRelatedFields). */
function ownRefusals(
  spec: ServiceSpec,
  before: ServiceSpec | undefined,
  policy: string,
  version: string,
): readonly Refusal[] {
  const found: Refusal[] = []
  const add = (code: string, error: FieldError) => found.push({ code, ...error })
  const ips = spec.clusterIPs
  if (spec.clusterIP === '' && ips.length > 0)
    add(
      'cluster-ip-first',
      invalid(clusterIPs, ips, 'must be empty when `clusterIP` is not specified', version),
    )
  if (spec.clusterIP !== '' && ips[0] !== spec.clusterIP)
    add('cluster-ip-first', invalid(clusterIPs, ips, 'first value must match `clusterIP`', version))
  spec.ipFamilies.forEach((family, at) => {
    const field = `${ipFamilies}[${at}]`
    if (!families.includes(family)) add('families-known', notSupported(field, family, families))
    if (spec.ipFamilies.indexOf(family) < at) add('families-once', duplicate(field, family))
  })
  if (!policies.includes(policy)) add('policy-known', notSupported(ipFamilyPolicy, policy, policies))
  if (ips[0] === 'None' && ips.length > 1)
    add('none-alone', invalid(clusterIPs, ips, "'None' must be the first and only value", version))
  const broken = ips.flatMap((ip, at) =>
    at === 0 && ip === 'None' ? [] : addressErrors(`${clusterIPs}[${at}]`, ip, version, before?.clusterIPs),
  )
  for (const error of broken) add('cluster-ip-address', error)
  if (ips.length > 2)
    add('cluster-ips-two', invalid(clusterIPs, ips, 'may only hold up to 2 values', version))
  if (broken.length > 0 || (ips[0] === 'None' && ips.length > 1)) return found
  const known = new Set(ips.map(ip => familyOf(sloppyIP(ip))))
  if (ips.length > 1 && known.size < 2)
    add(
      'cluster-ips-one-family',
      invalid(clusterIPs, ips, 'may specify no more than one IP for each IP family', version),
    )
  if (isHeadless(spec)) return found
  ips.forEach((ip, at) => {
    const family = spec.ipFamilies[at]
    if (family !== undefined && families.includes(family) && familyOf(sloppyIP(ip)) !== family) {
      const detail = `expected an ${family} value as indicated by \`ipFamilies[${at}]\``
      add('cluster-ip-family', invalid(`${clusterIPs}[${at}]`, ip, detail))
    }
  })
  return found
}

/** SingleStack on a Service that had two, and nothing else changed, gives the second back. */
function withReleased(spec: ServiceSpec, before: ServiceSpec | undefined, policy: string): ServiceSpec {
  if (before === undefined || policy !== 'SingleStack') return spec
  return {
    ...spec,
    clusterIPs: sameJson([...spec.clusterIPs], [...before.clusterIPs])
      ? spec.clusterIPs.slice(0, 1)
      : spec.clusterIPs,
    ipFamilies: sameJson([...spec.ipFamilies], [...before.ipFamilies])
      ? spec.ipFamilies.slice(0, 1)
      : spec.ipFamilies,
  }
}

/** Does the policy fit the lists, and are chosen addresses of families that the cluster has? */
function policyRefusals(
  spec: ServiceSpec,
  before: ServiceSpec | undefined,
  policy: string,
  configured: readonly Family[],
  version: string,
): readonly Refusal[] {
  const found: Refusal[] = []
  const add = (code: string, error: FieldError) => found.push({ code, ...error })
  const lists = [
    { now: spec.clusterIPs, was: before?.clusterIPs ?? [], one: 'cluster IP', many: 'cluster IPs' },
    { now: spec.ipFamilies, was: before?.ipFamilies ?? [], one: 'IP family', many: 'IP families' },
  ]
  for (const { now, was, one, many } of lists) {
    if (policy !== 'SingleStack' && now.length > 0 && now.length < was.length)
      add(
        'release-needs-single',
        invalid(ipFamilyPolicy, policy, `must be 'SingleStack' to release the secondary ${one}`),
      )
    if (policy === 'SingleStack' && now.length === 2)
      add(
        'two-need-dual',
        invalid(
          ipFamilyPolicy,
          policy,
          `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${many} are specified`,
        ),
      )
  }
  if (spec.clusterIPs[0] === 'None') return found
  spec.clusterIPs.forEach((ip, at) => {
    const family = familyOf(sloppyIP(ip))
    if (family === undefined || at < spec.ipFamilies.length || configured.includes(family)) return
    const detail = `${family} is not configured on this cluster`
    add('address-configured', invalid(`${clusterIPs}[${at}]`, spec.clusterIPs, detail, version))
  })
  return found
}

/** What a cluster of these families cannot give. */
function clusterRefusals(
  spec: ServiceSpec,
  policy: string,
  configured: readonly Family[],
): readonly Refusal[] {
  const found: Refusal[] = []
  if (policy === 'RequireDualStack' && configured.length < 2)
    found.push({
      code: 'dual-stack-configured',
      ...invalid(ipFamilyPolicy, policy, 'this cluster is not configured for dual-stack services'),
    })
  spec.ipFamilies.forEach((family, at) => {
    if (!configured.includes(family))
      found.push({
        code: 'family-configured',
        ...invalid(`${ipFamilies}[${at}]`, family, 'not configured on this cluster'),
      })
  })
  return found
}
