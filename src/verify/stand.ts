import { familyOf } from '../address/index.ts'
import { UsageError } from '../base/errors.ts'
import type { KubeObject } from '../model/cluster.ts'
import type { Ask, Skipped } from '../model/verification.ts'
import type { World } from '../world/ports.ts'
import type { Context } from './context.ts'
import { usualLifetime } from './objects.ts'
import type { VerifyOptions } from './options.ts'
import { ownAddresses } from './own-addresses.ts'
import { prepare } from './prepare.ts'
import { isSkipped, type Scenario } from './scenario.ts'
import { scenarios } from './scenarios/index.ts'
import { makeNamespace, removeNamespace, sweep } from './stage.ts'

/** Test pods that run in a namespace of their own, and all that can be asked with them. Whoever made it takes the namespace away. */
export interface Stand {
  readonly namespace: string
  /** UID of the cluster. */
  readonly cluster: string
  /** Names of all nodes, also of those without a test pod. */
  readonly nodes: readonly string[]
  readonly context: Context
  /** That were chosen. */
  readonly scenarios: readonly Scenario[]
  readonly asks: readonly Ask[]
  readonly skipped: readonly Skipped[]
}

/** @throws UsageError for the name of no scenario */
function chosen({ topic, only = [], skip = [] }: VerifyOptions): readonly Scenario[] {
  const ids = scenarios.map(({ id }) => id)
  const unknown = [...only, ...skip].find(id => !ids.includes(id))
  if (unknown !== undefined)
    throw new UsageError(`no scenario is called ${JSON.stringify(unknown)}`, `There are ${ids.join(', ')}.`)
  return scenarios.filter(
    scenario =>
      (topic === undefined || scenario.topic === topic) &&
      (only.length === 0 || only.includes(scenario.id)) &&
      !skip.includes(scenario.id),
  )
}

/**
 * Makes test pods in a namespace of their own; those of a verification that was killed go first. Where it fails nothing of it stays.
 * @throws RefusedError `verify.…` when the cluster lets us make none
 */
export async function makeStand(world: World, options: VerifyOptions): Promise<Stand> {
  const list = chosen(options)
  const { signal, tell = () => {}, hostPorts = false, lifetime = usualLifetime } = options
  const [system, nodes] = await Promise.all([
    world.api.get('v1/namespaces', undefined, 'kube-system', signal),
    nodesOf(world, signal),
  ])
  const cluster = system?.metadata.uid ?? ''
  options.onCluster?.(cluster)
  await sweep(world, signal)
  const namespace = await makeNamespace(world, hostPorts, lifetime)
  try {
    const count = Math.min(nodes.length, options.mostNodes ?? nodes.length)
    tell(`namespace ${namespace}: starting test pods on ${count} nodes`)
    if (hostPorts)
      tell(
        `--host-ports: Pod Security of namespace ${namespace} is privileged, as a host port is not allowed otherwise`,
      )
    const { context, skipped } = await prepare(world, namespace, nodes, options)
    const made = list.flatMap(scenario => context.families.flatMap(family => scenario.asks(context, family)))
    const { can, cannot } = fromThisMachine(made.filter((one): one is Ask => !isSkipped(one)))
    return {
      namespace,
      cluster,
      nodes: nodes.map(({ metadata }) => metadata.name),
      context,
      scenarios: list,
      asks: can,
      skipped: [...skipped, ...made.filter(isSkipped), ...cannot],
    }
  } catch (error) {
    await removeNamespace(world, namespace)
    throw error
  }
}

async function nodesOf({ api }: World, signal?: AbortSignal): Promise<readonly KubeObject[]> {
  const nodes: KubeObject[] = []
  for await (const node of api.list('v1/nodes', { signal })) nodes.push(node)
  return nodes.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
}

/** Of a family that this machine has no address of, nothing can be asked from here: that says nothing about the cluster. */
function fromThisMachine(asks: readonly Ask[]): {
  readonly can: readonly Ask[]
  readonly cannot: readonly Skipped[]
} {
  const has = new Set(ownAddresses().map(familyOf))
  const isStuck = ({ from, family }: Ask): boolean => from.kind === 'outside' && !has.has(family)
  const stuck = asks.filter(isStuck)
  const kinds = [...new Map(stuck.map(ask => [`${ask.scenario} ${ask.family}`, ask])).values()]
  return {
    can: asks.filter(ask => !isStuck(ask)),
    cannot: kinds.map(({ scenario, family }) => ({
      scenario,
      family,
      reason: `this machine has no ${family} address to ask from`,
    })),
  }
}
