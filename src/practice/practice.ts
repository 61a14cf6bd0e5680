import { type Logger, silentLogger } from '../base/logger.ts'
import { layers as allLayers } from '../layers/index.ts'
import type { Cluster, KubeObject } from '../model/cluster.ts'
import type { Layer } from '../model/layer.ts'
import type { AnyRule } from '../model/rule.ts'
import { rules as allRules } from '../rules/index.ts'
import type { World } from '../world/ports.ts'
import { practiceApi } from './api.ts'
import { keepBudgets } from './budgets.ts'
import { type VirtualClock, virtualClock } from './clock.ts'
import { runControlPlane } from './control-plane.ts'
import { runControllers } from './controllers.ts'
import { collectGarbage } from './deletion.ts'
import { keepEndpoints } from './endpoints.ts'
import { Faults } from './faults.ts'
import { machineOf } from './machine.ts'
import { practiceNodes } from './nodes.ts'
import { runPods } from './pods.ts'
import { Servers } from './servers.ts'
import { keepServiceCIDRs } from './service-cidrs.ts'
import { keepAddresses } from './service-addresses.ts'
import { podResource, Site } from './site.ts'
import { StaticPods } from './static-pods.ts'
import { wirePod } from './wire-pod.ts'

export interface PracticeOptions {
  /** How things behave comes from these; all layers unless told. */
  readonly layers?: readonly Layer[]
  /** What is refused comes from these; all rules unless told. */
  readonly rules?: readonly AnyRule[]
  /** When it begins, milliseconds since the epoch: a minute after the newest time in the cluster unless told. */
  readonly now?: number
  readonly logger?: Logger
}

/** A cluster in memory that behaves as a real one does, as far as a contract case says so (src/practice/contract). */
export interface Practice extends World {
  readonly clock: VirtualClock
  /** All there is, as data, as it is now. */
  cluster(): Cluster
  /** What goes wrong on purpose, and the calls that were made. */
  readonly faults: Faults
  /** The API server that clients reach where there are several; undefined: the first that answers. */
  reachThrough(node: string | undefined): void
  /** By node, what our work leaves in it beside files and objects: rules of Felix, armed switches, a stand-in. Empty: nothing. */
  traces(): Readonly<Record<string, readonly string[]>>
}

/** A practice cluster from a Cluster: of a bundle, or as observed. The Cluster itself is not touched. */
export function practiceWorld(cluster: Cluster, options: PracticeOptions = {}): Practice {
  const { layers = allLayers, rules = allRules, logger = silentLogger } = options
  const clock = virtualClock(options.now ?? beginningOf(cluster))
  const faults = new Faults()
  const site = new Site(cluster.uid, cluster.version, clock, faults, layers, rules, logger)
  load(site, cluster)
  const servers = new Servers(site)
  const staticPods = new StaticPods(site)
  runPods(site)
  keepAddresses(site)
  keepServiceCIDRs(site)
  keepBudgets(site)
  keepEndpoints(site)
  runControllers(site)
  collectGarbage(site)
  runControlPlane(site)
  return {
    api: practiceApi(site, servers),
    nodes: practiceNodes(site, servers, staticPods),
    clock,
    logger,
    faults,
    cluster: () => snapshot(site.cluster()),
    reachThrough(node) {
      servers.prefer = node
    },
    traces: () => tracesOf(site),
  }
}

function load(site: Site, cluster: Cluster): void {
  for (const [resource, objects] of Object.entries(cluster.objects)) site.store.load(resource, objects)
  if (cluster.objects[namespaces] === undefined) site.store.load(namespaces, namespacesOf(cluster))
  site.store.load(
    podResource,
    cluster.pods.map(pod =>
      wirePod(pod, ownerOf(site, pod), site.store.get('v1/nodes', undefined, pod.node)),
    ),
  )
  for (const [name, facts] of Object.entries(cluster.nodes)) site.machines.set(name, machineOf(name, facts))
}

const namespaces = 'v1/namespaces'

/** Where nobody read them: those that something is in, and the one that the cluster is known by. */
function namespacesOf({ uid, objects, pods }: Cluster): readonly KubeObject[] {
  const names = new Set(['default', 'kube-system', ...pods.map(pod => pod.namespace)])
  for (const object of Object.values(objects).flat())
    if (object.metadata.namespace !== undefined) names.add(object.metadata.namespace)
  return [...names].map(name => ({
    metadata: { name, ...(name === 'kube-system' ? { uid } : {}) },
    status: { phase: 'Active' },
  }))
}

const ownerResources: Readonly<Record<string, string>> = {
  Node: 'v1/nodes',
  ReplicaSet: 'apps/v1/replicasets',
  DaemonSet: 'apps/v1/daemonsets',
  StatefulSet: 'apps/v1/statefulsets',
  Job: 'batch/v1/jobs',
  ReplicationController: 'v1/replicationcontrollers',
}

/** The object that owns a pod, by its kind and name. */
function ownerOf({ store }: Site, { namespace, owner }: Cluster['pods'][number]): KubeObject | undefined {
  const resource = ownerResources[owner?.kind ?? '']
  if (owner === undefined || resource === undefined) return undefined
  return store.get(resource, owner.kind === 'Node' ? undefined : namespace, owner.name)
}

/** When a practice cluster of this one begins unless told: a minute after the newest time in it, in milliseconds since the epoch. */
export const beginningOf = (cluster: Cluster): number => newest(cluster) + 60_000

function newest(cluster: Cluster): number {
  let latest = Date.parse('2026-01-01T00:00:00Z')
  const see = (time: unknown): void => {
    const at = typeof time === 'string' ? Date.parse(time) : Number.NaN
    if (at > latest) latest = at
  }
  for (const pod of cluster.pods) see(pod.created)
  for (const objects of Object.values(cluster.objects))
    for (const object of objects) {
      see(object.metadata.creationTimestamp)
      see((object['spec'] as { renewTime?: string } | undefined)?.renewTime)
    }
  return latest
}

/** As it is now, and stays when the practice cluster goes on. */
const snapshot = (live: Cluster): Cluster => ({
  ...live,
  objects: { ...live.objects },
  nodes: Object.fromEntries(Object.entries(live.nodes)),
})

function tracesOf(site: Site): Readonly<Record<string, readonly string[]>> {
  const found = [...site.machines.values()].flatMap(machine => {
    const traces = [
      ...[...machine.felix].map(family => `Felix's ${family} rules`),
      ...[...machine.switches].filter(([, armed]) => !armed.isDone).map(([key]) => `switch ${key}`),
      ...(machine.standIn === undefined ? [] : ['a stand-in']),
    ]
    return traces.length === 0 ? [] : [[machine.name, traces] as const]
  })
  return Object.fromEntries(found)
}
