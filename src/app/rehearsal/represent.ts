import { nodeNames } from '../../model/changes.ts'
import { RefusedError } from '../../base/errors.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { Change, Plan } from '../../model/plan.ts'
import { nameOf } from '../../layers/workloads/read.ts'
import type { Practised } from '../../report/rehearsal.ts'
import type { Judged } from '../preflight.ts'
import { sortOut, standIns } from './stand-ins.ts'
import { kindOf } from './workload-units.ts'

/** Up to here a cluster is practised as it is; of a larger one some stand for the rest. */
export const practisedWhole = { nodes: 100, pods: 3000 } as const
export type Limit = { readonly [what in keyof typeof practisedWhole]: number }

/** What was found of a cluster, and what it would take. */
export interface Seen {
  readonly judged: Judged
  readonly plan: Plan
}

/** How often things that were missed are asked for; each round brings what the one before did not. */
const rounds = 4
/** Of one thing that is missing, so many that have it are brought in. */
const brought = 2

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
): { readonly cluster: Cluster; readonly practised: Practised } {
  const sorted = sortOut(cluster)
  const all = aspects(whole)
  const nodes = new Set<string>()
  const keys = new Set<string>()
  let chosen = standIns(sorted, { nodes, keys })
  /** What the whole has and the part has not, and what only the part has, since something that belongs to it was left out. */
  const compared = (part: Aspects) => ({
    missing: without(all, part),
    more: without(part, all).filter(([aspect]) => aspect.startsWith('error ')),
  })
  let { missing, more } = compared(aspects(see(chosen.cluster)))
  for (let round = 0; round < rounds && missing.length + more.length > 0; round++) {
    const before = nodes.size + keys.size
    for (const [, subjects] of [...missing, ...more]) {
      let found = 0
      for (const subject of subjects) {
        if (found >= brought) break
        for (const word of wordsOf(subject)) {
          const isNode = word in cluster.nodes
          const into = isNode ? nodes : keys
          if ((!isNode && !sorted.units.known.has(word)) || into.has(word)) continue
          into.add(word)
          found++
        }
      }
    }
    if (nodes.size + keys.size === before) break
    chosen = standIns(sorted, { nodes, keys })
    ;({ missing, more } = compared(aspects(see(chosen.cluster))))
  }
  const [only] = more
  if (only !== undefined)
    throw new RefusedError(
      `the part that was to be practised has what the whole cluster has not: ${only[0]} (${only[1].join(', ')})`,
      'rehearse.part',
      'The part does not stand for the cluster. Practise all of it: --whole.',
    )
  return {
    cluster: chosen.cluster,
    practised: {
      nodes: Object.keys(chosen.cluster.nodes).length,
      pods: chosen.cluster.pods.length,
      services: chosen.cluster.objects['v1/services']?.length ?? 0,
      kinds: chosen.kinds,
      left: [
        ...chosen.left,
        ...missing.map(([aspect, [subject]]) => `${aspect}${subject ? ` (${subject})` : ''}`),
      ],
    },
  }
}

type Aspects = ReadonlyMap<string, readonly string[]>

const without = (all: Aspects, there: Aspects) => [...all].filter(([aspect]) => !there.has(aspect))

/** What rules found, what steps do and what notices say, without the names of whom; with some of these names. */
function aspects({ judged, plan }: Seen): Aspects {
  const found = new Map<string, string[]>()
  const say = (aspect: string, subject: string): void => {
    const subjects = found.get(aspect)
    if (subjects === undefined) found.set(aspect, [subject])
    else if (subjects.length < 10) subjects.push(subject)
  }
  for (const { rule, severity, object } of judged.findings)
    if (severity !== 'ok' && severity !== 'skipped') say(`${severity} ${rule}`, object)
  for (const { layer, object, message } of plan.notices)
    say(`notice of ${layer}: ${nameless(message)}`, object)
  for (const step of plan.steps) {
    for (const change of step.changes) {
      const { what, whose } = ofChange(change)
      say(`step of ${step.layer}: ${what}`, whose)
    }
    for (const refresh of step.refreshes) {
      const how = 'by' in refresh ? `${refresh.owner.kind} by ${refresh.by}` : ''
      const whose = 'owner' in refresh ? nameOf(refresh.owner) : 'node' in refresh ? refresh.node : ''
      say(`step of ${step.layer}: ${refresh.kind} ${how}`.trim(), whose)
    }
  }
  return found
}

function ofChange(change: Change): { readonly what: string; readonly whose: string } {
  const { target } = change
  switch (target.kind) {
    case 'file':
      return { what: `file ${target.path}`, whose: target.node }
    case 'sysctl':
      return { what: `setting ${target.key}`, whose: target.node }
    case 'config-map':
      return { what: `${target.namespace}/${target.name} ${target.key}`, whose: '' }
    case 'object': {
      const fields = 'fields' in change ? change.fields.map(({ path }) => path.join('.')) : []
      return {
        what: `${target.api} ${'existence' in change ? (change.existence ?? '') : ''}${fields.join()}`,
        whose: `${kindOf[target.api] ?? target.api} ${target.namespace ?? ''}/${target.name} ${target.name}`,
      }
    }
  }
}

/** Words that look like names and numbers say who, not what. */
const nameless = (message: string): string => message.replaceAll(/\S*[\d/]\S*/g, '…')

/** Single words, and pairs as units are called: `Service demo/web`. */
function wordsOf(subject: string): readonly string[] {
  const words = subject.split(/[\s,:]+/)
  return [...words, ...words.slice(1).map((word, index) => `${words[index] ?? ''} ${word}`)]
}
