import { createHash, type Hash } from 'node:crypto'
import { closeSync, openSync, readSync, statSync, writeSync } from 'node:fs'
import { posix } from 'node:path'

type Content =
  | { readonly directory: true }
  | { readonly link: string }
  | { readonly text: string }
  /** A file of this machine. */
  | { readonly from: string }

export type TarEntry = Content & {
  /** Without a slash at the beginning. */
  readonly path: string
  /** 0o755 unless told. */
  readonly mode?: number
  /** 0 unless told; the group is the same. */
  readonly owner?: number
}

const block = 512
const chunk = Buffer.allocUnsafe(4 << 20)

/**
 * Writes a tar file that depends on nothing but its entries: sorted, folders above added, no times, no names of
 * owners. Returns its sha256.
 */
export function writeTar(file: string, entries: readonly TarEntry[]): string {
  const output = new Output(file)
  try {
    for (const entry of withFolders(entries)) writeEntry(output, entry)
    output.write(Buffer.alloc(2 * block))
  } finally {
    output.close()
  }
  return output.digest()
}

function withFolders(entries: readonly TarEntry[]): TarEntry[] {
  const all = new Map<string, TarEntry>()
  for (const entry of entries) {
    if (all.has(entry.path)) throw new Error(`two tar entries have the path ${entry.path}`)
    all.set(entry.path, entry)
  }
  for (const { path } of entries) {
    for (let folder = posix.dirname(path); folder !== '.'; folder = posix.dirname(folder)) {
      if (!all.has(folder)) all.set(folder, { path: folder, directory: true })
    }
  }
  return [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
}

function writeEntry(output: Output, entry: TarEntry): void {
  if ('directory' in entry) output.write(header(entry, '5', 0))
  else if ('link' in entry) output.write(header(entry, '2', 0, entry.link))
  else if ('text' in entry) {
    const content = Buffer.from(entry.text)
    output.write(header(entry, '0', content.length))
    output.write(content)
    output.write(padding(content.length))
  } else {
    const { size } = statSync(entry.from)
    output.write(header(entry, '0', size))
    output.copy(entry.from, size)
    output.write(padding(size))
  }
}

const padding = (size: number): Buffer => Buffer.alloc((block - (size % block)) % block)

/** POSIX ustar: name, mode, uid, gid, size, mtime, checksum, type, link, magic, (no owner names), prefix. */
function header(entry: TarEntry, type: string, size: number, link = ''): Buffer {
  const { name, prefix } = splitPath(entry.path)
  if (Buffer.byteLength(link) > 100)
    throw new Error(`the target of the link ${entry.path} is too long: ${link}`)
  const bytes = Buffer.alloc(block)
  const octal = (value: number, at: number, length: number) =>
    bytes.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at)
  bytes.write(name, 0)
  octal(entry.mode ?? 0o755, 100, 8)
  octal(entry.owner ?? 0, 108, 8)
  octal(entry.owner ?? 0, 116, 8)
  octal(size, 124, 12)
  octal(0, 136, 12)
  bytes.write('        ', 148) // the checksum counts its own field as blanks
  bytes.write(type, 156)
  bytes.write(link, 157)
  bytes.write('ustar\x0000', 257)
  bytes.write(prefix, 345)
  const sum = bytes.reduce((total, byte) => total + byte, 0)
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return bytes
}

function splitPath(path: string): { name: string; prefix: string } {
  if (Buffer.byteLength(path) <= 100) return { name: path, prefix: '' }
  for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) {
    const name = path.slice(at + 1)
    if (Buffer.byteLength(name) <= 100 && at <= 155) return { name, prefix: path.slice(0, at) }
  }
  throw new Error(`the path is too long for a tar file: ${path}`)
}

/** A file that is hashed while it is written. */
class Output {
  readonly #descriptor: number
  readonly #hash: Hash = createHash('sha256')

  constructor(file: string) {
    this.#descriptor = openSync(file, 'w', 0o644)
  }

  write(bytes: Uint8Array): void {
    this.#hash.update(bytes)
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#descriptor, bytes, done)
  }

  copy(file: string, size: number): void {
    const input = openSync(file, 'r')
    try {
      let copied = 0
      for (let read = readSync(input, chunk); read > 0; read = readSync(input, chunk)) {
        this.write(chunk.subarray(0, read))
        copied += read
      }
      if (copied !== size) throw new Error(`${file} changed while it was read`)
    } finally {
      closeSync(input)
    }
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  digest(): string {
    return this.#hash.digest('hex')
  }
}
