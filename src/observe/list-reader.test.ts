import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { KubeObject } from '../model/cluster.ts'
import { Folder } from './folder.ts'
import { readList } from './list-reader.ts'
import { ListWriter } from './list-writer.ts'
import { object } from './testing.ts'

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'list-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const items = [object('a'), object('b', 'x', { text: 'line\nbreak\u2028 ], "items":[' }), object('c')]
const read = async (most?: number): Promise<KubeObject[]> =>
  collect(readList(await Folder.open(dir), 'list.json', most))
const write = async (list: readonly KubeObject[]): Promise<void> => {
  const writer = await ListWriter.create(join(dir, 'list.json'))
  for (const item of list) await writer.add(item)
  await writer.end()
}

it.each([[items], [items.slice(0, 1)], [[]]])(
  'gives what was written, as a whole and line by line',
  async list => {
    await write(list)
    expect(await read()).toEqual(list)
    expect(await read(0)).toEqual(list)
  },
)

it.each([
  JSON.stringify({ items }),
  JSON.stringify({ kind: 'PodList', items }, null, 1),
  JSON.stringify({ items: [] }),
])('reads another layout as a whole, however large it is', async text => {
  await writeFile(join(dir, 'list.json'), text)
  expect(await read(0)).toEqual(await read())
})

it('names the line at which a large list breaks off', async () => {
  await write(items)
  const text = await readWhole()
  await writeFile(join(dir, 'list.json'), text.slice(0, text.indexOf('"c"')))
  await expect(read(0)).rejects.toThrow(/list\.json, line 4 is not valid JSON/)
  await writeFile(join(dir, 'list.json'), text.slice(0, text.indexOf(',\n', 80)))
  await expect(read(0)).rejects.toThrow(/list\.json ends after line \d, before its list does/)
})

const readWhole = async (): Promise<string> =>
  ((await (await Folder.open(dir)).read('list.json')) ?? '').toString()

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of source) found.push(item)
  return found
}
