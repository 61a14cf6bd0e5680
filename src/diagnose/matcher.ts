import type { Failure, Sign, Speaker } from '../model/failure.ts'
import { unframe, unquoted } from './frame.ts'
import { compile, contains, type Pattern, type Span, spanOf } from './pattern.ts'
import { rarest, type Scanner, scannerOf } from './scanner.ts'
import { speakerNamed, speakerOf } from './speaker.ts'

type LogSign = Extract<Sign, { kind: 'log' }>

export interface Known {
  readonly failure: Failure
  readonly sign: LogSign & { readonly certainty: 'sure' | 'likely' }
  readonly pattern: Pattern
  /** Lower case. */
  readonly near: readonly string[]
  readonly except: readonly string[]
}

/** What a line says of a known failure. */
export interface Match {
  readonly known: Known
  readonly certainty: 'sure' | 'likely'
}

/** What was found out about one line. */
export interface Heard {
  readonly text: string
  readonly at?: string
  readonly speaker: Speaker | undefined
  readonly severity?: 'error' | 'fatal'
  readonly matches: readonly Match[]
}

/** Words by which an error is told that no failure is known for; numbers from here on. */
const errorWords = [
  'level=error',
  'level=fatal',
  '"level":"error"',
  '"level":"fatal"',
  '\\"level\\":\\"error\\"',
  '\\"level\\":\\"fatal\\"',
  '[ERROR]',
  '[FATAL]',
  '[PANIC]',
  'panic: ',
  'fatal error: ',
  'rror: ',
  'error execution phase',
]

/** Lines whose first bytes must be known by a scanner: a word shorter than this says too little. */
const shortest = 7

export class Matcher {
  readonly #known: readonly Known[]
  readonly #always: readonly Known[]
  readonly #scanner: Scanner
  readonly #hits = new Set<number>()

  constructor(failures: readonly Failure[]) {
    this.#known = failures.flatMap(failure =>
      failure.signs.flatMap(sign =>
        sign.kind === 'log'
          ? [
              {
                failure,
                sign,
                pattern: compile(sign.line),
                near: (sign.near ?? []).map(word => word.toLowerCase()),
                except: sign.except ?? [],
              },
            ]
          : [],
      ),
    )
    const pieces = this.#known.map(({ pattern }, number) => ({
      word: rarest(pattern.parts, shortest),
      number,
    }))
    this.#always = this.#known.filter((_, number) => pieces[number]?.word === '')
    const words = [
      ...pieces.filter(({ word }) => word !== ''),
      ...errorWords.map((word, index) => ({ word, number: this.#known.length + index })),
    ].filter(({ word }) => word.length >= shortest)
    this.#scanner = scannerOf(words.length > 0 ? words : [{ word: 'error execution phase', number: 0 }])
  }

  /** A line of bytes. undefined: nothing in it that anybody must know. `by`: who speaks in this source; undefined: to be found out. */
  hear(bytes: Uint8Array, from: number, to: number, by: Speaker | undefined): Heard | undefined {
    const hits = this.#hits
    hits.clear()
    this.#scanner.scan(bytes, from, to, hits)
    if (hits.size === 0 && this.#always.length === 0 && !hasSeverity(bytes, from, to)) return undefined
    const line = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8')
    return this.read(line, by, hits)
  }

  /** A line of text, looked at as a whole. */
  read(line: string, by: Speaker | undefined, hits?: ReadonlySet<number>): Heard {
    const { text, at, severity, by: named } = unframe(line)
    const speaker = by ?? (named === undefined ? undefined : speakerNamed(named)) ?? speakerOf(text)
    const plain = unquoted(text)
    const candidates =
      hits === undefined
        ? this.#known
        : [...hits].flatMap(number => this.#known[number] ?? []).concat(this.#always)
    return {
      text: plain,
      speaker,
      matches: best(candidates, plain, speaker),
      ...(at !== undefined && { at }),
      ...(severity !== undefined && { severity }),
    }
  }
}

/** klog's severity behind whatever frames it, `E1123 07:`; only at the beginning of a line, where it stands. */
function hasSeverity(bytes: Uint8Array, from: number, to: number): boolean {
  const end = Math.min(to - 6, from + 160)
  for (let at = from; at < end; at += 1) {
    const byte = bytes[at]
    if (byte !== 0x45 && byte !== 0x46) continue
    if (
      isDigit(bytes[at + 1]) &&
      isDigit(bytes[at + 2]) &&
      isDigit(bytes[at + 3]) &&
      isDigit(bytes[at + 4]) &&
      bytes[at + 5] === 0x20
    )
      return true
  }
  return false
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39

/** From how many characters on words are so particular that it does not matter who repeats them. */
const particular = 24

/** Of what the line can mean, the most telling: what lies within a longer match is dropped, and who speaks decides between equals. */
function best(candidates: readonly Known[], text: string, speaker: Speaker | undefined): readonly Match[] {
  const lower = text.toLowerCase()
  const found: { readonly known: Known; readonly span: Span }[] = []
  for (const known of candidates) {
    const { pattern, near, except, sign } = known
    if (except.some(word => text.includes(word))) continue
    if (near.length > 0 && !near.some(word => lower.includes(word))) continue
    if (pattern.weight < particular && !fits(sign.speaker, speaker)) continue
    const span = spanOf(pattern, text)
    if (span !== undefined) found.push({ known, span })
  }
  const telling = found.filter(
    one =>
      !found.some(
        other =>
          other !== one &&
          contains(other.span, one.span) &&
          !contains(one.span, other.span) &&
          weightOf(other.known) > weightOf(one.known),
      ) &&
      // On the same place the one that has more to say.
      !found.some(
        other =>
          other !== one &&
          contains(other.span, one.span) &&
          contains(one.span, other.span) &&
          (weightOf(other.known) > weightOf(one.known) ||
            (weightOf(other.known) === weightOf(one.known) &&
              other.known.sign.speaker === speaker &&
              one.known.sign.speaker !== speaker)),
      ),
  )
  // A line that names the reason tells besides what it broke (`failed to setup network for sandbox`): that is no second cause.
  const sure = telling.filter(({ known }) => known.sign.certainty === 'sure')
  const causes = sure.length > 0 ? sure : telling
  const isAlone = new Set(causes.map(({ known }) => known.failure)).size === 1
  return causes.map(({ known }) => ({ known, certainty: isAlone ? known.sign.certainty : 'likely' }))
}

const weightOf = (known: Known): number => known.pattern.weight

const fits = (wanted: Speaker, speaker: Speaker | undefined): boolean =>
  wanted === 'any' || speaker === undefined || speaker === 'any' || speaker === wanted
