import { RefusedError } from '../../base/errors.ts'
import { groupBy } from '../../layers/shared/group.ts'
import { nodeNames } from '../../model/changes.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { Practised } from '../../report/rehearsal.ts'
import { type Aspect, type Aspects, aspectsOf, type Seen } from './aspects.ts'
import { sortOut } from './sort-out.ts'
import { standIns } from './stand-ins.ts'
import { whoIsNamed } from './who-is-named.ts'

/** Up to here a cluster is practised as it is; of a larger one some stand for the rest. */
export const practisedWhole = { nodes: 100, pods: 3000 } as const
export type Limit = { readonly [what in keyof typeof practisedWhole]: number }

/** How often things that were missed are asked for; each round brings what the one before did not. */
const rounds = 4
/** Of one thing that is missing, so many that have it are brought in. */
const brought = 2
/** So many are brought in by name in all: where each of thousands is told something of its own, the rest of them is named. */
const mostBrought = 100

export const isLarge = (cluster: Cluster, limit: Limit): boolean =>
  nodeNames(cluster).length > limit.nodes || cluster.pods.length > limit.pods

/**
 * The part of a large cluster that is practised. It is judged and planned as the whole was: where that says less than the whole did, what
 * the whole spoke of comes in too.
 */
export function represent(
  cluster: Cluster,
  whole: Seen,
  see: (cluster: Cluster) => Seen,
  most = mostBrought,
): { readonly cluster: Cluster; readonly practised: Practised } {
  const sorted = sortOut(cluster)
  const { names, named } = whoIsNamed(cluster, sorted.units)
  const all = aspectsOf(whole, names)
  const nodes = new Set<string>()
  const keys = new Set<string>()
  const count = (): number => nodes.size + keys.size
  let chosen = standIns(sorted, { nodes, keys })
  /** What only the part has, since something that belongs to it was left out, and what the whole has and the part has not. */
  const compared = (part: Aspects) => ({
    more: without(part, all).filter(({ by }) => by.startsWith('error ')),
    missing: without(all, part),
  })
  let { more, missing } = compared(aspectsOf(see(chosen.cluster), names))
  for (let round = 0; round < rounds && missing.length + more.length > 0; round++) {
    const before = count()
    for (const { subjects } of [...more, ...inTurns(missing)]) {
      let found = 0
      for (const { words } of subjects)
        for (const { kind, name } of named(words)) {
          const into = kind === 'node' ? nodes : keys
          if (found >= brought || count() >= most || into.has(name)) continue
          into.add(name)
          found++
        }
    }
    if (count() === before) break
    chosen = standIns(sorted, { nodes, keys })
    ;({ more, missing } = compared(aspectsOf(see(chosen.cluster), names)))
  }
  const [only] = more
  if (only !== undefined)
    throw new RefusedError(
      `the part that was to be practised has what the whole cluster has not: ${only.says} (${only.subjects.map(({ whose }) => whose).join(', ')})`,
      'rehearse.part',
      'The part does not stand for the cluster. Practise all of it: --whole.',
    )
  return {
    cluster: chosen.cluster,
    practised: {
      nodes: nodeNames(chosen.cluster).length,
      pods: chosen.cluster.pods.length,
      services: chosen.cluster.objects['v1/services']?.length ?? 0,
      kinds: chosen.kinds,
      left: [...chosen.left, ...told(missing)],
    },
  }
}

const without = (all: Aspects, there: Aspects): readonly Aspect[] =>
  [...all.values()].filter(({ says }) => !there.has(says))

/** First one thing of each that says something, then a second of each: a rule that says thousands does not take all the room. */
function inTurns(aspects: readonly Aspect[]): readonly Aspect[] {
  const groups = [...groupBy(aspects, ({ by }) => by).values()]
  const longest = groups.reduce((most, { length }) => Math.max(most, length), 0)
  return Array.from({ length: longest }, (_, turn) => groups.flatMap(group => group[turn] ?? [])).flat()
}

/** What the part lacks, in words: of each that says it the first. */
const told = (missing: readonly Aspect[]): readonly string[] =>
  [...groupBy(missing, ({ by }) => by).values()].flatMap(([first, ...others]) => {
    if (first === undefined) return []
    const whose = first.subjects[0]?.whose ?? ''
    const more = others.length > 0 ? `, and ${others.length} more of this` : ''
    return [`${first.says}${whose === '' ? '' : ` (${whose})`}${more}`]
  })
