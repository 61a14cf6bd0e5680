import {
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Pair,
  parseAllDocuments,
  parseDocument,
  visit,
} from 'yaml'
import type { Document, Scalar, YAMLMap, YAMLSeq } from 'yaml'
import { RefusedError } from '../base/errors.ts'
import { sameValue } from './same.ts'
import {
  insertLinesAfter,
  insertLinesBefore,
  lineEnd,
  lineStart,
  refused,
  removeLines,
  type Splice,
} from './splice.ts'

export type Doc = Document.Parsed

/** Kubernetes reads YAML with a parser of version 1.1: `0644`, `yes` and `12:30` mean something else in 1.2. */
const reading = { version: '1.1', logLevel: 'error', strict: true, uniqueKeys: true } as const

/**
 * Texts that were understood last, the newest behind: many questions are asked of few texts, one after the other. Nobody changes a document,
 * as edits are splices of the text.
 */
const understood = new Map<string, readonly Doc[]>()
const mostUnderstood = 64

/** All documents that say anything. @throws RefusedError `text.yaml`, `text.duplicate-key` */
function documentsOf(text: string): readonly Doc[] {
  const known = understood.get(text)
  understood.delete(text)
  const documents = known ?? parsed(text)
  understood.set(text, documents)
  const [oldest] = understood.keys()
  if (understood.size > mostUnderstood && oldest !== undefined) understood.delete(oldest)
  return documents
}

function parsed(text: string): readonly Doc[] {
  const found = parseAllDocuments(text, reading)
  const all: Doc[] = 'empty' in found ? [] : found
  for (const { errors } of all) {
    const [error] = errors
    if (!error) continue
    const code = error.code === 'DUPLICATE_KEY' ? 'text.duplicate-key' : 'text.yaml'
    // Up to here the parser's message is its own words; behind it quotes the text, which may hold a secret.
    throw refused(text, error.pos[0], code, error.message.split(' at line ')[0] ?? 'this is not YAML')
  }
  return all.filter(doc => !sourceIsEmpty(doc.contents))
}

/** The one document of a text, or the one of this `kind` among several. @throws RefusedError `text.yaml`, `text.duplicate-key`, `text.documents` */
export function parseYaml(text: string, kind?: string): Doc {
  const documents = documentsOf(text)
  const wanted =
    kind === undefined
      ? documents
      : documents.filter(({ contents }) => isMap(contents) && [kind, undefined].includes(kindOf(contents)))
  const [doc, second] = wanted
  const what = kind === undefined ? 'document' : `${kind} document`
  if (!doc) throw new RefusedError(`there is no YAML ${what} in it`, 'text.documents')
  if (second) throw refused(text, startOf(second.contents), 'text.documents', `there is a second ${what}`)
  return doc
}

function kindOf(map: YAMLMap): string | undefined {
  const kind: unknown = map.get('kind')
  return typeof kind === 'string' ? kind : undefined
}

/** `key:` without a value, or a document without content: null, and nothing written. */
export const sourceIsEmpty = (node: unknown): boolean =>
  node === null || (isScalar(node) && node.value === null && (node.source ?? '') === '')

/** What the document means. @throws RefusedError `text.alias` for an alias that leads nowhere, or to far too much */
export function meaningOf(doc: Doc): unknown {
  try {
    return doc.toJS({ maxAliasCount: 100 })
  } catch {
    // The parser's message names what it found, which may be a secret.
    throw new RefusedError('an alias or a merge key in the YAML cannot be followed', 'text.alias')
  }
}

/** Refuses what a splice cannot edit exactly: JSON, anchors and aliases, merge keys, directives. */
export function assertEditable(text: string, doc: Doc): void {
  if (isCollection(doc.contents) && doc.contents.flow)
    throw refused(
      text,
      startOf(doc.contents),
      'text.json',
      'this is JSON or one flow collection; only block style is edited',
    )
  visit(doc, (_, node) => {
    if (isAlias(node)) throw refused(text, startOf(node), 'text.alias', `an alias (*${node.source}) is used`)
    if (isNode(node) && 'anchor' in node && node.anchor)
      throw refused(text, startOf(node), 'text.alias', `an anchor (&${node.anchor}) is used`)
    if (isPair(node) && isCollection(node.key))
      throw refused(
        text,
        startOf(node.key),
        'text.template',
        'a key is a collection; is this a template that was not rendered?',
      )
  })
}

export const startOf = (node: unknown): number => (isNode(node) ? (node.range?.[0] ?? 0) : 0)

/** Offset behind the last character of a node's own text, comments not counted. */
export function endOf(node: unknown): number {
  if (isPair(node)) return isNode(node.value) ? endOf(node.value) : endOf(node.key)
  if (isCollection(node) && !node.flow) {
    const last = node.items.at(-1)
    if (last !== undefined) return endOf(last)
  }
  return isNode(node) ? (node.range?.[1] ?? 0) : 0
}

