import { networkInterfaces } from 'node:os'
import { UsageError } from '../base/errors.ts'
import type { KubeObject } from '../model/cluster.ts'
import type { Answer, Ask, Skipped, Verification } from '../model/verification.ts'
import type { World } from '../world/ports.ts'
import { askAll } from './ask-all.ts'
import { explain } from './explain.ts'
import type { VerifyOptions } from './options.ts'
import { prepare } from './prepare.ts'
import { isSkipped, type Scenario } from './scenario.ts'
import { scenarios } from './scenarios/index.ts'
import { senders } from './send.ts'
import { makeNamespace, removeNamespace, sweep } from './stage.ts'

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
 * Sends real traffic over every path that there is, in each family, and says what came of it. Makes test pods in a namespace of its own,
 * which goes whatever happens; those of a verification that was killed go first.
 * @throws RefusedError `verify.…` when the cluster lets us make none; UnreachableError when it goes away meanwhile
 */
export async function verify(world: World, options: VerifyOptions): Promise<Verification> {
  const list = chosen(options)
  const { signal, tell = () => {}, hostPorts = false } = options
  const [cluster, nodes] = await Promise.all([
    world.api.get('v1/namespaces', undefined, 'kube-system', signal),
    nodesOf(world, signal),
  ])
  const uid = cluster?.metadata.uid ?? ''
  options.onCluster?.(uid)
  await sweep(world, signal)
  const namespace = await makeNamespace(world, hostPorts)
  try {
    tell(`namespace ${namespace}: starting test pods on ${nodes.length} nodes`)
    if (hostPorts)
      tell(
        `--host-ports: Pod Security of namespace ${namespace} is privileged, as a host port is not allowed otherwise`,
      )
    const { context, skipped } = await prepare(world, namespace, nodes, options)
    const made = list.flatMap(scenario => context.families.flatMap(family => scenario.asks(context, family)))
    const asks = made.filter((one): one is Ask => !isSkipped(one))
    const { can, cannot } = fromThisMachine(asks)
    const onRound = (round: number, count: number): void =>
      tell(round === 1 ? `asking ${count} times` : `asking ${count} times again`)
    const asked = await askAll(can, senders(world, context), {
      rate: options.rate,
      clock: world.clock,
      signal,
      onRound,
    })
    const answers = asked.filter((one): one is Answer => !isSkipped(one))
    const concluded = list.flatMap(scenario => {
      const own = answers.filter(({ ask }) => ask.scenario === scenario.id)
      return scenario.conclude?.(own) ?? own
    })
    return {
      apiVersion: 'dualstack/verify/v1',
      cluster: uid,
      at: new Date(world.clock.now()).toISOString(),
      families: context.families,
      nodes: nodes.map(({ metadata }) => metadata.name),
      answers: await explain(
        world,
        context,
        concluded.filter((one): one is Answer => !isSkipped(one)),
        signal,
      ),
      skipped: [
        ...skipped,
        ...made.filter(isSkipped),
        ...cannot,
        ...asked.filter(isSkipped),
        ...concluded.filter(isSkipped),
      ],
    }
  } finally {
    await removeNamespace(world, namespace)
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
  const own = Object.values(networkInterfaces()).flatMap(all => all ?? [])
  const has = new Set(
    own
      .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
      .map(({ family }) => family),
  )
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
