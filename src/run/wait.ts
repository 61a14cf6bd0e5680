import { DualStackError, StoppedError, UnreachableError } from '../base/errors.ts'
import type { Cluster } from '../model/cluster.ts'
import type { Layer } from '../model/layer.ts'
import type { Gate, Reading } from '../model/plan.ts'
import type { FreshRead } from '../model/read.ts'
import type { World } from '../world/ports.ts'

export interface Wait {
  readonly world: World
  readonly layers: readonly Layer[]
  /** Reads afresh what gates ask for (`observe/live.ts`). */
  readonly refresh: (cluster: Cluster, reads: readonly FreshRead[]) => Promise<Cluster>
  readonly waiting: (gate: string, reading: Reading) => void
  readonly signal?: AbortSignal
}

const pollEvery = 500

/** The reading of one gate on facts read just before. */
function judge(layers: readonly Layer[], cluster: Cluster, gate: Gate): Reading {
  const kind = kindOf(layers, gate)
  return kind.judge(cluster, gate.args)
}

function kindOf(layers: readonly Layer[], gate: Gate) {
  const [id, name] = [gate.id.slice(0, gate.id.indexOf('/')), gate.id.slice(gate.id.indexOf('/') + 1)]
  const kind = layers.find(layer => layer.id === id)?.gates[name]
  if (kind === undefined) {
    throw new StoppedError(
      `this version of the tool does not know the gate ${gate.id}`,
      'plan.unknown-gate',
      'Make the plan again with this version.',
    )
  }
  return kind
}

/**
 * Waits until all gates hold at once, each for its `steady` seconds without a break. Returns the cluster as last read. Throws StoppedError
 * when one is hopeless or its time is up. A server that does not answer meanwhile is "does not hold", not an error.
 */
export async function waitFor(context: Wait, start: Cluster, gates: readonly Gate[]): Promise<Cluster> {
  const { clock } = context.world
  const began = clock.now()
  const since = new Map<Gate, number>()
  let cluster = start
  while (gates.length > 0) {
    context.signal?.throwIfAborted()
    const readings = await look(context, cluster, gates)
    if (readings.cluster !== undefined) cluster = readings.cluster
    const now = clock.now()
    for (const [gate, reading] of readings.all) {
      if (reading.hopeless !== undefined) {
        throw new StoppedError(`${gate.id}: ${reading.seen}`, 'gate.hopeless', reading.hopeless)
      }
      if (reading.holds) since.set(gate, since.get(gate) ?? now)
      else since.delete(gate)
    }
    const open = readings.all.find(
      ([gate]) =>
        now - (since.get(gate) ?? Number.POSITIVE_INFINITY) < gate.steady * 1000 || !since.has(gate),
    )
    if (open === undefined) return cluster
    const [gate, reading] = open
    context.waiting(gate.id, reading)
    const late = readings.all.find(([one]) => !since.has(one) && now - began > one.within * 1000)
    if (late !== undefined) {
      throw new StoppedError(
        `${late[0].id}: not reached within ${late[0].within} s: ${late[1].seen}`,
        'gate.timeout',
        `It was waited for because ${late[0].because}. Mend what is seen and run the same command again: it goes on here.`,
      )
    }
    await clock.sleep(pollEvery, context.signal)
  }
  return cluster
}

async function look(
  context: Wait,
  cluster: Cluster,
  gates: readonly Gate[],
): Promise<{ cluster?: Cluster; all: readonly (readonly [Gate, Reading])[] }> {
  try {
    const reads = gates.flatMap(gate => kindOf(context.layers, gate).reads(gate.args, cluster))
    const fresh = await context.refresh(cluster, reads)
    return { cluster: fresh, all: gates.map(gate => [gate, judge(context.layers, fresh, gate)] as const) }
  } catch (error) {
    if (!(error instanceof UnreachableError) && !isPassing(error)) throw error
    const reading: Reading = { holds: false, seen: (error as Error).message }
    return { all: gates.map(gate => [gate, reading] as const) }
  }
}

/** A server that is just coming up answers 5xx for a moment, and forbids everything until its RBAC cache is filled. */
const isPassing = (error: unknown): boolean =>
  error instanceof DualStackError &&
  'status' in error &&
  [403, 429, 500, 502, 503, 504].includes(Number(error.status))
