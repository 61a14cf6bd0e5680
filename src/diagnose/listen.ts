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
  /** What was said before that time is over, in a program that runs on. */
  readonly past?: {
    /** RFC 3339 */
    readonly before: string
    /** What a program says once, when it starts, and what holds for as long as it runs. */
    readonly keepsSure: boolean
  }
}

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
      if (heard === undefined || isPast(source, heard)) return
      if (heard.matches.length > 0) known += 1
      this.hearing.hear(heard, whereOf(source.name, source.speaker ?? heard.speaker), source.tellsUnknown)
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

function isPast({ past }: LogSource, { at, matches }: Heard): boolean {
  // Times without a year cannot be compared; what carries node logs writes whole ones.
  if (past === undefined || at === undefined || !/^\d{4}-/.test(at) || at >= past.before) return false
  return !(past.keepsSure && matches.some(({ certainty }) => certainty === 'sure'))
}
