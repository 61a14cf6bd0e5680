import type { Cluster, KubeObject, Resource } from '../../model/cluster.ts'
import { nodeNames } from '../../model/changes.ts'
import { ownerResolver } from '../../model/owners.ts'

/** What two clusters were compared by, and what differs. docs/design.md, "Equal after the way back". */
export interface Comparison {
  readonly files: number
  readonly objects: number
  readonly pods: number
  /** One a line; none: equal. */
  readonly differences: readonly string[]
  /** What stays by design, as it stands there. */
  readonly stays: readonly string[]
}

/** Kept by controllers and by Calico from what runs, or renewed all the time. */
const followers: ReadonlySet<Resource> = new Set([
  'apps/v1/replicasets',
  'coordination.k8s.io/v1/leases',
  'crd.projectcalico.org/v1/blockaffinities',
  'crd.projectcalico.org/v1/ipamblocks',
  'crd.projectcalico.org/v1/ipamhandles',
  'networking.k8s.io/v1/ipaddresses',
  'v1/endpoints',
  'v1/events',
])
const serverFields = ['resourceVersion', 'uid', 'generation', 'managedFields', 'creationTimestamp']
const serverAnnotations = [
  'deployment.kubernetes.io/revision',
  'deprecated.daemonset.template.generation',
  'endpoints.kubernetes.io/last-change-trigger-time',
]

/** Compares a cluster with what it was before. */
export function compare(before: Cluster, after: Cluster): Comparison {
  const files = diff(filesOf(before), filesOf(after))
  const objects = diff(objectsOf(before), objectsOf(after))
  const pods = diff(podsOf(before), podsOf(after))
  return {
    files: files.count,
    objects: objects.count,
    pods: before.pods.length,
    differences: [...files.differences, ...objects.differences, ...pods.differences],
    stays: staying(before, after),
  }
}

function diff(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>) {
  const keys = [...new Set([...before.keys(), ...after.keys()])].toSorted()
  const differences = keys.flatMap(key => {
    const [was, is] = [before.get(key), after.get(key)]
    if (was === is) return []
    if (was === undefined) return [`${key} is new`]
    return is === undefined ? [`${key} is gone`] : [`${key}: ${firstDifference(was, is)}`]
  })
  return { count: before.size, differences }
}

/** The bytes of files with mode and owner, and settings of the kernel. */
function filesOf(cluster: Cluster): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const node of nodeNames(cluster)) {
    const facts = cluster.nodes[node]
    for (const [path, file] of Object.entries(facts?.files ?? {}))
      if (file !== null) found.set(`${node}:${path}`, `${file.mode ?? ''} ${file.owner ?? ''} ${file.text}`)
    for (const [key, value] of Object.entries(facts?.sysctls ?? {})) found.set(`${node} ${key}`, value)
    if (facts?.kubeletArguments !== undefined) found.set(`${node} kubelet`, facts.kubeletArguments.join(' '))
    if (facts?.manifests !== undefined) found.set(`${node} manifests`, facts.manifests.join(' '))
  }
  return found
}

function objectsOf(cluster: Cluster): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const [resource, objects] of Object.entries(cluster.objects)) {
    if (followers.has(resource)) continue
    for (const object of objects) {
      if (isLeft(resource, object)) continue
      const { namespace = '', name } = object.metadata
      found.set(`${resource} ${namespace}/${name}`, canonical(own(resource, object)))
    }
  }
  return found
}

const isServiceCIDR = (resource: Resource, object: KubeObject): boolean =>
  resource.endsWith('/servicecidrs') && object.metadata.name === 'kubernetes'
const isDisabledPool = (resource: Resource, { spec }: KubeObject): boolean =>
  resource.endsWith('/ippools') && (spec as { disabled?: boolean } | undefined)?.disabled === true
/** Slices of pods follow them; their names are made anew. */
const isSlice = (resource: Resource): boolean => resource.endsWith('/endpointslices')
const isLeft = (resource: Resource, object: KubeObject): boolean =>
  isServiceCIDR(resource, object) || isDisabledPool(resource, object) || isSlice(resource)

function own(resource: Resource, object: KubeObject): unknown {
  const { status, metadata, ...rest } = object
  const kept = Object.entries(metadata).filter(([key]) => !serverFields.includes(key))
  const annotations = Object.fromEntries(
    // What the other writer of a rehearsed fault wrote is his.
    Object.entries(metadata.annotations ?? {}).filter(
      ([key]) => !serverAnnotations.includes(key) && !key.startsWith('practice/'),
    ),
  )
  if (resource === 'v1/nodes') {
    const { addresses } = (status ?? {}) as { addresses?: unknown }
    const { podCIDRs } = (rest['spec'] ?? {}) as { podCIDRs?: unknown }
    return { labels: metadata.labels, annotations, podCIDRs, addresses }
  }
  return { ...rest, metadata: { ...Object.fromEntries(kept), annotations } }
}

/** How many pods an owner has, of which families, and how many are ready. */
function podsOf(cluster: Cluster): ReadonlyMap<string, string> {
  const ownerOf = ownerResolver(cluster)
  const counts = new Map<string, number>()
  for (const pod of cluster.pods) {
    const { namespace, kind, name } = ownerOf(pod)
    const key = `pods of ${kind} ${namespace}/${name}, ${pod.families.join('+')}${pod.ready ? ', ready' : ''}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return new Map([...counts].map(([key, count]) => [key, String(count)]))
}

function staying(before: Cluster, after: Cluster): readonly string[] {
  const told = (cluster: Cluster): readonly string[] =>
    Object.entries(cluster.objects).flatMap(([resource, objects]) =>
      objects.flatMap(object => {
        const spec = (object['spec'] ?? {}) as { cidrs?: readonly string[]; cidr?: string }
        if (isServiceCIDR(resource, object)) return [`ServiceCIDR kubernetes: ${spec.cidrs?.join(',') ?? ''}`]
        if (isDisabledPool(resource, object))
          return [`IPPool ${object.metadata.name}: ${spec.cidr ?? ''}, disabled`]
        return []
      }),
    )
  const known = told(before)
  return told(after).filter(line => !known.includes(line))
}

/** JSON with keys in order, and without what is empty: the API server writes no empty maps either. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  return `{${Object.entries(value)
    .filter(([, inner]) => inner !== undefined && canonical(inner) !== '{}')
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`)
    .join(',')}}`
}

function firstDifference(was: string, is: string): string {
  let at = 0
  while (at < was.length && was[at] === is[at]) at++
  const from = Math.max(0, at - 40)
  return `was …${was.slice(from, at + 60)}…, is …${is.slice(from, at + 60)}…`
}
