import { isMap, isScalar } from 'yaml'
import { applySplices, type Splice } from './splice.ts'
import {
  assertBlock,
  assertEditable,
  assertMeaning,
  assertOneLine,
  type Doc,
  endOf,
  isNull,
  meaningOf,
  nodeAt,
  pairOf,
  parseYaml,
  sourceIsEmpty,
  sourceOf,
  startOf,
} from './yaml-block.ts'
import { colonEnd, insertEntry, removeEntry } from './yaml-map.ts'

export interface ValueOptions {
  /** Key of the same mapping behind which a new key goes; without it, or where it is missing, the sorted place, or the end. */
  readonly after?: string
  /** Also where the value is there already, but quoted: for those who read the line with a pattern. */
  readonly unquote?: boolean
  /** Which document, where a text holds several: the one of this `kind`. */
  readonly kind?: string
  /** The value is a boolean, which stays without quotes. */
  readonly as?: 'boolean'
}

/**
 * The value at a path of mapping keys, as text. undefined: not there, null, or no scalar.
 * @throws RefusedError `text.yaml`, `text.duplicate-key`, `text.documents`
 */
export function getScalar(
  text: string,
  path: readonly string[],
  options: ValueOptions = {},
): string | undefined {
  const doc = parseYaml(text, options.kind)
  const node = nodeAt(doc.contents, path)
  if (!isScalar(node) || isNull(node)) return undefined
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value))
}

/**
 * Sets the value at a path of mapping keys, or takes the key out (null). Written without quotes wherever YAML allows, since Calico reads
 * kubeadm's podSubnet without unquoting it. Missing mappings on the way are made; one that loses its last key becomes `{}`.
 * @throws RefusedError `text.flow`, `text.alias`, `text.multi-line`, … where the edit would not be exact
 */
export function setScalar(
  text: string,
  path: readonly string[],
  value: string | null,
  options: ValueOptions = {},
): string {
  const doc = parseYaml(text, options.kind)
  assertEditable(text, doc)
  const node = nodeAt(doc.contents, path)
  const meant: unknown = options.as === 'boolean' && value !== null ? value === 'true' : value
  const quoted = isScalar(node) && node.type !== 'PLAIN' && sourceOf(value ?? '') === value
  if (isScalar(node) && value !== null && node.value === meant && !(options.unquote && quoted)) return text
  const wanted = structuredClone(meaningOf(doc))
  const splices =
    value === null ? removeEntry(text, doc, path) : scalarSplices(text, doc, path, value, options)
  if (splices.length === 0) return text
  setMeaning(wanted, path, meant)
  const after = applySplices(text, splices)
  assertMeaning(text, after, options.kind, wanted)
  return after
}

function scalarSplices(
  text: string,
  doc: Doc,
  path: readonly string[],
  value: string,
  { after, as }: ValueOptions,
): Splice[] {
  const source = as === 'boolean' ? value : sourceOf(value)
  const key = path.at(-1) ?? ''
  const parent = path.slice(0, -1)
  const map = nodeAt(doc.contents, parent)
  const pair = isMap(map) ? pairOf(map, key) : undefined
  if (!isMap(map) || !pair)
    return insertEntry(text, doc, parent, { key, lines: [`${sourceOf(key)}: ${source}`] }, after)
  assertBlock(text, map, parent.join('.') || 'the text')
  if (sourceIsEmpty(pair.value)) {
    const colon = colonEnd(text, pair)
    return [{ start: colon, end: colon, text: ` ${source}` }]
  }
  assertOneLine(text, pair.value, path.join('.'))
  return [{ start: startOf(pair.value), end: endOf(pair.value), text: source }]
}

/** Sets or deletes in the parsed value what the splices change in the text. */
function setMeaning(root: unknown, path: readonly string[], value: unknown): void {
  let current = root as Record<string, unknown>
  for (const key of path.slice(0, -1)) {
    current[key] ??= {}
    current = current[key] as Record<string, unknown>
  }
  const last = path.at(-1) ?? ''
  if (value === null) delete current[last]
  else current[last] = value
}
