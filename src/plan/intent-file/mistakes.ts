import { isMap, isNode, isScalar } from 'yaml'
import { nearest } from '../../text/nearest.ts'
import type { Mistake, ParsedFile } from './document.ts'
import { fieldsAt, type Issue } from './schema.ts'

/** What the schema found, in words, at the lines where it stands. */
export function mistakesOf(file: ParsedFile, issues: readonly Issue[]): readonly Mistake[] {
  return issues.flatMap(issue => tell(file, issue)).toSorted((a, b) => a.line - b.line || a.column - b.column)
}

function tell(file: ParsedFile, issue: Issue): readonly Mistake[] {
  const at = issue.path.map(String)
  const field = at.join('.')
  const say = (message: string, path: readonly string[] = at): Mistake => ({ ...place(file, path), message })
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map(key => say(unknownField(at, key), [...at, key]))
    case 'invalid_value': {
      const found = valueAt(file, at)
      if (found === undefined)
        return [say(`${field} is missing: ${field}: ${issue.values.map(String).join(' or ')}`)]
      if (field === 'apiVersion')
        return [say(`apiVersion: ${shown(found)}: this tool knows ${issue.values.map(String).join()}`)]
      return [say(`${field}: ${shown(found)} is not known; ${choices(found, issue.values.map(String))}`)]
    }
    case 'invalid_key':
      return [say(`${field}: ${at.at(-1) ?? ''} cannot be the name of a node`)]
    case 'too_small':
    case 'too_big': {
      const isLow = issue.code === 'too_small'
      const limit = String(isLow ? issue.minimum : issue.maximum)
      const what = issue.origin === 'array' ? 'entries' : issue.origin === 'string' ? 'characters' : ''
      return [say(`${field}: ${isLow ? 'at least' : 'at most'} ${limit}${what === '' ? '' : ` ${what}`}`)]
    }
    case 'invalid_type':
      return [say(`${field}: ${shown(valueAt(file, at))} is ${kinds(issue.expected, valueAt(file, at))}`)]
    case 'invalid_union':
      return [say(`${field}: ${shown(valueAt(file, at))} is not an address, nor a list of two`)]
    default:
      return [say(`${field}: ${issue.message}`)]
  }
}

function unknownField(parent: readonly string[], key: string): string {
  const known = fieldsAt(parent)
  const guess = nearest(key, known)
  const elsewhere = parent.length === 0 ? undefined : nearest(key, fieldsAt([]))
  const advice =
    guess !== undefined
      ? `did you mean ${guess}?`
      : elsewhere !== undefined
        ? `${elsewhere} stands at the beginning of a line`
        : `known here: ${known.join(', ')}`
  return `${[...parent, key].join('.')}: no such field; ${advice}`
}

function choices(found: unknown, known: readonly string[]): string {
  const guess = nearest(String(found), known)
  return guess === undefined ? `one of ${known.join(', ')} is wanted` : `did you mean ${guess}?`
}

/** What is wanted, against what stands there. */
function kinds(expected: string, found: unknown): string {
  const names: Readonly<Record<string, string>> = {
    int: 'no whole number',
    number: typeof found === 'string' ? 'text, and a number is wanted: no quotes, no slash' : 'no number',
    string: 'no text',
    boolean: 'neither true nor false',
    array: 'no list, as in [IPv4, IPv6]',
    object: `no set of fields${typeof found === 'string' && found.includes(':') ? '; a `:` needs a space behind it' : ''}`,
    record: 'no list of node: address',
  }
  return names[expected] ?? `not ${expected}`
}

/** Short, and never a whole section. */
const shown = (value: unknown): string => {
  if (value === undefined || value === null) return 'nothing'
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'a set of fields'
  const text = (typeof value === 'string' ? value : JSON.stringify(value)).replaceAll(/\p{Cc}/gu, ' ')
  return `'${text.length > 60 ? `${text.slice(0, 60)}…` : text}'`
}

const valueAt = (file: ParsedFile, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (at, segment) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, segment)
        ? (at as Readonly<Record<string, unknown>>)[segment]
        : undefined,
    file.value,
  )

/** Where a field's name stands; of an item in a list the item; of what is not there, what should hold it. */
export function place(
  file: ParsedFile,
  path: readonly string[],
): { readonly line: number; readonly column: number } {
  let at: unknown = file.document.contents
  let offset = isNode(at) ? (at.range?.[0] ?? 0) : 0
  for (const segment of path) {
    if (isMap(at)) {
      const pair = at.items.find(({ key }) => isScalar(key) && String(key.value) === segment)
      if (pair === undefined) break
      offset = isNode(pair.key) ? (pair.key.range?.[0] ?? offset) : offset
      at = pair.value
      continue
    }
    const item: unknown =
      isNode(at) && 'items' in at ? (at.items as readonly unknown[])[Number(segment)] : undefined
    if (!isNode(item)) break
    offset = item.range?.[0] ?? offset
    at = item
  }
  return file.placeOf(offset)
}
