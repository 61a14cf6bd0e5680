import { parse } from 'yaml'

/**
 * Every scalar of a YAML text by its path: `clusterCIDR`, `networking.podSubnet`. A list of scalars is one value, joined by commas; an item
 * of `{name, value}` stands under its name, so that kubeadm's extraArgs read alike in each of its versions. null counts as not there.
 * undefined: the text cannot be parsed, or is no mapping.
 */
export function flatYaml(text: string): Readonly<Record<string, string>> | undefined {
  const before = known.get(text)
  if (before !== undefined) return before.fields
  const fields = parsed(text)
  // Thousands of nodes have the same file, or one that differs by a word: those seen last are enough.
  if (known.size >= mostKnown) known.clear()
  known.set(text, { fields })
  return fields
}

const known = new Map<string, { readonly fields: Readonly<Record<string, string>> | undefined }>()
const mostKnown = 200

function parsed(text: string): Readonly<Record<string, string>> | undefined {
  let root: unknown
  try {
    root = parse(text, { logLevel: 'error' })
  } catch {
    return undefined
  }
  if (!isMap(root)) return undefined
  return Object.fromEntries(walk(root, ''))
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isScalar = (value: unknown): value is string | number | boolean | bigint =>
  ['string', 'number', 'boolean', 'bigint'].includes(typeof value)

function walk(value: unknown, path: string): readonly (readonly [string, string])[] {
  if (isScalar(value)) return [[path, String(value)]]
  if (Array.isArray(value)) return list(value, path)
  if (!isMap(value)) return []
  return Object.entries(value).flatMap(([key, item]) => walk(item, path === '' ? key : `${path}.${key}`))
}

function list(items: readonly unknown[], path: string): readonly (readonly [string, string])[] {
  if (items.every(isScalar)) return items.length === 0 ? [] : [[path, items.map(String).join(',')]]
  return items.flatMap((item, index) =>
    isMap(item) && isScalar(item['name']) && 'value' in item
      ? walk(item['value'], `${path}.${String(item['name'])}`)
      : walk(item, `${path}.${index}`),
  )
}
