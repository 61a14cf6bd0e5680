import { type Dirent, existsSync, readdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Remembers how long every journal below a folder is. The function that comes back cuts them to that length again: what a killed process of
 * a rehearsal writes on its way out, a real one would not have written.
 */
export function markJournals(folder: string): () => void {
  const sizes = new Map(journalsIn(folder).map(path => [path, statSync(path).size]))
  return () => {
    for (const path of journalsIn(folder)) truncateSync(path, sizes.get(path) ?? 0)
  }
}

const journalsIn = (folder: string): readonly string[] =>
  !existsSync(folder)
    ? []
    : readdirSync(folder, { withFileTypes: true, recursive: true })
        .filter((entry: Dirent) => entry.isFile() && entry.name.endsWith('.jsonl'))
        .map((entry: Dirent) => join(entry.parentPath, entry.name))
