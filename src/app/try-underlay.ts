import { DualStackError, messageOf } from '../base/errors.ts'
import type { Cluster } from '../model/cluster.ts'
import type { Layer } from '../model/layer.ts'
import type { Notice, Plan } from '../model/plan.ts'
import { refresh } from '../observe/refresh.ts'
import type { World } from '../world/ports.ts'

const id = 'host/underlay'

/**
 * Tries the way between the nodes that a plan will ask for before its first change, so that a person hears of it while nothing waits. Looks
 * only; what is wrong becomes a notice. A bundle cannot try anything: the run will.
 */
export async function tryUnderlay(
  world: World | undefined,
  layers: readonly Layer[],
  cluster: Cluster,
  plan: Plan,
): Promise<Plan> {
  const gate = plan.steps[0]?.needs.find(need => need.id === id)
  const kind = layers.find(layer => layer.id === 'host')?.gates['underlay']
  if (world === undefined || gate === undefined || kind === undefined) return plan
  const said = (message: string): Plan => ({ ...plan, notices: [notice(message), ...plan.notices] })
  try {
    const fresh = await refresh(cluster, kind.reads(gate.args, cluster), world)
    const { holds, seen } = kind.judge(fresh, gate.args)
    return holds ? plan : said(`do not all reach each other: ${seen}`)
  } catch (error) {
    if (!(error instanceof DualStackError)) throw error
    return said(`could not try the ways between each other: ${messageOf(error)}`)
  }
}

const notice = (message: string): Notice => ({
  layer: 'host',
  object: 'the nodes',
  message,
  remedy: 'Mend it before `dualstack apply`, which tries again and stops there, before its first change.',
})
