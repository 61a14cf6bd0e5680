/**
 * The body of an answer, put together from its chunks. Of a large cluster a thousand pages of a megabyte come, each in a hundred chunks: kept until
 * the page is whole they would grow old, and the collector would go through the whole heap a dozen times to be rid of them. So they are
 * copied as they come, into a buffer that is used again.
 */
export class Body {
  #first: Buffer | undefined
  #buffer: Buffer | undefined
  #length = 0

  add(chunk: Buffer): void {
    if (this.#first === undefined && this.#buffer === undefined) this.#first = chunk
    else this.#append(chunk)
    this.#length += chunk.length
  }

  /** The whole of it, until `drop`. */
  get bytes(): Buffer {
    return this.#first ?? this.#buffer?.subarray(0, this.#length) ?? none
  }

  /** Nobody reads its bytes any more. */
  drop(): void {
    if (this.#buffer !== undefined && this.#buffer.length <= largestSpare && spare.length < mostSpare)
      spare.push(this.#buffer)
    this.#buffer = undefined
    this.#first = undefined
    this.#length = 0
  }

  #append(chunk: Buffer): void {
    const needed = this.#length + chunk.length
    let buffer = this.#buffer ?? spare.pop() ?? Buffer.allocUnsafeSlow(smallest)
    if (buffer.length < needed) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, buffer.length * 2))
      buffer.copy(larger, 0, 0, this.#length)
      buffer = larger
    }
    this.#first?.copy(buffer)
    this.#first = undefined
    chunk.copy(buffer, this.#length)
    this.#buffer = buffer
  }
}

/** Bytes; half as many as there may be pages on their way, of the size of a page. What is larger is let go. */
const smallest = 256 * 1024
const largestSpare = 4 * 1024 * 1024
const mostSpare = 6
const spare: Buffer[] = []
const none = Buffer.alloc(0)
