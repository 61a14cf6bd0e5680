import type { Execute, Outcome } from '../app/execute.ts'
import type { Judged } from '../app/preflight.ts'
import type { OpenedWorld } from '../app/source.ts'
import { RefusedError, type ExitCode, exitCodes } from '../base/errors.ts'
import type { Event } from '../model/event.ts'
import type { Plan } from '../model/plan.ts'
import type { Lost, Watched } from '../model/watch.ts'
import { recipeText } from '../report/recipe.ts'
import { type Context, coloursFor } from './context.ts'
import { choiceOr, flag, type Values } from './options.ts'
import { type trafficOptions, type Watching, watchingOf } from './watching.ts'

/** Options of the commands that change a cluster. */
export const runningOptions = {
  yes: flag('do not ask; needed where there is no terminal', { short: 'y' }),
  swap: choiceOr(
    ['stand-in', 'plain'],
    'stand-in',
    'how an API server is exchanged: with a stand-in that serves meanwhile, or plainly, with some 40 s of outage for each',
  ),
  output: choiceOr(['text', 'json'], 'text', 'what is printed: text, or each event as a line of JSON', {
    short: 'o',
  }),
}

/** Shows a run while it goes, asks before it begins. `end` leaves the terminal as it should be. */
async function reporting(
  context: Context,
  options: { readonly yes: boolean; readonly output: 'text' | 'json' },
) {
  const [{ plainProgress, liveProgress }, { planText }, { warningsText }, colours] = await Promise.all([
    import('../report/progress.ts'),
    import('../report/plan.ts'),
    import('../report/findings.ts'),
    coloursFor(context.stderr, context.env),
  ])
  const { stderr } = context
  const common = { write: stderr.write, colours }
  const reporter = stderr.isTTY ? liveProgress({ ...common, columns: stderr.columns }) : plainProgress(common)
  const agree = async (plan: Plan, resumed: boolean, judged?: Judged): Promise<boolean> => {
    reporter.know(plan)
    if (resumed) stderr.write('An earlier run did not come to its end: it goes on.\n')
    if (!options.yes) stderr.write(`${planText(plan, { colours, verbose: false })}\n`)
    // Also where nobody is asked: the log of a run should have what was known before it.
    if (judged !== undefined) stderr.write(warningsText(judged, colours))
    if (options.yes) return true
    return ask(context, resumed ? 'Go on?' : 'Make these changes?')
  }
  const emit = (event: Event): void => {
    if (options.output === 'json') context.stdout.write(`${JSON.stringify(event)}\n`)
    reporter.on(event)
  }
  return { agree, emit, aside: (lines: string) => reporter.aside(lines), end: () => reporter.end() }
}

async function ask(context: Context, question: string): Promise<boolean> {
  if (!context.stderr.isTTY || !process.stdin.isTTY) {
    throw new RefusedError(
      'nobody can be asked: this is no terminal',
      'run.not-confirmed',
      'Look at `dualstack plan`, then call again with --yes.',
    )
  }
  const { createInterface } = await import('node:readline/promises')
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `, { signal: context.signal })).trim())
  } finally {
    lines.close()
  }
}

/** What every command that changes a cluster hands to its use case. */
export type Handed = Pick<Execute, 'agree' | 'emit' | 'how' | 'by' | 'env' | 'signal'>

/** Runs a use case with its reporter and, where it was asked for, under traffic, and says the last words: what `apply` and `rollback` share. */
export async function runReported(
  context: Context,
  options: Values<typeof runningOptions> & Values<typeof trafficOptions>,
  verb: 'apply' | 'rollback',
  world: OpenedWorld['world'],
  run: (handed: Handed) => Promise<Outcome>,
): Promise<ExitCode> {
  const [{ whoRuns }, { agree, emit, aside, end }] = await Promise.all([
    import('../app/who.ts'),
    reporting(context, options),
  ])
  const { env, signal } = context
  const watching = await watchingOf(options, context, aside)
  const handed: Handed = { agree, emit, how: options.swap, by: whoRuns(env), env, signal }
  const { outcome, seen } =
    watching === undefined
      ? // The terminal must be as a shell expects it before anything else is written, also after an error.
        { outcome: await run(handed).finally(end), seen: undefined }
      : await runWatched(watching, world, handed, run, aside, end)
  const { text, exitCode } = outcomeText(outcome, verb)
  if (options.output === 'text') context.stdout.write(text)
  if (seen === undefined) return exitCode
  const { lostNothing } = await import('../app/watch-for.ts')
  if (lostNothing(seen)) return exitCode
  if (options.output === 'text')
    context.stdout.write('\nNot every request came through meanwhile: see above.\n')
  return exitCodes.notDual
}

/** What was seen is told in any case, before what became of the run. */
async function runWatched(
  { rate, image, reporter }: Watching,
  world: OpenedWorld['world'],
  handed: Handed,
  run: (handed: Handed) => Promise<Outcome>,
  aside: (lines: string) => void,
  end: () => void,
): Promise<{ readonly outcome: Outcome; readonly seen: Watched | undefined }> {
  const { openFor, withTraffic } = await import('../app/with-traffic.ts')
  let seen: Watched | undefined
  const tell = (message: string): void => aside(`${message}\n`)
  const traffic = {
    clock: world.clock,
    rate,
    open: openFor(world, { rate, image, tell, signal: handed.signal }),
    onLost: (lost: Lost): void => reporter.onLost(lost),
    onEnd: (watched: Watched): void => {
      seen = watched
      tell('traffic has ended: taking the test pods away')
    },
  }
  const outcome = await withTraffic(traffic, handed, run)
    .finally(end)
    .catch(async (error: unknown) => {
      // A file that cannot be written is nothing beside a run that failed.
      if (seen !== undefined) await reporter.onEnd(seen).catch(() => {})
      throw error
    })
  if (seen !== undefined) await reporter.onEnd(seen)
  return { outcome, seen }
}

/** The last words of a run. */
function outcomeText(
  outcome: Outcome,
  verb: 'apply' | 'rollback',
): { readonly text: string; readonly exitCode: ExitCode } {
  const { kind, plan } = outcome
  const stack = plan.direction === 'dual' ? 'dual-stack' : `single-stack ${plan.goal.families.join()}`
  // Whoever reads only the last lines must know that something is left.
  const left = plan.notices
    .filter(({ layer }) => layer === 'nodes')
    .map(({ object, message, remedy = '' }) => `${object} ${message}\n  ${remedy}\n`)
    .join('')
  if (kind === 'nothing')
    return { text: `Nothing to do: the cluster is ${stack}.\n${left}`, exitCode: exitCodes.ok }
  if (kind === 'declined') return { text: 'Nothing was changed.\n', exitCode: exitCodes.ok }
  const joins =
    plan.joins.length === 0
      ? ''
      : `\nNodes that join from now on:\n${plan.joins
          .flatMap(recipeText)
          .map(line => `  ${line}\n`)
          .join('')}`
  const next = verb === 'apply' && plan.direction === 'dual' ? '\nThe way back: dualstack rollback\n' : ''
  return { text: `The cluster is ${stack}.\n${left}${joins}${next}`, exitCode: exitCodes.ok }
}
