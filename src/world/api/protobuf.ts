/**
 * Reads the fields one wants of a protobuf message and passes over the others, which costs a jump each. The bytes:
 * https://protobuf.dev/programming-guides/encoding/
 */

/**
 * A field's name in JSON and what it holds. `time` is a Timestamp, given as JSON has it; `map` is one of
 * texts, of which only some keys may be wanted; `places` are messages that
 * are not read yet: where each one stands.
 */
export type Field =
  | readonly [name: string, type: 'text' | 'texts' | 'flag' | 'number' | 'time' | 'map' | 'places']
  | readonly [name: string, type: 'map', keys: ReadonlySet<string>]
  | readonly [name: string, type: 'message' | 'messages', of: Fields]
/** By number. Those that are not there are passed over. */
export type Fields = readonly (Field | undefined)[]

export function fields(byNumber: Readonly<Record<number, Field>>): Fields {
  const list: (Field | undefined)[] = []
  for (const [number, field] of Object.entries(byNumber)) list[Number(number)] = field
  return list
}

type Decoded = Record<string, unknown>
/** Where a message stands among the bytes. */
export type Place = readonly [start: number, end: number]

/** Bytes that are no such message, or end too early. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError'
}

/** Makes messages into what JSON.parse would give of their JSON, as far as `Fields` go. One for many messages: texts that come again are the same. */
export class ProtobufReader {
  readonly #texts = new Texts()
  readonly #times = new Map<number, string>()
  #bytes: Buffer = Buffer.alloc(0)
  #at = 0

  /** @throws ProtobufError */
  read(bytes: Buffer, [start, end]: Place, of: Fields): Readonly<Decoded> {
    this.#bytes = bytes
    this.#at = start
    return this.#message(of, end)
  }

  #message(of: Fields, end: number): Decoded {
    const found: Decoded = {}
    while (this.#at < end) {
      const tag = this.#varint()
      const field = of[Math.floor(tag / 8)]
      // A type of field that is not the expected one is read wrongly and then ends elsewhere than it should.
      if (field === undefined) this.#pass(tag % 8)
      else this.#field(found, field)
    }
    if (this.#at !== end) throw new ProtobufError(`a message ends at byte ${this.#at}, not ${end}`)
    return found
  }

