import pLimit from 'p-limit'
import type { Cluster, KubeObject, NodeFacts, Pod, Resource } from '../model/cluster.ts'
import { positionOf, replacedAt } from '../model/position.ts'
import type { FreshRead } from '../model/read.ts'
import { isOfTests } from '../model/test-namespace.ts'
import { Common, projectPod } from '../world/api/pods.ts'
import type { NodeRead, World } from '../world/ports.ts'
import { podResource } from './layout.ts'
import { leaner } from './lean.ts'
import { selects } from './selector.ts'

/** What one fresh read brought: a function from the older cluster to the newer. Applied one after the other, so that reads may overlap. */
type Patch = (cluster: Cluster) => Cluster

/** A gate may ask something of each of thousands of nodes. */
const nodesAtOnce = 32

/**
 * Reads again just what a gate asks for, and gives the cluster with these parts replaced. Everything is read in parallel, what is asked of
 * one node in one call; nothing is changed when one of them fails. What is as it was stays the same data: where nothing changed the Cluster is
 * the very same, and a list that only one object of changed keeps what is known of its others.
 */
export async function refresh(
  cluster: Cluster,
  reads: readonly FreshRead[],
  world: World,
  signal?: AbortSignal,
): Promise<Cluster> {
  const limit = pLimit(nodesAtOnce)
  const once = [...new Map(reads.map(read => [JSON.stringify(read), read])).values()]
  const [patches, nodes] = await Promise.all([
    Promise.all(once.map(read => freshObjects(read, world, signal))),
    Promise.all(
      [...nodeReads(once)].map(([node, read]) =>
        limit(async () => [node, read, await world.nodes.facts(node, read, signal)] as const),
      ),
    ),
  ])
  return withNodes(
    patches.reduce((current, patch) => patch(current), cluster),
    nodes,
  )
}

async function freshObjects(read: FreshRead, world: World, signal?: AbortSignal): Promise<Patch> {
  if (read.kind === 'list' || read.kind === 'pods') {
    const resource = read.kind === 'pods' ? podResource : read.resource
    const { namespace, labelSelector } = read
    const found: KubeObject[] = []
    for await (const object of world.api.list(resource, { namespace, labelSelector, brief: true, signal }))
      if (!isOfTests(resource, object)) found.push(object)
    return replaceAll(resource, found, {
      namespace,
      holds: ({ labels }) => selects(labelSelector, labels),
    })
  }
  if (read.kind === 'object') {
    const { resource, namespace = '', name } = read
    const object = await world.api.get(resource, read.namespace, name, signal)
    if (resource !== podResource)
      return replaceOne(resource, read.namespace, name, object && leaner(resource)(object))
    return replaceAll(resource, object ? [object] : [], { namespace, holds: of => of.name === name })
  }
  return cluster => cluster
}

/** The API server gives each write a version of its own: equal ones are the same object. */
function isSame({ metadata: a }: KubeObject, { metadata: b }: KubeObject): boolean {
  return (
    a === b || (a.uid === b.uid && a.resourceVersion !== undefined && a.resourceVersion === b.resourceVersion)
  )
}

function replaceOne(
  resource: Resource,
  namespace: string | undefined,
  name: string,
  fresh: KubeObject | undefined,
): Patch {
  return cluster => {
    const list = cluster.objects[resource] ?? []
    const at = positionOf(list, namespace, name)
    const old = list[at]
    if (old !== undefined && fresh !== undefined)
      return withList(cluster, resource, isSame(old, fresh) ? list : replacedAt(list, at, fresh))
    if (fresh !== undefined) return withList(cluster, resource, [...list, fresh])
    return withList(cluster, resource, old === undefined ? list : list.toSpliced(at, 1))
  }
}

type Identity = {
  readonly name: string
  readonly namespace?: string
  readonly labels?: Readonly<Record<string, string>>
}

