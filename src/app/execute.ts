import { ConflictError, DualStackError, RefusedError, StoppedError } from '../base/errors.ts'
import type { Cluster } from '../model/cluster.ts'
import type { Event } from '../model/event.ts'
import type { Goal } from '../model/goal.ts'
import { type Layer, readsOf } from '../model/layer.ts'
import type { Change, Plan } from '../model/plan.ts'
import { observe, readUid } from '../observe/live.ts'
import { refresh } from '../observe/refresh.ts'
import { leaveNodes, withoutNodes } from '../plan/left-out.ts'
import { makePlan } from '../plan/make.ts'
import { waive } from '../plan/waive.ts'
import { directionOf, type PastRun, targetKey } from '../plan/restore.ts'
import { finishKept } from '../run/bare-pods.ts'
import { findDead } from '../run/dead-nodes.ts'
import { describe } from '../run/drive.ts'
import { hideNodes } from '../run/hide-nodes.ts'
import { inspect } from '../run/inspect.ts'
import { journalFolder, newRun, openJournal, readRuns, stepsOf, unfinished } from '../run/journal.ts'
import { progressMark } from '../run/progress-mark.ts'
import { pruneCopies } from '../run/prune.ts'
import { run } from '../run/run.ts'
import { swapSettings } from '../run/swap.ts'
import { sweep } from '../verify/index.ts'
import { ApiError } from '../world/api/api-error.ts'
import { acquireLock, type Lock } from '../world/own/lock.ts'
import type { World } from '../world/ports.ts'
import type { Judged } from './preflight.ts'
import { allReads } from './rules.ts'

export interface Execute {
  readonly world: World
  readonly layers: readonly Layer[]
  readonly direction: Plan['direction']
  /** A saved plan; without it one is made, or an unfinished run of this direction goes on. */
  readonly given?: Plan
  /** Names of dead control planes that are to be left as they are. Dead workers are left unasked. */
  readonly without?: ReadonlySet<string>
  /** Ids of rules whose findings stand in nobody's way, nor gates of their names. */
  readonly ignored?: ReadonlySet<string>
  /** What was asked for that a run which goes on with this plan could not take in, in words. */
  readonly asks?: (plan: Plan) => readonly string[]
  /** Makes the plan from what is there. */
  readonly plan: (cluster: Cluster, past: readonly PastRun[]) => Plan
  /** What the rules say of a plan that is about to begin. Throws where they forbid it. A run that goes on is past that. */
  readonly examine?: (cluster: Cluster, plan: Plan) => Judged
  /** Asked once, with the plan, before anything is changed. false: nothing is done. */
  readonly agree: (plan: Plan, resumed: boolean, judged?: Judged) => Promise<boolean>
  readonly how: 'stand-in' | 'plain'
  /** Who runs it: `user@host`. */
  readonly by: string
  readonly emit: (event: Event) => void
  readonly env?: NodeJS.ProcessEnv
  readonly signal?: AbortSignal
}

export type Outcome =
  | { readonly kind: 'nothing'; readonly plan: Plan }
  | { readonly kind: 'declined'; readonly plan: Plan }
  | { readonly kind: 'done'; readonly plan: Plan; readonly run: string }

/** Runs a plan to its end on a live cluster, under the lock, with a journal. What `apply` and `rollback` share. */
export async function execute(context: Execute): Promise<Outcome> {
  const { world, layers, signal } = context
  const lost = new AbortController()
  const lock = await acquireLock(world.api, world.clock, { onLost: error => lost.abort(error), signal })
  try {
    return await locked(
      { ...context, signal: signal === undefined ? lost.signal : AbortSignal.any([signal, lost.signal]) },
      layers,
      lock,
    )
  } finally {
    await lock.release()
  }
}

