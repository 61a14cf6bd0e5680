import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { messageOf, UsageError } from '../base/errors.ts'
import { type Listened, type Listener, speakerNamed, type Stopped } from '../diagnose/index.ts'

/** A log to listen to: a file, or what comes on standard input. */
export interface GivenLog {
  readonly name: string
  readonly chunks: AsyncIterable<Uint8Array>
  /** Bytes after which it is enough. */
  readonly most?: number
}

/** From a pipe that never ends a person wants an answer some day. */
export const mostOfPipe = 2 * 1024 ** 3

/** @throws UsageError for a path that cannot be read, or is a folder */
export async function openLog(path: string): Promise<GivenLog> {
  let size: number | undefined
  try {
    const found = await stat(path)
    if (found.isDirectory())
      throw new UsageError(
        `--log ${path} is a folder`,
        'Name a file, or a bundle with --from.',
        'diagnose.log',
      )
    size = found.isFile() ? found.size : undefined
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(
      `--log ${path} cannot be read: ${messageOf(error)}`,
      'Check the path.',
      'diagnose.log',
    )
  }
  const chunks: AsyncIterable<Uint8Array> = createReadStream(path, { highWaterMark: 1 << 20 })
  return { name: basename(path), chunks, ...(size === undefined && { most: mostOfPipe }) }
}

const why: Readonly<Record<Stopped, string>> = {
  compressed: 'it is compressed: pipe it through gunzip, zstd -d or xz -d into `--log -`',
  'utf-16': 'it is UTF-16: pipe it through `iconv -f UTF-16 -t UTF-8` into `--log -`',
  binary: 'it is binary, and no log',
  'no-lines': 'no line ended in 64 MB: it is no log',
  'too-much': 'it did not end: only the beginning was looked at',
}

/** What is told of one log: that it was looked at, and of what not. */
export interface LogTold {
  readonly lookedAt: string
  readonly notRead: readonly string[]
}

/** Listens to a whole log. @throws UsageError `diagnose.log` where it breaks off; the signal's reason */
export async function listenTo(listener: Listener, log: GivenLog, signal?: AbortSignal): Promise<LogTold> {
  const speaker = speakerNamed(log.name)
  const ear = listener.open(
    { name: log.name, tellsUnknown: true, ...(speaker !== undefined && { speaker }) },
    log.most,
  )
  try {
    for await (const chunk of log.chunks) {
      signal?.throwIfAborted()
      if (ear.write(chunk) !== undefined) break
    }
  } catch (error) {
    signal?.throwIfAborted()
    throw new UsageError(`${log.name} cannot be read: ${messageOf(error)}`, 'Check the file.', 'diagnose.log')
  }
  return told(log.name, ear.end())
}

function told(name: string, { lines, cut, stopped, isForeign }: Listened): LogTold {
  return {
    lookedAt: `${name}: ${lines} ${lines === 1 ? 'line' : 'lines'}`,
    notRead: [
      ...(stopped === undefined ? [] : [`${name}: ${why[stopped]}`]),
      ...(lines === 0 && stopped === undefined ? [`${name}: it is empty`] : []),
      ...(cut > 0
        ? [`${name}: of ${cut} very long ${cut === 1 ? 'line' : 'lines'} all but the beginning`]
        : []),
      ...(isForeign && stopped === undefined
        ? [
            `${name}: this seems to be the log of another program: no line is of a component of Kubernetes that is known here`,
          ]
        : []),
    ],
  }
}