  #field(found: Decoded, [name, type, of]: Field): void {
    switch (type) {
      case 'text': {
        const text = this.#text()
        // Go writes texts that are empty, JSON has them not at all.
        if (text !== '') found[name] = text
        return
      }
      case 'texts':
        return push(found, name, this.#text())
      case 'flag':
        found[name] = this.#varint() !== 0
        return
      case 'number':
        found[name] = this.#int32()
        return
      case 'time': {
        const time = this.#time()
        if (time !== undefined) found[name] = time
        return
      }
      case 'map':
        return this.#entry(found, name, of)
      case 'message':
        found[name] = this.#message(of, this.#end())
        return
      case 'places': {
        const end = this.#end()
        push(found, name, [this.#at, end] satisfies Place)
        this.#at = end
        return
      }
      case 'messages':
        return push(found, name, this.#message(of, this.#end()))
    }
  }

  /** Where the message, text or entry that begins here ends. */
  #end(): number {
    const length = this.#varint()
    const end = this.#at + length
    if (end > this.#bytes.length)
      throw new ProtobufError(`${length} bytes from ${this.#at} on are more than there are`)
    return end
  }

  #pass(wireType: number): void {
    if (wireType === 2) this.#at = this.#end()
    else if (wireType === 0) this.#varint()
    else if (wireType === 1) this.#at += 8
    else if (wireType === 5) this.#at += 4
    else throw new ProtobufError(`wire type ${wireType} before byte ${this.#at}`)
  }

  /** Exact up to 2^53. */
  #varint(): number {
    const bytes = this.#bytes
    let byte = bytes[this.#at++] ?? 0
    if (byte < 128) return byte
    let value = byte & 127
    let factor = 128
    do {
      byte = bytes[this.#at++] ?? 0
      value += (byte & 127) * factor
      factor *= 128
    } while (byte > 127)
    return value
  }

  /** Exact up to 2^53 on both sides of zero. */
  #int64(): number {
    const start = this.#at
    const value = this.#varint()
    if (value < 2 ** 53) return value
    let exact = 0n
    for (let at = start; at < this.#at; at++)
      exact |= BigInt((this.#bytes[at] ?? 0) & 127) << BigInt(7 * (at - start))
    return Number(BigInt.asIntN(64, exact))
  }

  /** A negative one stands there with all 64 bits. */
  #int32(): number {
    let value = 0
    for (let shift = 0, byte = 128; byte > 127; shift += 7) {
      byte = this.#bytes[this.#at++] ?? 0
      if (shift < 32) value |= (byte & 127) << shift
    }
    return value
  }

  #text(): string {
    const end = this.#end()
    const text = this.#texts.at(this.#bytes, this.#at, end)
    this.#at = end
    return text
  }

  #entry(found: Decoded, name: string, wanted: ReadonlySet<string> | undefined): void {
    const end = this.#end()
    let key = ''
    let value = ''
    while (this.#at < end) {
      const tag = this.#varint()
      // The key is first. To make texts of values that nobody wants would cost most of all: many are of this one object only.
      if (Math.floor(tag / 8) === 1) key = this.#text()
      else if (wanted?.has(key) === false) this.#pass(tag % 8)
      else value = this.#text()
    }
    if (wanted?.has(key) !== false) ((found[name] ??= {}) as Decoded)[key] = value
  }

  /** Seconds, as `metav1.Time` is in JSON. Its zero is an empty message here, and null there. */
  #time(): string | undefined {
    const end = this.#end()
    let seconds: number | undefined
    while (this.#at < end) {
      const tag = this.#varint()
      if (Math.floor(tag / 8) === 1) seconds = this.#int64()
      else this.#pass(tag % 8)
    }
    if (seconds === undefined) return undefined
    // What a Date of JavaScript holds.
    if (Math.abs(seconds) > 8.64e12) throw new ProtobufError(`a time of ${seconds} seconds`)
    let time = this.#times.get(seconds)
    if (time === undefined) {
      time = new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
      this.#times.set(seconds, time)
    }
    return time
  }
}

/**
 * The text at a path of field numbers, of bytes that may be but the beginning of a message; undefined: not there, or not in these bytes. What
 * stands in front of it is passed over. A reader of its own: here a value that is cut off is the usual case and means "not yet", where
 * `ProtobufReader` takes what is missing for zero and says at the end of the message that it was cut off; to ask in its hot loop would cost
 * every field of every pod for this one field of each page.
 */
export function textAt(bytes: Buffer, start: number, path: readonly number[]): string | undefined {
  let at = start
  const varint = (): number => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++]
      if (byte === undefined) return Number.NaN
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }
  for (const [depth, number] of path.entries()) {
    for (;;) {
      const tag = varint()
      // Only texts and messages come before what is looked for.
      if (tag % 8 !== 2) return undefined
      const length = varint()
      if (Math.floor(tag / 8) !== number) {
        at += length
        continue
      }
      if (depth < path.length - 1) break
      return at + length <= bytes.length ? bytes.toString('utf8', at, at + length) : undefined
    }
  }
  return undefined
}

function push(found: Decoded, name: string, item: unknown): void {
  const list = found[name] as unknown[] | undefined
  if (list === undefined) found[name] = [item]
  else list.push(item)
}

/** Texts by a hash of their bytes: of 150,000 pods nearly all were seen before, and to make one costs more than to look. */
class Texts {
  readonly #slots: (string | undefined)[] = Array.from({ length: 1 << 14 })

  at(bytes: Buffer, start: number, end: number): string {
    if (start === end) return ''
    let hash = end - start
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0
    const slot = hash & (this.#slots.length - 1)
    const known = this.#slots[slot]
    if (known !== undefined && same(known, bytes, start, end)) return known
    const text = bytes.toString('utf8', start, end)
    this.#slots[slot] = text
    return text
  }
}

/** Is it these bytes? Only for ASCII; of any other text the answer is no. */
function same(text: string, bytes: Buffer, start: number, end: number): boolean {
  if (text.length !== end - start) return false
  for (let at = 0; at < text.length; at++) {
    const byte = bytes[start + at] ?? 128
    if (byte > 127 || text.charCodeAt(at) !== byte) return false
  }
  return true
}
