import { nodeNames } from '../../model/changes.ts'
import type { Cluster, NodeFacts } from '../../model/cluster.ts'
import type { Read } from '../../model/read.ts'
import { readSysctlFile } from '../../text/sysctl.ts'
import { whyUnread } from '../shared/edit.ts'
import { folders, lastFile, type Line, ownFile, parseOwnFile, type Persisted, persistedOf } from './file.ts'

export const kubeletConfig = '/var/lib/kubelet/config.yaml'

export interface HostState {
  readonly nodes: readonly HostNode[]
}

export interface HostNode {
  readonly node: string
  /** undefined: not read, and `unread` says why. */
  readonly facts: NodeFacts | undefined
  readonly unread: string
  /** The text of our file; null: none. */
  readonly text: string | null
  /** Its lines; undefined: none, or not as we write it. */
  readonly lines: readonly Line[] | undefined
  /** What other files set at boot. */
  readonly persisted: Persisted
  /** What /etc/sysctl.conf sets: it beats our file whenever somebody runs `sysctl --system`. */
  readonly last: Readonly<Record<string, string>>
}

export const reads: readonly Read[] = [
  { kind: 'list', resource: 'v1/nodes' },
  { kind: 'network', on: 'all' },
  { kind: 'file', path: ownFile, on: 'all' },
  // Where the kubelet listens: asked when the way between nodes is tried.
  { kind: 'file', path: kubeletConfig, on: 'all' },
  { kind: 'file', path: lastFile, on: 'all' },
  ...folders.map(folder => ({ kind: 'files', pattern: `${folder}/*.conf`, on: 'all' }) as const),
]

export function readHost(cluster: Cluster): HostState {
  const persisted = persistedOf()
  return {
    nodes: nodeNames(cluster).map(node => {
      const facts = cluster.nodes[node]
      const files = facts?.files ?? {}
      const text = files[ownFile]?.text ?? null
      return {
        node,
        facts,
        unread: whyUnread(cluster, node),
        text,
        lines: text === null ? undefined : parseOwnFile(text),
        persisted: persisted(files),
        last: readSysctlFile(files[lastFile]?.text ?? ''),
      }
    }),
  }
}
