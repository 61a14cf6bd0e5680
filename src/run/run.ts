import { DualStackError, messageOf, StoppedError } from '../base/errors.ts'
import { isTextChange } from '../model/apply.ts'
import type { Cluster } from '../model/cluster.ts'
import type { Event } from '../model/event.ts'
import type { Layer } from '../model/layer.ts'
import type { Plan, Step } from '../model/plan.ts'
import type { FreshRead } from '../model/read.ts'
import pLimit from 'p-limit'
import type { World } from '../world/ports.ts'
import { clearAnnotation } from './clear-annotation.ts'
import { describe, drive, staleError, type SwapSettings } from './drive.ts'
import { inspect } from './inspect.ts'
import type { Journal } from './journal.ts'
import { pushRollouts } from './push-rollouts.ts'
import { recreatePods } from './recreate.ts'
import { removeRules } from './remove-rules.ts'
import { type Wait, waitFor } from './wait.ts'

type EventBody = Event extends infer E ? (E extends Event ? Omit<E, 'run' | 'at'> : never) : never

export interface Run {
  readonly world: World
  readonly layers: readonly Layer[]
  readonly plan: Plan
  readonly cluster: Cluster
  readonly journal: Journal
  /** Steps that the journal knows as done; empty for a new run. */
  readonly settled: ReadonlySet<string>
  /** Steps that an earlier process of this run began and did not settle: they may be half done. */
  readonly begun: ReadonlySet<string>
  /** Dead nodes are left out: their pods would hold up every roll-out of a DaemonSet. */
  readonly pushes?: boolean
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
  let behind: Behind | undefined
  for (const step of context.plan.steps) {
    if (context.settled.has(step.id)) continue
    if (behind !== undefined && (behind.failed || behind.step.meanwhile?.includes(step.stage) !== true)) {
      await join(say, behind)
      behind = undefined
    }
    try {
      context.signal?.throwIfAborted()
      await context.check()
      const begun = await begin(context, say, step, cluster)
      if (step.meanwhile !== undefined && behind === undefined)
        behind = leave(step, finish(context, say, begun))
      else cluster = await finish(context, say, begun)
    } catch (error) {
      const known = stop(say, step, error)
      // Nothing is left under way: what is still waited for settles, or puts back what was there.
      if (behind !== undefined) await join(say, behind).catch(() => undefined)
      throw known
    }
  }
  if (behind !== undefined) await join(say, behind)
  return cluster
}

/** A step whose gates are still waited for, while steps run that do not need it (`Step.meanwhile`). */
interface Behind {
  readonly step: Step
  readonly end: Promise<unknown>
  failed: boolean
}

function leave(step: Step, end: Promise<unknown>): Behind {
  const behind: Behind = { step, end, failed: false }
  end.catch(() => {
    behind.failed = true
  })
  return behind
}

async function join(say: Say, behind: Behind): Promise<void> {
  try {
    await behind.end
  } catch (error) {
    throw stop(say, behind.step, error)
  }
}

type Say = (event: EventBody) => void

function speaker(context: Run): Say {
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

/** A step whose changes and refreshes are made: what is left is to wait for its gates. */
interface Begun {
  readonly step: Step
  readonly cluster: Cluster
  readonly isThere: boolean
  readonly isArmed: boolean
}

async function begin(context: Run, say: Say, step: Step, start: Cluster): Promise<Begun> {
  const { world, journal } = context
  const progress = (message: string) => say({ kind: 'progress', step: step.id, message })
  const standings = await inspect(world, step.changes)
  const stray = standings.findIndex(standing => standing.at === 'other')
  const strayChange = step.changes[stray]
  if (strayChange !== undefined) throw staleError(describe(strayChange))
  const cluster = await waitFor(waiting(context, say, step), start, step.needs)
  say({ kind: 'intend', step: step.id, found: standings.map(standing => standing.found) })
  // A step without changes has only its refreshes to show for: they are always made.
  const isThere = step.changes.length > 0 && standings.every(standing => standing.at === 'after')
  if (isThere && !context.begun.has(step.id)) return { step, cluster, isThere, isArmed: false }
  const isArmed = await arm(context, step)
  await guarded(context, say, step, isArmed, async () => {
    await drive(
      { world, run: journal.run, swap: context.swap, progress, signal: context.signal },
      step.changes,
    )
    await refreshAll(context, step, progress)
  })
  return { step, cluster, isThere, isArmed }
}

async function finish(context: Run, say: Say, { step, cluster, isThere, isArmed }: Begun): Promise<Cluster> {
  const fresh = await guarded(context, say, step, isArmed, async () => {
    const seen = await waitFor(waiting(context, say, step), cluster, step.gates)
    if (isArmed && step.guard !== undefined)
      await context.world.nodes.confirm(step.guard.node, context.journal.run, step.id)
    return seen
  })
  say({ kind: 'settled', step: step.id, ...(isThere ? { skipped: true as const } : {}) })
  return fresh
}

/** Fires the switch of the step when the work fails: what was there before is back when the error is thrown. */
async function guarded<T>(
  context: Run,
  say: Say,
  step: Step,
  isArmed: boolean,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (isArmed && step.guard !== undefined) {
      say({
        kind: 'progress',
        step: step.id,
        message: `putting back what was there before on ${step.guard.node}`,
      })
      await context.world.nodes.revert(step.guard.node, context.journal.run, step.id)
    }
    throw error
  }
}

const waiting = (context: Run, say: Say, step: Step): Wait => ({
  world: context.world,
  layers: context.layers,
  refresh: context.refresh,
  waiting: (gate, reading) => say({ kind: 'waiting', step: step.id, gate, reading }),
  signal: context.signal,
})

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
  if (context.pushes === true)
    await pushRollouts({ world: context.world, progress, signal: context.signal }, step)
  for (const refresh of step.refreshes)
    if (refresh.kind === 'restart') await context.world.nodes.restartUnit(refresh.node, refresh.unit)
  for (const refresh of step.refreshes)
    if (refresh.kind === 'remove-rules')
      await removeRules({ world: context.world, look, progress, signal: context.signal }, refresh)
  for (const refresh of step.refreshes)
    if (refresh.kind === 'clear-annotation')
      await clearAnnotation({ world: context.world, progress, signal: context.signal }, refresh)
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
function stop(say: Say, step: Step, error: unknown): unknown {
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
