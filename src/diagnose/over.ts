import type { Cluster, KubeObject } from '../model/cluster.ts'
import { getText } from '../model/fields.ts'
import { readyOf } from '../model/ready.ts'

/** For so long something must have been well before what was said of it is the past: what ends again and again is well for moments. */
export const settledMs = 30_000
/** So long ago at most may a Node have been made of which events tell all that became of it: they stay for an hour, if nobody set less. */
const youngMs = 600_000

/** When things became well, as a cluster tells: what was said of them before is over. In milliseconds since 1970. */
export interface Recovered {
  /** Infinity: there is no such pod any more. undefined: it is not ready, or nobody knows. */
  pod(namespace: string, name: string): number | undefined
  /** When its network stood: it does not come and go as containers do, so that this is over as soon as the pod is ready. */
  network(namespace: string, name: string): number | undefined
  node(name: string): number | undefined
  /** Did whoever said this miss a Node that was there? With one that joins, pods come to it before everybody has heard of it. */
  missedNode(line: string, at: number): boolean
}

const missed = /\bNode not found" .*\bnode="(?<name>[^"]+)"/

/** @param now milliseconds since 1970 */
export function recoveredIn(cluster: Cluster, now: number): Recovered {
  // Nobody told of pods: that one is missing says nothing.
  const isKnown = cluster.pods.length > 0 && cluster.unread['v1/pods'] === undefined
  const pods = new Map(cluster.pods.map(pod => [`${pod.namespace}/${pod.name}`, pod]))
  const nodes = (cluster.objects['v1/nodes'] ?? []).map(({ metadata }) => metadata.name)
  // Clusters cut their times to seconds: what was said within that one came before.
  const after = (since: string | undefined): number =>
    since === undefined ? Number.NaN : Date.parse(since) + 999
  const settled = (since: string | undefined): number | undefined =>
    after(since) - 999 + settledMs <= now ? after(since) : undefined
  const pod =
    (timeOfReady: typeof settled): Recovered['pod'] =>
    (namespace, name) => {
      const found = pods.get(`${namespace}/${name}`)
      if (found !== undefined) return timeOfReady(found.readySince)
      // A static pod runs without its mirror, and is not gone when that is.
      const isStatic = namespace === 'kube-system' && nodes.some(node => name.endsWith(`-${node}`))
      return isKnown && !isStatic ? Number.POSITIVE_INFINITY : undefined
    }
  const nodeNamed = (name: string | undefined): KubeObject | undefined =>
    cluster.objects['v1/nodes']?.find(({ metadata }) => metadata.name === name)
  return {
    pod: pod(settled),
    network: pod(since => (Number.isNaN(after(since)) ? undefined : after(since))),
    node(name) {
      const object = nodeNamed(name)
      const since = readyOf(object)?.since
      if (object === undefined || since === undefined) return undefined
      return isFirstReady(cluster, object, now) ? after(since) : settled(since)
    },
    missedNode(line, at) {
      const { creationTimestamp = '' } = nodeNamed(missed.exec(line)?.groups?.['name'])?.metadata ?? {}
      return Date.parse(creationTimestamp) <= at
    },
  }
}

/** A Node that has joined, and has not been seen unready since: nothing ends again and again there. */
function isFirstReady(cluster: Cluster, { metadata }: KubeObject, now: number): boolean {
  const events = cluster.unread['v1/events'] === undefined ? cluster.objects['v1/events'] : undefined
  const isYoung = Date.parse(metadata.creationTimestamp ?? '') + youngMs > now
  return (
    isYoung &&
    events?.some(event => isOfNode(event, metadata.name, 'NodeReady')) === true &&
    !events.some(event => isOfNode(event, metadata.name, 'NodeNotReady'))
  )
}

const isOfNode = (event: KubeObject, name: string, reason: string): boolean =>
  getText(event, ['reason']) === reason &&
  getText(event, ['involvedObject', 'kind']) === 'Node' &&
  getText(event, ['involvedObject', 'name']) === name

const sandbox = /sandbox \\*"([0-9a-f]{64})/
/** As kubelets and containerd name a pod in a line. */
const podNames: readonly RegExp[] = [
  /\bpod="(?<namespace>[^"/]+)\/(?<name>[^"]+)"/,
  /PodSandboxMetadata\{Name:(?<name>[^,]+),Uid:[^,]*,Namespace:(?<namespace>[^,]+),/,
  /\bfor \\*"(?<name>[a-z0-9.-]+)_(?<namespace>[a-z0-9-]+)\([0-9a-f-]{36}\)/,
]

/** Speaks a line of the network of a pod? */
export const isOfSandbox = (line: string): boolean => /sandbox/i.test(line)

/** A network that cannot be made or taken down is tried again within seconds, and once a minute where its pod is gone. */
export const againOf = (line: string): number | undefined => (isOfSandbox(line) ? 90 : undefined)

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
