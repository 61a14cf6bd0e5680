import type { Answer, Ask, Skipped, Verification } from '../model/verification.ts'
import type { World } from '../world/ports.ts'
import { askAll } from './ask-all.ts'
import { explain } from './explain.ts'
import type { VerifyOptions } from './options.ts'
import { isSkipped } from './scenario.ts'
import { senders } from './send.ts'
import { removeNamespace } from './stage.ts'
import { makeStand, type Stand } from './stand.ts'

/**
 * Sends real traffic over every path that there is, in each family, and says what came of it. Makes test pods in a namespace of its own,
 * which goes whatever happens; those of a verification that was killed go first.
 * @throws RefusedError `verify.…` when the cluster lets us make none; UnreachableError when it goes away meanwhile
 */
export async function verify(world: World, options: VerifyOptions): Promise<Verification> {
  const stand = await makeStand(world, options)
  try {
    const { answers, skipped } = await ask(world, stand, stand.asks, options)
    return {
      apiVersion: 'dualstack/verify/v1',
      cluster: stand.cluster,
      at: new Date(world.clock.now()).toISOString(),
      families: stand.context.families,
      nodes: stand.nodes,
      answers: await explain(world, stand.context, answers, options.signal),
      skipped: [...stand.skipped, ...skipped],
    }
  } finally {
    await removeNamespace(world, stand.namespace)
  }
}

/** Sends asks, again what was not as expected, and says what they say together. */
export async function ask(
  world: World,
  { context, scenarios }: Pick<Stand, 'context' | 'scenarios'>,
  asks: readonly Ask[],
  { rate, signal, tell = () => {} }: VerifyOptions,
): Promise<{ readonly answers: readonly Answer[]; readonly skipped: readonly Skipped[] }> {
  const onRound = (round: number, count: number): void =>
    tell(round === 1 ? `asking ${count} times` : `asking ${count} times again`)
  const asked = await askAll(asks, senders(world, context), { rate, clock: world.clock, signal, onRound })
  const answers = asked.filter((one): one is Answer => !isSkipped(one))
  const concluded = scenarios.flatMap(scenario => {
    const own = answers.filter(({ ask: { scenario: id } }) => id === scenario.id)
    return scenario.conclude?.(own) ?? own
  })
  return {
    answers: concluded.filter((one): one is Answer => !isSkipped(one)),
    skipped: [...asked.filter(isSkipped), ...concluded.filter(isSkipped)],
  }
}
