import { randomUUID } from 'node:crypto'
import { formatCIDR, parseCIDR, powerOfTwo, widthOf } from '../address/index.ts'
import { type Family, otherFamily } from '../address/family.ts'
import { UsageError } from '../base/errors.ts'
import type { Cluster } from '../model/cluster.ts'
import type { Finding, Ranges } from '../model/rule.ts'
import { rangesOf } from '../plan/preflight/ranges.ts'
import { type Need, needOf, suggest, type Suggestion } from '../plan/suggest.ts'
import type { SuggestReport } from '../report/cidr-suggest.ts'
import { judge } from '../rules/judge.ts'
import { countsOf, versionsOf } from './cidr-words.ts'
import { allRules } from './rules.ts'

/** What a person may say; everything else is chosen, or taken from the cluster. */
export interface SuggestWords {
  readonly family?: Family
  readonly seed?: string
  /** CIDR that the ranges must lie in. */
  readonly inside?: string
  readonly nodes?: string
  readonly pods?: string
  readonly services?: string
  readonly kubernetes?: string
}

/**
 * Ranges that fit a cluster, or so many nodes, pods and Services: with what room they have, and what the rules say of them. With a seed or a
 * cluster the same answer each time, else another one.
 * @throws UsageError for bad words, RefusedError `intent.no-free-range`
 */
export function suggestRanges(words: SuggestWords, cluster: Cluster | undefined): SuggestReport {
  const there = cluster === undefined ? undefined : rangesOf(cluster, undefined, cluster)
  const need = needFrom(words, cluster, there)
  const running = there?.running
  const set = { pods: running?.pods[need.family], services: running?.services[need.family] }
  const chosen = suggest(need)
  const suggestion: Suggestion = {
    ...chosen,
    pods: set.pods ?? chosen.pods,
    services: set.services ?? chosen.services,
    nodeMask: set.pods === undefined ? chosen.nodeMask : (there?.nodeMask[need.family] ?? chosen.nodeMask),
  }
  const isUnique = need.family === 'IPv6' && need.inside === undefined
  return {
    ...suggestion,
    ...(isUnique && { seed: need.seed }),
    inside: need.inside === undefined ? undefined : formatCIDR(need.inside),
    set: (['pods', 'services'] as const).filter(use => set[use] !== undefined),
    counts: need.counts,
    room: roomOf(suggestion),
    flags: flagsOf(suggestion, there),
    apart: need.taken.length,
    findings: findingsOf(suggestion, need, there, words),
  }
}

function needFrom(words: SuggestWords, cluster: Cluster | undefined, there: Ranges | undefined): Need {
  const inside = words.inside === undefined ? undefined : parseCIDR(words.inside)
  const primary = there?.families[0]
  const family = words.family ?? inside?.family ?? (primary === undefined ? 'IPv6' : otherFamily(primary))
  if (inside !== undefined && inside.family !== family)
    throw new UsageError(`--inside ${formatCIDR(inside)} is ${inside.family}, and ${family} was asked for`)
  const counts = countsOf(words)
  const fromCluster = cluster === undefined ? undefined : needOf(cluster, family)
  return {
    family,
    counts: counts ?? fromCluster?.counts ?? { nodes: 0, pods: 0, services: 0 },
    taken: fromCluster?.taken ?? [],
    seed: words.seed ?? fromCluster?.seed ?? randomUUID(),
    ...(inside !== undefined && { inside }),
  }
}

const prefixOf = (text: string): number => parseCIDR(text, { allowHostBits: true }).prefix

function roomOf({ family, pods, services, nodeMask, blockSize }: Suggestion): SuggestReport['room'] {
  const width = widthOf(family)
  const podPrefix = prefixOf(pods)
  return {
    nodes: powerOfTwo(Math.max(0, nodeMask - podPrefix)),
    podsOfNode: powerOfTwo(width - nodeMask),
    pods: powerOfTwo(width - podPrefix),
    blocks: powerOfTwo(Math.max(0, blockSize - podPrefix)),
    podsOfBlock: powerOfTwo(width - blockSize),
    services: powerOfTwo(width - prefixOf(services)),
  }
}

/** The pair, where the cluster has the other half; the families in its order. */
function flagsOf(suggestion: Suggestion, there: Ranges | undefined): SuggestReport['flags'] {
  const { family, nodeMask } = suggestion
  const join = (use: 'pods' | 'services') =>
    [there?.running?.[use][otherFamily(family)], suggestion[use]].filter(text => text !== undefined).join(',')
  return {
    '--cluster-cidr': join('pods'),
    '--service-cluster-ip-range': join('services'),
    [`--node-cidr-mask-size-${family.toLowerCase()}`]: String(nodeMask),
  }
}

/** What the rules say of it, beside what runs: breaks only. */
function findingsOf(
  { family, pods, services, nodeMask, blockSize }: Suggestion,
  need: Need,
  there: Ranges | undefined,
  words: SuggestWords,
): readonly Finding[] {
  const [version] = words.kubernetes === undefined ? [] : versionsOf([words.kubernetes])
  const primary = there?.families[0]
  const input: Ranges = {
    version: version === undefined ? (there?.version ?? '') : `v${version}.0`,
    families: primary === undefined || primary === family ? [family] : [primary, family],
    pods: { ...there?.running?.pods, [family]: pods },
    services: { ...there?.running?.services, [family]: services },
    nodeMask: { ...there?.nodeMask, [family]: nodeMask },
    blockSize: { [family]: blockSize },
    nodeAddresses: {},
    networks: there?.networks ?? [],
    ...(there?.running !== undefined && { running: there.running }),
    counts: need.counts,
  }
  return judge(allRules, 'ranges', input).filter(
    ({ severity }) => severity !== 'ok' && severity !== 'skipped',
  )
}