/** The pair of a key in a block mapping. */
export function pairOf(map: YAMLMap, key: string): Pair<Scalar> | undefined {
  return map.items.find((pair): pair is Pair<Scalar> => isScalar(pair.key) && String(pair.key.value) === key)
}

/** The value at a path of mapping keys; undefined where a key is missing. */
export function nodeAt(node: unknown, path: readonly string[]): unknown {
  let current = node
  for (const key of path) {
    if (!isMap(current)) return undefined
    current = pairOf(current, key)?.value
  }
  return current
}

export const isNull = (node: unknown): boolean =>
  node === null || node === undefined || (isScalar(node) && node.value === null)

/** A scalar of one line that can be replaced where it stands. */
export function assertOneLine(text: string, node: unknown, what: string): asserts node is Scalar {
  if (node === undefined) throw new RefusedError(`${what} is not there`, 'text.shape')
  if (!isScalar(node)) throw refused(text, startOf(node), 'text.shape', `${what} is not a plain value`)
  if (node.tag) throw refused(text, startOf(node), 'text.tag', `${what} has a tag (${node.tag})`)
  if (text.slice(startOf(node), endOf(node)).includes('\n'))
    throw refused(text, startOf(node), 'text.multi-line', `${what} goes over several lines`)
}

export function assertBlock(text: string, node: YAMLMap | YAMLSeq, what: string): void {
  if (node.flow)
    throw refused(
      text,
      startOf(node),
      'text.flow',
      `${what} is in flow style (${isSeq(node) ? '[…]' : '{…}'})`,
    )
}

type Style = 'PLAIN' | 'QUOTE_SINGLE' | 'QUOTE_DOUBLE'

/** The source of a string, in the style wanted or, where YAML would read that as something else, in double quotes. */
export function sourceOf(value: string, style: string | undefined = 'PLAIN'): string {
  const candidates: Record<Style, string> = {
    PLAIN: value,
    QUOTE_SINGLE: `'${value.replaceAll("'", "''")}'`,
    QUOTE_DOUBLE: JSON.stringify(value),
  }
  const source = candidates[style as Style] ?? candidates.PLAIN
  return readsAs(source, value) ? source : candidates.QUOTE_DOUBLE
}

/** Both YAML versions have to agree, in a list and in a mapping: not everybody who reads the file reads 1.1. */
function readsAs(source: string, value: string): boolean {
  return (['1.1', '1.2'] as const).every(version =>
    [`- ${source}\n`, `k: ${source}\n`].every(text => {
      const doc = parseDocument(text, { ...reading, version })
      const node = isSeq(doc.contents) ? doc.contents.items[0] : nodeAt(doc.contents, ['k'])
      return doc.errors.length === 0 && isScalar(node) && node.value === value
    }),
  )
}

/** What stands in front of an item of a block list, from its line's start: `    - `. */
export function dashOf(text: string, item: unknown): string {
  const prefix = text.slice(lineStart(text, startOf(item)), startOf(item))
  if (!/^\s*-\s+$/.test(prefix))
    throw refused(text, startOf(item), 'text.shape', 'this list item does not begin its own line')
  return prefix
}

/** Puts lines in front of or behind an entry (a pair or a list item) that begins its own line. */
export function linesBeside(
  text: string,
  entry: unknown,
  side: 'before' | 'after',
  lines: readonly string[],
): Splice {
  if (side === 'after') return insertLinesAfter(text, lastLineOf(text, entry), lines)
  return insertLinesBefore(text, isPair(entry) ? startOf(entry.key) : startOf(entry), lines)
}

/** Takes out the lines of an entry that begins its own line. */
export function linesWithout(text: string, entry: unknown): Splice {
  return removeLines(text, isPair(entry) ? startOf(entry.key) : startOf(entry), lastLineOf(text, entry))
}

/** An offset in the last line of an entry. A block scalar's range ends behind its last line end. */
function lastLineOf(text: string, entry: unknown): number {
  const end = endOf(entry)
  return text[end - 1] === '\n' ? lineEnd(text, lineStart(text, end - 1)) : end
}

/**
 * Refuses a result that does not mean exactly what was intended, or means something else in another document of the text:
 * a form nobody thought of is better refused than written.
 */
export function assertMeaning(
  before: string,
  after: string,
  kind: string | undefined,
  wanted: unknown,
): void {
  const own = meaningOf(parseYaml(before, kind))
  const expected = documentsOf(before)
    .map(meaningOf)
    .map(found => (sameValue(found, own) ? wanted : found))
  if (sameValue(documentsOf(after).map(meaningOf), expected)) return
  const found = after.split('\n')
  const line = before.split('\n').findIndex((line, index) => line !== found[index]) + 1
  throw new RefusedError(
    `line ${line}: the text would not mean what is intended after the edit`,
    'text.not-exact',
  )
}
