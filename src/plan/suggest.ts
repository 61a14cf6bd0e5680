import {
  type CIDR,
  cidrOf,
  firstAddress,
  firstFree,
  formatCIDR,
  lastFree,
  parseCIDR,
  tryParseCIDR,
  ulaPrefix,
  widthOf,
} from '../address/index.ts'
import { type Family, families } from '../address/family.ts'
import { RefusedError } from '../base/errors.ts'
import type { Cluster } from '../model/cluster.ts'
import type { Ranges } from '../model/rule.ts'
import { rangesOf } from './preflight/ranges.ts'

/** What ranges are wanted for. */
export interface Need {
  readonly family: Family
  /** How many there are: room is made for four times as many, and for what is usual at least. */
  readonly counts: NonNullable<Ranges['counts']>
  /** Where others are already. */
  readonly taken: readonly CIDR[]
  /** Whatever names the cluster: the same seed gives the same unique local prefix (RFC 4193). */
  readonly seed: string
  /** Prefix that both ranges must lie in, instead of a unique local or private one. */
  readonly inside?: CIDR
  /** Prefix length of a node's block, where it is given. */
  readonly nodeMask?: number
}

/** Ranges that fit; canonical CIDRs. */
export interface Suggestion {
  readonly family: Family
  readonly pods: string
  readonly nodeMask: number
  readonly services: string
  /** Prefix length of a Calico block. */
  readonly blockSize: number
}

/** Bits of room for nodes: 256 where there is place for that, 16 at least; more than 65,536 kube-controller-manager does not take. */
const share = { usual: 8, least: 4, most: 16 }

/** The usual mask first. The others are for prefixes that have no room for it. */
const masks: Readonly<Record<Family, readonly number[]>> = { IPv4: [24, 25], IPv6: [64, 112, 116, 120] }
/** 4,096 addresses in IPv4, 65,536 in IPv6: all that older allocators use. */
const servicePrefix: Readonly<Record<Family, number>> = { IPv4: 20, IPv6: 112 }
const calicosBlock: Readonly<Record<Family, number>> = { IPv4: 26, IPv6: 122 }

/** IPv4 ranges that people know, then the whole of RFC 1918 from its ends. */
const usualPlaces = {
  pods: ['10.244.0.0/16', '10.112.0.0/16', '172.20.0.0/16'],
  services: ['10.96.0.0/20', '10.128.0.0/20', '172.21.0.0/20'],
} as const
const privatePlaces = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16']

const bitsFor = (count: number): number => Math.ceil(Math.log2(Math.max(1, count)))
const downFrom = (from: number, to: number): readonly number[] =>
  Array.from({ length: Math.max(0, from - to + 1) }, (_, index) => from - index)

function placesOf({ family, inside, seed }: Need, use: keyof typeof usualPlaces): readonly CIDR[] {
  if (inside !== undefined) return [inside]
  if (family === 'IPv6') return [ulaPrefix(seed)]
  return [...usualPlaces[use], ...privatePlaces].map(text => parseCIDR(text))
}

const refusal = ({ family, inside }: Need, what: string): RefusedError =>
  inside === undefined
    ? new RefusedError(
        `every ${family} range that would be chosen for ${what} is in use or too small`,
        'intent.no-free-range',
        'Name ranges: --pods CIDR --services CIDR.',
      )
    : new RefusedError(
        `${formatCIDR(inside)} has no free room for ${what}`,
        'intent.no-free-range',
        `Name a larger prefix: ${family === 'IPv4' ? 'a /15' : 'a /48 or /55'} has room for what is usual.`,
      )

/**
 * Masks and bits of room for nodes, the best pair first: the usual mask as long as it leaves four times the nodes that there are, then the
 * others, then whatever leaves twice as many.
 */
function attempts({ family, counts, nodeMask }: Need): readonly (readonly [mask: number, bits: number])[] {
  const good = Math.max(share.least, bitsFor(counts.nodes * 4))
  const most = Math.min(share.most, Math.max(share.usual, good))
  const scarce = Math.max(1, bitsFor(counts.nodes * 2))
  const tried = nodeMask === undefined ? masks[family] : [nodeMask]
  return [
    ...tried.flatMap(mask => downFrom(most, good).map(bits => [mask, bits] as const)),
    ...tried.flatMap(mask => downFrom(Math.min(most, good - 1), scarce).map(bits => [mask, bits] as const)),
  ]
}

