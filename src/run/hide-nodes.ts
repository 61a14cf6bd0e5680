import type { KubeObject, Resource } from '../model/cluster.ts'
import { getField, setField } from '../model/fields.ts'
import type { KubeApi, World } from '../world/ports.ts'

const daemonSets = 'apps/v1/daemonsets'

/** On which node an object lies, of the kinds that belong to one: what is on a hidden node is hidden with it. */
const places: Readonly<Record<Resource, (object: KubeObject) => string>> = {
  'v1/nodes': ({ metadata }) => metadata.name,
  'v1/pods': pod => textOf(getField(pod, ['spec', 'nodeName'])),
  'crd.projectcalico.org/v1/blockaffinities': one => textOf(getField(one, ['spec', 'node'])),
  'crd.projectcalico.org/v1/ipamblocks': block =>
    textOf(getField(block, ['spec', 'affinity'])).replace(/^host:/, ''),
}
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/**
 * The world as it is without some dead nodes. They, their pods and their address blocks are not seen, and no DaemonSet waits for its pod there:
 * so all that observes, plans, waits and evicts need not know that they exist. Nothing of them is changed.
 */
export async function hideNodes(world: World, names: ReadonlySet<string>): Promise<World> {
  if (names.size === 0) return world
  const { api } = world
  const away = await countPods(api, names)
  const isHidden = (resource: Resource, object: KubeObject): boolean =>
    names.has(places[resource]?.(object) ?? '')
  const asSeen = (resource: Resource, object: KubeObject): KubeObject =>
    resource === daemonSets ? withoutAway(object, away.get(object.metadata.uid ?? '') ?? 0) : object
  return {
    ...world,
    api: {
      server: api.server,
      version: signal => api.version(signal),
      create: (...given) => api.create(...given),
      replace: (...given) => api.replace(...given),
      delete: (...given) => api.delete(...given),
      evict: (...given) => api.evict(...given),
      exec: (...given) => api.exec(...given),
      async *list(resource, options) {
        for await (const object of api.list(resource, options))
          if (!isHidden(resource, object)) yield asSeen(resource, object)
      },
      async get(resource, namespace, name, signal) {
        const object = await api.get(resource, namespace, name, signal)
        return object === undefined || isHidden(resource, object) ? undefined : asSeen(resource, object)
      },
    },
  }
}

/** Pods of each DaemonSet, by its uid, that are on these nodes. */
async function countPods(api: KubeApi, names: ReadonlySet<string>): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for (const name of names) {
    for await (const pod of api.list('v1/pods', { fieldSelector: `spec.nodeName=${name}` })) {
      const owner = pod.metadata.ownerReferences?.find(
        reference => reference.controller === true && reference.kind === 'DaemonSet',
      )
      if (owner !== undefined && getField(pod, ['spec', 'nodeName']) === name)
        counts.set(owner.uid, (counts.get(owner.uid) ?? 0) + 1)
    }
  }
  return counts
}

function withoutAway(object: KubeObject, away: number): KubeObject {
  const path = ['status', 'desiredNumberScheduled']
  const wanted = getField(object, path)
  return typeof wanted === 'number' && away > 0 ? setField(object, path, wanted - away) : object
}
