import type { Cluster, KubeObject, NodeFacts, Pod, Resource } from '../model/cluster.ts'
import type { FreshRead } from '../model/read.ts'
import { isOfTests } from '../model/test-namespace.ts'
import { Common, projectPod } from '../world/api/pods.ts'
import type { NodeRead, World } from '../world/ports.ts'
import { podResource } from './layout.ts'
import { selects } from './selector.ts'
import { trimmed } from './trim.ts'

/** What one fresh read brought: a function from the older cluster to the newer. Applied one after the other, so that reads may overlap. */
type Patch = (cluster: Cluster) => Cluster

/**
 * Reads again just what a gate asks for, and gives the cluster with these parts replaced. Everything is read in parallel, what is asked of
 * one node in one call; nothing is changed when one of them fails.
 */
export async function refresh(
  cluster: Cluster,
  reads: readonly FreshRead[],
  world: World,
  signal?: AbortSignal,
): Promise<Cluster> {
  const patches = await Promise.all([
    ...reads.map(read => freshObjects(read, world, signal)),
    ...[...nodeReads(reads)].map(([node, read]) => freshNode(node, read, world, signal)),
  ])
  return patches.reduce((current, patch) => patch(current), cluster)
}

async function freshObjects(read: FreshRead, world: World, signal?: AbortSignal): Promise<Patch> {
  if (read.kind === 'list' || read.kind === 'pods') {
    const resource = read.kind === 'pods' ? podResource : read.resource
    const { namespace, labelSelector } = read
    const found: KubeObject[] = []
    for await (const object of world.api.list(resource, { namespace, labelSelector, signal }))
      if (!isOfTests(resource, object)) found.push(object)
    const within = (of: { namespace?: string; labels?: Readonly<Record<string, string>> }): boolean =>
      (namespace === undefined || of.namespace === namespace) && selects(labelSelector, of.labels)
    return replaceAll(resource, found, within)
  }
  if (read.kind === 'object') {
    const object = await world.api.get(read.resource, read.namespace, read.name, signal)
    return replaceAll(
      read.resource,
      object ? [object] : [],
      of => of.name === read.name && (of.namespace ?? '') === (read.namespace ?? ''),
    )
  }
  return cluster => cluster
}

type Identity = {
  readonly name: string
  readonly namespace?: string
  readonly labels?: Readonly<Record<string, string>>
}

function replaceAll(
  resource: Resource,
  found: readonly KubeObject[],
  within: (of: Identity) => boolean,
): Patch {
  if (resource === podResource) {
    const common = new Common()
    const fresh = found.map(pod => projectPod(pod, common))
    return cluster =>
      without(podResource, { ...cluster, pods: merge<Pod>(cluster.pods, fresh, pod => pod, within) })
  }
  const fresh = found.map(trimmed)
  return cluster => {
    const list = merge<KubeObject>(cluster.objects[resource] ?? [], fresh, object => object.metadata, within)
    return without(resource, { ...cluster, objects: { ...cluster.objects, [resource]: list } })
  }
}

/** The older list with what the read covers replaced: those gone are left out, those still there keep their place, new ones come last. */
function merge<T>(
  old: readonly T[],
  fresh: readonly T[],
  identity: (item: T) => Identity,
  within: (of: Identity) => boolean,
): T[] {
  const key = (item: T): string => `${identity(item).namespace ?? ''}/${identity(item).name}`
  const left = new Map(fresh.map(item => [key(item), item]))
  const kept = old.flatMap(item => {
    const newer = left.get(key(item))
    left.delete(key(item))
    if (newer) return [newer]
    return within(identity(item)) ? [] : [item]
  })
  return [...kept, ...left.values()]
}

/** What is asked of each node, in one call. */
function nodeReads(reads: readonly FreshRead[]): Map<string, NodeRead> {
  const byNode = new Map<string, NodeRead>()
  for (const read of reads) {
    if (!('node' in read)) continue
    const old = byNode.get(read.node) ?? {}
    if (read.kind === 'node')
      byNode.set(read.node, { ...old, network: true, files: union(old.files, read.paths) })
    if (read.kind === 'reach') byNode.set(read.node, { ...old, reach: union(old.reach, read.addresses) })
    if (read.kind === 'ping') byNode.set(read.node, { ...old, ping: [...(old.ping ?? []), ...read.targets] })
    if (read.kind === 'api-server')
      byNode.set(read.node, {
        ...old,
        apiServer: { askDualStack: read.askDualStack || (old.apiServer?.askDualStack ?? false) },
      })
  }
  return byNode
}

const union = (a: readonly string[] = [], b: readonly string[] = []): string[] => [...new Set([...a, ...b])]

async function freshNode(node: string, read: NodeRead, world: World, signal?: AbortSignal): Promise<Patch> {
  const fresh = await world.nodes.facts(node, read, signal)
  return cluster => {
    const old: NodeFacts = cluster.nodes[node] ?? { files: {}, sysctls: {}, addresses: [], routes: [] }
    const merged: NodeFacts = {
      // A kubelet or API server that is gone must not seem to run: what was asked for replaces also where the answer is "nothing".
      ...(read.network ? { ...fresh, apiServer: old.apiServer, reach: old.reach, ping: old.ping } : old),
      files: { ...old.files, ...fresh.files },
      ...(read.apiServer && { apiServer: fresh.apiServer }),
      ...(read.reach && { reach: { ...old.reach, ...fresh.reach } }),
      ...(read.ping && { ping: { ...old.ping, ...fresh.ping } }),
    }
    return without(`nodes/${node}`, { ...cluster, nodes: { ...cluster.nodes, [node]: defined(merged) } })
  }
}

/** Keys whose value is undefined are left out, so that equal facts are equal data. */
const defined = (facts: NodeFacts): NodeFacts =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as unknown as NodeFacts

/** What has just been read is not unread any more. */
function without(key: string, cluster: Cluster): Cluster {
  if (!(key in cluster.unread)) return cluster
  const { [key]: _now, ...unread } = cluster.unread
  return { ...cluster, unread }
}
