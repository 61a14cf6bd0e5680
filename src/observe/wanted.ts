import type { KubeObject, Resource } from '../model/cluster.ts'
import type { Read } from '../model/read.ts'
import type { NodeRead } from '../world/ports.ts'
import { configMaps, podResource } from './layout.ts'

/** The union of what layers ask for, each thing once. */
export interface Wanted {
  readonly lists: readonly Resource[]
  readonly configMaps: readonly { readonly namespace: string; readonly name: string }[]
  readonly node: (controlPlane: boolean) => NodeRead
}

/** Nodes are always read: without them nobody knows whom to ask. */
const nodes: Resource = 'v1/nodes'

export function wanted(reads: readonly Read[]): Wanted {
  const lists = new Set<Resource>([nodes])
  const maps = new Map<string, { namespace: string; name: string }>()
  for (const read of reads) {
    if (read.kind === 'list') lists.add(read.resource)
    if (read.kind === 'config-map')
      maps.set(`${read.namespace}/${read.name}`, { namespace: read.namespace, name: read.name })
  }
  return {
    lists: [...lists],
    configMaps: [...maps.values()],
    node: controlPlane => nodeRead(reads, controlPlane),
  }
}

function nodeRead(reads: readonly Read[], controlPlane: boolean): NodeRead {
  const files = new Set<string>()
  const patterns = new Set<string>()
  let network = false
  let firewall = false
  let upkeep = false
  for (const read of reads) {
    if (read.kind === 'list' || read.kind === 'config-map') continue
    if (read.on === 'control-planes' && !controlPlane) continue
    if (read.kind === 'file') files.add(read.path)
    if (read.kind === 'files') patterns.add(read.pattern)
    if (read.kind === 'network') network = true
    if (read.kind === 'firewall') firewall = true
    if (read.kind === 'upkeep') upkeep = true
  }
  return {
    files: [...files],
    patterns: [...patterns],
    network,
    ...(firewall && { firewall }),
    ...(upkeep && { upkeep }),
  }
}

/** kubeadm labels them; `master` until 1.24. https://kubernetes.io/docs/reference/labels-annotations-taints/ */
export function isControlPlane(node: KubeObject): boolean {
  const labels = node.metadata.labels ?? {}
  return 'node-role.kubernetes.io/control-plane' in labels || 'node-role.kubernetes.io/master' in labels
}

/** Keys of `Cluster.unread`. */
export const unreadKey = {
  version: 'version',
  uid: 'uid',
  list: (resource: Resource): string => resource,
  configMap: (namespace: string, name: string): string => `${configMaps}/${namespace}/${name}`,
  pods: podResource,
  node: (name: string): string => `nodes/${name}`,
  file: (node: string, path: string): string => `nodes/${node}${path}`,
} as const
