import { ConflictError } from '../base/errors.ts'
import { applyEdits } from '../text/edits.ts'
import type { Cluster, KubeObject, NodeFacts, Pod, Resource } from './cluster.ts'
import { getField, setField } from './fields.ts'
import { positionOf } from './position.ts'
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
 * A cluster that is being changed. Its map of nodes and its lists are copied once, not at each step: a plan for five thousand nodes has as many
 * steps, workloads as many owners, and each of ten thousand Services is a change.
 */
class Draft {
  cluster: Cluster
  #nodes: Record<string, NodeFacts> | undefined
  #pods: Pod[] | undefined
  #podsOf: ReadonlyMap<string, readonly number[]> | undefined
  readonly #lists = new Map<Resource, KubeObject[]>()

  constructor(cluster: Cluster) {
    this.cluster = cluster
  }

  changeNode(node: string, change: (facts: NodeFacts) => NodeFacts): void {
    const nodes = this.#nodes ?? { ...this.cluster.nodes }
    nodes[node] = change(nodes[node] ?? noFacts)
    if (this.#nodes === undefined) this.cluster = { ...this.cluster, nodes }
    this.#nodes = nodes
  }

  /** @throws ConflictError when there is no such object */
  changeObject(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    change: (object: KubeObject) => KubeObject,
  ): void {
    const list = this.#lists.get(resource) ?? [...(this.cluster.objects[resource] ?? [])]
    const index = positionOf(list, namespace, name)
    const object = list[index]
    if (object === undefined)
      throw missing(`${resource} ${namespace === undefined ? '' : `${namespace}/`}${name}`)
    list[index] = change(object)
    if (this.cluster.objects[resource] !== list) this.#setList(resource, list)
    this.#lists.set(resource, list)
  }

  /** What comes and goes is rare: the list is a new one each time. */
  changeList(resource: Resource, change: (list: readonly KubeObject[]) => KubeObject[]): void {
    this.#lists.delete(resource)
    this.#setList(resource, change(this.cluster.objects[resource] ?? []))
  }

  #setList(resource: Resource, list: readonly KubeObject[]): void {
    this.cluster = { ...this.cluster, objects: { ...this.cluster.objects, [resource]: list } }
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
  const found = new Map<OwnerRef, number[]>()
  for (const [index, pod] of cluster.pods.entries()) {
    const owner = resolve(pod)
    const known = found.get(owner)
    if (known === undefined) found.set(owner, [index])
    else known.push(index)
  }
  return new Map([...found].map(([owner, indexes]) => [ownerKey(owner), indexes]))
}

const ownerKey = ({ namespace, kind, name }: OwnerRef): string => `${kind} ${namespace}/${name}`

function applyChange(draft: Draft, change: Change): void {
  if (isTextChange(change)) applyText(draft, change)
  else if (isSysctlChange(change)) applySysctl(draft, change)
  else applyObject(draft, change)
}

export const isTextChange = (change: Change): change is TextChange =>
  change.target.kind === 'file' || change.target.kind === 'config-map'
export const isSysctlChange = (change: Change): change is SysctlChange => change.target.kind === 'sysctl'
export const isObjectChange = (change: Change): change is ObjectChange => change.target.kind === 'object'

function applyRefresh(draft: Draft, refresh: Refresh): void {
  if (refresh.kind === 'restart') forgetArguments(draft, refresh.node, refresh.unit)
  else if (refresh.kind === 'recreate-pods')
    draft.changePodsOf(refresh.owner, pod => ({ ...pod, families: refresh.until }))
  else if (refresh.kind === 'clear-annotation') clearAnnotation(draft, refresh.annotation)
}

function clearAnnotation(draft: Draft, annotation: string): void {
  const path = ['metadata', 'annotations', annotation]
  for (const { metadata } of draft.cluster.objects['v1/nodes'] ?? []) {
    if (metadata.annotations?.[annotation] === undefined) continue
    draft.changeObject('v1/nodes', undefined, metadata.name, node => setField(node, path, null))
  }
}

function forgetArguments(draft: Draft, node: string, unit: string): void {
  if (unit !== 'kubelet' || draft.cluster.nodes[node]?.kubeletArguments === undefined) return
  draft.changeNode(node, ({ kubeletArguments: _old, ...facts }) => facts)
}

function applyText(draft: Draft, change: TextChange): void {
  const { target } = change
  if (target.kind === 'config-map') {
    const path = ['data', target.key]
    draft.changeObject('v1/configmaps', target.namespace, target.name, object => {
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

function applyObject(draft: Draft, change: ObjectChange): void {
  const { api, namespace, name } = change.target
  if (change.existence === 'create') {
    const metadata = { name, ...(namespace === undefined ? {} : { namespace }) }
    const created = applyFields({ metadata }, change)
    draft.changeList(api, list => [...list, created])
  } else if (change.existence === 'delete') {
    draft.changeList(api, list =>
      list.filter(({ metadata }) => metadata.name !== name || metadata.namespace !== namespace),
    )
  } else {
    draft.changeObject(api, namespace, name, object => applyFields(object, change))
  }
}

const missing = (what: string): ConflictError =>
  new ConflictError(
    `${what} is not there any more`,
    'plan.missing',
    'Make a new plan: the cluster has changed since this one was made.',
  )
