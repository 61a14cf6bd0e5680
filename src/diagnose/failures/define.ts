import type { Failure, Sign, Speaker } from '../../model/failure.ts'

type Certainty = 'sure' | 'likely'
type Shown = Failure['signs'][number]

/** A line of a log. */
export const says = (
  speaker: Speaker,
  line: string,
  certainty: Certainty = 'sure',
  more: Pick<Extract<Sign, { kind: 'log' }>, 'near' | 'except' | 'again'> = {},
): Shown => ({ kind: 'log', speaker, line, certainty, ...more })

export const event = (reason: string, message: string, certainty: Certainty = 'sure'): Shown => ({
  kind: 'event',
  reason,
  message,
  certainty,
})

/** A status, or that something is absent. */
export const state = (
  what: string,
  judge: Extract<Sign, { kind: 'state' }>['judge'],
  certainty: Certainty = 'sure',
): Shown => ({ kind: 'state', what, judge, certainty })

/** Where the sample line is from: seen in the lab, or quoted from the source. */
export const lab = (line: string) => ({ line, from: 'lab' as const })
export const quoted = (line: string) => ({ line, from: 'quoted' as const })

/** One topic of failures: `failures('host', 'host', { … })` makes `host/<name>` of each. */
export function failures(
  topic: string,
  layer: string,
  given: Readonly<
    Record<
      string,
      Omit<Failure, 'id' | 'layer' | 'covers'> & {
        readonly covers?: readonly string[]
        readonly layer?: string
      }
    >
  >,
): readonly Failure[] {
  return Object.entries(given).map(([name, failure]) => ({
    layer,
    covers: [],
    ...failure,
    id: `${topic}/${name}`,
  }))
}
