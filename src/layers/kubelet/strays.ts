import { type Family, families } from '../../address/family.ts'
import { tryParseIP } from '../../address/index.ts'
import { readAPIServers } from '../kube-apiserver/read.ts'
import type { KubeletState } from './read.ts'

const familiesOf = (addresses: readonly string[]): readonly Family[] =>
  families.filter(family => addresses.some(address => tryParseIP(address)?.family === family))

/**
 * Nodes that lack a family which the cluster and its other nodes have, each with what to say of it: most often one that joined since, by
 * the old recipe. While no node has both yet, a conversion is on its way, and none is a stray.
 */
export function straysOf({ cluster, nodes }: KubeletState): ReadonlyMap<string, string> {
  const isDual = (readAPIServers(cluster)?.instances ?? []).some(({ configured, running }) =>
    (configured ?? running ?? '').includes(','),
  )
  if (!isDual || !nodes.some(({ reported }) => familiesOf(reported).length > 1)) return new Map()
  return new Map(
    nodes.flatMap(({ node, reported }) => {
      const missing = families.filter(family => !familiesOf(reported).includes(family))
      // A Node that reports nothing at all has other troubles.
      if (missing.length !== 1) return []
      const text = `a stray: the cluster has ${families.join(' and ')}, this node reports no ${missing.join()}; \`dualstack plan\` mends it, and tells how nodes join`
      return [[node, text] as const]
    }),
  )
}
