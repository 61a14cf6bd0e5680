import type { KubeObject, NodeFacts } from '../model/cluster.ts'
import { isRecord } from './parse.ts'
import { redactText, suspicious } from '../text/redact.ts'
import { redactYaml } from './redact-yaml.ts'
import { isSensitive, redacted } from '../text/sensitive.ts'

/** The text of a file or of a ConfigMap's key. The same text when nothing in it is confidential. */
export function redactFile(text: string): string {
  if (!suspicious.test(text)) return text
  let result = text
  // What is broken may be read as something else once a part of it is replaced: until a look finds nothing more.
  for (let look = 0; look < looksAtMost; look++) {
    const next = redactText(redactYaml(result))
    if (next === result) break
    result = next
  }
  return result
}

const looksAtMost = 5

/** An object without anything confidential; the very same one when there is nothing. */
export const redactObject = (object: KubeObject): KubeObject => walk('', object) as KubeObject

/** Arguments of a program: `--token=x` and `--token`, `x`. */
export function redactArguments(list: readonly string[]): readonly string[] {
  return same(
    list,
    list.map((argument, index) => {
      const flag = /^--?([A-Za-z][\w.-]*)$/.exec(list[index - 1] ?? '')
      if (flag && !argument.startsWith('-') && isSensitive(flag[1] ?? '', argument)) return redacted
      const [, dashes, name = '', value = ''] = /^(--?)([A-Za-z][\w.-]*)=([\s\S]*)$/.exec(argument) ?? []
      return dashes && isSensitive(name, value) ? `${dashes}${name}=${redacted}` : redactString(argument)
    }),
  )
}

/** A node's facts; `paths` are the files that are not byte for byte any more. */
export function redactFacts(facts: NodeFacts): {
  readonly facts: NodeFacts
  readonly paths: readonly string[]
} {
  const paths: string[] = []
  const files = Object.entries(facts.files).map(([path, file]) => {
    const text = file && redactFile(file.text)
    if (!file || text === null || text === file.text) return [path, file] as const
    paths.push(path)
    return [path, { ...file, text }] as const
  })
  const kubelet = facts.kubeletArguments && { kubeletArguments: redactArguments(facts.kubeletArguments) }
  return { facts: { ...facts, files: Object.fromEntries(files), ...kubelet }, paths }
}

/** Public by nature, and an Event of a pod with a short name is named like a bootstrap token: `import.18ea88ff6d7f3ebe`. */
const identity = new Set(['name', 'namespace', 'generateName', 'uid', 'resourceVersion'])

function walk(key: string, value: unknown): unknown {
  if (identity.has(key) && typeof value === 'string') return value
  if (typeof value === 'string') return isSensitive(key, value) ? redacted : redactString(value)
  if (Array.isArray(value)) {
    const list: readonly unknown[] = value
    return list.every(item => typeof item === 'string')
      ? redactArguments(list)
      : same(
          list,
          list.map(item => walk(key, item)),
        )
  }
  return isRecord(value) ? walkRecord(value) : value
}

function walkRecord(record: Record<string, unknown>): Record<string, unknown> {
  // A Secret has no business here; one inside an annotation or a List still does not get through.
  if (record.kind === 'Secret' && ('data' in record || 'stringData' in record || 'apiVersion' in record))
    return {
      kind: 'Secret',
      metadata: { name: isRecord(record.metadata) ? record.metadata.name : undefined },
    }
  if (
    typeof record.name === 'string' &&
    typeof record.value === 'string' &&
    isSensitive(record.name, record.value)
  )
    return { ...record, value: redacted }
  const entries = Object.entries(record).map(([key, value]) => [key, walk(key, value)] as const)
  return entries.every(([key, value]) => record[key] === value) ? record : Object.fromEntries(entries)
}

/** JSON in a string (last-applied-configuration, a CNI configuration) is looked at as what it is. */
function redactString(text: string): string {
  if (/^\s*[{[]/.test(text)) {
    try {
      const value: unknown = JSON.parse(text)
      const clean = walk('', value)
      return clean === value ? text : JSON.stringify(clean)
    } catch {
      return redactFile(text)
    }
  }
  return text.includes('\n') ? redactFile(text) : redactText(text)
}

const same = <T>(old: readonly T[], fresh: readonly T[]): readonly T[] =>
  fresh.every((item, index) => item === old[index]) ? old : fresh
