import { tryParseCIDR } from '../../address/index.ts'
import type { Family } from '../../address/family.ts'
import type { KubeObject } from '../../model/cluster.ts'
import type { LabelSelector } from './selector.ts'

/** What a NetworkPolicy lists of addresses, one entry a rule that lists any. */
export interface PolicyRule {
  readonly way: 'ingress' | 'egress'
  readonly blocks: readonly string[]
  readonly families: ReadonlySet<Family>
}

interface PolicySpec {
  readonly podSelector?: LabelSelector
  readonly ingress?: readonly { readonly from?: readonly Peer[] }[]
  readonly egress?: readonly { readonly to?: readonly Peer[] }[]
}
interface Peer {
  readonly ipBlock?: { readonly cidr: string }
}

const specOf = (policy: KubeObject): PolicySpec => policy['spec'] ?? {}

export const policySelector = (policy: KubeObject): LabelSelector | undefined => specOf(policy).podSelector

/** Families of a list of CIDRs; what is none counts for nothing. */
export const familiesIn = (blocks: readonly string[]): ReadonlySet<Family> =>
  new Set(blocks.flatMap(block => tryParseCIDR(block, { allowHostBits: true })?.family ?? []))

/** A rule that lists addresses of one family only lets nothing of the other through: 0.0.0.0/0 does not cover IPv6 (cni.md P31). */
export function policyRules(policy: KubeObject): readonly PolicyRule[] {
  const { ingress = [], egress = [] } = specOf(policy)
  const rules = [
    ...ingress.map(rule => ({ way: 'ingress' as const, peers: rule.from ?? [] })),
    ...egress.map(rule => ({ way: 'egress' as const, peers: rule.to ?? [] })),
  ]
  return rules.flatMap(({ way, peers }) => {
    const blocks = peers.flatMap(peer => peer.ipBlock?.cidr ?? [])
    return blocks.length === 0 ? [] : [{ way, blocks, families: familiesIn(blocks) }]
  })
}
