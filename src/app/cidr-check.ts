import { type Family, otherFamily } from '../address/family.ts'
import { UsageError } from '../base/errors.ts'
import type { Cluster } from '../model/cluster.ts'
import type { AnyRule, Finding, Ranges } from '../model/rule.ts'
import { rangesOf } from '../plan/preflight/ranges.ts'
import type { CheckReport, VersionedFinding } from '../report/cidr-check.ts'
import { judge } from '../rules/judge.ts'
import {
  blocksOf,
  byFamily,
  type CheckWords,
  componentsOf,
  countsOf,
  knownVersions,
  masksOf,
  nodesOf,
  primaryOf,
  versionsOf,
  writtenIn,
} from './cidr-words.ts'
import { allRules } from './rules.ts'

/**
 * Judges values by every rule on ranges and on the components' arguments, for each version of Kubernetes.
 * @param cluster judged together with what it runs, its nodes and its networks; only for its own version unless others are named
 * @throws UsageError where nothing was given; a malformed range is a finding
 */
export function checkRanges(
  words: CheckWords,
  cluster: Cluster | undefined,
  rules: readonly AnyRule[] = allRules,
): CheckReport {
  const named = versionsOf(words.kubernetes ?? [])
  const own = cluster === undefined ? knownVersions : versionsOf([cluster.version])
  const versions = named.length > 0 ? named : own
  const inputs = rangeInputs(words, cluster)
  const merged = new Map<string, { finding: Finding; versions: string[] }>()
  for (const version of versions)
    for (const finding of judgeAll(rules, inputs, words, `v${version}.0`)) {
      const key = JSON.stringify(finding)
      const entry = merged.get(key) ?? { finding, versions: [] }
      merged.set(key, entry)
      if (entry.versions.at(-1) !== version) entry.versions.push(version)
    }
  const findings: VersionedFinding[] = [...merged.values()].map(entry => ({
    ...entry.finding,
    versions: entry.versions,
  }))
  return {
    versions,
    verdict: findings.some(({ severity }) => severity === 'error') ? 'broken' : 'ok',
    findings,
  }
}

/** A rule that is broken for one of the inputs is not told as kept for another. */
function judgeAll(
  rules: readonly AnyRule[],
  inputs: readonly Ranges[],
  words: CheckWords,
  version: string,
): readonly Finding[] {
  const found = [
    ...inputs.flatMap(input => judge(rules, 'ranges', { ...input, version })),
    ...componentsOf(words, version).flatMap(input => judge(rules, 'arguments', input)),
  ]
  const isBreak = ({ severity }: Finding) => severity !== 'ok' && severity !== 'skipped'
  const broken = new Set(found.filter(isBreak).map(({ rule }) => rule))
  const kept = new Set(found.filter(({ severity }) => severity === 'ok').map(({ rule }) => rule))
  return found.filter(
    finding =>
      isBreak(finding) ||
      (!broken.has(finding.rule) && (finding.severity === 'ok' || !kept.has(finding.rule))),
  )
}

/** One for each service range that a component has: each must hold by itself, and that they differ is a finding of its own. */
function rangeInputs(words: CheckWords, cluster: Cluster | undefined): readonly Ranges[] {
  const written = writtenIn(words)
  if (written.length === 0 && cluster === undefined)
    throw new UsageError(
      'nothing to check',
      'Name --service-cluster-ip-range and --cluster-cidr, or a cluster: --live, --from DIR.',
    )
  const base = cluster === undefined ? undefined : rangesOf(cluster, undefined, cluster)
  const others = new Set([words.serviceClusterIpRange, words.controllerManagerServiceClusterIpRange])
  const pairs = [...others].filter(pair => pair !== undefined)
  return (pairs.length === 0 ? [undefined] : pairs).map(services => inputOf(words, services, base))
}

function inputOf(words: CheckWords, servicePair: string | undefined, base: Ranges | undefined): Ranges {
  const pods = { ...base?.running?.pods, ...byFamily(words.clusterCidr) }
  const services = { ...base?.running?.services, ...byFamily(servicePair) }
  const first: Family =
    base?.families[0] ?? primaryOf(words.serviceClusterIpRange, words.clusterCidr) ?? 'IPv4'
  const own = writtenIn(words)
  const replaced = new Set(own.map(({ of }) => of))
  return {
    version: base?.version ?? '',
    families: [first, otherFamily(first)].filter(
      family => pods[family] !== undefined || services[family] !== undefined,
    ),
    pods,
    services,
    nodeMask: { ...base?.nodeMask, ...masksOf(words, first) },
    blockSize: { ...base?.blockSize, ...blocksOf(words) },
    nodeAddresses: { ...base?.nodeAddresses, ...nodesOf(words) },
    networks: [
      ...(base?.networks ?? []),
      ...(words.network ?? []).map(cidr => ({ cidr, of: 'named by --network' })),
    ],
    ...(base?.running !== undefined && { running: base.running }),
    written: [...own, ...(base?.written ?? []).filter(({ of }) => !replaced.has(of))],
    ...countsFor(words, base),
  }
}

function countsFor(words: CheckWords, base: Ranges | undefined): Pick<Ranges, 'counts'> {
  const counts = countsOf(words) ?? base?.counts
  return counts === undefined ? {} : { counts }
}