/** What a read covers: what it does not bring and covers is gone. */
interface Scope {
  readonly namespace: string | undefined
  readonly holds: (of: Identity) => boolean
}

function replaceAll(resource: Resource, found: readonly KubeObject[], scope: Scope): Patch {
  if (resource === podResource) {
    const common = new Common()
    const fresh = found.map(pod => projectPod(pod, common))
    return cluster =>
      without(podResource, { ...cluster, pods: merge<Pod>(cluster.pods, fresh, pod => pod, scope) })
  }
  const fresh = found.map(leaner(resource))
  return cluster =>
    withList(
      cluster,
      resource,
      merge<KubeObject>(cluster.objects[resource] ?? [], fresh, object => object.metadata, scope, isSame),
    )
}

function withList(cluster: Cluster, resource: Resource, list: readonly KubeObject[]): Cluster {
  if (cluster.objects[resource] === list) return without(resource, cluster)
  return without(resource, { ...cluster, objects: { ...cluster.objects, [resource]: list } })
}

/**
 * The older list with what the read covers replaced: those gone are left out, those still there keep their place, new ones come last. The
 * older list itself, where nothing changed.
 */
function merge<T>(
  old: readonly T[],
  fresh: readonly T[],
  identity: (item: T) => Identity,
  { namespace, holds }: Scope,
  isSameItem: (a: T, b: T) => boolean = () => false,
): readonly T[] {
  const key = (item: T): string => `${identity(item).namespace ?? ''}/${identity(item).name}`
  const left = new Map(fresh.map(item => [key(item), item]))
  let isChanged = false
  const kept: T[] = []
  for (const item of old) {
    const isElsewhere = namespace !== undefined && (identity(item).namespace ?? '') !== namespace
    const newer = isElsewhere ? undefined : left.get(key(item))
    if (newer === undefined) {
      if (isElsewhere || !holds(identity(item))) kept.push(item)
      else isChanged = true
      continue
    }
    left.delete(key(item))
    const isKept = isSameItem(item, newer)
    kept.push(isKept ? item : newer)
    isChanged ||= !isKept
  }
  return isChanged || left.size > 0 ? [...kept, ...left.values()] : old
}

/** What is asked of each node, in one call. */
function nodeReads(reads: readonly FreshRead[]): Map<string, NodeRead> {
  const byNode = new Map<string, NodeRead>()
  for (const read of reads) {
    if (!('node' in read)) continue
    const old = byNode.get(read.node) ?? {}
    if (read.kind === 'node')
      byNode.set(read.node, { ...old, network: true, files: union(old.files, read.paths) })
    if (read.kind === 'files') byNode.set(read.node, { ...old, files: union(old.files, read.paths) })
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

/** All nodes that were asked, in one new map: it has thousands of others. */
function withNodes(
  cluster: Cluster,
  answers: readonly (readonly [node: string, read: NodeRead, fresh: NodeFacts])[],
): Cluster {
  if (answers.length === 0) return cluster
  const nodes = { ...cluster.nodes }
  for (const [node, read, fresh] of answers) nodes[node] = freshFacts(nodes[node] ?? noFacts, read, fresh)
  return answers.reduce((current, [node]) => without(`nodes/${node}`, current), { ...cluster, nodes })
}

const noFacts: NodeFacts = { files: {}, sysctls: {}, addresses: [], routes: [] }

function freshFacts(old: NodeFacts, read: NodeRead, fresh: NodeFacts): NodeFacts {
  return defined({
    // A kubelet or API server that is gone must not seem to run: what was asked for replaces also where the answer is "nothing".
    ...(read.network ? { ...fresh, apiServer: old.apiServer, reach: old.reach, ping: old.ping } : old),
    files: { ...old.files, ...fresh.files },
    ...(read.apiServer && { apiServer: fresh.apiServer }),
    ...(read.reach && { reach: { ...old.reach, ...fresh.reach } }),
    ...(read.ping && { ping: { ...old.ping, ...fresh.ping } }),
  })
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
