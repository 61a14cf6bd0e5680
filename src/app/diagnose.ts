import { messageOf, UnreachableError } from '../base/errors.ts'
import { allRules, catalogue, conclude, hearEvents, Listener, Matcher, standing } from '../diagnose/index.ts'
import type { Cluster, KubeObject, NodeFacts } from '../model/cluster.ts'
import type { Diagnoses } from '../model/failure.ts'
import { usualReads } from '../observe/whitelist.ts'
import { wanted } from '../observe/wanted.ts'
import type { World } from '../world/ports.ts'
import { type GivenLog, listenTo } from './diagnose-log.ts'
import { listenToNodes, type NodesTold } from './diagnose-nodes.ts'
import { lookForRun } from './diagnose-run.ts'
import { layers } from './layers.ts'
import { allReads } from './rules.ts'
import type { Source } from './source.ts'

/** From logs alone, one after the other. */
export async function diagnoseLogs(logs: readonly GivenLog[], signal?: AbortSignal): Promise<Diagnoses> {
  const listener = new Listener(new Matcher(catalogue))
  const told = []
  for (const log of logs) told.push(await listenTo(listener, log, signal))
  return conclude({
    hearing: listener.hearing,
    failures: catalogue,
    lookedAt: told.map(({ lookedAt }) => lookedAt),
    notRead: told.flatMap(({ notRead }) => notRead),
  })
}

export interface DiagnoseOptions {
  /** Nodes to ask besides those that the API server names, or alone when it is down. */
  readonly nodes?: readonly string[]
  /** Milliseconds since 1970. */
  readonly now: number
  /** Where journals are; this process’s unless told. */
  readonly env?: NodeJS.ProcessEnv
  readonly signal?: AbortSignal
}

/** From a live cluster, also one whose API server is down, or from a bundle. */
export async function diagnoseCluster(source: Source, options: DiagnoseOptions): Promise<Diagnoses> {
  const { signal, now, env } = options
  const matcher = new Matcher(catalogue)
  const listener = new Listener(matcher)
  const { cluster, away } = await read(source, options)
  const names = [
    ...new Set([...Object.keys(cluster.nodes), ...registered(cluster), ...(options.nodes ?? [])]),
  ]
  const asked = away === undefined ? names : namesWithout(source.world, names)
  const told: NodesTold =
    source.world === undefined
      ? { seen: {}, lookedAt: [], notRead: ['logs: a bundle has none; --log FILE takes them one by one'] }
      : await listenToNodes(source.world.nodes, asked, listener, { cluster, now }, signal)
  const events = hearEvents(cluster, catalogue, matcher, listener.hearing)
  const looked = await lookForRun({
    cluster,
    isLive: source.world !== undefined,
    now,
    ...(env !== undefined && { env }),
  })
  return conclude({
    hearing: listener.hearing,
    cluster,
    seen: told.seen,
    failures: catalogue,
    standing: standing(cluster, allRules, new Date(now).toISOString()),
    ...(looked.run !== undefined && { run: looked.run }),
    lookedAt: [...seenOf(cluster, events), ...told.lookedAt],
    notRead: [
      ...(away === undefined ? [] : [`the API server: ${away}`]),
      ...Object.entries(cluster.unread).map(([what, why]) => `${what}: ${why}`),
      ...looked.notRead,
      ...told.notRead,
    ],
  })
}

const registered = (cluster: Cluster): readonly string[] =>
  (cluster.objects['v1/nodes'] ?? []).map(({ metadata }) => metadata.name)

const seenOf = (cluster: Cluster, events: number): readonly string[] => [
  ...(cluster.version === ''
    ? []
    : [
        `the cluster: Kubernetes ${cluster.version}, ${registered(cluster).length} nodes, ${cluster.pods.length} pods, ${events} events`,
      ]),
  ...Object.keys(cluster.nodes).map(node => `${node}: files, addresses, routes`),
]

const reads = () => [...allReads(layers), ...usualReads]

/** The cluster as far as it can be read. `away`: the API server did not answer, and only nodes told something. */
async function read(
  source: Source,
  { nodes = [], signal }: DiagnoseOptions,
): Promise<{ readonly cluster: Cluster; readonly away?: string }> {
  try {
    return {
      cluster: await source.read(reads(), { tolerant: true, ...(signal !== undefined && { signal }) }),
    }
  } catch (error) {
    signal?.throwIfAborted()
    if (source.world === undefined || !(error instanceof UnreachableError)) throw error
    const cluster = await fromNodes(source.world, namesWithout(source.world, nodes), signal)
    return { cluster, away: messageOf(error) }
  }
}

/** Whom to ask when nobody tells the names: the host of the API server is a control plane, or leads to one. */
function namesWithout(world: World | undefined, names: readonly string[]): readonly string[] {
  if (names.length > 0 || world === undefined) return names
  return [new URL(world.api.server).hostname.replace(/^\[|\]$/g, '')]
}

/** What nodes tell without an API server. Each is taken for a control plane: whose file is not there says so. */
async function fromNodes(world: World, names: readonly string[], signal?: AbortSignal): Promise<Cluster> {
  const want = wanted(reads())
  const facts: Record<string, NodeFacts> = {}
  const unread: Record<string, string> = {}
  await Promise.all(
    names.map(async name => {
      try {
        facts[name] = await world.nodes.facts(name, want.node(true), signal)
      } catch (error) {
        signal?.throwIfAborted()
        unread[`nodes/${name}`] = messageOf(error)
      }
    }),
  )
  const objects: readonly KubeObject[] = Object.keys(facts).map(name => ({ metadata: { name } }))
  return { uid: '', version: '', objects: { 'v1/nodes': objects }, pods: [], nodes: facts, unread }
}