async function locked(given: Execute, layers: readonly Layer[], lock: Lock): Promise<Outcome> {
  await sweepTests(given)
  const dead = await findDead(given.world, given.without ?? new Set(), given.signal)
  const left = new Set(dead.map(({ name }) => name))
  const world = await hideNodes(given.world, left)
  const context = { ...given, world }
  const folder = (uid: string) => journalFolder(uid, context.env)
  // A run that died, here or elsewhere, may have left a swap under way or a switch armed: first let the nodes come to rest.
  const nodes: string[] = []
  for await (const node of world.api.list('v1/nodes', { signal: context.signal }))
    nodes.push(node.metadata.name)
  await Promise.all(nodes.map(node => world.nodes.settle(node)))
  // Asked of the whole cluster: an old instance that hangs on a dead node is in the way of the new one.
  await remakeKept(given, left)
  const uid = await readUid(world.api, context.signal)
  const past = await readRuns(folder(uid))
  const open = await standing(world, unfinished(past), folder(uid), left)
  const goesOn =
    open !== undefined &&
    directionOf(open.events) === context.direction &&
    (context.given === undefined || isSame(context.given, open))
  if (open !== undefined && !goesOn && context.given !== undefined) {
    throw new RefusedError(
      `run ${open.run} on this cluster has not come to its end`,
      'run.unfinished',
      'Finish it (the same command without a plan file) or go back (`dualstack rollback`) first.',
    )
  }
  const asked = goesOn ? (context.asks?.(planOf(open)) ?? []) : []
  if (goesOn && asked.length > 0) {
    throw new RefusedError(
      `run ${open.run} goes on with the plan it began with: what else is asked for cannot be taken in now: ${asked.join(', ')}`,
      'run.unfinished',
      'Call the same command without these options; or go back (`dualstack rollback`) and begin anew.',
    )
  }
  // Rules are asked about a new plan only: what nobody but them wants read, and may not be readable now, holds up no run that goes on.
  const reads = goesOn || context.examine === undefined ? readsOf(layers) : allReads(layers)
  const cluster = await observe(world, reads, { signal: context.signal })
  const whole = goesOn ? planOf(open) : (context.given ?? context.plan(cluster, past))
  const plan = waive(leaveNodes(whole, dead, cluster), context.ignored ?? new Set())
  if (plan.cluster !== cluster.uid) {
    throw new ConflictError(
      `this plan was made for another cluster (${plan.cluster}); this one is ${cluster.uid}`,
      'plan.foreign',
      'Check the kubeconfig context, or make a new plan.',
    )
  }
  if (!goesOn) await checkFresh(world, plan)
  if (plan.steps.length === 0 && !goesOn) {
    // Whatever an earlier run left half done is done.
    lock.mark(undefined)
    return { kind: 'nothing', plan }
  }
  const judged = goesOn ? undefined : context.examine?.(cluster, plan)
  if (!(await context.agree(plan, goesOn, judged))) return { kind: 'declined', plan }
  const journal = openJournal(
    folder(uid),
    goesOn ? open.run : newRun(world.clock.now(), context.direction === 'dual' ? 'apply' : 'rollback'),
  )
  const say = (event: Event) => {
    journal.append(event)
    context.emit(event)
  }
  const stamp = () => ({ run: journal.run, at: new Date(world.clock.now()).toISOString() })
  try {
    // Whole, as it was agreed to: a node that is back when the run goes on is part of it again.
    if (!goesOn) say({ ...stamp(), kind: 'opened', plan: whole, by: context.by })
    const before = goesOn ? open.events : []
    const settled = stepsOf(before, 'settled')
    const follow = progressMark(plan, journal.run, settled, mark => lock.mark(mark))
    await run({
      world,
      layers,
      plan,
      cluster,
      journal,
      settled,
      begun: stepsOf(before, 'intend'),
      pushes: left.size > 0,
      swap: swapSettings(cluster, context.how),
      refresh: (state, reads) => refresh(state, reads, world),
      emit: event => {
        follow(event)
        context.emit(event)
      },
      check: () => lock.check(),
      signal: context.signal,
    })
    await checkEnd(context, plan.goal, left)
    say({ ...stamp(), kind: 'closed' })
    lock.mark(undefined)
    if (plan.direction === 'single') await pruneCopies(world, nodes)
    return { kind: 'done', plan, run: journal.run }
  } catch (error) {
    if (isOutdated(error)) say({ ...stamp(), kind: 'superseded', because: error.message })
    throw error
  } finally {
    journal.close()
  }
}

/** Test pods of a run or a verification that was killed. Whoever may not look for them is not held up. */
async function sweepTests({ world, signal }: Execute): Promise<void> {
  await sweep(world, signal).catch((error: unknown) => {
    if (!(error instanceof ApiError && error.status === 403)) throw error
  })
}

