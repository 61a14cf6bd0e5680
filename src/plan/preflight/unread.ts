import { controlPlanes, fileOf, nodeNames } from '../../model/changes.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { Read } from '../../model/read.ts'
import type { AnyRule } from '../../model/rule.ts'

/** What of a rule's own reads is missing. */
export interface Missing {
  /** Nothing can be said: a list, or what it wanted of every node. */
  readonly all?: string
  /** Some node: what is found elsewhere still holds, but it cannot be said that the rule is kept. */
  readonly some?: string
}

/**
 * Keys of `Cluster.unread` are those of observe: a resource, `v1/configmaps/<namespace>/<name>`, `nodes/<node>`, `nodes/<node>/<path>`.
 * A path that is no key of a node's files was not looked for, as in a bundle of an older version.
 */
export function missingOf(rule: AnyRule, cluster: Cluster): Missing {
  const missing = (rule.reads ?? []).map(read => missingRead(read, cluster))
  return {
    all: missing.find(one => one.all !== undefined)?.all,
    some: missing.find(one => one.some !== undefined)?.some,
  }
}

function missingRead(read: Read, cluster: Cluster): Missing {
  switch (read.kind) {
    case 'list':
      return because(cluster, read.resource, read.resource)
    case 'config-map': {
      const name = `${read.namespace}/${read.name}`
      return because(cluster, `v1/configmaps/${name}`, `ConfigMap ${name}`)
    }
    case 'file':
    case 'files':
    case 'network':
    case 'firewall':
    case 'upkeep':
      return missingNodes(read, cluster)
  }
}

function because(cluster: Cluster, key: string, name: string): Missing {
  const reason = cluster.unread[key]
  return reason === undefined ? {} : { all: `${name} was not read: ${reason}` }
}

function missingNodes(read: Extract<Read, { readonly on: string }>, cluster: Cluster): Missing {
  const nodes = read.on === 'all' ? nodeNames(cluster) : controlPlanes(cluster)
  const gaps = nodes.flatMap(node => {
    const reason = whyMissing(read, cluster, node)
    return reason === undefined ? [] : [{ node, reason }]
  })
  const [first] = gaps
  if (first === undefined) return {}
  const more = gaps.length > 1 ? ` (and on ${gaps.length - 1} more)` : ''
  const text = `${first.reason}${more}`
  return gaps.length === nodes.length ? { all: text } : { some: text }
}

function whyMissing(
  read: Extract<Read, { readonly on: string }>,
  cluster: Cluster,
  node: string,
): string | undefined {
  if (cluster.nodes[node] === undefined)
    return `node ${node} was not read: ${cluster.unread[`nodes/${node}`] ?? 'nobody asked it'}`
  if (read.kind === 'firewall' && cluster.nodes[node].firewall === undefined)
    return `the firewall of node ${node} was not read`
  if (read.kind === 'upkeep' && cluster.nodes[node].upkeep === undefined)
    return `node ${node} was not asked for its certificates, control groups and package`
  if (read.kind !== 'file' || fileOf(cluster, node, read.path) !== undefined) return undefined
  return `${node}:${read.path} was not read: ${cluster.unread[`nodes/${node}${read.path}`] ?? 'nobody looked for it'}`
}
