import type { Json } from '../base/json.ts'
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

/**
 * Milliseconds from one look to the next, at least and at most; in between a fiftieth of the time waited. A roll-out over thousands of nodes takes
 * hours: to look at it twice a second all the while would be most of what its API server has to do.
 */
const pauses = { shortest: 500, longest: 10_000, share: 0.02 }

/** A gate that is waited for. */
interface Watched {
  readonly gate: Gate
  /** What is asked next: its own arguments, or what is enough as long as it does not hold. */
  args: Json
  /** As last asked; undefined: it was not yet. */
  reading?: Reading
  /** Since when it holds as a whole without a break. */
  since?: number
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
  const all = gates.map((gate): Watched => ({ gate, args: gate.args }))
  let cluster = start
  while (all.length > 0) {
    context.signal?.throwIfAborted()
    const pause = pauseAfter(clock.now() - began)
    const asked = toAsk(all, pause)
    cluster = await look(context, cluster, asked)
    const now = clock.now()
    const isWhole = asked.length === all.length && asked.every(({ gate, args }) => args === gate.args)
    const holds = asked.every(({ reading }) => reading?.holds === true)
    for (const one of asked) settle(context, cluster, one, now)
    // Nobody knows whether it held all the while.
    for (const one of all) if (!asked.includes(one)) delete one.since
    if (holds && !isWhole) continue
    const open = all.filter(one => !isSteady(one, now))
    if (open.length === 0) return cluster
    const waiting = open.find(({ reading }) => reading?.holds !== true) ?? open[0]
    if (waiting?.reading !== undefined) context.waiting(waiting.gate.id, waiting.reading)
    const missing = open.filter(({ reading }) => reading?.holds !== true)
    const late = missing.find(({ gate }) => now - began > gate.within * 1000)
    if (late !== undefined) throw tooLate(late)
    await clock.sleep(holds ? pauses.shortest : untilLate(missing, began, now, pause), context.signal)
  }
  return cluster
}

const pauseAfter = (waited: number): number =>
  Math.min(pauses.longest, Math.max(pauses.shortest, Math.round(waited * pauses.share)))

/** What holds need not be asked over and over while something else takes long: all must hold at once in the end. */
function toAsk(all: readonly Watched[], pause: number): readonly Watched[] {
  const open = all.filter(({ reading }) => reading?.holds !== true)
  return pause > pauses.shortest && open.length > 0 ? open : all
}

/** Since when it holds, and what is to be asked of it next. */
function settle(context: Wait, cluster: Cluster, watched: Watched, now: number): void {
  const { gate, args, reading } = watched
  if (reading?.holds !== true) {
    delete watched.since
    watched.args = kindOf(context.layers, gate).narrow?.(cluster, args) ?? args
  } else if (args === gate.args) watched.since ??= now
  else watched.args = gate.args
}

const isSteady = ({ since, gate }: Watched, now: number): boolean =>
  since !== undefined && now - since >= gate.steady * 1000

/** The pause, or less where some time is up before. */
const untilLate = (missing: readonly Watched[], began: number, now: number, pause: number): number =>
  Math.max(
    pauses.shortest,
    Math.min(pause, ...missing.map(({ gate }) => began + gate.within * 1000 + 1 - now)),
  )

const tooLate = ({ gate, reading }: Watched): StoppedError =>
  new StoppedError(
    `${gate.id}: not reached within ${gate.within} s: ${reading?.seen ?? ''}`,
    'gate.timeout',
    `It was waited for because ${gate.because}. Mend what is seen and run the same command again: it goes on here.`,
  )

/** Judges gates on facts read just before, and gives these. Where nobody answers the cluster stays as it was. */
async function look(context: Wait, cluster: Cluster, asked: readonly Watched[]): Promise<Cluster> {
  try {
    const kinds = asked.map(({ gate, args }) => [kindOf(context.layers, gate), args] as const)
    const fresh = await context.refresh(
      cluster,
      kinds.flatMap(([kind, args]) => kind.reads(args, cluster)),
    )
    for (const watched of asked) {
      watched.reading = kindOf(context.layers, watched.gate).judge(fresh, watched.args)
      const { hopeless, seen } = watched.reading
      if (hopeless !== undefined)
        throw new StoppedError(`${watched.gate.id}: ${seen}`, 'gate.hopeless', hopeless)
    }
    return fresh
  } catch (error) {
    if (!(error instanceof UnreachableError) && !isPassing(error)) throw error
    for (const watched of asked) watched.reading = { holds: false, seen: (error as Error).message }
    return cluster
  }
}

/** A server that is just coming up answers 5xx for a moment, and forbids everything until its RBAC cache is filled. */
const isPassing = (error: unknown): boolean =>
  error instanceof DualStackError &&
  'status' in error &&
  [403, 429, 500, 502, 503, 504].includes(Number(error.status))
