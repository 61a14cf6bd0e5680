import { isAlias, isMap, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml'
import type { Document } from 'yaml'

/** Something wrong in a file, where a person can go and look. Lines and columns count from 1. */
export interface Mistake {
  readonly line: number
  readonly column: number
  readonly message: string
}

export interface ParsedFile {
  readonly document: Document.Parsed
  readonly value: unknown
  readonly placeOf: (offset: number) => { readonly line: number; readonly column: number }
}

/** The parser's words where ours say better what to do. */
const words: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'a tab; YAML takes spaces alone to indent',
  DUPLICATE_KEY: 'this field is there twice; only one of them could count',
  MULTIPLE_DOCS: 'a second document begins here; one is wanted',
  BLOCK_AS_IMPLICIT_KEY:
    'a second `:` in one line, or a line indented too far; an address that ends in `:` needs quotes',
  MULTILINE_IMPLICIT_KEY: 'no value: a `:` needs a space behind it, and lines below must be indented alike',
}

/** YAML 1.2, where `no` is a word and `12:30` no number. Anchors, aliases, merge keys and tags are refused: this file needs none. */
export function parseFile(text: string): ParsedFile | { readonly mistakes: readonly Mistake[] } {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    version: '1.2',
    prettyErrors: false,
  })
  const placeOf = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  // One mistake often leads the parser to others behind it that are none.
  const [error] = document.errors
  if (error !== undefined) {
    return {
      mistakes: [{ ...placeOf(error.pos[0]), message: words[error.code] ?? `not YAML: ${error.message}` }],
    }
  }
  const mistakes: Mistake[] = []
  const add = (node: unknown, message: string): void => {
    const offset = isNode(node) ? (node.range?.[0] ?? 0) : 0
    mistakes.push({ ...placeOf(offset), message })
  }
  if (!isMap(document.contents)) add(document.contents, 'fields with values are wanted here')
  visit(document, (key, node) => {
    if (isAlias(node)) add(node, 'an alias; write the value out')
    else if (isNode(node) && 'anchor' in node && node.anchor !== undefined)
      add(node, 'an anchor; write the value where it is used')
    else if (isNode(node) && node.tag !== undefined && node.tag.startsWith('!'))
      add(node, 'a tag; leave it out')
    else if (
      key === 'key' &&
      isScalar(node) &&
      typeof node.value !== 'string' &&
      typeof node.value !== 'number'
    )
      add(node, 'a field needs a name')
    // It would be set on no object, and be lost.
    else if (key === 'key' && isScalar(node) && node.value === '__proto__')
      add(node, '__proto__: no such field')
  })
  if (mistakes.length > 0) return { mistakes }
  return { document, value: document.toJS(), placeOf }
}
