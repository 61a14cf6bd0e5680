import { tryParseCIDR } from '../address/index.ts'
import type { KubeObject, Resource } from '../model/cluster.ts'
import { sameJson } from '../model/fields.ts'
import type { Server } from './servers.ts'

interface Cause {
  readonly field: string
  readonly message: string
}
interface Spec {
  readonly type?: string
  readonly ipFamilyPolicy?: string
  readonly ipFamilies?: readonly string[]
  readonly clusterIPs?: readonly string[]
  readonly selector?: Readonly<Record<string, string>>
  readonly cidrs?: readonly string[]
}

/** What no rule on admission states yet. A rule that comes takes its line out of here. */
export function unruled(
  resource: Resource,
  object: KubeObject,
  old: KubeObject | undefined,
  server: Server,
): readonly Cause[] {
  const spec = (object['spec'] ?? {}) as Spec
  const before = old && ((old['spec'] ?? {}) as Spec)
  if (resource === 'v1/services') return ofService(spec, before, server)
  if (resource === 'networking.k8s.io/v1/servicecidrs' && before !== undefined)
    return ofServiceCIDR(spec, before)
  return []
}

function ofService(spec: Spec, before: Spec | undefined, { services }: Server): readonly Cause[] {
  if (spec.type === 'ExternalName') return []
  const configured = services.flatMap(text => tryParseCIDR(text, { allowHostBits: true })?.family ?? [])
  const { ipFamilies = [], ipFamilyPolicy: policy = '', clusterIPs = [] } = spec
  const isSelectorless = clusterIPs[0] === 'None' && Object.keys(spec.selector ?? {}).length === 0
  const isUnchanged =
    before !== undefined &&
    before.ipFamilyPolicy === policy &&
    policy === 'PreferDualStack' &&
    sameJson(before.ipFamilies, ipFamilies) &&
    sameJson(before.clusterIPs, clusterIPs)
  if (isUnchanged || isSelectorless) return []
  const causes: Cause[] = []
  if (policy === 'RequireDualStack' && configured.length < 2)
    causes.push({
      field: 'spec.ipFamilyPolicy',
      message: 'Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    })
  for (const [index, family] of ipFamilies.entries())
    if (!configured.some(one => one === family))
      causes.push({
        field: `spec.ipFamilies[${index}]`,
        message: `Invalid value: "${family}": not configured on this cluster`,
      })
  return causes.length > 0 ? causes : ofChange(spec, before)
}

function ofChange(
  { ipFamilies = [], ipFamilyPolicy, clusterIPs = [] }: Spec,
  before: Spec | undefined,
): readonly Cause[] {
  const isDual = ipFamilyPolicy === 'PreferDualStack' || ipFamilyPolicy === 'RequireDualStack'
  const causes: Cause[] = []
  if (ipFamilies.length > 1 && !isDual)
    causes.push({
      field: 'spec.ipFamilyPolicy',
      message: `Invalid value: ${JSON.stringify(ipFamilyPolicy ?? '')}: must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified`,
    })
  if (before === undefined || before.type === 'ExternalName') return causes
  if (before.ipFamilies?.[0] !== undefined && ipFamilies[0] !== before.ipFamilies[0])
    causes.push({
      field: 'spec.ipFamilies[0]',
      message: `Invalid value: "${ipFamilies[0] ?? ''}": may not change once set`,
    })
  const first = before.clusterIPs?.[0]
  if (first !== undefined && clusterIPs[0] !== undefined && clusterIPs[0] !== first)
    causes.push({
      field: 'spec.clusterIPs[0]',
      message: `Invalid value: ["${clusterIPs[0]}"]: may not change once set`,
    })
  if (isDual && (before.ipFamilies?.length ?? 0) > ipFamilies.length)
    causes.push({
      field: 'spec.ipFamilyPolicy',
      message: `Invalid value: "${ipFamilyPolicy ?? ''}": must be set to 'SingleStack' when releasing the secondary ipFamily`,
    })
  return causes
}

/** One range may become two; nothing else changes. */
function ofServiceCIDR({ cidrs = [] }: Spec, { cidrs: before = [] }: Spec): readonly Cause[] {
  const isPairing = before.length === 1 && cidrs.length === 2 && cidrs[0] === before[0]
  if (isPairing || sameJson(cidrs, before)) return []
  return [{ field: 'spec.cidrs', message: `Invalid value: ${JSON.stringify(cidrs)}: field is immutable` }]
}
