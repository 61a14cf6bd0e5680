import { sameJson } from '../model/fields.ts'
import type { Admission } from '../model/rule.ts'
import { type FieldError, forbidden, invalid } from './field-error.ts'
import { familyRefusals, isHeadless, type Refusal, type ServiceSpec, specOf } from './service-write.ts'

const clusterIPs = 'spec.clusterIPs'
const ipFamilies = 'spec.ipFamilies'
const once = 'may not change once set'

/**
 * Everything that an API server says to a write of a Service, as far as families are in it: what its families lack, and only when that is
 * nothing, what validation finds (k/k:pkg/apis/core/validation/validation.go ValidateServiceUpdate, validateService).
 */
export function serviceRefusals(write: Admission): readonly Refusal[] {
  if (write.resource !== 'v1/services') return []
  const before = known.get(write)
  if (before !== undefined) return before
  const found = refusalsOf(write)
  known.set(write, found)
  return found
}

/** Each of some twenty rules asks for its own of them. */
const known = new WeakMap<Admission, readonly Refusal[]>()

function refusalsOf(write: Admission): readonly Refusal[] {
  const early = familyRefusals(write)
  if (early.length > 0) return early
  const before = write.old === undefined ? undefined : specOf(write.old)
  const spec = specOf(write.object, before)
  return [
    ...(before === undefined ? [] : changeRefusals(spec, before, write.server.version)),
    ...typeRefusals(spec, before),
  ]
}

function changeRefusals(spec: ServiceSpec, before: ServiceSpec, version: string): readonly Refusal[] {
  if (spec.type === 'ExternalName' || before.type === 'ExternalName') return []
  const found: Refusal[] = []
  const add = (code: string, error: FieldError) => found.push({ code, ...error })
  const [was, is] = [isHeadless(before), isHeadless(spec)]
  if (was && is) return []
  before.clusterIPs.forEach((ip, at) => {
    // Of lists of different lengths only the first is compared.
    if (at > 0 && before.clusterIPs.length !== spec.clusterIPs.length) return
    if (spec.clusterIPs[at] !== undefined && spec.clusterIPs[at] !== ip)
      add('address-for-life', invalid(`${clusterIPs}[${at}]`, spec.clusterIPs, once, version))
  })
  // Families that were left out follow the addresses.
  if (was !== is || spec.ipFamilies.length === 0) return found
  before.ipFamilies.forEach((family, at) => {
    if (at > 0 && before.ipFamilies.length !== spec.ipFamilies.length) return
    if (spec.ipFamilies[at] !== family)
      add('families-for-life', invalid(`${ipFamilies}[0]`, spec.ipFamilies, once, version))
  })
  return found
}

function typeRefusals(spec: ServiceSpec, before: ServiceSpec | undefined): readonly Refusal[] {
  if (isHeadless(spec) && (spec.type === 'LoadBalancer' || spec.type === 'NodePort')) {
    const detail = `may not be set to 'None' for ${spec.type} services`
    return [{ code: 'headless-type', ...invalid(`${clusterIPs}[0]`, 'None', detail) }]
  }
  if (spec.type !== 'ExternalName') return []
  // What only stayed from before is dropped (strategy.go dropTypeDependentFields).
  const isLeft = (
    now: readonly string[] | string | undefined,
    then: readonly string[] | string | undefined,
  ) => before !== undefined && before.type !== 'ExternalName' && sameJson(now ?? null, then ?? null)
  return (
    [
      [clusterIPs, spec.clusterIPs, before?.clusterIPs],
      [ipFamilies, spec.ipFamilies, before?.ipFamilies],
      ['spec.ipFamilyPolicy', spec.ipFamilyPolicy, before?.ipFamilyPolicy],
    ] as const
  )
    .filter(([, now, then]) => now !== undefined && now.length > 0 && !isLeft(now, then))
    .map(([field]) => ({
      code: 'external-name',
      ...forbidden(field, 'may not be set for ExternalName services'),
    }))
}
