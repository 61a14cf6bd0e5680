import {
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Pair,
  parseAllDocuments,
  type Scalar,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import { isSensitive, redacted } from '../text/sensitive.ts'

/**
 * Takes confidential values out of YAML (and JSON) by what the text means, where lines alone would not show it: block scalars, an `env`
 * entry with name and value on two lines, a flag and its value as two items. Spliced at the values' ranges: nothing else moves.
 * A text that is not YAML is given back as it is; `redactText` looks at it anyway.
 */
export function redactYaml(text: string): string {
  // Larger than any file of ours; the parser's time on what is no YAML grows with the square.
  if (text.length > 128 * 1024) return text
  const hits: Scalar[] = []
  try {
    for (const document of parseAllDocuments(text, { logLevel: 'silent', uniqueKeys: false })) {
      visit(document, {
        Pair: (_, pair) => void hits.push(...sensitivePair(pair)),
        Map: (_, map) => void hits.push(...sensitiveVariable(map)),
        Seq: (_, list) => void hits.push(...sensitiveArguments(list)),
      })
    }
  } catch {
    return text
  }
  const ranges = new Map(hits.flatMap(({ range }) => (range ? [[range[0], range[1]] as const] : [])))
  return [...ranges].sort(([a], [b]) => b - a).reduce((done, [from, to]) => splice(done, from, to), text)
}

function splice(text: string, from: number, to: number): string {
  const old = text.slice(from, to)
  const quote = old.startsWith('"') || old.startsWith("'") ? old.charAt(0) : ''
  return `${text.slice(0, from)}${quote}${redacted}${quote}${old.endsWith('\n') ? '\n' : ''}${text.slice(to)}`
}

const valueOf = (node: unknown): string | undefined => {
  const value = isScalar(node) ? node.value : undefined
  return typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'bigint' ||
    typeof value === 'boolean'
    ? String(value)
    : undefined
}

function sensitivePair(pair: Pair): Scalar[] {
  const value = valueOf(pair.value)
  return value !== undefined && isScalar(pair.value) && isSensitive(valueOf(pair.key) ?? '', value)
    ? [pair.value]
    : []
}

function sensitiveVariable(map: YAMLMap): Scalar[] {
  const find = (key: string): unknown =>
    map.items.find(pair => isPair(pair) && valueOf(pair.key) === key)?.value
  const value = find('value')
  return isScalar(value) && isSensitive(valueOf(find('name')) ?? '', valueOf(value) ?? '') ? [value] : []
}

function sensitiveArguments(list: YAMLSeq): Scalar[] {
  return list.items.flatMap((item, index) => {
    const flag = /^--?([A-Za-z][\w.-]*)$/.exec(valueOf(list.items[index - 1]) ?? '')
    return flag &&
      isScalar(item) &&
      !isMap(item) &&
      !isSeq(item) &&
      isSensitive(flag[1] ?? '', valueOf(item) ?? '')
      ? [item]
      : []
  })
}
