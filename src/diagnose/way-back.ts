import { readAPIServers } from '../layers/kube-apiserver/read.ts'
import type { Cluster } from '../model/cluster.ts'
import { getTexts } from '../model/fields.ts'

/** Of the ServiceCIDR object and the flags, which an API server compares every few minutes, and warns of each time. */
const comparisons: ReadonlySet<string> = new Set(['api-server/range-differs', 'running-range/services'])

/** What is said, and means nothing here. */
export interface Calm {
  readonly failures: ReadonlySet<string>
  /** Why, for people. */
  readonly because: string
}

/**
 * After a way back to one family the ServiceCIDR object keeps its pair for good (rule left-behind/service-cidr-stays), and every API server
 * says for ever that it is not what its flag says. It does no harm, as long as all flags name the pair's first range and no Service has two
 * families: else the second range was lost, not given up. undefined: the cluster is not such a one, or does not show enough.
 */
export function calmAfterWayBack(cluster: Cluster): Calm | undefined {
  const state = readAPIServers(cluster)
  const [first, ...others] = state?.serviceCIDR ?? []
  const services = cluster.objects['v1/services'] ?? []
  const isGivenUp =
    first !== undefined &&
    others.length > 0 &&
    services.length > 0 &&
    state?.instances.every(
      ({ configured, running = configured }) => configured === first && running === first,
    ) &&
    services.every(service => getTexts(service, ['spec', 'ipFamilies']).length < 2)
  if (isGivenUp !== true) return undefined
  return {
    failures: comparisons,
    because: `ServiceCIDR kubernetes: it keeps ${others.join(', ')} of a way back to one family, which does no harm; that API servers say so is not told`,
  }
}
