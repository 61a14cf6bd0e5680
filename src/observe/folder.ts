import { type Dirent, lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import { messageOf, UsageError } from '../base/errors.ts'

/** One regular file of a folder, or why it was passed over. */
export interface FolderEntry {
  /** Relative to the root, with `/`. */
  readonly path: string
  /** Not followed, not a file, or not readable: the reason. */
  readonly skipped?: string
}

/** No text in JavaScript can be longer than 512 MB. Larger lists are read by line (list-reader.ts). */
const limit = 500 * 1024 * 1024

/**
 * A folder that somebody sent. Nothing outside it is ever opened: links are followed only where they end at a regular file inside.
 * (Captures of /etc often hold absolute links, which would show a file of this machine as if it were the node's.)
 *
 * What is many times small is read without promises: five thousand nodes have more than a hundred thousand files, and a promise takes ten
 * times as long as such a file.
 */
export class Folder {
  /** Folders, as far as they were asked for, and whether they lie where their path says: no link on the way. */
  readonly #straight = new Map<string, boolean>()

  private constructor(
    readonly given: string,
    private readonly root: string,
  ) {}

  /** @throws UsageError when it is not there, or not a folder */
  static async open(given: string): Promise<Folder> {
    let root: string
    try {
      root = await realpath(given)
      if (!(await stat(root)).isDirectory())
        throw new UsageError(`${given} is not a folder`, 'Name the folder that `dualstack snapshot` wrote.')
    } catch (error) {
      if (error instanceof UsageError) throw error
      throw new UsageError(
        `cannot open the bundle ${given}: ${reasonOf(error)}`,
        'Name the folder that `dualstack snapshot` wrote.',
      )
    }
    return new Folder(given, root)
  }

  /** Every file below `start`, hidden ones too, in the order of their names. */
  async walk(start = ''): Promise<FolderEntry[]> {
    let entries: Dirent[]
    try {
      entries = readdirSync(join(this.root, start), { withFileTypes: true })
    } catch (error) {
      if (isMissing(error)) return []
      return [{ path: start, skipped: `cannot be listed: ${reasonOf(error)}` }]
    }
    const found: FolderEntry[] = []
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = start === '' ? entry.name : `${start}/${entry.name}`
      if (entry.isDirectory()) found.push(...(await this.walk(path)))
      else found.push(await this.judge(path, entry))
    }
    return found
  }

  /** Names of the folders directly below `start`. */
  async folders(start: string): Promise<string[]> {
    try {
      const entries = readdirSync(join(this.root, start), { withFileTypes: true })
      return entries
        .filter(entry => entry.isDirectory())
        .map(entry => entry.name)
        .sort()
    } catch (error) {
      if (isMissing(error)) return []
      throw new UsageError(`cannot list ${this.name(start)}: ${reasonOf(error)}`)
    }
  }

  /** The bytes; undefined where there is no such file. */
  async read(path: string): Promise<Buffer | undefined> {
    const found = await this.find(path)
    if (!found) return undefined
    if (found.size > limit)
      throw new UsageError(
        `${this.name(path)} is larger than 500 MB`,
        'No file of a bundle but a list is: take the snapshot again.',
      )
    try {
      return readFileSync(found.path)
    } catch (error) {
      throw new UsageError(`cannot read ${this.name(path)}: ${reasonOf(error)}`)
    }
  }

  /** Where a file really lies, which is inside; undefined where there is no such file. */
  async find(path: string): Promise<{ readonly path: string; readonly size: number } | undefined> {
    try {
      if (this.#isStraight(dirname(path))) {
        const there = lstatSync(join(this.root, path), { throwIfNoEntry: false })
        if (there === undefined) return undefined
        if (there.isFile()) return { path: join(this.root, path), size: there.size }
      }
      const real = await realpath(join(this.root, path))
      if (!this.holds(real))
        throw new UsageError(`${this.name(path)} is a link out of the bundle`, 'Put the file itself there.')
      return { path: real, size: (await stat(real)).size }
    } catch (error) {
      if (isMissing(error)) return undefined
      if (error instanceof UsageError) throw error
      throw new UsageError(`cannot read ${this.name(path)}: ${reasonOf(error)}`)
    }
  }

  /** As a person finds it: the folder as it was given, and the path in it. */
  name(path: string): string {
    return join(this.given, path)
  }

  private async judge(path: string, entry: Dirent): Promise<FolderEntry> {
    if (entry.isFile()) return { path }
    if (!entry.isSymbolicLink()) return { path, skipped: 'is not a regular file' }
    try {
      const real = await realpath(join(this.root, path))
      if (!this.holds(real)) return { path, skipped: 'is a link out of the bundle: not followed' }
      return (await stat(real)).isFile()
        ? { path }
        : { path, skipped: 'is a link to something that is not a file: not followed' }
    } catch {
      return { path, skipped: 'is a link that leads nowhere' }
    }
  }

  #isStraight(folder: string): boolean {
    const known = this.#straight.get(folder)
    if (known !== undefined) return known
    const path = join(this.root, folder)
    let isStraight = false
    try {
      isStraight = this.holds(path) && realpathSync.native(path) === path
    } catch {
      // Whoever reads in it learns why.
    }
    this.#straight.set(folder, isStraight)
    return isStraight
  }

  private holds(real: string): boolean {
    const inside = relative(this.root, real)
    return inside === '' || (inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside))
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? ''
const isMissing = (error: unknown): boolean => codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR'

const words: Record<string, string> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOTDIR: 'a part of the path is not a folder',
  EISDIR: 'it is a folder',
  ELOOP: 'links lead in a circle',
}
/** An operating system's error in plain words. */
export const reasonOf = (error: unknown): string => words[codeOf(error)] ?? messageOf(error)