function choosePods(need: Need): { readonly range: CIDR; readonly nodeMask: number } {
  const { family, counts, taken, inside } = need
  const isPrivate = inside === undefined && family === 'IPv4'
  for (const [nodeMask, bits] of attempts(need)) {
    const prefix = nodeMask - bits
    if (widthOf(family) - prefix < bitsFor(counts.pods * 2)) continue
    for (const place of placesOf(need, 'pods')) {
      // Half a prefix at most, unless it is one for pods alone: the Services lie in the other half.
      const isForPods = isPrivate && usualPlaces.pods.some(text => text === formatCIDR(place))
      if (prefix <= place.prefix && !isForPods) continue
      const range = (isPrivate ? lastFree : firstFree)(place, prefix, taken)
      if (range !== undefined) return { range, nodeMask }
    }
  }
  throw refusal(need, 'pods')
}

/** Services lie at the end, so that the pod range could have grown from the start. */
function chooseServices(need: Need): CIDR {
  const { family, counts, taken, inside } = need
  const width = widthOf(family)
  // Pods take private space from its end.
  const pick = inside === undefined && family === 'IPv4' ? firstFree : lastFree
  const roomy = Math.max(width - 20, Math.min(servicePrefix[family], width - bitsFor(counts.services * 4)))
  const scarce = Math.min(width - 4, width - bitsFor(counts.services * 2))
  for (const prefix of downFrom(scarce, roomy).toReversed())
    for (const place of placesOf(need, 'services')) {
      // A subnet of their own, as a person would write it: fd…:ffff::/112.
      const subnet = family === 'IPv6' && place.prefix < 64 ? lastFree(place, 64, taken) : undefined
      const range = subnet === undefined ? pick(place, prefix, taken) : cidrOf(firstAddress(subnet), prefix)
      if (range !== undefined) return range
    }
  throw refusal(need, 'Services')
}

/** Calico's own block, unless the range has then too few of them for the nodes. */
function chooseBlock({ family, counts }: Need, pods: CIDR): number {
  const bits = Math.max(share.least, bitsFor(counts.nodes * 4))
  return Math.min(widthOf(family), Math.max(calicosBlock[family], pods.prefix + bits))
}

/**
 * Ranges of one family that fit together and what is there. The same need always gives the same answer.
 * @throws RefusedError `intent.no-free-range`
 */
export function suggest(need: Need): Suggestion {
  const { range, nodeMask } = choosePods(need)
  const services = chooseServices({ ...need, taken: [...need.taken, range] })
  return {
    family: need.family,
    pods: formatCIDR(range),
    nodeMask,
    services: formatCIDR(services),
    blockSize: chooseBlock(need, range),
  }
}

/**
 * What a cluster needs in one family, beside all that is known to be in use there. The seed is the cluster's UID: the same cluster always gets
 * the same answer, and two clusters do not.
 */
export function needOf(cluster: Cluster, family: Family): Need {
  const { counts = { nodes: 0, pods: 0, services: 0 } } = rangesOf(cluster, undefined)
  return { family, counts, taken: takenIn(cluster), seed: cluster.uid }
}

/** Asked for pods and for Services. */
const known = new WeakMap<Cluster, readonly CIDR[]>()

function takenIn(cluster: Cluster): readonly CIDR[] {
  const found = known.get(cluster)
  if (found !== undefined) return found
  const there = rangesOf(cluster, undefined)
  // Thousands of nodes say the same of their bridges.
  const texts = new Set<string | undefined>(there.networks.map(({ cidr }) => cidr))
  for (const family of families) {
    texts.add(there.running?.pods[family])
    texts.add(there.running?.services[family])
  }
  for (const { addresses } of Object.values(cluster.nodes))
    for (const { address, prefixLength } of addresses) texts.add(`${address}/${prefixLength}`)
  const taken = [...texts].flatMap(text =>
    text === undefined ? [] : (tryParseCIDR(text, { allowHostBits: true }) ?? []),
  )
  known.set(cluster, taken)
  return taken
}

/** The pod range of a family that a cluster does not have yet. @throws RefusedError `intent.no-free-range` */
export const suggestPods = (cluster: Cluster, family: Family, nodeMask: number): string =>
  formatCIDR(choosePods({ ...needOf(cluster, family), nodeMask }).range)

/** Its service range, apart from the pod range that was chosen or named. @throws RefusedError `intent.no-free-range` */
export const suggestServices = (cluster: Cluster, family: Family): string =>
  formatCIDR(chooseServices(needOf(cluster, family)))
