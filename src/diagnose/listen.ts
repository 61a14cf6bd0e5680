import type { Speaker } from '../model/failure.ts'
import { Hearing, whereOf } from './hearing.ts'
import { LineCutter, longestLine, type Stopped } from './lines.ts'
import type { Heard, Matcher } from './matcher.ts'
import { unframe } from './frame.ts'
import { speakerNamed, speakerOf } from './speaker.ts'

/** One log: where it comes from, as a person would name it. */
export interface LogSource {
  readonly name: string
  /** Whose it is; undefined: each line is asked. */
  readonly speaker?: Speaker
  /** Are its errors told that no known failure explains? */
  readonly tellsUnknown: boolean
  /** Of a program that runs on: what it said once may be over. */
  readonly past?: Past
}

interface Past {
  /** Milliseconds since 1970, by the clock of whoever wrote the log. */
  readonly now: number
  /** Is kept, whenever it was said: what a program says once, when it starts, and what holds for as long as it runs. */
  readonly keepsSure: boolean
  /** Seconds within which such a line is said again as long as it holds; undefined: as the sign says. */
  readonly againOf?: (text: string) => number | undefined
  /** Milliseconds since 1970 at which all that a line speaks of was well again; undefined: it is not, or nobody knows. */
  readonly wellSince?: (text: string, at: number) => number | undefined
}

/** A state that lasts is said again and again: a kubelet waits five minutes at most before it tries anew. */
const usuallyAgain = 360

/** What became of one log. */
export interface Listened {
  readonly lines: number
  readonly bytes: number
  /** Lines that were longer than is looked at. */
  readonly cut: number
  readonly stopped?: Stopped
  /** No line was of a component that we know. */
  readonly isForeign: boolean
}

/** Of so many lines in front, and of one in so many after it, it is asked whose they are. */
const asked = 400
const everyAsked = 1000

/** Listens to one log after the other, in pieces of any size. */
export class Listener {
  readonly hearing = new Hearing()
  readonly #matcher: Matcher

  constructor(matcher: Matcher) {
    this.#matcher = matcher
  }

  /** @param most bytes after which it is enough */
  open(source: LogSource, most?: number): { write(chunk: Uint8Array): Stopped | undefined; end(): Listened } {
    let lines = 0
    let cut = 0
    let known = source.speaker === undefined ? 0 : 1
    let stopped: Stopped | undefined
    const cutter = new LineCutter((bytes, from, to) => {
      lines += 1
      if (to - from >= longestLine) cut += 1
      if (known === 0 && (lines <= asked || lines % everyAsked === 0) && isOurs(bytes, from, to)) known += 1
      const heard = this.#matcher.hear(bytes, from, to, source.speaker)
      if (heard === undefined) return
      if (heard.matches.length > 0) known += 1
      const now = current(source, heard)
      if (now !== undefined)
        this.hearing.hear(now, whereOf(source.name, source.speaker ?? heard.speaker), source.tellsUnknown)
    }, most)
    return {
      write: chunk => (stopped ??= cutter.write(chunk)),
      end: () => {
        if (stopped === undefined || stopped === 'too-much') cutter.end()
        return {
          lines,
          bytes: cutter.bytes,
          cut,
          isForeign: lines > 0 && known === 0,
          ...(stopped !== undefined && { stopped }),
        }
      },
    }
  }
}

function isOurs(bytes: Uint8Array, from: number, to: number): boolean {
  const line = Buffer.from(bytes.buffer, bytes.byteOffset + from, Math.min(to - from, 2000)).toString('utf8')
  const { text, by } = unframe(line)
  return (by !== undefined && speakerNamed(by) !== undefined) || speakerOf(text) !== undefined
}

/** What of it holds still; undefined: all of it is the past. */
function current({ past }: LogSource, heard: Heard): Heard | undefined {
  const at = milliseconds(heard.at)
  if (past === undefined || at === undefined) return heard
  const again = past.againOf?.(heard.text)
  const matches = heard.matches.filter(
    ({ certainty, known: { sign } }) =>
      (past.keepsSure && certainty === 'sure') ||
      at >= past.now - (sign.again ?? again ?? usuallyAgain) * 1000,
  )
  if (heard.matches.length === 0 ? at < past.now - usuallyAgain * 1000 : matches.length === 0)
    return undefined
  const well = past.wellSince?.(heard.text, at)
  if (well === undefined || at >= well) return { ...heard, matches }
  const kept = past.keepsSure ? matches.filter(({ certainty }) => certainty === 'sure') : []
  return kept.length === 0 ? undefined : { ...heard, matches: kept }
}

/** Times without a year cannot be compared; what carries node logs writes whole ones. */
function milliseconds(at: string | undefined): number | undefined {
  const read = at === undefined || !/^\d{4}-/.test(at) ? Number.NaN : Date.parse(at)
  return Number.isNaN(read) ? undefined : read
}
