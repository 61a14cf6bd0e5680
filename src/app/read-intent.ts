import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { messageOf, UsageError } from '../base/errors.ts'
import type { Intent } from '../plan/intent.ts'
import { readIntentFile } from '../plan/intent-file/read.ts'
import { intentOf, type Words } from './words.ts'

/** A file of every field and 5,000 nodes is smaller; what is larger is something else. */
const mostBytes = 1 << 20

/** What a person wants: from a `dualstack.yaml` and the words of a command line, which win. @throws UsageError `intent.file` or as `intentOf` */
export async function readIntent(words: Words, path: string | undefined): Promise<Intent> {
  const said = intentOf(words)
  if (path === undefined) return said
  const { families, ...file } = readIntentFile(await textOf(path), basename(path))
  return {
    ...file,
    // `--to single` beside a file that names both families.
    ...(families !== undefined && (said.to === undefined || said.to === file.to) && { families }),
    ...said,
    ...((file.include || said.include) && { include: { ...file.include, ...said.include } }),
    ...((file.nodeAddresses || said.nodeAddresses) && {
      nodeAddresses: joinNodes(file.nodeAddresses ?? {}, said.nodeAddresses ?? {}),
    }),
  }
}

type Addresses = NonNullable<Intent['nodeAddresses']>

const joinNodes = (first: Addresses, second: Addresses): Addresses =>
  Object.fromEntries(
    [...new Set([...Object.keys(first), ...Object.keys(second)])].map(node => [
      node,
      { ...first[node], ...second[node] },
    ]),
  )

async function textOf(path: string): Promise<string> {
  const refuse = (why: string) =>
    new UsageError(`${path}: ${why}`, 'Name a dualstack.yaml (docs/dualstack-yaml.md).', 'intent.file')
  const bytes = await readSome(path).catch((error: unknown) => {
    throw refuse(`cannot be read: ${messageOf(error)}`)
  })
  if (bytes.length > mostBytes) throw refuse('is larger than 1 MiB')
  if (bytes.includes(0)) throw refuse('is no text')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw refuse('is not UTF-8')
  }
}

/** No more than is needed to see that it is too much: the path may be that of a device, or of a pipe. */
async function readSome(path: string): Promise<Buffer> {
  const file = await open(path, 'r')
  try {
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of file.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      size += chunk.length
      if (size > mostBytes) break
    }
    return Buffer.concat(chunks)
  } finally {
    await file.close()
  }
}