/** Before anything is read. What cannot be made yet stays kept, and never stands in the way back. */
async function remakeKept({ world, direction, signal }: Execute, left: ReadonlySet<string>): Promise<void> {
  try {
    await finishKept({ world, left, signal })
  } catch (error) {
    const isKept = error instanceof StoppedError && error.code === 'workloads.kept'
    if (!isKept || direction === 'dual') throw error
    world.logger.warn(`${error.message}. ${error.hint ?? ''}`)
  }
}

/** The plan itself is the obstacle: going on with it would meet the same thing each time. */
const isOutdated = (error: unknown): error is DualStackError =>
  error instanceof DualStackError &&
  ['plan.stale', 'plan.missing', 'plan.edited', 'run.not-at-target'].includes(error.code)

/**
 * An unfinished run goes on only where what it did still stands: somebody may have gone back meanwhile, from another machine. Otherwise it is
 * put aside, and a new plan starts from what is there.
 */
async function standing(
  world: World,
  open: PastRun | undefined,
  folder: string,
  left: ReadonlySet<string>,
): Promise<PastRun | undefined> {
  if (open === undefined) return undefined
  const begun = stepsOf(open.events, 'intend')
  const settled = stepsOf(open.events, 'settled')
  const last = new Map<string, Change>()
  for (const step of withoutNodes(planOf(open), left).steps) {
    for (const change of step.changes) {
      // What a step has begun and not settled stands on either side of it: that says nothing of who else was there.
      if (settled.has(step.id)) last.set(targetKey(change.target), change)
      else if (begun.has(step.id)) last.delete(targetKey(change.target))
    }
  }
  const changes = [...last.values()]
  const gone = (await inspect(world, changes)).findIndex(one => one.at !== 'after')
  const change = changes[gone]
  if (change === undefined) return open
  const journal = openJournal(folder, open.run)
  const because = `${describe(change)} is not as this run left it`
  journal.append({
    run: open.run,
    at: new Date(world.clock.now()).toISOString(),
    kind: 'superseded',
    because,
  })
  journal.close()
  return undefined
}

const planOf = (past: PastRun): Plan => {
  const opened = past.events.find(event => event.kind === 'opened')
  if (opened?.kind === 'opened') return opened.plan
  throw new RefusedError(
    `run ${past.run}: its journal has no plan`,
    'journal.broken',
    'Move the folder of that run away, then plan again.',
  )
}

const isSame = (plan: Plan, past: PastRun): boolean => JSON.stringify(planOf(past)) === JSON.stringify(plan)

/** Before the first change: everything a plan touches must be as it was when the plan was made. */
async function checkFresh(world: World, plan: Plan): Promise<void> {
  const seen = new Set<string>()
  const firsts = plan.steps
    .flatMap(step => step.changes)
    .filter(change => {
      const key = targetKey(change.target)
      if (seen.has(key)) return false
      seen.add(key)
      return true
    })
  const standings = await inspect(world, firsts)
  const stale = firsts.filter((_, index) => standings[index]?.at === 'other').map(describe)
  if (stale.length === 0) return
  const more = stale.length > 5 ? ` and ${stale.length - 5} more` : ''
  throw new ConflictError(
    `the plan is stale: changed since it was made: ${stale.slice(0, 5).join(', ')}${more}`,
    'plan.stale',
    'Nothing was changed. Make a new plan: it starts from what is there now.',
  )
}

/** The law, on the real thing: planning from the end gives no steps. */
async function checkEnd(context: Execute, goal: Goal, dead: ReadonlySet<string>): Promise<void> {
  const cluster = await observe(context.world, readsOf(context.layers), { signal: context.signal })
  const left = makePlan({ cluster, goal, layers: context.layers, tool: '' }).steps
  if (left.length === 0) return
  throw new StoppedError(
    `every step was done, but the cluster is not at its target: ${left.map(step => step.id).join(', ')}`,
    'run.not-at-target',
    dead.size > 0
      ? `The plan may have been made before ${[...dead].join(', ')} died. Run the same command again: it plans anew, without.`
      : 'Something changed the cluster at the same time (pods that came meanwhile, a deployment tool, an operator). Run the same command again: it plans what is left, and shows it first.',
  )
}
