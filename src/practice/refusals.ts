import type { KubeObject, Resource } from '../model/cluster.ts'
import type { Site } from './site.ts'

interface Cause {
  readonly field: string
  readonly message: string
}

const ports = { first: 30_000, last: 32_767 }

/** What has nothing to do with families, so that no rule states it: a line each, as a contract case saw it. */
export function unruled(
  site: Site,
  resource: Resource,
  object: KubeObject,
  old: KubeObject | undefined,
): readonly Cause[] {
  if (resource === 'v1/services') return ofService(site, object, old)
  if (resource === 'coordination.k8s.io/v1/leases') return ofLease(object)
  return []
}

function ofLease(lease: KubeObject): readonly Cause[] {
  const { leaseDurationSeconds } = (lease['spec'] ?? {}) as { leaseDurationSeconds?: number }
  return leaseDurationSeconds === undefined || leaseDurationSeconds > 0
    ? []
    : [
        {
          field: 'spec.leaseDurationSeconds',
          message: `Invalid value: ${leaseDurationSeconds}: must be greater than 0`,
        },
      ]
}

interface Spec {
  readonly type?: string
  readonly clusterIP?: string
  readonly ports?: readonly { readonly nodePort?: number }[]
}
const specOf = (service: KubeObject | undefined): Spec => service?.['spec'] ?? {}

function ofService(site: Site, service: KubeObject, old: KubeObject | undefined): readonly Cause[] {
  const spec = specOf(service)
  if ((spec.ports ?? []).length === 0)
    return spec.type === 'ExternalName' || spec.clusterIP === 'None'
      ? []
      : [{ field: 'spec.ports', message: 'Required value' }]
  const own = new Set((specOf(old).ports ?? []).map(port => port.nodePort))
  return (spec.ports ?? []).flatMap(({ nodePort }, index) => {
    if (nodePort === undefined || nodePort === 0 || own.has(nodePort)) return []
    const fail = (why: string) => [
      { field: `spec.ports[${index}].nodePort`, message: `Invalid value: ${nodePort}: ${why}` },
    ]
    if (nodePort < ports.first || nodePort > ports.last)
      return fail(
        `provided port is not in the valid range. The range of valid ports is ${ports.first}-${ports.last}`,
      )
    const isTaken = site.store
      .list('v1/services')
      .some(
        one =>
          one.metadata.uid !== old?.metadata.uid &&
          specOf(one).ports?.some(port => port.nodePort === nodePort),
      )
    return isTaken ? fail('provided port is already allocated') : []
  })
}
