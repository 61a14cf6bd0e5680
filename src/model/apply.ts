import { ConflictError } from '../base/errors.ts'
import { applyEdits } from '../text/edits.ts'
import type { Cluster, KubeObject, NodeFacts } from './cluster.ts'
import { getField, setField } from './fields.ts'
import { ownedBy } from './owners.ts'
import type { Change, ObjectChange, Refresh, Step, SysctlChange, TextChange } from './plan.ts'

const noFacts: NodeFacts = { files: {}, sysctls: {}, addresses: [], routes: [] }

/** The cluster as a change leaves it. Pure: what the planner folds with. Throws ConflictError when a text is not what the change starts from. */
function applyChange(cluster: Cluster, change: Change): Cluster {
  if (isTextChange(change)) return applyText(cluster, change)
  if (isSysctlChange(change)) return applySysctl(cluster, change)
  return applyObject(cluster, change)
}

/** The cluster as a step leaves it. Of what runs only the pods made again are known beforehand; what a restarted kubelet runs with is not. */
export function applyStep(cluster: Cluster, step: Step): Cluster {
  return step.refreshes.reduce(applyRefresh, step.changes.reduce(applyChange, cluster))
}

export const isTextChange = (change: Change): change is TextChange =>
  change.target.kind === 'file' || change.target.kind === 'config-map'
export const isSysctlChange = (change: Change): change is SysctlChange => change.target.kind === 'sysctl'
export const isObjectChange = (change: Change): change is ObjectChange => change.target.kind === 'object'

function applyRefresh(cluster: Cluster, refresh: Refresh): Cluster {
  if (refresh.kind === 'restart') return forgetArguments(cluster, refresh.node, refresh.unit)
  if (refresh.kind !== 'recreate-pods') return cluster
  const isOwned = ownedBy(cluster, refresh.owner)
  return {
    ...cluster,
    pods: cluster.pods.map(pod => (isOwned(pod) ? { ...pod, families: refresh.until } : pod)),
  }
}

function forgetArguments(cluster: Cluster, node: string, unit: string): Cluster {
  if (unit !== 'kubelet' || cluster.nodes[node]?.kubeletArguments === undefined) return cluster
  return withNode(cluster, node, ({ kubeletArguments: _old, ...facts }) => facts)
}

function withNode(cluster: Cluster, node: string, update: (facts: NodeFacts) => NodeFacts): Cluster {
  return { ...cluster, nodes: { ...cluster.nodes, [node]: update(cluster.nodes[node] ?? noFacts) } }
}

function applyText(cluster: Cluster, change: TextChange): Cluster {
  const { target } = change
  if (target.kind === 'config-map') {
    const path = ['data', target.key]
    return withObject(cluster, 'v1/configmaps', target.namespace, target.name, object => {
      const text = getField(object, path)
      if (typeof text !== 'string')
        throw missing(`ConfigMap ${target.namespace}/${target.name}, key ${target.key}`)
      return setField(object, path, applyEdits(text, change.edits))
    })
  }
  return withNode(cluster, target.node, facts => {
    const file = facts.files[target.path]
    const text = applyEdits(file?.text ?? '', change.edits)
    return {
      ...facts,
      files: { ...facts.files, [target.path]: change.after === null ? null : { ...file, text } },
    }
  })
}

function applySysctl(cluster: Cluster, change: SysctlChange): Cluster {
  const { node, key } = change.target
  return withNode(cluster, node, facts => ({ ...facts, sysctls: { ...facts.sysctls, [key]: change.after } }))
}

/** The object with every field of a change at its target. */
export function applyFields(object: KubeObject, change: ObjectChange): KubeObject {
  return change.fields.reduce((next, field) => setField(next, field.path, field.after), object)
}

function applyObject(cluster: Cluster, change: ObjectChange): Cluster {
  const { api, namespace, name } = change.target
  const objects = cluster.objects[api] ?? []
  if (change.existence === 'create') {
    const created = applyFields(
      { metadata: { name, ...(namespace === undefined ? {} : { namespace }) } },
      change,
    )
    return { ...cluster, objects: { ...cluster.objects, [api]: [...objects, created] } }
  }
  if (change.existence === 'delete') {
    const left = objects.filter(
      object => object.metadata.name !== name || object.metadata.namespace !== namespace,
    )
    return { ...cluster, objects: { ...cluster.objects, [api]: left } }
  }
  return withObject(cluster, api, namespace, name, object => applyFields(object, change))
}

function withObject(
  cluster: Cluster,
  resource: string,
  namespace: string | undefined,
  name: string,
  update: (object: KubeObject) => KubeObject,
): Cluster {
  const objects = cluster.objects[resource] ?? []
  const index = objects.findIndex(
    object => object.metadata.name === name && object.metadata.namespace === namespace,
  )
  const object = objects[index]
  if (object === undefined)
    throw missing(`${resource} ${namespace === undefined ? '' : `${namespace}/`}${name}`)
  return { ...cluster, objects: { ...cluster.objects, [resource]: objects.with(index, update(object)) } }
}

const missing = (what: string): ConflictError =>
  new ConflictError(
    `${what} is not there any more`,
    'plan.missing',
    'Make a new plan: the cluster has changed since this one was made.',
  )
