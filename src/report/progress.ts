import type { Event } from '../model/event.ts'
import type { Plan } from '../model/plan.ts'
import type { Colours } from './colours.ts'
import { printable } from './printable.ts'

/** Takes all that a run says. */
export interface Reporter {
  /** The plan of a run that goes on: such a run says no `opened`. */
  know(plan: Plan): void
  on(event: Event): void
  /** Whole lines that are no event, from something that goes on beside the run. */
  aside(lines: string): void
  /** After the last event: leaves the terminal as a shell expects it. */
  end(): void
}

export interface ProgressOptions {
  readonly write: (text: string) => void
  readonly colours: Colours
  /** Known from the start of a run that goes on; otherwise it comes with `opened`. */
  readonly plan?: Plan
}

/** One thing worth saying: what stays on the screen, or only what is under way. */
interface Line {
  readonly text: string
  readonly lasting: boolean
}

/** Seconds after which the same reading is said again in plain lines. */
const again = 10

/** Turns events into words; the same for both reporters. */
class Teller {
  plan: Plan | undefined
  private started: number | undefined

  constructor(
    plan: Plan | undefined,
    private readonly colours: Colours,
  ) {
    this.plan = plan
  }

  tell(event: Event): Line {
    const { green, red, bold } = this.colours
    if (event.kind === 'opened') this.plan = event.plan
    const lasting = (text: string): Line => ({ text: `${this.clock(event)} ${text}`, lasting: true })
    switch (event.kind) {
      case 'opened':
        return lasting(`run ${event.run} by ${printable(event.by)}: ${event.plan.steps.length} steps`)
      case 'intend':
        return lasting(`${this.name(event.step)}: ${this.title(event.step)}`)
      case 'settled':
        return lasting(`${this.name(event.step)}: ${green(event.skipped ? 'already done' : 'done')}`)
      case 'stopped':
        return lasting(
          `${event.step === undefined ? '' : `${this.name(event.step)}: `}${red('stopped')}: ${printable(event.message)}\n  next: ${printable(event.next)}`,
        )
      case 'superseded':
        return lasting(
          `put aside: ${printable(event.because)}\n  next: the same command again makes a new plan from what is there`,
        )
      case 'closed':
        return lasting(bold('finished: every step is done and every gate holds'))
      case 'waiting': {
        const { holds, seen, hopeless } = event.reading
        const what = hopeless === undefined ? (holds ? 'holds, watching' : 'waiting') : 'failed'
        return {
          text: `${this.clock(event)} ${this.name(event.step)}: ${what}: ${printable(hopeless ?? seen)}`,
          lasting: false,
        }
      }
      case 'progress':
        return {
          text: `${this.clock(event)} ${this.name(event.step)}: ${printable(event.message)}`,
          lasting: false,
        }
    }
  }

  /** `[12.3s]` since the first event. */
  private clock(event: Event): string {
    const now = Date.parse(event.at)
    this.started ??= now
    return `[${((now - this.started) / 1000).toFixed(1)}s]`
  }

  private name(id: string): string {
    const index = this.plan?.steps.findIndex(step => step.id === id) ?? -1
    return index < 0 ? `step ${id}` : `step ${index + 1}/${this.plan?.steps.length ?? 0} ${id}`
  }

  private title(id: string): string {
    return printable(this.plan?.steps.find(step => step.id === id)?.title ?? 'begins')
  }
}

/** A line for each event, for logs: a reading that does not change is said again only every ten seconds. */
export function plainProgress({ write, colours, plan }: ProgressOptions): Reporter {
  const teller = new Teller(plan, colours)
  // Steps may be under way side by side: each has its own last reading.
  const last = new Map<string, { readonly key: string; readonly at: number }>()
  return {
    know(plan) {
      teller.plan = plan
    },
    on(event) {
      const { text } = teller.tell(event)
      const at = Date.parse(event.at)
      const key = event.kind === 'waiting' ? JSON.stringify([event.step, event.gate, event.reading]) : ''
      const step = 'step' in event ? (event.step ?? '') : ''
      const before = last.get(step)
      if (key !== '' && before !== undefined && key === before.key && at - before.at < again * 1000) return
      last.set(step, { key, at })
      write(`${text}\n`)
    },
    aside: write,
    end() {},
  }
}

/** For a terminal: what was done stays, what is under way is one line at the bottom that is written over. */
export function liveProgress(options: ProgressOptions & { readonly columns: () => number }): Reporter {
  const { write, colours } = options
  const teller = new Teller(options.plan, { ...colours })
  let drawn = false
  const clear = (): string => (drawn ? '\r\u001B[2K' : '')
  return {
    know(plan) {
      teller.plan = plan
    },
    on(event) {
      const { text, lasting } = teller.tell(event)
      const cleared = clear()
      drawn = !lasting
      // Cut to the width: a line that wraps could not be taken back.
      write(
        lasting
          ? `${cleared}${text}\n`
          : `${cleared}${colours.dim(text.slice(0, Math.max(10, options.columns() - 1)))}`,
      )
    },
    aside(lines) {
      write(`${clear()}${lines}`)
      drawn = false
    },
    end() {
      if (drawn) write('\n')
      drawn = false
    },
  }
}
