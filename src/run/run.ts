import { DualStackError, messageOf, StoppedError } from '../base/errors.ts'
import { isTextChange } from '../model/apply.ts'
import type { Cluster } from '../model/cluster.ts'
import type { Event } from '../model/event.ts'
import type { Layer } from '../model/layer.ts'
import type { Plan, Step } from '../model/plan.ts'
import type { FreshRead } from '../model/read.ts'
import pLimit from 'p-limit'
import type { World } from '../world/ports.ts'
import { describe, drive, staleError, type SwapSettings } from './drive.ts'
import { inspect } from './inspect.ts'
import type { Journal } from './journal.ts'
import { recreatePods } from './recreate.ts'
import { removeRules } from './remove-rules.ts'
import { waitFor } from './wait.ts'

type EventBody = Event extends infer E ? (E extends Event ? Omit<E, 'run' | 'at'> : never) : never

export interface Run {
  readonly world: World
  readonly layers: readonly Layer[]
  readonly plan: Plan
  readonly cluster: Cluster
  readonly journal: Journal
  /** Steps that the journal knows as done; empty for a new run. */
  readonly settled: ReadonlySet<string>
  /** Did an earlier process die in this run? Then the first step that is not settled may be half done. */
  readonly resumed: boolean
  readonly swap: SwapSettings
  readonly refresh: (cluster: Cluster, reads: readonly FreshRead[]) => Promise<Cluster>
  readonly emit: (event: Event) => void
  /** Throws when this run may not go on (the lock is somebody else's): asked before each step. */
  readonly check: () => Promise<void>
  readonly signal?: AbortSignal
}

/** Owners whose pods are made again at the same time. */
const ownersAtOnce = 4

/**
 * Runs a plan: step by step, each done when every change is at its target and every gate holds. Throws what stopped it, after the journal
 * knows; running the same plan again goes on there.
 */
export async function run(context: Run): Promise<Cluster> {
  const say = speaker(context)
  let cluster = context.cluster
  let mayBeHalfDone = context.resumed
  for (const step of context.plan.steps) {
    if (context.settled.has(step.id)) continue
    try {
      context.signal?.throwIfAborted()
      await context.check()
      cluster = await runStep(context, say, step, cluster, mayBeHalfDone)
    } catch (error) {
      throw stop(say, step, error)
    }
    mayBeHalfDone = false
  }
  return cluster
}

function speaker(context: Run): (event: EventBody) => void {
  return body => {
    const event = {
      run: context.journal.run,
      at: new Date(context.world.clock.now()).toISOString(),
      ...body,
    } as Event
    context.journal.append(event)
    context.emit(event)
  }
}

async function runStep(
  context: Run,
  say: (event: EventBody) => void,
  step: Step,
  start: Cluster,
  mayBeHalfDone: boolean,
): Promise<Cluster> {
  const { world, journal } = context
  const progress = (message: string) => say({ kind: 'progress', step: step.id, message })
  const wait = {
    world,
    layers: context.layers,
    refresh: context.refresh,
    waiting: (gate: string, reading: Parameters<Parameters<typeof waitFor>[0]['waiting']>[1]) =>
      say({ kind: 'waiting', step: step.id, gate, reading }),
    signal: context.signal,
  }
  const standings = await inspect(world, step.changes)
  const stray = standings.findIndex(standing => standing.at === 'other')
  const strayChange = step.changes[stray]
  if (strayChange !== undefined) throw staleError(describe(strayChange))
  let cluster = await waitFor(wait, start, step.needs)
  say({ kind: 'intend', step: step.id, found: standings.map(standing => standing.found) })
  // A step without changes has only its refreshes to show for: they are always made.
  const isThere = step.changes.length > 0 && standings.every(standing => standing.at === 'after')
  let isArmed = false
  try {
    if (!isThere || mayBeHalfDone) {
      isArmed = await arm(context, step)
      await drive(
        { world, run: journal.run, swap: context.swap, progress, signal: context.signal },
        step.changes,
      )
      await refreshAll(context, step, progress)
    }
    cluster = await waitFor(wait, cluster, step.gates)
    if (isArmed && step.guard !== undefined) await world.nodes.confirm(step.guard.node, journal.run, step.id)
  } catch (error) {
    if (isArmed && step.guard !== undefined) {
      progress(`putting back what was there before on ${step.guard.node}`)
      await world.nodes.revert(step.guard.node, journal.run, step.id)
    }
    throw error
  }
  say({ kind: 'settled', step: step.id, ...(isThere ? { skipped: true as const } : {}) })
  return cluster
}

async function arm(context: Run, step: Step): Promise<boolean> {
  if (step.guard === undefined) return false
  const { node, unit, within } = step.guard
  const paths = step.changes
    .filter(isTextChange)
    .flatMap(({ target }) => (target.kind === 'file' && target.node === node ? [target.path] : []))
  await context.world.nodes.guard(node, {
    run: context.journal.run,
    step: step.id,
    paths,
    ...(unit === undefined ? {} : { unit }),
    within,
  })
  return true
}

async function refreshAll(context: Run, step: Step, progress: (message: string) => void): Promise<void> {
  const limit = pLimit(ownersAtOnce)
  const within = Math.max(300, ...step.gates.map(gate => gate.within))
  const look = (namespace: string) =>
    context.refresh(context.cluster, [
      { kind: 'pods', namespace },
      { kind: 'list', resource: 'apps/v1/replicasets', namespace },
    ])
  for (const refresh of step.refreshes)
    if (refresh.kind === 'restart') await context.world.nodes.restartUnit(refresh.node, refresh.unit)
  for (const refresh of step.refreshes)
    if (refresh.kind === 'remove-rules')
      await removeRules({ world: context.world, look, progress, signal: context.signal }, refresh)
  const recreations = step.refreshes.filter(refresh => refresh.kind === 'recreate-pods')
  const results = await Promise.allSettled(
    recreations.map(refresh =>
      limit(() =>
        recreatePods({ world: context.world, look, progress, within, signal: context.signal }, refresh),
      ),
    ),
  )
  const failed = results.find(result => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

/** Writes down why it stopped, and gives back the error to throw. */
function stop(say: (event: EventBody) => void, step: Step, error: unknown): unknown {
  const known = error instanceof DualStackError
  const code = known ? error.code : 'run.interrupted'
  const next =
    known && error.hint !== undefined
      ? error.hint
      : 'Run the same command again to go on, or `dualstack rollback` to go back.'
  try {
    say({ kind: 'stopped', step: step.id, code, message: messageOf(error), next })
  } catch {
    // The disk that the journal lies on is full: the error that stopped the run matters more.
  }
  if (known) return error
  return new StoppedError(`stopped at ${step.id}: ${messageOf(error)}`, code, next, error)
}
