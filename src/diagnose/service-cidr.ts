import { readAPIServers } from '../layers/kube-apiserver/read.ts'
import type { Cluster } from '../model/cluster.ts'
import { getTexts } from '../model/fields.ts'

/** What API servers say of their flag and the ServiceCIDR object, which they compare when they start and every few minutes. */
const comparisons = ['api-server/range-differs', 'running-range/services'] as const
/** Several that start at once are in each other's way; whoever came too late says so, and finds the pair the next time. */
const refusal = 'api-server/range-not-in-object'

/** What is said, and means nothing here. */
export interface Calm {
  readonly failures: ReadonlySet<string>
  /** Why, for people; undefined: there is nothing to know. */
  readonly because?: string
}

/**
 * Where flags and object agree, what was said of them is over. After a way back to one family the object keeps its pair for good (rule
 * left-behind/service-cidr-stays), and every API server says for ever that it is not what its flag says. It does no harm, as long as all
 * flags name the pair's first range and no Service has two families: else the second range was lost, not given up. undefined: the cluster
 * is neither, or does not show enough.
 */
export function calmOfServiceCIDR(cluster: Cluster): Calm | undefined {
  const { serviceCIDR = [], instances = [] } = readAPIServers(cluster) ?? {}
  const allSay = (range: string): boolean =>
    instances.every(({ configured, running = configured }) => configured === range && running === range)
  const [first, ...others] = serviceCIDR
  if (first === undefined || instances.length === 0) return undefined
  if (allSay(serviceCIDR.join())) return { failures: new Set([...comparisons, refusal]) }
  const services = cluster.objects['v1/services'] ?? []
  const isGivenUp =
    services.length > 0 &&
    allSay(first) &&
    services.every(service => getTexts(service, ['spec', 'ipFamilies']).length < 2)
  if (!isGivenUp) return undefined
  return {
    failures: new Set(comparisons),
    because: `ServiceCIDR kubernetes: it keeps ${others.join(', ')} of a way back to one family, which does no harm; that API servers say so is not told`,
  }
}
