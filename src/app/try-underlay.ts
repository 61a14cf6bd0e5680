import { DualStackError, messageOf } from '../base/errors.ts'
import { underlayGate, underlayId, underlayKind } from '../layers/host/underlay.ts'
import type { Cluster } from '../model/cluster.ts'
import type { Goal } from '../model/goal.ts'
import { refresh } from '../observe/refresh.ts'
import type { World } from '../world/ports.ts'

/**
 * Tries the ways between the nodes that a run will ask for before its first change, so that a person hears of it while nothing waits. Looks
 * only; what was found is judged by the rule of the same name. A bundle cannot try anything: the run will.
 */
export async function tryUnderlay(
  world: World | undefined,
  cluster: Cluster,
  goal: Goal,
  signal?: AbortSignal,
): Promise<Cluster> {
  const gate = underlayGate(goal)
  if (world === undefined || gate === undefined) return cluster
  try {
    return await refresh(cluster, underlayKind.reads(gate.args, cluster), world, signal)
  } catch (error) {
    if (!(error instanceof DualStackError)) throw error
    return { ...cluster, unread: { ...cluster.unread, [underlayId]: messageOf(error) } }
  }
}
