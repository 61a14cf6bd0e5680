import type { Cluster } from '../model/cluster.ts'
import type { Read } from '../model/read.ts'
import type { World } from '../world/ports.ts'
import { BundleWriter } from './bundle-writer.ts'
import { type ObserveOptions, observe } from './live.ts'
import { configMaps } from './layout.ts'
import { wanted } from './wanted.ts'
import { isAllowed, usualReads } from './whitelist.ts'

export interface Snapshot {
  /** What was observed: reading the bundle gives it again, but for what was redacted. */
  readonly cluster: Cluster
  /** Places where something confidential was taken out. */
  readonly redacted: readonly string[]
  /** Reads of layers that no bundle may hold. */
  readonly left: readonly Read[]
}

/**
 * Observes the live cluster and writes the very same reading as a bundle folder, without Secrets, keys and tokens. Objects go to the
 * disk while their pages come. All or nothing: `dir` is there when it is whole.
 * @throws UsageError when `dir` is there and not empty; nothing is left behind on any error
 */
export async function writeBundle(
  world: World,
  reads: readonly Read[],
  dir: string,
  options: Pick<ObserveOptions, 'signal' | 'tolerant'> = {},
): Promise<Snapshot> {
  const allowed = snapshotReads(reads)
  const writer = await BundleWriter.create(dir)
  try {
    const cluster = await observe(world, allowed, {
      ...options,
      onObject: (resource, object) => writer.object(resource, object),
    })
    for (const [name, facts] of Object.entries(cluster.nodes)) await writer.node(name, facts)
    // ConfigMaps are single files; the empty list beside them says that the others were asked for and are not there.
    await writer.finish(cluster, [...wanted(allowed).lists, configMaps])
    return { cluster, redacted: writer.redacted, left: reads.filter(read => !isAllowed(read)) }
  } catch (error) {
    await writer.discard()
    throw error
  }
}

/** What layers want and a bundle may hold, and what people look at besides. */
export const snapshotReads = (reads: readonly Read[]): readonly Read[] => [
  ...reads.filter(isAllowed),
  ...usualReads,
]
