import pLimit from 'p-limit'
import { DualStackError, messageOf, UnreachableError } from '../base/errors.ts'
import type { Cluster, KubeObject, NodeFacts, Pod, Resource } from '../model/cluster.ts'
import type { Read } from '../model/read.ts'
import { isOfTests } from '../model/test-namespace.ts'
import { Common, projectPod } from '../world/api/pods.ts'
import type { World } from '../world/ports.ts'
import { configMaps, podResource } from './layout.ts'
import { leaner } from './lean.ts'
import { factSharer } from './share-facts.ts'
import { sorted } from './sorted.ts'
import { isControlPlane, unreadKey, type Wanted, wanted } from './wanted.ts'

export interface ObserveOptions {
  readonly signal?: AbortSignal
  /** A node that cannot be reached is named in `unread` instead of ending the observation: enough for looking, never for changing. */
  readonly tolerant?: boolean
  /** Sees each object before it is projected, so that a snapshot is the very reading the Cluster came from. */
  readonly onObject?: (resource: Resource, object: KubeObject) => void | Promise<void>
}

/** API priority and fairness would queue more; a node's facts are one round trip each, mostly waiting. */
const listsAtOnce = 6
const nodesAtOnce = 32

/**
 * Reads the live cluster, once. Lists in parallel, pods projected while their pages come, one call a node.
 * @throws UnreachableError that names every node that could not be reached (unless `tolerant`), or the API server
 */
export async function observe(
  world: World,
  reads: readonly Read[],
  options: ObserveOptions = {},
): Promise<Cluster> {
  // One failure ends the other readings: nobody is going to use them.
  const failed = new AbortController()
  const signal = AbortSignal.any([failed.signal, ...(options.signal ? [options.signal] : [])])
  try {
    return await observeAll(world, wanted(reads), { ...options, signal })
  } catch (error) {
    failed.abort(error)
    throw error
  }
}

async function observeAll(
  world: World,
  want: Wanted,
  options: ObserveOptions & { signal: AbortSignal },
): Promise<Cluster> {
  const { api } = world
  const { signal, onObject } = options
  const objects: Record<Resource, readonly KubeObject[]> = {}
  let pods: readonly Pod[] = []
  const unread: Record<string, string> = {}
  const limit = pLimit(listsAtOnce)
  // Whoever sees each object wants it whole.
  const brief = onObject === undefined

  /** What the server refuses is not read; everything else that fails ends the observation. */
  const allowed = async <T>(key: string, read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read()
    } catch (error) {
      if (!isForbidden(error)) throw error
      unread[key] = messageOf(error)
      return undefined
    }
  }

  const list = (resource: Resource) =>
    limit(() =>
      allowed(unreadKey.list(resource), async () => {
        const found: KubeObject[] = []
        const foundPods: Pod[] = []
        const common = new Common()
        const lean = leaner(resource)
        for await (const object of api.list(resource, { brief, signal })) {
          if (isOfTests(resource, object)) continue
          await onObject?.(resource, object)
          if (resource === podResource) foundPods.push(projectPod(object, common))
          else found.push(lean(object))
        }
        if (resource === podResource) pods = foundPods
        else objects[resource] = found
      }),
    )

  const maps = Promise.all(
    want.configMaps.map(({ namespace, name }) =>
      limit(() =>
        allowed(unreadKey.configMap(namespace, name), async () => {
          const map = await api.get(configMaps, namespace, name, signal)
          if (map) await onObject?.(configMaps, map)
          return map && leaner(configMaps)(map)
        }),
      ),
    ),
  )

  // Nodes first: their facts are the slowest part, and are asked for while the lists come in.
  const facts = list('v1/nodes').then(() =>
    readNodes(world, objects['v1/nodes'] ?? [], want, options, unread),
  )
  const [version, uid = '', nodes, found] = await Promise.all([
    api.version(signal),
    allowed(unreadKey.uid, () => readUid(api, signal)),
    facts,
    maps,
    ...want.lists.filter(resource => resource !== 'v1/nodes').map(list),
  ])
  const known = found.filter(map => map !== undefined)
  if (want.configMaps.length > 0) objects[configMaps] = [...(objects[configMaps] ?? []), ...known]
  return { uid, version, objects, pods, nodes, unread: sorted(unread) }
}

/** What tells one cluster from another: the uid of the namespace that none is without. */
export async function readUid(api: World['api'], signal?: AbortSignal): Promise<string> {
  const system = await api.get('v1/namespaces', undefined, 'kube-system', signal)
  return system?.metadata.uid ?? ''
}

async function readNodes(
  world: World,
  nodes: readonly KubeObject[],
  want: Wanted,
  options: ObserveOptions & { signal: AbortSignal },
  unread: Record<string, string>,
): Promise<Record<string, NodeFacts>> {
  const limit = pLimit(nodesAtOnce)
  const facts: Record<string, NodeFacts> = {}
  const shared = factSharer()
  const lost: { name: string; error: UnreachableError }[] = []
  await Promise.all(
    nodes.map(node =>
      limit(async () => {
        const { name } = node.metadata
        try {
          const read = want.node(isControlPlane(node))
          facts[name] = shared(await world.nodes.facts(name, read, options.signal))
        } catch (error) {
          // All are tried, so that the message names all that cannot be reached, not the first.
          if (!(error instanceof UnreachableError)) throw error
          lost.push({ name, error })
        }
      }),
    ),
  )
  if (options.tolerant) for (const { name, error } of lost) unread[unreadKey.node(name)] = messageOf(error)
  else if (lost.length > 0) throw unreachable(lost, nodes.length)
  return sorted(facts)
}

function unreachable(
  lost: readonly { name: string; error: UnreachableError }[],
  all: number,
): UnreachableError {
  const byName = [...lost].sort((a, b) => (a.name < b.name ? -1 : 1))
  const [first] = byName
  if (first && all === 1) return first.error
  // A transport names the node itself: once is enough here.
  const reasons = byName
    .map(({ name, error }) => `\n  ${name}: ${messageOf(error).replace(`node ${name}: `, '')}`)
    .join('')
  return new UnreachableError(
    `${lost.length} of ${all} nodes cannot be reached:${reasons}`,
    'observe.nodes',
    first?.error.hint ??
      'Each node must be reachable: see --node-access, --ssh-config, --ssh-user and --ssh-destination.',
    first?.error,
  )
}

/** An ApiError with status 403: RBAC, or an authorization webhook, said no. */
const isForbidden = (error: unknown): boolean =>
  error instanceof DualStackError && 'status' in error && error.status === 403
