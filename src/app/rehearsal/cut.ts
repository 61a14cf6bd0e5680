import type { Cluster, KubeObject, Pod, Resource } from '../../model/cluster.ts'
import { getField, getText } from '../../model/fields.ts'
import { countedFor } from './daemon-sets.ts'
import { isMade, keyOf, kindOf, services, type Units } from './workload-units.ts'

/** What is kept of a cluster. */
export interface Kept {
  readonly nodes: ReadonlySet<string>
  /** Keys of units and of what selects them. */
  readonly keys: ReadonlySet<string>
}

const text = (object: KubeObject, ...path: readonly string[]): string | undefined => getText(object, path)

/**
 * The cluster without what is not kept. Objects are left out, not edited, but for what says how many there are on nodes: the status of
 * DaemonSets, and the endpoints of pods that are left out.
 */
export function cut(cluster: Cluster, { units, unitOf }: Units, { nodes, keys }: Kept): Cluster {
  const isPodKept = (pod: Pod): boolean => {
    const unit = unitOf(pod)
    if (unit !== undefined && !keys.has(unit.key)) return false
    return unit === undefined || unit.kind === 'DaemonSet' ? nodes.has(pod.node) : true
  }
  const pods = cluster.pods.filter(isPodKept)
  const nodesLeft = (cluster.objects['v1/nodes'] ?? []).filter(({ metadata }) => nodes.has(metadata.name))
  const podNames = new Set(pods.map(({ namespace, name }) => `${namespace}/${name}`))
  const wasThere = new Set((cluster.objects['v1/nodes'] ?? []).map(({ metadata }) => metadata.name))
  const isAway = (node: string | undefined): boolean =>
    node !== undefined && wasThere.has(node) && !nodes.has(node)
  const known = new Set((cluster.objects[services] ?? []).map(({ metadata }) => keyOf('Service', metadata)))
  const isServiceKept = (namespace: string | undefined, name: string | undefined): boolean => {
    const key = keyOf('Service', { namespace: namespace ?? '', name: name ?? '' })
    return keys.has(key) || !known.has(key)
  }
  const left = new Set<string>()

  const isKept = (resource: Resource, object: KubeObject): boolean => {
    const { metadata } = object
    const kind = kindOf[resource]
    if (resource === 'v1/nodes') return nodes.has(metadata.name)
    if (kind !== undefined && !isMade(object)) return keys.has(keyOf(kind, metadata))
    if (resource === 'apps/v1/replicasets') {
      const deployment = metadata.ownerReferences?.find(({ controller }) => controller === true)?.name ?? ''
      const key = keyOf('Deployment', { ...metadata, name: deployment })
      return keys.has(key) || !units.has(key)
    }
    if (metadata.ownerReferences?.some(({ uid }) => left.has(uid)) === true) return false
    if (resource === 'v1/endpoints') return isServiceKept(metadata.namespace, metadata.name)
    if (resource.endsWith('/endpointslices'))
      return isServiceKept(metadata.namespace, metadata.labels?.['kubernetes.io/service-name'])
    if (resource.endsWith('/ipaddresses'))
      return isServiceKept(
        text(object, 'spec', 'parentRef', 'namespace'),
        text(object, 'spec', 'parentRef', 'name'),
      )
    if (resource === 'v1/events') return !left.has(text(object, 'involvedObject', 'uid') ?? '')
    if (resource.endsWith('/leases') && metadata.namespace === 'kube-node-lease')
      return !isAway(metadata.name)
    if (resource.endsWith('/csinodes')) return !isAway(metadata.name)
    const host = text(object, 'spec', 'affinity')?.replace(/^host:/, '')
    return ![host, text(object, 'spec', 'node'), text(object, 'spec', 'nodeName')].some(isAway)
  }
  const isPodNamed = (target: unknown, namespace: string | undefined): boolean =>
    getField(target, ['kind']) !== 'Pod' ||
    podNames.has(`${getText(target, ['namespace']) ?? namespace ?? ''}/${getText(target, ['name']) ?? ''}`)
  const fitted = (resource: Resource, object: KubeObject): KubeObject => {
    if (resource === 'apps/v1/daemonsets')
      return countedFor(object, units.get(keyOf('DaemonSet', object.metadata)), nodesLeft, isPodKept)
    if (!resource.endsWith('/endpointslices') && resource !== 'v1/endpoints') return object
    const only = (list: unknown): unknown =>
      Array.isArray(list)
        ? list.filter(one => isPodNamed(getField(one, ['targetRef']), object.metadata.namespace))
        : list
    if (resource !== 'v1/endpoints') return { ...object, endpoints: only(object['endpoints']) }
    const { subsets } = object as { subsets?: unknown }
    if (!Array.isArray(subsets)) return object
    const fit = (subset: Record<string, unknown>): unknown => ({
      ...subset,
      ...('addresses' in subset && { addresses: only(subset['addresses']) }),
      ...('notReadyAddresses' in subset && { notReadyAddresses: only(subset['notReadyAddresses']) }),
    })
    return { ...object, subsets: subsets.map(one => fit(one as Record<string, unknown>)) }
  }

  for (const pod of cluster.pods) if (!podNames.has(`${pod.namespace}/${pod.name}`)) left.add(pod.uid)
  const objects: Record<Resource, readonly KubeObject[]> = {}
  // Owners first: what they made goes with them.
  const resources = Object.keys(cluster.objects)
  const inOrder = resources.toSorted((a, b) => Number(b in kindOf) - Number(a in kindOf))
  for (const resource of inOrder)
    objects[resource] = (cluster.objects[resource] ?? [])
      .filter(object => {
        const stays = isKept(resource, object)
        if (!stays && object.metadata.uid !== undefined) left.add(object.metadata.uid)
        return stays
      })
      .map(object => fitted(resource, object))
  return {
    ...cluster,
    objects: Object.fromEntries(resources.map(resource => [resource, objects[resource] ?? []])),
    pods,
    nodes: Object.fromEntries(Object.entries(cluster.nodes).filter(([node]) => !isAway(node))),
  }
}
