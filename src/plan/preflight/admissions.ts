import { readAPIServers } from '../../layers/kube-apiserver/read.ts'
import { applyFields, isObjectChange } from '../../model/apply.ts'
import type { Cluster, KubeObject } from '../../model/cluster.ts'
import type { Step } from '../../model/plan.ts'
import type { Admission } from '../../model/rule.ts'
import { touchedBy } from './components.ts'

/**
 * The writes of a plan, step by step, as the API servers see them. Objects are followed by name instead of folded through the whole
 * cluster: a plan may change ten thousand Services.
 */
export function admissionsOf(start: Cluster): (state: Cluster, step: Step) => readonly Admission[] {
  const objects = new Map<string, Map<string, KubeObject>>()
  const listOf = (resource: string): Map<string, KubeObject> => {
    const known = objects.get(resource)
    if (known !== undefined) return known
    const fresh = new Map(
      (start.objects[resource] ?? []).map(object => [
        key(object.metadata.namespace, object.metadata.name),
        object,
      ]),
    )
    objects.set(resource, fresh)
    return fresh
  }
  const servers = serversOf()
  return (state, step) => {
    const asked = servers(state, step)
    return step.changes.filter(isObjectChange).flatMap(change => {
      const { api: resource, namespace, name } = change.target
      const list = listOf(resource)
      const at = key(namespace, name)
      const old = list.get(at)
      if (change.existence === 'delete') {
        list.delete(at)
        return []
      }
      const base = change.existence === 'create' ? undefined : old
      const object = applyFields(
        base ?? { metadata: { name, ...(namespace !== undefined && { namespace }) } },
        change,
      )
      list.set(at, object)
      return asked.map(server => ({
        resource,
        object,
        ...(base !== undefined && { old: base }),
        server,
      }))
    })
  }
}

const key = (namespace: string | undefined, name: string): string => `${namespace ?? ''}/${name}`

/** Each set of Service ranges that some API server has: during a conversion they may differ. Read again only when one of them has changed. */
function serversOf(): (state: Cluster, step: Step) => readonly Admission['server'][] {
  let known: readonly Admission['server'][] | undefined
  return (state, step) => {
    if (touchedBy(step).some(({ component }) => component === 'kube-apiserver')) known = undefined
    known ??= serversIn(state)
    return known
  }
}

function serversIn(cluster: Cluster): readonly Admission['server'][] {
  const ranges = (readAPIServers(cluster)?.instances ?? []).flatMap(
    ({ configured, running }) => configured ?? running ?? [],
  )
  return [...new Set(ranges)].map(range => ({ version: cluster.version, services: range.split(',') }))
}
