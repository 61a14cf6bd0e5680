/** Longer lines are cut here: the words of a failure stand at its beginning, and a line of 10 MB must not be kept. */
export const longestLine = 64 * 1024
/** A text in which no line ends for so long is no log. */
const longestWithoutEnd = 64 * 1024 * 1024

/** Why an input was not read to its end. */
export type Stopped = 'compressed' | 'utf-16' | 'binary' | 'no-lines' | 'too-much'

const newline = 10

/**
 * Cuts bytes into lines, whatever pieces they come in, without making a text of any: `onLine` gets a place in a buffer, valid until it
 * returns. Keeps one line at most.
 */
export class LineCutter {
  #rest: Uint8Array = new Uint8Array(0)
  #isSkipping = false
  #withoutEnd = 0
  #bytes = 0
  readonly #onLine: (bytes: Uint8Array, from: number, to: number) => void
  readonly #most: number

  constructor(onLine: (bytes: Uint8Array, from: number, to: number) => void, most = 16 * 1024 ** 3) {
    this.#onLine = onLine
    this.#most = most
  }

  /** What was taken in so far. */
  get bytes(): number {
    return this.#bytes
  }

  /** @returns why nothing more is taken; undefined: go on */
  write(chunk: Uint8Array): Stopped | undefined {
    if (this.#bytes === 0) {
      const kind = kindOf(chunk)
      if (kind !== undefined) return kind
    }
    this.#bytes += chunk.length
    const last = chunk.lastIndexOf(newline)
    if (last < 0) {
      this.#keep(chunk)
      return this.#withoutEnd > longestWithoutEnd ? 'no-lines' : this.#tooMuch()
    }
    this.#withoutEnd = 0
    let start = chunk.indexOf(newline) + 1
    // The first end closes what was kept.
    if (this.#isSkipping) this.#line(this.#rest, 0, this.#rest.length)
    else if (this.#rest.length > 0) {
      const whole = join(this.#rest, chunk.subarray(0, start - 1))
      this.#line(whole, 0, whole.length)
    } else this.#line(chunk, 0, start - 1)
    this.#rest = new Uint8Array(0)
    this.#isSkipping = false
    while (start <= last) {
      const end = chunk.indexOf(newline, start)
      this.#line(chunk, start, end)
      start = end + 1
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start))
    return this.#tooMuch()
  }

  end(): void {
    if (this.#rest.length > 0) this.#line(this.#rest, 0, this.#rest.length)
    this.#rest = new Uint8Array(0)
  }

  #line(bytes: Uint8Array, from: number, to: number): void {
    this.#onLine(bytes, from, Math.min(to, from + longestLine))
  }

  #keep(piece: Uint8Array): void {
    this.#withoutEnd += piece.length
    if (this.#isSkipping) return
    const whole = join(this.#rest, piece.subarray(0, longestLine))
    this.#isSkipping = whole.length >= longestLine
    this.#rest = whole.subarray(0, longestLine)
  }

  #tooMuch(): Stopped | undefined {
    return this.#bytes > this.#most ? 'too-much' : undefined
  }
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length)
  whole.set(first)
  whole.set(second, first.length)
  return whole
}

/** What the first bytes are, when they are no text: by their magic numbers, or by how many are no letters. */
function kindOf(chunk: Uint8Array): Stopped | undefined {
  const [a = 0, b = 0, c = 0, d = 0] = chunk
  if (a === 0x1f && b === 0x8b) return 'compressed'
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return 'compressed'
  if (a === 0x42 && b === 0x5a && c === 0x68) return 'compressed'
  if (a === 0xfd && b === 0x37 && c === 0x7a) return 'compressed'
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return 'utf-16'
  const head = chunk.subarray(0, 4096)
  const odd = head.filter(
    byte => byte < 9 || (byte > 13 && byte < 32 && byte !== 27) || byte === 127 || byte >= 0xf8,
  ).length
  return odd * 20 > head.length ? 'binary' : undefined
}
