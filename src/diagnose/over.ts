import type { Cluster } from '../model/cluster.ts'
import { getField, getText } from '../model/fields.ts'

/** For so long something must have been well before what was said of it is the past: what ends again and again is well for moments. */
export const settledMs = 30_000

/** When things became well, as a cluster tells: what was said of them before is over. In milliseconds since 1970. */
export interface Recovered {
  /** Infinity: there is no such pod any more. undefined: it is not ready, or nobody knows. */
  pod(namespace: string, name: string): number | undefined
  node(name: string): number | undefined
}

/** @param now milliseconds since 1970 */
export function recoveredIn(cluster: Cluster, now: number): Recovered {
  // Nobody told of pods: that one is missing says nothing.
  const isKnown = cluster.pods.length > 0 && cluster.unread['v1/pods'] === undefined
  const pods = new Map(cluster.pods.map(pod => [`${pod.namespace}/${pod.name}`, pod]))
  const nodes = (cluster.objects['v1/nodes'] ?? []).map(({ metadata }) => metadata.name)
  const settled = (since: string | undefined): number | undefined => {
    const at = since === undefined ? Number.NaN : Date.parse(since)
    // Clusters cut their times to seconds: what was said within that one came before.
    return at + settledMs <= now ? at + 999 : undefined
  }
  return {
    pod(namespace, name) {
      const pod = pods.get(`${namespace}/${name}`)
      if (pod !== undefined) return settled(pod.readySince)
      // A static pod runs without its mirror, and is not gone when that is.
      const isStatic = namespace === 'kube-system' && nodes.some(node => name.endsWith(`-${node}`))
      return isKnown && !isStatic ? Number.POSITIVE_INFINITY : undefined
    },
    node(name) {
      const object = cluster.objects['v1/nodes']?.find(({ metadata }) => metadata.name === name)
      const conditions = getField(object, ['status', 'conditions'])
      const ready = (Array.isArray(conditions) ? conditions : []).find(
        one => getText(one, ['type']) === 'Ready' && getText(one, ['status']) === 'True',
      )
      return settled(getText(ready, ['lastTransitionTime']))
    },
  }
}

const sandbox = /sandbox \\*"([0-9a-f]{64})/
/** As kubelets and containerd name a pod in a line. */
const podNames: readonly RegExp[] = [
  /\bpod="(?<namespace>[^"/]+)\/(?<name>[^"]+)"/,
  /PodSandboxMetadata\{Name:(?<name>[^,]+),Uid:[^,]*,Namespace:(?<namespace>[^,]+),/,
  /\bfor \\*"(?<name>[a-z0-9.-]+)_(?<namespace>[a-z0-9-]+)\([0-9a-f-]{36}\)/,
]

/** A network that cannot be made or taken down is tried again within seconds, and once a minute where its pod is gone. */
export const againOf = (line: string): number | undefined => (/sandbox/i.test(line) ? 90 : undefined)

export interface NamedPod {
  readonly namespace: string
  readonly name: string
}

/** Whose pods the lines of a journal speak of: the first line about a sandbox that fails does not name its pod, those behind it do. */
export class PodsOfLines {
  readonly #bySandbox = new Map<string, NamedPod>()

  constructor(text: string) {
    for (const line of text.split('\n')) {
      const id = sandbox.exec(line)?.[1]
      const pod = id === undefined ? undefined : named(line)
      if (id !== undefined && pod !== undefined) this.#bySandbox.set(id, pod)
    }
  }

  of(line: string): NamedPod | undefined {
    const id = sandbox.exec(line)?.[1]
    return named(line) ?? (id === undefined ? undefined : this.#bySandbox.get(id))
  }
}

function named(line: string): NamedPod | undefined {
  for (const pattern of podNames) {
    const { namespace, name } = pattern.exec(line)?.groups ?? {}
    if (namespace !== undefined && name !== undefined) return { namespace, name }
  }
  return undefined
}

/** When systemd last started the unit whose journal this is, in milliseconds; undefined: the journal does not go back so far. */
export function lastStart(journal: string): number | undefined {
  const line = journal.split('\n').findLast(one => /^\S+ \S+ systemd\[1\]: (?:Started|Starting) /.test(one))
  const at = line === undefined ? Number.NaN : Date.parse(timeOf(line))
  return Number.isNaN(at) ? undefined : at
}

/** The first word of a line, as Date reads it: journald's zone has no colon. */
const timeOf = (line: string): string => (/^\S+/.exec(line)?.[0] ?? '').replace(/([+-]\d\d)(\d\d)$/, '$1:$2')
