import { UsageError } from '../base/errors.ts'
import type { Cluster } from '../model/cluster.ts'
import type { Read } from '../model/read.ts'
import type { World } from '../world/ports.ts'

/** How a live cluster and its nodes are reached. */
export interface WorldOptions {
  readonly kubeconfig?: string
  readonly context?: string
  readonly nodeAccess?: 'ssh' | 'pod' | 'local'
  readonly ssh?: {
    readonly config?: string
    readonly user?: string
    readonly identity?: string
    /** Template with `{address}` and `{name}`. */
    readonly destination?: string
  }
  /** Addresses of nodes as a person named them; for any other, and where the API server does not answer, the name itself is called. */
  readonly nodes?: Readonly<Record<string, string>>
  readonly env?: NodeJS.ProcessEnv
  /** Seconds for which requests are repeated while the API server does not answer; a few unless told. */
  readonly patience?: number
}

export interface OpenedWorld {
  readonly world: World
  /** Ends connections, and takes away what was put into the cluster for reaching it. */
  readonly close: () => Promise<void>
}

export type OpenWorld = (options: WorldOptions) => Promise<OpenedWorld>

/** Where a cluster is read from: the live one, or a bundle. Both give the same Cluster. */
export interface Source {
  /** undefined: a bundle, which can be looked at but not changed. */
  readonly world: World | undefined
  read(
    reads: readonly Read[],
    options?: { readonly tolerant?: boolean; readonly signal?: AbortSignal },
  ): Promise<Cluster>
  close(): Promise<void>
}

/** @throws UsageError for a folder that is no bundle, or a kubeconfig that cannot be used */
export async function openSource(
  options: WorldOptions & { readonly from?: string },
  openWorld?: OpenWorld,
): Promise<Source> {
  const { from } = options
  if (from === '')
    throw new UsageError('--from names no folder', 'Name the folder that `dualstack snapshot` wrote.')
  if (from !== undefined) {
    const { readBundle } = await import('../observe/bundle.ts')
    return { world: undefined, read: reads => readBundle(from, reads), close: async () => {} }
  }
  const { world, close } = await (openWorld ?? (await import('./world.ts')).openWorld)(options)
  const { observe } = await import('../observe/live.ts')
  return { world, read: (reads, how) => observe(world, reads, how), close }
}
