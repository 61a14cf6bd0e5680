import type { Gate } from '../../model/plan.ts'
import { gateKind, holds, hopeless, waits } from '../shared/gate.ts'
import { serviceCIDROf, serviceCIDRs } from './read.ts'

interface Answers {
  readonly node: string
  readonly dual: boolean
}

/** The instance on that node is ready, and takes Services of two families, or does not. */
export const answersAs = (node: string, dual: boolean): Gate => ({
  id: 'kube-apiserver/answers',
  args: { node, dual },
  within: 180,
  steady: 5,
  because: dual
    ? 'the next API server is stopped only when this one serves, and Services may be converted only when each takes both families'
    : 'the next API server is stopped only when this one serves',
})

/** What an API server with one range says of a RequireDualStack Service, 1.25 to 1.36 (registry/core/service/storage/alloc.go). */
const singleStackWords = 'not configured for dual-stack services'

export const answersGate = gateKind<Answers>({
  reads: ({ node }) => [{ kind: 'api-server', node, askDualStack: true }],
  judge(cluster, { node, dual }) {
    const facts = cluster.nodes[node]?.apiServer
    if (!facts?.ready) return waits(`the API server of ${node} is not ready`)
    const answer = facts.requireDualStack
    if (answer === undefined) return waits(`the API server of ${node} was not asked`)
    if (answer === 'accepted') {
      const seen = `the API server of ${node} takes dual-stack Services`
      return dual ? holds(seen) : waits(seen)
    }
    const seen = `the API server of ${node} refuses a dual-stack Service: ${answer.refused}`
    // Any other refusal (a webhook, an allocator that is not ready yet) says nothing about the flag.
    return !dual && answer.refused.includes(singleStackWords) ? holds(seen) : waits(seen)
  },
})

interface Ranges {
  readonly cidrs: readonly string[]
}

/** ServiceCIDR `kubernetes` holds the ranges: addresses are given out from it, not from the flag. */
export const hasServiceCIDR = (cidrs: readonly string[]): Gate => ({
  id: 'kube-apiserver/service-cidr',
  args: { cidrs },
  within: 60,
  steady: 0,
  because:
    'from 1.33 Services get their addresses from this object; the API server makes it a pair within 10 s, and reports nothing when it cannot',
})

export const serviceCIDRGate = gateKind<Ranges>({
  reads: () => [{ kind: 'object', resource: serviceCIDRs, name: 'kubernetes' }],
  judge(cluster, { cidrs }) {
    const found = serviceCIDROf(cluster)
    const seen = `ServiceCIDR kubernetes: ${found?.join(',') ?? 'not there'}`
    if (found?.join() === cidrs.join()) return holds(seen)
    if (found === undefined || found.length < cidrs.length) return waits(seen)
    return hopeless(
      seen,
      `It cannot be changed any more (spec.cidrs is immutable once it is a pair), and the API servers say ${cidrs.join(',')}. Roll back, then convert with the range that it holds.`,
    )
  },
})
