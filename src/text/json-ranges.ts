import type { Json } from '../base/json.ts'
import { RefusedError } from '../base/errors.ts'

/** A value in a JSON text and where it stands. */
export interface JsonNode {
  readonly start: number
  readonly end: number
  readonly value: Json
  /** Of an object, in order. */
  readonly members?: readonly JsonMember[]
  /** Of an array. */
  readonly items?: readonly JsonNode[]
}
export interface JsonMember {
  readonly key: string
  /** Of its key. */
  readonly start: number
  readonly node: JsonNode
}

const placeholder = /__[A-Za-z0-9_]+__/y
const token = /"(?:[^"\\]|\\.)*"|__[A-Za-z0-9_]+__/g

/**
 * Parses JSON that may hold bare placeholders (`"mtu": __CNI_MTU__`), which read as strings.
 * @throws RefusedError `text.json` where it is no JSON once they are filled in, `text.duplicate-key`
 */
export function parseJsonTemplate(text: string): JsonNode {
  try {
    // null, since a number would go together with what stands beside it: `-__MTU__`, `__MTU__.5`.
    JSON.parse(text.replace(token, found => (found.startsWith('"') ? found : 'null')))
  } catch (cause) {
    // The parser's own message quotes the text, which may hold a secret.
    throw new RefusedError(
      'the text is not JSON',
      'text.json',
      undefined,
      cause instanceof SyntaxError ? undefined : cause,
    )
  }
  return new Scanner(text).read()
}

/** Ranges of a text that is known to be JSON. */
class Scanner {
  private at = 0
  constructor(private readonly text: string) {}

  read(): JsonNode {
    this.skipSpace()
    const start = this.at
    const first = this.text[start]
    if (first === '{') return this.object(start)
    if (first === '[') return this.array(start)
    const value = first === '"' ? this.string() : this.bare()
    return { start, end: this.at, value }
  }

  private object(start: number): JsonNode {
    const members: JsonMember[] = []
    while (this.more('}')) {
      const keyStart = this.at
      const key = this.string()
      if (members.some(member => member.key === key))
        throw new RefusedError(`the key ${JSON.stringify(key)} is there twice`, 'text.duplicate-key')
      this.skipSpace()
      this.at++
      members.push({ key, start: keyStart, node: this.read() })
    }
    return {
      start,
      end: this.at,
      members,
      value: Object.fromEntries(members.map(({ key, node }) => [key, node.value])),
    }
  }

  private array(start: number): JsonNode {
    const items: JsonNode[] = []
    while (this.more(']')) items.push(this.read())
    return { start, end: this.at, items, value: items.map(({ value }) => value) }
  }

  /** Steps over the bracket or comma; false, and past it, at the closing bracket. */
  private more(close: string): boolean {
    this.skipSpace()
    if (this.text[this.at] === close) {
      this.at++
      return false
    }
    this.at++
    this.skipSpace()
    if (this.text[this.at] !== close) return true
    this.at++
    return false
  }

  private string(): string {
    const start = this.at
    for (this.at++; this.text[this.at] !== '"'; this.at++) if (this.text[this.at] === '\\') this.at++
    this.at++
    return JSON.parse(this.text.slice(start, this.at)) as string
  }

  private bare(): Json {
    placeholder.lastIndex = this.at
    const found = placeholder.exec(this.text)?.[0] ?? /^[^\s,\]}]+/.exec(this.text.slice(this.at))?.[0] ?? ''
    this.at += found.length
    return found.startsWith('__') ? found : (JSON.parse(found) as Json)
  }

  private skipSpace(): void {
    while (/[ \t\r\n]/.test(this.text[this.at] ?? '')) this.at++
  }
}
