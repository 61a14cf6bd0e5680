import type { Event } from '../model/event.ts'
import type { Plan } from '../model/plan.ts'
import type { Moment } from '../report/rehearsal.ts'
import { type Context, coloursFor } from './context.ts'

/** Shows a rehearsal while it goes: its own words, those of its runs, and what each step changes. */
export async function rehearsalReporter(context: Context, withDiffs: boolean) {
  const [{ plainProgress, liveProgress }, { momentText }, { changeLines }, colours] = await Promise.all([
    import('../report/progress.ts'),
    import('../report/rehearsal.ts'),
    import('../report/change.ts'),
    coloursFor(context.stderr, context.env),
  ])
  const { stderr } = context
  const common = { write: stderr.write, colours }
  const make = () =>
    stderr.isTTY ? liveProgress({ ...common, columns: stderr.columns }) : plainProgress(common)
  let reporter = make()
  let plan: Plan | undefined
  const shown = new Set<string>()
  return {
    tell: (moment: Moment): void => {
      reporter.end()
      // Each way counts its time from its own beginning.
      if (moment.kind === 'begins') {
        reporter = make()
        shown.clear()
      }
      stderr.write(momentText(moment, colours))
    },
    emit: (event: Event): void => {
      if (event.kind === 'opened') plan = event.plan
      reporter.on(event)
      if (!withDiffs || event.kind !== 'intend' || shown.has(event.step)) return
      shown.add(event.step)
      const step = plan?.steps.find(({ id }) => id === event.step)
      for (const line of changeLines(step?.changes ?? [], colours, false)) stderr.write(`     ${line}\n`)
    },
    end: (): void => reporter.end(),
  }
}
