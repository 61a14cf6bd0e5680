import type { Json } from '../base/json.ts'
import type { KubeObject } from './cluster.ts'

/** `name=x` picks the list item whose `name` is x. Any other segment is a key. */
const selector = (segment: string): string | undefined =>
  segment.startsWith('name=') ? segment.slice('name='.length) : undefined

type Container = { [key: string]: unknown }
const isMap = (value: unknown): value is Container =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value at a path; null where the path ends early. */
export function getField(root: unknown, path: readonly string[]): Json {
  let at: unknown = root
  for (const segment of path) {
    const name = selector(segment)
    if (name !== undefined && Array.isArray(at)) at = at.find(item => isMap(item) && item['name'] === name)
    else if (isMap(at)) at = at[segment]
    else return null
    if (at === undefined) return null
  }
  return (at ?? null) as Json
}

/** As `getField`, where a text stands there; undefined: nothing, or something else. */
export function getText(root: unknown, path: readonly string[]): string | undefined {
  const value = getField(root, path)
  return typeof value === 'string' ? value : undefined
}

/** The texts of a list; what is no text in it counts as left out. [] where no list stands. */
export function getTexts(root: unknown, path: readonly string[]): readonly string[] {
  const list = getField(root, path)
  return Array.isArray(list) ? list.filter(item => typeof item === 'string') : []
}

/**
 * A copy of the object with one field set; null takes it away. Lists and maps on the way are made where they miss, and what a removal
 * leaves empty goes too (the API server would not write it back either), so that setting and taking away gives the same object again.
 */
export function setField(object: KubeObject, path: readonly string[], value: Json): KubeObject {
  return (set(object, path, value) ?? {}) as KubeObject
}

function set(at: unknown, path: readonly string[], value: Json): unknown {
  const [segment, ...rest] = path
  if (segment === undefined) return value === null ? undefined : value
  const name = selector(segment)
  return name === undefined ? setKey(at, segment, rest, value) : setItem(at, name, rest, value)
}

function setKey(at: unknown, key: string, rest: readonly string[], value: Json): unknown {
  const map = isMap(at) ? at : {}
  if (value === null && !(key in map)) return isMap(at) ? at : undefined
  const next = set(map[key], rest, value)
  if (next !== undefined) return { ...map, [key]: next }
  const { [key]: _gone, ...left } = map
  return Object.keys(left).length === 0 ? undefined : left
}

function setItem(at: unknown, name: string, rest: readonly string[], value: Json): unknown {
  const list: readonly unknown[] = Array.isArray(at) ? at : []
  const index = list.findIndex(item => isMap(item) && item['name'] === name)
  if (index < 0)
    return value === null ? (Array.isArray(at) ? at : undefined) : [...list, set({ name }, rest, value)]
  const next = set(list[index], rest, value)
  const isBare = isMap(next) && Object.keys(next).every(key => key === 'name') && value === null
  const items = next === undefined || isBare ? list.toSpliced(index, 1) : list.with(index, next)
  return items.length === 0 ? undefined : items
}

/** Deep equality of JSON values; the order of keys does not matter, the order of lists does. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, i) => sameJson(item, b[i]))
  if (!isMap(a) || !isMap(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every(key => key in b && sameJson(a[key], b[key]))
}
