import {
  type CIDR,
  cidrOf,
  firstAddress,
  formatCIDR,
  nthAddress,
  overlaps,
  parseCIDR,
  subnetCount,
  size,
  ulaPrefix,
} from '../address/index.ts'
import type { Family } from '../address/family.ts'
import { RefusedError } from '../base/errors.ts'
import type { Cluster } from '../model/cluster.ts'
import { observeRanges } from './observed.ts'

/** Bits of room for nodes: 256 at least. */
const smallestShare = 8

/** Services lie in the last subnet of the cluster's own /48, so that the pod range can grow from the first. */
const lastSubnet = (range: CIDR, prefix: number): CIDR =>
  cidrOf(
    nthAddress(range, (size(range) / subnetCount(range, prefix)) * (subnetCount(range, prefix) - 1n)),
    prefix,
  )

/**
 * A pod range with room for four times the nodes there are, 256 at least. IPv6: inside a unique local prefix (RFC 4193) made from the
 * cluster's UID, so that the same cluster always gets the same answer, and two clusters do not.
 */
export function suggestPods(cluster: Cluster, family: Family, nodeMask: number): string {
  const nodes = (cluster.objects['v1/nodes'] ?? []).length
  const share = Math.min(16, Math.max(smallestShare, Math.ceil(Math.log2(Math.max(1, nodes * 4)))))
  if (family === 'IPv4')
    return firstFree(cluster, ['10.244.0.0/16', '10.112.0.0/16', '172.20.0.0/16', '192.168.128.0/17'])
  const prefix = Math.max(49, nodeMask - share)
  return formatCIDR(cidrOf(firstAddress(ulaPrefix(cluster.uid)), prefix))
}

/** A service range: 65,536 addresses in IPv6 (all that older allocators use), 4,096 in IPv4. */
export function suggestServices(cluster: Cluster, family: Family): string {
  if (family === 'IPv4') return firstFree(cluster, ['10.96.0.0/20', '10.128.0.0/20', '172.21.0.0/20'])
  return formatCIDR(cidrOf(firstAddress(lastSubnet(ulaPrefix(cluster.uid), 64)), 112))
}

function firstFree(cluster: Cluster, candidates: readonly string[]): string {
  const taken = Object.values(cluster.nodes).flatMap(facts =>
    facts.routes
      .filter(route => route.destination !== 'default')
      .map(route => parseCIDR(route.destination, { allowHostBits: true })),
  )
  const observed = observeRanges(cluster)
  const used = [
    ...taken,
    ...[...Object.values(observed.pods), ...Object.values(observed.services)].map(text => parseCIDR(text)),
  ]
  const free = candidates.find(candidate => !used.some(range => overlaps(range, parseCIDR(candidate))))
  if (free === undefined) {
    throw new RefusedError(
      'every range that would be chosen is in use',
      'intent.no-free-range',
      'Name ranges: --pods CIDR --services CIDR.',
    )
  }
  return free
}
