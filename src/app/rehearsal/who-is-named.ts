import { nodeNames } from '../../model/changes.ts'
import type { Cluster, Pod } from '../../model/cluster.ts'
import type { Units } from './workload-units.ts'

/** A node by its name; a workload, Service or budget by its key. */
export interface Named {
  readonly kind: 'node' | 'key'
  readonly name: string
}

/** Who of a cluster is spoken of in findings, steps and notices. */
export function whoIsNamed(cluster: Cluster, { known, unitOf }: Units) {
  // Not those of which facts were read: others are nodes too.
  const nodes = new Set(nodeNames(cluster))
  let pods: ReadonlyMap<string, Pod> | undefined
  const podOf = (name: string): Pod | undefined => {
    pods ??= new Map(cluster.pods.map(pod => [`Pod ${pod.namespace}/${pod.name}`, pod]))
    return pods.get(name)
  }
  const of = (word: string): readonly Named[] => {
    if (nodes.has(word)) return [{ kind: 'node', name: word }]
    if (known.has(word)) return [{ kind: 'key', name: word }]
    const pod = word.startsWith('Pod ') ? podOf(word) : undefined
    if (pod === undefined) return []
    const unit = unitOf(pod)
    return unit === undefined || unit.kind === 'DaemonSet'
      ? [{ kind: 'node', name: pod.node }]
      : [{ kind: 'key', name: unit.key }]
  }
  return {
    /** Words that are somebody's name. */
    names: new Set([...nodes, ...[...known].map(key => key.slice(key.lastIndexOf('/') + 1))]),
    named: (words: string): readonly Named[] => wordsOf(words).flatMap(of),
  }
}

/** Single words, and pairs as units are called: `Service demo/web`. */
function wordsOf(text: string): readonly string[] {
  const words = text.split(/[\s,:;()]+/)
  return [...words, ...words.slice(1).map((word, index) => `${words[index] ?? ''} ${word}`)]
}
