import { DualStackError, messageOf } from '../../base/errors.ts'
import type { Event } from '../../model/event.ts'
import type { Plan } from '../../model/plan.ts'
import { type Practice, practiceProcess, type PracticeProcess } from '../../practice/index.ts'
import { readRuns, unfinished } from '../../run/journal.ts'
import type { FaultStory } from '../../report/rehearsal.ts'
import type { World } from '../../world/ports.ts'
import type { Outcome } from '../execute.ts'
import type { ChosenFault } from './faults.ts'
import { markJournals } from './journals.ts'

export interface Way {
  readonly practice: Practice
  readonly direction: Plan['direction']
  /** `apply` or `rollback`, in the world of a process that may die. `goesOn`: an earlier call has not come to its end. */
  readonly run: (world: World, emit: (event: Event) => void, goesOn: boolean) => Promise<Outcome>
  readonly faults: readonly ChosenFault[]
  /** The folder of the cluster's journals. */
  readonly journal: string
  readonly emit: (event: Event) => void
  readonly tell: (story: FaultStory) => void
  /** May look at each event first, and kill the process: for tests of every point of a journal. */
  readonly onEvent?: (event: Event, process: PracticeProcess) => void
}

export interface WayDone {
  readonly outcome: Outcome
  readonly faults: readonly FaultStory[]
  /** Of the practice cluster's clock. */
  readonly seconds: number
}

/** A lock that its holder left is free after this long: its 60 s, and a little. */
const lockRunsOut = 65_000
/** More than that are not asked for: a fault that comes again each time would never end. */
const attempts = 1000

/** Goes one way to its end: whenever a fault stops it, the fault is mended and the same command is called again. */
export async function runWay(way: Way): Promise<WayDone> {
  const { practice } = way
  const began = practice.clock.now()
  const waiting = new Set(way.faults)
  const stories: FaultStory[] = []
  for (let attempt = 1; ; attempt++) {
    const going = new Attempt(way, waiting)
    const open = unfinished(await readRuns(way.journal))
    const plan = open?.events.find(event => event.kind === 'opened')?.plan
    const goesOn = plan?.direction === way.direction
    if (goesOn) going.know(plan)
    try {
      const outcome = await going.run(goesOn)
      // It died behind its last record: everything is done, and its lock is still there.
      if (going.isDead) await practice.clock.sleep(lockRunsOut)
      for (const story of going.passed()) {
        stories.push(story)
        way.tell(story)
      }
      return { outcome, faults: stories, seconds: (practice.clock.now() - began) / 1000 }
    } catch (error) {
      const story = going.story(error)
      if (story === undefined || attempt === attempts) throw error
      going.mend()
      if (story.died) await practice.clock.sleep(lockRunsOut)
      stories.push(story)
      way.tell(story)
    }
  }
}

/** One call of the command. */
class Attempt {
  readonly #process: PracticeProcess
  readonly #mend = new Map<ChosenFault, () => void>()
  #plan: Plan | undefined
  #cutJournals: (() => void) | undefined
  #at = ''

  constructor(
    readonly way: Way,
    /** Faults that have not come yet; each comes once. */
    readonly waiting: Set<ChosenFault>,
  ) {
    this.#process = practiceProcess(way.practice, () => {
      this.#cutJournals = markJournals(way.journal)
    })
  }

  async run(goesOn: boolean): Promise<Outcome> {
    try {
      return await this.way.run(this.#process.world, event => this.#on(event), goesOn)
    } finally {
      this.#cutJournals?.()
    }
  }

  get isDead(): boolean {
    return this.#process.isDead
  }

  /** Knows the plan of a run that goes on. */
  know(plan: Plan): void {
    this.#plan = plan
  }

  #on(event: Event): void {
    if (this.#process.isDead) return
    if (event.kind === 'opened') this.#plan = event.plan
    if (event.kind === 'intend') this.#at = event.step
    this.way.emit(event)
    this.way.onEvent?.(event, this.#process)
    for (const fault of this.waiting) if (this.#isTime(fault, event)) this.#inject(fault)
  }

  /** The step begins; what stands in its needs must be there before: as soon as the one in front of it is done. */
  #isTime({ kind, step }: ChosenFault, event: Event): boolean {
    if (event.kind === 'intend' && event.step === step.id) return true
    if (kind.of(step) === 'kill' || kind.of(step) === 'cut') return false
    const steps = this.#plan?.steps ?? []
    const index = steps.findIndex(({ id }) => id === step.id)
    return index === 0
      ? event.kind === 'opened'
      : event.kind === 'settled' && event.step === steps[index - 1]?.id
  }

  #inject(fault: ChosenFault): void {
    this.waiting.delete(fault)
    const what = fault.kind.of(fault.step)
    if (what === 'kill') this.#process.killAfter(1)
    else if (what === 'cut') this.#process.cutNext()
    else if (what !== undefined) return void this.#mend.set(fault, this.way.practice.faults.add(what))
    this.#mend.set(fault, () => {})
  }

  /** What to tell of the faults that stopped it; undefined: none of ours did. */
  story(error: unknown): (FaultStory & { readonly died: boolean }) | undefined {
    const died = this.#process.isDead
    if (this.#mend.size === 0 && !died) return undefined
    const [fault] = [...this.#mend.keys()].slice(-1)
    return {
      fault: fault?.kind.name ?? 'kill',
      says: fault?.kind.says ?? 'the tool is killed',
      step: fault?.step.id ?? this.#at,
      way: this.way.direction,
      stopped: died
        ? {
            message: 'killed',
            next: 'the lock of the dead run has run out; the same command is called again',
          }
        : {
            message: messageOf(error),
            ...(error instanceof DualStackError && { code: error.code, next: error.hint }),
          },
      died,
    }
  }

  /** Those that came, and stopped nothing. */
  passed(): readonly FaultStory[] {
    this.mend()
    return [...this.#mend.keys()].map(({ kind, step }) => ({
      fault: kind.name,
      says: kind.says,
      step: step.id,
      way: this.way.direction,
    }))
  }

  mend(): void {
    for (const undo of this.#mend.values()) undo()
  }
}
