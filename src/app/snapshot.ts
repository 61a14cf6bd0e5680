import type { Layer } from '../model/layer.ts'
import { writeBundle } from '../observe/snapshot.ts'
import type { World } from '../world/ports.ts'
import { allReads } from './rules.ts'

/** What a snapshot wrote. */
export interface SnapshotReport {
  readonly folder: string
  readonly cluster: string
  readonly version: string
  readonly objects: number
  readonly pods: number
  readonly nodes: readonly string[]
  /** Where something confidential was taken out; the values themselves are nowhere. */
  readonly redacted: readonly string[]
  /** What could not be read, and why. */
  readonly unread: Readonly<Record<string, string>>
}

/**
 * Writes what is there as a bundle folder: no Secrets, no keys, no tokens.
 * @throws UsageError when the folder is there and not empty; then nothing was written
 */
export async function snapshot(
  world: World,
  layers: readonly Layer[],
  folder: string,
  options: { readonly signal?: AbortSignal; readonly tolerant?: boolean } = {},
): Promise<SnapshotReport> {
  const { cluster, redacted } = await writeBundle(world, allReads(layers), folder, options)
  return {
    folder,
    cluster: cluster.uid,
    version: cluster.version,
    objects: Object.values(cluster.objects).reduce((sum, list) => sum + list.length, cluster.pods.length),
    pods: cluster.pods.length,
    nodes: Object.keys(cluster.nodes),
    redacted,
    unread: cluster.unread,
  }
}
