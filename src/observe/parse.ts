import { UsageError } from '../base/errors.ts'
import type { KubeObject } from '../model/cluster.ts'
import type { Folder } from './folder.ts'
import { findJsonError } from './json-place.ts'

export const advice = 'A bundle is copied whole: take the snapshot again, or mend the file.'

/**
 * The bytes of a file as text.
 * @throws UsageError when they are not UTF-8
 */
export function decodeText(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new UsageError(`${file} is not UTF-8 text`, advice, 'bundle.encoding')
  }
}

/** @throws UsageError that names the file, the line and the column */
export function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    if (text.trim() === '') throw new UsageError(`${file} is empty`, advice, 'bundle.json')
    const place = findJsonError(text)
    const where = place
      ? `line ${place.line}, column ${place.column}: ${place.problem}`
      : 'it cannot be parsed'
    throw new UsageError(`${file} is not valid JSON: ${where}`, advice, 'bundle.json')
  }
}

/** A JSON file of a bundle; undefined where there is none. */
export async function readJson(folder: Folder, path: string): Promise<unknown> {
  const bytes = await folder.read(path)
  const file = folder.name(path)
  return bytes && parseJson(decodeText(bytes, file), file)
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** @throws UsageError when it is anything else */
export function asRecord(value: unknown, file: string, place = 'it'): Record<string, unknown> {
  if (isRecord(value)) return value
  throw new UsageError(`${file}: ${place} is not a JSON object`, advice, 'bundle.shape')
}

/** One object as the API server answered it, with a name. */
export function asObject(value: unknown, file: string, place = 'it'): KubeObject {
  const object = asRecord(value, file, place)
  if (typeof asRecord(object.metadata, file, `metadata of ${place}`).name !== 'string')
    throw new UsageError(`${file}: ${place} has no metadata.name`, advice, 'bundle.shape')
  return object as unknown as KubeObject
}

/** The items of a list. A list that was empty may hold `null`, as Go writes it. */
export function asList(value: unknown, file: string): KubeObject[] {
  const items = asRecord(value, file).items ?? []
  if (!Array.isArray(items)) throw new UsageError(`${file}: items is not a list`, advice, 'bundle.shape')
  return items.map((item, index) => asObject(item, file, `items[${index}]`))
}
