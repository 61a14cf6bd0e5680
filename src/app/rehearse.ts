import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { applyStep } from '../model/apply.ts'
import type { Cluster } from '../model/cluster.ts'
import type { Event } from '../model/event.ts'
import type { Plan } from '../model/plan.ts'
import { readBundle } from '../observe/bundle.ts'
import { observe } from '../observe/live.ts'
import { type Practice, type PracticeProcess, practiceWorld } from '../practice/index.ts'
import type { World } from '../world/ports.ts'
import type { Rehearsal, WayReport } from '../report/rehearsal.ts'
import { apply } from './apply.ts'
import { planFor } from './plan.ts'
import { compare } from './rehearsal/compare.ts'
import { chooseFault } from './rehearsal/faults.ts'
import { firstLook, type Given, type LargeLook, lookAtLarge, planThere } from './rehearsal/first-look.ts'
import { look } from './rehearsal/look.ts'
import { isLarge, type Limit, practisedWhole } from './rehearsal/represent.ts'
import { runWay } from './rehearsal/run-way.ts'
import { rollback } from './rollback.ts'
import { journalFolder } from '../run/journal.ts'
import { allReads } from './rules.ts'

export interface Rehearse extends Given {
  /** `NAME` or `NAME@STEP`, see `chooseFault`. */
  readonly faults?: readonly string[]
  /** A large cluster is practised whole too, and not by some that stand for the rest. */
  readonly whole?: boolean
  /** What counts as large; `practisedWhole` unless told. */
  readonly limit?: Limit
  /** What its runs say. */
  readonly emit?: (event: Event) => void
  readonly onEvent?: (event: Event, process: PracticeProcess) => void
  readonly signal?: AbortSignal
}

/**
 * The whole conversion of a cluster, there and back, on a practice cluster made from its bundle. No cluster is touched, and nothing is kept:
 * the journal lies in a folder of its own that goes at the end.
 * @throws what planning, `apply` and `rollback` throw where it is not one of the faults that were asked for
 */
export async function rehearse(options: Rehearse): Promise<Rehearsal> {
  const state = await mkdtemp(join(tmpdir(), 'dualstack-rehearsal-'))
  try {
    return await rehearseIn(state, options)
  } finally {
    await rm(state, { recursive: true, force: true })
  }
}

async function rehearseIn(state: string, options: Rehearse): Promise<Rehearsal> {
  const { layers, ignored, tell = () => {}, signal } = options
  const reads = allReads(layers)
  const { practice, large } = await prepare(options)
  const intent = large?.intent ?? options.intent
  const see = (): Promise<Cluster> => observe(practice, reads, { signal })
  const before = await see()
  const { observed, judged, plan } = large ?? firstLook(before, practice.clock.now(), options)
  const planned = large === undefined ? plan : planThere(before, { ...options, intent })
  const planBack = planFor(planned.steps.reduce(applyStep, before), { to: 'single' }, layers)
  const chosen = (options.faults ?? []).map(text => chooseFault(text, planned, planBack, large && plan))
  const way = (direction: Plan['direction'], run: Parameters<typeof runWay>[0]['run']) =>
    runWay({
      practice,
      direction,
      run,
      faults: chosen.filter(fault => fault.way === direction),
      journal: journalFolder(before.uid, { XDG_STATE_HOME: state }),
      emit: event => options.emit?.(event),
      tell: story => tell({ kind: 'recovered', story }),
      ...(options.onEvent && { onEvent: options.onEvent }),
    })
  const common = (world: World, emit: (event: Event) => void) => ({
    world,
    layers,
    emit,
    agree: async () => true,
    how: 'stand-in' as const,
    by: 'rehearsal',
    env: { XDG_STATE_HOME: state },
    signal,
  })
  tell({ kind: 'begins', direction: 'dual' })
  const there = await way('dual', (world, emit, goesOn) =>
    // A run that goes on takes in no new wishes.
    apply({ ...common(world, emit), intent: goesOn ? {} : intent, ignored }),
  )
  const dual = await see()
  const reportThere: WayReport = {
    ...told(there.outcome.plan, there.seconds),
    look: look(dual, layers, planned.goal),
  }
  tell({ kind: 'arrived', direction: 'dual', look: reportThere.look })
  tell({ kind: 'begins', direction: 'single' })
  const back = await way('single', (world, emit) => rollback({ ...common(world, emit), intent: {} }))
  const after = await see()
  const reportBack: WayReport = {
    ...told(back.outcome.plan, back.seconds),
    look: look(after, layers, back.outcome.plan.goal),
  }
  tell({ kind: 'arrived', direction: 'single', look: reportBack.look })
  const traces = Object.entries(practice.traces()).flatMap(([node, found]) =>
    found.map(one => `${node}: ${one} left`),
  )
  const compared = compare(before, after)
  return {
    ...observed,
    ...(large && {
      practised: large.practised,
      planned: { steps: plan.steps.length, interrupts: plan.steps.flatMap(step => step.interrupts) },
    }),
    preflight: {
      verdict: judged.verdict,
      errors: judged.findings.filter(({ severity }) => severity === 'error').length,
      warnings: judged.findings.filter(({ severity }) => severity === 'warning').length,
    },
    there: reportThere,
    back: reportBack,
    faults: [...there.faults, ...back.faults],
    notices: plan.notices.length,
    compared: { ...compared, differences: [...compared.differences, ...traces] },
    equal: compared.differences.length + traces.length === 0,
  }
}

/** The practice cluster: of all that is in the bundle, or of what stands for a large one. Of that nothing else is kept. */
async function prepare(
  options: Rehearse,
): Promise<{ readonly practice: Practice; readonly large?: Omit<LargeLook, 'part'> }> {
  const cluster = await readBundle(options.bundle, allReads(options.layers))
  if (options.whole === true || !isLarge(cluster, options.limit ?? practisedWhole))
    return { practice: practiceWorld(cluster) }
  const { part, ...large } = lookAtLarge(cluster, options)
  return { practice: practiceWorld(part, { now: large.now }), large }
}

/** What a plan did, in numbers. */
function told(plan: Plan, seconds: number): Omit<WayReport, 'look'> {
  const changes = plan.steps.flatMap(step => step.changes)
  const places = (kinds: readonly string[]) =>
    new Set(
      changes.filter(({ target }) => kinds.includes(target.kind)).map(({ target }) => JSON.stringify(target)),
    ).size
  return {
    steps: plan.steps.length,
    files: places(['file']),
    settings: places(['sysctl']),
    objects: places(['object', 'config-map']),
    interrupts: plan.steps.flatMap(step => step.interrupts),
    leaves: [...new Set(plan.steps.flatMap(step => step.leaves))],
    seconds,
  }
}
