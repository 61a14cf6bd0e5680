import type { Cluster, KubeObject } from '../../model/cluster.ts'
import { getField } from '../../model/fields.ts'
import { isDNSService } from '../shared/dns.ts'
import { readService, type Service, serviceKey } from '../shared/service.ts'

export interface Services {
  readonly cluster: Cluster
  /** Every Service but the DNS Service, `default/kubernetes`, and those without any family (ExternalName). */
  readonly services: readonly Service[]
  /** The DNS Service too: it may wait for dual-stack as any other. */
  readonly held: readonly Service[]
  /** Services that give the pods of a StatefulSet their names. */
  readonly governing: ReadonlySet<string>
}

/**
 * `default/kubernetes` stays as it is through every version: its certificate and endpoints have one family, and nothing updates it
 * (kubernetes.md 1.3, 7.1). The DNS Service has a layer of its own, since its order differs.
 */
const isKubernetes = ({ metadata }: KubeObject): boolean =>
  metadata.namespace === 'default' && metadata.name === 'kubernetes'

const stringOf = (value: unknown): string => (typeof value === 'string' ? value : '')

export function readServices(cluster: Cluster): Services | undefined {
  const objects = cluster.objects['v1/services']
  if (objects === undefined) return undefined
  const governing = (cluster.objects['apps/v1/statefulsets'] ?? []).map(({ metadata, ...rest }) =>
    serviceKey({
      namespace: metadata.namespace ?? '',
      name: stringOf(getField(rest, ['spec', 'serviceName'])),
    }),
  )
  const all = objects
    .filter(object => !isKubernetes(object))
    .map(readService)
    .filter(service => service.type !== 'ExternalName' && service.families.length > 0)
  return {
    cluster,
    services: all.filter(service => !isDNSService(service.object)),
    held: all,
    governing: new Set(governing),
  }
}
