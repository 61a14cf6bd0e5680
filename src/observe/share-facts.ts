import type { NodeFacts, NodeFile } from '../model/cluster.ts'

/**
 * One copy of each thing that many nodes say as it is: files (units, sysctl files, the CNI configuration), routes (with BIRD each node has
 * one to each address block of every other node) and addresses. Of five thousand nodes that is most of what a reading would keep. For one
 * reading; forgotten with it.
 */
export function factSharer(): (facts: NodeFacts) => NodeFacts {
  const shareFile = fileSharer()
  const shareAddress = sharer<NodeFacts['addresses'][number]>(JSON.stringify)
  const shareRoute = sharer<NodeFacts['routes'][number]>(JSON.stringify)
  return facts => ({
    ...facts,
    files: Object.fromEntries(
      Object.entries(facts.files).map(([path, file]) => [path, file === null ? null : shareFile(file)]),
    ),
    addresses: facts.addresses.map(shareAddress),
    routes: facts.routes.map(shareRoute),
  })
}

/** By text first: a key with the text in it would be a second copy of each. */
function fileSharer(): (file: NodeFile) => NodeFile {
  const known = new Map<string, NodeFile[]>()
  return file => {
    const same = known.get(file.text)
    const found = same?.find(({ mode, owner }) => mode === file.mode && owner === file.owner)
    if (found !== undefined) return found
    if (same === undefined) known.set(file.text, [file])
    else same.push(file)
    return file
  }
}

/** Gives the one value that is kept of all with the same key. */
function sharer<T>(keyOf: (value: T) => string): (value: T) => T {
  const known = new Map<string, T>()
  return value => {
    const key = keyOf(value)
    const found = known.get(key)
    if (found !== undefined) return found
    known.set(key, value)
    return value
  }
}
