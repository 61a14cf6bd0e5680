import type { NodeFile } from '../../model/cluster.ts'

/** A file and where it stands on its node. */
export type FileThere = readonly [path: string, file: NodeFile]

/**
 * Makes something of some files of a node, and gives the very same where another node has the very same files at the same places: a reading
 * keeps one object of files that are equal, so that of thousands of nodes a few are looked at.
 */
export function onceForSame<T>(make: (files: readonly FileThere[]) => T): (files: readonly FileThere[]) => T {
  const numbers = new Map<NodeFile, number>()
  const known = new Map<string, T>()
  return files => {
    const key = files
      .map(([path, file]) => {
        const number = numbers.get(file) ?? numbers.size
        numbers.set(file, number)
        return `${number} ${path}`
      })
      // What no path can hold.
      .join('\u0000')
    if (!known.has(key)) known.set(key, make(files))
    return known.get(key) as T
  }
}
