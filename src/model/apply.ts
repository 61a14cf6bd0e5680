import { ConflictError } from '../base/errors.ts'
import { applyEdits } from '../text/edits.ts'
import type { Cluster, KubeObject, NodeFacts, Pod } from './cluster.ts'
import { getField, setField } from './fields.ts'
import { ownerResolver } from './owners.ts'
import type { Change, ObjectChange, OwnerRef, Refresh, Step, SysctlChange, TextChange } from './plan.ts'

const noFacts: NodeFacts = { files: {}, sysctls: {}, addresses: [], routes: [] }

/** The cluster as a step leaves it. Of what runs only the pods made again are known beforehand; what a restarted kubelet runs with is not. */
export const applyStep = (cluster: Cluster, step: Step): Cluster => applySteps(cluster, [step])

/**
 * The cluster as several steps leave it, one after the other.
 * @param each told of every step with the cluster as that step leaves it, which is good until it returns: the next step changes it
 * @throws ConflictError when a text is not what a change starts from, or an object is not there
 */
export function applySteps(
  cluster: Cluster,
  steps: readonly Step[],
  each: (state: Cluster, step: Step) => void = () => {},
): Cluster {
  const draft = new Draft(cluster)
  for (const step of steps) {
    for (const change of step.changes) applyChange(draft, change)
    for (const refresh of step.refreshes) applyRefresh(draft, refresh)
    each(draft.cluster, step)
  }
  return draft.cluster
}

/**
 * A cluster that is being changed. Its map of nodes and its list of pods are copied once, not at each step: a plan for five thousand nodes has
 * as many steps, and workloads as many owners.
 */
class Draft {
  cluster: Cluster
  #nodes: Record<string, NodeFacts> | undefined
  #pods: Pod[] | undefined
  #podsOf: ReadonlyMap<string, readonly number[]> | undefined

  constructor(cluster: Cluster) {
    this.cluster = cluster
  }

  changeNode(node: string, change: (facts: NodeFacts) => NodeFacts): void {
    const nodes = this.#nodes ?? { ...this.cluster.nodes }
    nodes[node] = change(nodes[node] ?? noFacts)
    if (this.#nodes === undefined) this.cluster = { ...this.cluster, nodes }
    this.#nodes = nodes
  }

  /** No step changes who makes which pod. */
  changePodsOf(owner: OwnerRef, change: (pod: Pod) => Pod): void {
    this.#podsOf ??= podsByOwner(this.cluster)
    const found = this.#podsOf.get(ownerKey(owner)) ?? []
    if (found.length === 0) return
    const pods = this.#pods ?? [...this.cluster.pods]
    for (const index of found) {
      const pod = pods[index]
      if (pod !== undefined) pods[index] = change(pod)
    }
    if (this.#pods === undefined) this.cluster = { ...this.cluster, pods }
    this.#pods = pods
  }
}

function podsByOwner(cluster: Cluster): ReadonlyMap<string, readonly number[]> {
  const resolve = ownerResolver(cluster)
  const found = new Map<string, number[]>()
  for (const [index, pod] of cluster.pods.entries()) {
    const key = ownerKey(resolve(pod))
    const known = found.get(key)
    if (known === undefined) found.set(key, [index])
    else known.push(index)
  }
  return found
}

const ownerKey = ({ namespace, kind, name }: OwnerRef): string => `${kind} ${namespace}/${name}`

function applyChange(draft: Draft, change: Change): void {
  if (isTextChange(change)) applyText(draft, change)
  else if (isSysctlChange(change)) applySysctl(draft, change)
  else draft.cluster = applyObject(draft.cluster, change)
}

export const isTextChange = (change: Change): change is TextChange =>
  change.target.kind === 'file' || change.target.kind === 'config-map'
export const isSysctlChange = (change: Change): change is SysctlChange => change.target.kind === 'sysctl'
export const isObjectChange = (change: Change): change is ObjectChange => change.target.kind === 'object'

function applyRefresh(draft: Draft, refresh: Refresh): void {
  if (refresh.kind === 'restart') forgetArguments(draft, refresh.node, refresh.unit)
  else if (refresh.kind === 'recreate-pods')
    draft.changePodsOf(refresh.owner, pod => ({ ...pod, families: refresh.until }))
}

function forgetArguments(draft: Draft, node: string, unit: string): void {
  if (unit !== 'kubelet' || draft.cluster.nodes[node]?.kubeletArguments === undefined) return
  draft.changeNode(node, ({ kubeletArguments: _old, ...facts }) => facts)
}

function applyText(draft: Draft, change: TextChange): void {
  const { target } = change
  if (target.kind === 'config-map') {
    const path = ['data', target.key]
    draft.cluster = withObject(draft.cluster, 'v1/configmaps', target.namespace, target.name, object => {
      const text = getField(object, path)
      if (typeof text !== 'string')
        throw missing(`ConfigMap ${target.namespace}/${target.name}, key ${target.key}`)
      return setField(object, path, applyEdits(text, change.edits))
    })
    return
  }
  draft.changeNode(target.node, facts => {
    const file = facts.files[target.path]
    const text = applyEdits(file?.text ?? '', change.edits)
    return {
      ...facts,
      files: { ...facts.files, [target.path]: change.after === null ? null : { ...file, text } },
    }
  })
}

function applySysctl(draft: Draft, change: SysctlChange): void {
  const { node, key } = change.target
  draft.changeNode(node, facts => ({ ...facts, sysctls: { ...facts.sysctls, [key]: change.after } }))
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
