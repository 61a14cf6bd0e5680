import type { Json } from '../base/json.ts'
import { hashText, lineEdits } from '../text/edits.ts'
import type { Cluster, KubeObject, NodeFile, Resource } from './cluster.ts'
import { positionOf } from './position.ts'
import { getField, sameJson } from './fields.ts'
import type {
  ConfigMapTarget,
  FieldChange,
  FileTarget,
  ObjectChange,
  ObjectTarget,
  SysctlChange,
  TextChange,
} from './plan.ts'

/** The change from one text to the other, `null` being "not there"; undefined when they are equal. */
export function textChange(
  target: FileTarget | ConfigMapTarget,
  before: string | null,
  after: string | null,
): TextChange | undefined {
  if (before === after) return undefined
  return {
    target,
    before: before === null ? null : hashText(before),
    after: after === null ? null : hashText(after),
    edits: lineEdits(before ?? '', after ?? ''),
  }
}

/** undefined when the value is already as wanted. */
export function sysctlChange(
  node: string,
  key: string,
  before: string,
  after: string,
): SysctlChange | undefined {
  return before === after ? undefined : { target: { kind: 'sysctl', node, key }, before, after }
}

/** One field from what it is in the object to `after`. Equal ones are dropped by `objectChange`. */
export function fieldChange(
  object: KubeObject | undefined,
  path: readonly string[],
  after: Json,
): FieldChange {
  return { path, before: getField(object, path), after }
}

/** An edit of an object; undefined when no field differs. */
export function objectChange(target: ObjectTarget, fields: readonly FieldChange[]): ObjectChange | undefined {
  const differing = fields.filter(field => !sameJson(field.before, field.after))
  return differing.length === 0 ? undefined : { target, fields: differing }
}

/** The object of that name; undefined when it is not there, or its resource was not read. */
export function findObject(
  cluster: Cluster,
  resource: Resource,
  namespace: string | undefined,
  name: string,
): KubeObject | undefined {
  const list = cluster.objects[resource]
  return list?.[positionOf(list, namespace, name)]
}

/** The text under one key of a ConfigMap; undefined when there is none. */
export function configMapText(
  cluster: Cluster,
  namespace: string,
  name: string,
  key: string,
): string | undefined {
  const text = getField(findObject(cluster, 'v1/configmaps', namespace, name), ['data', key])
  return typeof text === 'string' ? text : undefined
}

/** A file of a node. null: looked for and not there; undefined: not read. */
export function fileOf(cluster: Cluster, node: string, path: string): NodeFile | null | undefined {
  const files = cluster.nodes[node]?.files
  return files !== undefined && Object.hasOwn(files, path) ? files[path] : undefined
}

/** Every node that is known, as an object or by facts of its own; sorted. */
export function nodeNames(cluster: Cluster): readonly string[] {
  const registered = (cluster.objects['v1/nodes'] ?? []).map(node => node.metadata.name)
  return [...new Set([...registered, ...Object.keys(cluster.nodes)])].sort()
}

/**
 * Nodes that run an API server: by its manifest, by its mirror pod, or by the role label. Any of the three will do, since the
 * way back must also work from files alone, and the label is only a custom.
 */
export function controlPlanes(cluster: Cluster): readonly string[] {
  const label = 'node-role.kubernetes.io/control-plane'
  const labelled = (cluster.objects['v1/nodes'] ?? [])
    .filter(node => node.metadata.labels?.[label] !== undefined)
    .map(node => node.metadata.name)
  const running = cluster.pods
    .filter(pod => pod.mirror !== undefined && pod.labels['component'] === 'kube-apiserver')
    .map(pod => pod.node)
  const configured = Object.keys(cluster.nodes).filter(node =>
    fileOf(cluster, node, '/etc/kubernetes/manifests/kube-apiserver.yaml'),
  )
  return [...new Set([...labelled, ...running, ...configured])].sort()
}
