import { UsageError } from '../base/errors.ts'
import type { Lost, Watched } from '../model/watch.ts'
import { type Context, coloursFor } from './context.ts'
import { flag, list, type Values, value } from './options.ts'
import { inFolder } from './with-source.ts'

const group = 'Traffic:'

/** For commands that change a cluster: what is asked meanwhile. */
export const trafficOptions = {
  withTraffic: flag(
    'ask every path that works again and again meanwhile, from test pods and from here; ends with 7 when a request was lost',
    { group },
  ),
  rate: value('N', 'with --with-traffic: at most so many requests a second, all together (default: 20)', {
    group,
  }),
  image: value(
    'IMAGE',
    'with --with-traffic: image of the test pods: agnhost, or any with a shell and netcat',
    { group },
  ),
  document: list(
    'FILE',
    'with --with-traffic: write what it showed to a new file, by the end of its name: .html, .json',
    undefined,
    { group },
  ),
}

/** Requests a second while something is watched, where nobody says another number. */
const usualRate = 20
const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 }

/** Seconds of `90s`, `5m`, `1h`, `1h30m`, or a bare number of seconds. @throws UsageError for anything else, and for nothing at all */
export function durationOf(option: string, given: string): number {
  const parts = /^(?:\d{1,9}|(?:\d{1,9}[smh])+)$/.test(given) ? given.matchAll(/(\d+)([smh]?)/g) : []
  const seconds = [...parts].reduce(
    (sum, [, count, unit = '']) => sum + Number(count) * (units[unit] ?? 1),
    0,
  )
  if (seconds === 0)
    throw new UsageError(`${option} ${given}: no length of time`, 'Write it as 90s, 5m or 1h30m.')
  return seconds
}

/** How traffic is watched, after everything that was said about it was looked at. */
export interface Watching {
  readonly rate: number
  readonly image: string | undefined
  readonly reporter: WatchReporter
}

/** What was asked for beside a run; undefined: nothing. @throws UsageError for a value that is none, a file that is there, or options that need --with-traffic */
export async function watchingOf(
  { withTraffic, ...options }: Values<typeof trafficOptions> & { readonly output: 'text' | 'json' },
  context: Context,
  write: (text: string) => void,
): Promise<Watching | undefined> {
  if (withTraffic) return watchingAlways(options, context, write)
  const alone = (['rate', 'image'] as const).find(key => options[key] !== undefined)
  if (alone !== undefined || options.document.length > 0)
    throw new UsageError(
      `--${alone ?? 'document'} is about traffic, and none was asked for`,
      'Add --with-traffic.',
    )
  return undefined
}

/** The same where watching is what the command is for. */
export async function watchingAlways(
  {
    rate,
    image,
    document,
    output,
  }: Omit<Values<typeof trafficOptions>, 'withTraffic'> & { readonly output: 'text' | 'json' },
  context: Context,
  write: (text: string) => void,
): Promise<Watching> {
  const [{ rateOf }, { watchFormOf }, { requireNew }] = await Promise.all([
    import('../app/verify.ts'),
    import('../app/watch-document.ts'),
    import('../app/plan-file.ts'),
  ])
  if (image === '') throw new UsageError('--image names no image')
  const documents = document.map(path => ({ path, form: watchFormOf(path) }))
  for (const { path } of documents) await requireNew(inFolder(context, path))
  return {
    rate: rateOf(rate, usualRate),
    image,
    reporter: await watchReporter(context, output, documents, write),
  }
}

export interface WatchReporter {
  /** Said of each loss when it is heard of: on stderr, and with json as a line, like a run's events. */
  onLost(lost: Lost): void
  /** What was seen in the end: on stdout, and in the files that were asked for. */
  onEnd(watched: Watched): Promise<void>
}

/** @param write lines to stderr, past what may stand in the last one of it */
async function watchReporter(
  context: Context,
  output: 'text' | 'json',
  documents: readonly { readonly path: string; readonly form: 'html' | 'json' }[],
  write: (text: string) => void,
): Promise<WatchReporter> {
  const [{ lostLine, watchedText }, { watchDocument, watchVersion }, { writeNew }, onStderr, onStdout] =
    await Promise.all([
      import('../report/verification/watched.ts'),
      import('../app/watch-document.ts'),
      import('../app/plan-file.ts'),
      coloursFor(context.stderr, context.env),
      coloursFor(context.stdout, context.env),
    ])
  const json = (kind: 'lost' | 'watched', value: object): void =>
    context.stdout.write(`${JSON.stringify({ apiVersion: watchVersion, kind, ...value })}\n`)
  return {
    onLost(lost) {
      if (output === 'json') json('lost', lost)
      write(lostLine(lost, onStderr))
    },
    async onEnd(watched) {
      // Printed first: what was seen must not be lost because a file cannot be written.
      if (output === 'json') json('watched', watched)
      else context.stdout.write(watchedText(watched, { colours: onStdout }))
      for (const { path, form } of documents) {
        await writeNew(inFolder(context, path), await watchDocument(watched, form))
        write(`written to ${path}\n`)
      }
    },
  }
}
