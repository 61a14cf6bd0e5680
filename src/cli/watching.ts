import { UsageError } from '../base/errors.ts'
import type { Lost, Watched } from '../model/watch.ts'
import { type Context, coloursFor } from './context.ts'

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

/** Requests a second. @throws UsageError for what is no number above 0 */
export function rateOf(given: string): number {
  const rate = /^\d{1,6}(\.\d+)?$/.test(given) ? Number(given) : 0
  if (rate > 0) return rate
  throw new UsageError(
    `--rate ${given}: not a number of requests a second`,
    'Give a number above 0: --rate 20.',
  )
}

/** Says each loss when it is heard of (stderr), and what was seen in the end (stdout); with json each is a line, like a run's events. */
export async function watchReporter(context: Context, output: 'text' | 'json') {
  const [{ lostLine, watchedText }, colours] = await Promise.all([
    import('../report/verification/watched.ts'),
    coloursFor(context.stderr, context.env),
  ])
  const json = (kind: 'lost' | 'watched', value: object): void =>
    context.stdout.write(`${JSON.stringify({ kind, ...value })}\n`)
  return {
    onLost: (lost: Lost): void => {
      if (output === 'json') json('lost', lost)
      context.stderr.write(lostLine(lost, colours))
    },
    onEnd: (watched: Watched): void => {
      if (output === 'json') return json('watched', watched)
      context.stdout.write(watchedText(watched, { colours }))
    },
  }
}
