import { isMap, isScalar, type Pair, type YAMLMap } from 'yaml'
import { assertBlock, type Doc, isNull, linesBeside, linesWithout, pairOf, startOf } from './yaml-block.ts'
import { insertLinesAfter, lineStart, refused, type Splice } from './splice.ts'

const indent = '  '

/** Lines of an entry, written as if it stood at the margin, and its key. */
export interface Entry {
  readonly key: string
  readonly lines: readonly string[]
}

const nested = (key: string, lines: readonly string[]): Entry => ({
  key,
  lines: [`${key}:`, ...lines.map(line => indent + line)],
})

/** Wraps an entry into the mappings of a path. */
const wrapped = (path: readonly string[], entry: Entry): Entry =>
  path.reduceRight((inner, key) => nested(key, inner.lines), entry)

/** Adds an entry to the block mapping at a path, which is made where it is missing, null or `{}`. */
export function insertEntry(
  text: string,
  doc: Doc,
  path: readonly string[],
  entry: Entry,
  after?: string,
): Splice[] {
  if (!isMap(doc.contents)) throw refused(text, startOf(doc.contents), 'text.shape', 'this is not a mapping')
  let map: YAMLMap = doc.contents
  for (const [depth, key] of path.entries()) {
    assertBlock(text, map, path.slice(0, depth).join('.') || 'the text')
    const pair = pairOf(map, key)
    if (!pair) return [besideSiblings(text, map, wrapped(path.slice(depth), entry))]
    const rest = wrapped(path.slice(depth + 1), entry)
    if (isEmptyValue(pair.value)) return openBlock(text, pair, rest.lines)
    if (!isMap(pair.value))
      throw refused(
        text,
        startOf(pair.value),
        'text.shape',
        `${path.slice(0, depth + 1).join('.')} is not a mapping`,
      )
    map = pair.value
  }
  assertBlock(text, map, path.join('.') || 'the text')
  return [besideSiblings(text, map, entry, after)]
}

/** Takes an entry's lines out. A mapping of which it was the only entry becomes `{}`. */
export function removeEntry(text: string, doc: Doc, path: readonly string[]): Splice[] {
  let map: unknown = doc.contents
  let parent: Pair | undefined
  for (const [depth, key] of path.entries()) {
    if (!isMap(map)) return []
    const pair = pairOf(map, key)
    if (!pair) return []
    assertBlock(text, map, path.slice(0, depth).join('.') || 'the text')
    if (depth === path.length - 1) {
      assertOwnLine(text, pair)
      if (map.items.length > 1) return [linesWithout(text, pair)]
      if (!parent) throw refused(text, startOf(pair.key), 'text.shape', `${key} is all there is in the text`)
      return [
        { start: colonEnd(text, parent), end: colonEnd(text, parent), text: ' {}' },
        linesWithout(text, pair),
      ]
    }
    parent = pair
    map = pair.value
  }
  return []
}

/** Is there nothing in it that a block could not replace? */
export const isEmptyValue = (node: unknown): boolean =>
  isNull(node) || (isMap(node) && node.flow === true && node.items.length === 0)

/** Gives a key without a value, or with `{}`, a block of lines. */
export function openBlock(text: string, pair: Pair, lines: readonly string[]): Splice[] {
  const colon = colonEnd(text, pair)
  const value = pair.value as { range?: readonly [number, number, number] } | null
  const end = Math.max(colon, value?.range?.[1] ?? colon)
  const written = text.slice(colon, end)
  if (written.includes('\n'))
    throw refused(text, colon, 'text.multi-line', 'the empty value is not on the line of its key')
  const margin = indentOf(text, pair) + indent
  return [
    { start: colon, end, text: '' },
    insertLinesAfter(
      text,
      end,
      lines.map(line => margin + line),
    ),
  ].filter(({ start, end, text }) => start !== end || text !== '')
}

/** Offset behind the colon of a key. */
export function colonEnd(text: string, pair: Pair): number {
  const keyEnd = isScalar(pair.key) ? (pair.key.range?.[1] ?? 0) : 0
  const colon = /^[ \t]*:/.exec(text.slice(keyEnd))?.[0]
  if (colon === undefined) throw refused(text, keyEnd, 'text.shape', 'no colon follows this key')
  return keyEnd + colon.length
}

function besideSiblings(text: string, map: YAMLMap, entry: Entry, after?: string): Splice {
  const keys = map.items.map(pair => (isScalar(pair.key) ? String(pair.key.value) : ''))
  const named = after === undefined ? -1 : keys.indexOf(after)
  const place = named >= 0 ? named : sortedPlace(keys, entry.key)
  const [first] = map.items
  const sibling = map.items[Math.max(place, 0)]
  if (!first || !sibling) throw refused(text, startOf(map), 'text.shape', 'the mapping is empty')
  const margin = indentOf(text, first)
  if (place < 0) assertOwnLine(text, first)
  return linesBeside(
    text,
    sibling,
    place < 0 ? 'before' : 'after',
    entry.lines.map(line => margin + line),
  )
}

/** Index of the key behind which a new one belongs, −1 for the front: as Kubernetes writes it where keys are sorted, otherwise the end. */
function sortedPlace(keys: readonly string[], key: string): number {
  const sorted = keys.every((found, index) => index === 0 || (keys[index - 1] ?? '') < found)
  return sorted ? keys.findLastIndex(found => found < key) : keys.length - 1
}

/** The white space that puts a line under this key; a key behind a dash counts from the dash's line start. */
function indentOf(text: string, pair: Pair): string {
  const start = startOf(pair.key)
  return text
    .slice(lineStart(text, start), start)
    .replace(/^\uFEFF/, '')
    .replace(/\S/g, ' ')
}

function assertOwnLine(text: string, pair: Pair): void {
  const start = startOf(pair.key)
  const before = text.slice(lineStart(text, start), start).replace(/^\uFEFF/, '')
  if (before.trim() !== '') throw refused(text, start, 'text.shape', 'this key does not begin its own line')
}
