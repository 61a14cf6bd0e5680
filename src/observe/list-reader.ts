import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { UsageError } from '../base/errors.ts'
import type { KubeObject } from '../model/cluster.ts'
import type { Folder } from './folder.ts'
import { advice, asList, asObject, parseJson, readJson } from './parse.ts'

/** Up to here a list is parsed as a whole, whatever its layout; no text in JavaScript can be longer than 512 MB. */
const whole = 32 * 1024 * 1024

/**
 * The items of a list file, one after the other. A large one that `ListWriter` wrote (an item a line) is never in memory as a whole:
 * the pods of the largest clusters have 700 MB.
 */
export async function* readList(folder: Folder, path: string, most = whole): AsyncGenerator<KubeObject> {
  const file = folder.name(path)
  const found = await folder.find(path)
  if (found && found.size > most && (yield* byLine(found.path, file))) return
  yield* asList(await readJson(folder, path), file)
}

/** false: this is not the layout of one item a line, and nothing was given. */
async function* byLine(path: string, file: string): AsyncGenerator<KubeObject, boolean> {
  const stream = createReadStream(path, { encoding: 'utf8' })
  let number = 0
  let ended = false
  try {
    for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
      number += 1
      if (number === 1 && !/^\{[^[]*"items":\s*\[$/.test(line)) return false
      if (number === 1) continue
      ended = line.startsWith(']')
      if (ended) break
      const place = `line ${number}`
      yield asObject(parseJson(line.replace(/,$/, ''), `${file}, ${place}`), file, place)
    }
  } finally {
    stream.destroy()
  }
  if (!ended)
    throw new UsageError(`${file} ends after line ${number}, before its list does`, advice, 'bundle.json')
  return true
}
