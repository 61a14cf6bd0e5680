import type { Evidence, Failure, Speaker } from '../model/failure.ts'
import { redactText } from '../text/redact.ts'
import type { Heard, Match } from './matcher.ts'

/** So long may a line be that is shown. */
const longestShown = 400
/** So many different lines are kept of one failure; and of errors that nobody knows. */
const linesKept = 3
const unknownKept = 500

interface Noted {
  readonly where: string
  readonly says: string
  readonly at?: string
  times: number
}

/** A failure that was heard of, from which lines, and how sure that makes us. */
export interface HeardFailure {
  readonly failure: Failure
  certainty: 'sure' | 'likely'
  readonly lines: Map<string, Noted>
  /** All lines of it, also those that are not kept. */
  times: number
  /** Sequence of the first one. */
  readonly first: number
  /** RFC 3339 of the first one, where it is known. */
  readonly at?: string
}

/** Keeps of everything that is heard what shall be told: each thing once, and how often. */
export class Hearing {
  readonly failures = new Map<string, HeardFailure>()
  readonly #unknown = new Map<string, Noted>()
  #lost = 0
  #sequence = 0

  /** Whose errors are told though nothing is known of them; undefined: everybody's. */
  hear(heard: Heard, where: string, tellsUnknown: boolean): void {
    this.#sequence += 1
    for (const match of heard.matches) this.#note(match, heard, where)
    if (tellsUnknown && heard.matches.length === 0 && heard.severity !== undefined)
      this.#noteUnknown(heard, where)
  }

  /** Errors without a known failure, the most frequent first. */
  unknown(most: number): readonly Evidence[] {
    return [...this.#unknown.values()]
      .toSorted((a, b) => b.times - a.times)
      .slice(0, most)
      .map(shown)
  }

  /** How many different errors without a known failure there were. */
  get unknownCount(): number {
    return this.#unknown.size + this.#lost
  }

  #note({ known, certainty }: Match, heard: Heard, where: string): void {
    const { failure } = known
    const before = this.failures.get(failure.id)
    const one: HeardFailure = before ?? {
      failure,
      certainty,
      lines: new Map(),
      times: 0,
      first: this.#sequence,
      ...(heard.at !== undefined && { at: heard.at }),
    }
    if (before === undefined) this.failures.set(failure.id, one)
    if (certainty === 'sure') one.certainty = 'sure'
    one.times += 1
    const key = `${where} ${shape(heard.text)}`
    const noted = one.lines.get(key)
    if (noted !== undefined) noted.times += 1
    else if (one.lines.size < linesKept) one.lines.set(key, noteOf(heard, where))
  }

  #noteUnknown(heard: Heard, where: string): void {
    const key = `${where} ${shape(heard.text)}`
    const noted = this.#unknown.get(key)
    if (noted !== undefined) noted.times += 1
    else if (this.#unknown.size < unknownKept) this.#unknown.set(key, noteOf(heard, where))
    else this.#lost += 1
  }
}

const noteOf = ({ text, at }: Heard, where: string): Noted => ({
  where,
  says: showable(text),
  ...(at !== undefined && { at }),
  times: 1,
})

/** A line as it may be shown: no secret in it, not endless. */
export function showable(text: string): string {
  // Redacted before it is cut: half a token is no token any more, and would not be found.
  const safe = redactText(text.slice(0, 4096)).trim()
  return safe.length > longestShown ? `${safe.slice(0, longestShown)}…` : safe
}

export const shown = ({ where, says, at, times }: Noted): Evidence => ({
  where,
  says,
  ...(at !== undefined && { at }),
  ...(times > 1 && { times }),
})

/** The same words with other numbers, addresses, names in quotes are the same thing said again. */
const shape = (text: string): string =>
  text
    .slice(0, 600)
    .replaceAll(/"[^"]{0,200}"/g, '"')
    .replaceAll(/[0-9a-f]*\d[0-9a-f:.]*/gi, '0')
    .slice(0, 200)

/** Where a line was found, when all that is known is what the line itself tells. */
export const whereOf = (source: string, speaker: Speaker | undefined): string =>
  speaker === undefined || speaker === 'any' || source.includes(speaker) ? source : `${speaker}, ${source}`
