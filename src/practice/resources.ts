import type { KubeObject, Resource } from '../model/cluster.ts'

/** Kinds of the resources that practice makes, or that clients read one by one. */
const kinds: Readonly<Record<Resource, string>> = {
  'v1/namespaces': 'Namespace',
  'v1/nodes': 'Node',
  'v1/pods': 'Pod',
  'v1/services': 'Service',
  'v1/configmaps': 'ConfigMap',
  'apps/v1/daemonsets': 'DaemonSet',
  'apps/v1/deployments': 'Deployment',
  'apps/v1/replicasets': 'ReplicaSet',
  'apps/v1/statefulsets': 'StatefulSet',
  'batch/v1/jobs': 'Job',
  'policy/v1/poddisruptionbudgets': 'PodDisruptionBudget',
  'discovery.k8s.io/v1/endpointslices': 'EndpointSlice',
  'networking.k8s.io/v1/servicecidrs': 'ServiceCIDR',
  'networking.k8s.io/v1/ipaddresses': 'IPAddress',
  'coordination.k8s.io/v1/leases': 'Lease',
}

/** Custom resources: Calico's have no status of their own, and carry their kind in lists too. */
export const isCustom = (resource: Resource): boolean => resource.includes('projectcalico.org/')

/** As a single object is answered; items of lists of Kubernetes' own resources do not say their kind. */
export function withKind(resource: Resource, object: KubeObject): KubeObject {
  const kind = object.kind ?? kinds[resource]
  if (kind === undefined || object.kind !== undefined) return object
  return { apiVersion: resource.slice(0, resource.lastIndexOf('/')), kind, ...object }
}

/** As it is stored, and stands in a list; one that was read by itself when the bundle was taken says its kind there too. */
export function stored(resource: Resource, object: KubeObject, old?: KubeObject): KubeObject {
  if (isCustom(resource) || old?.kind !== undefined) return object
  const { apiVersion: _version, kind: _kind, ...rest } = object
  return rest
}

/** `Service`, `ServiceCIDR.networking.k8s.io`: as a refusal names what it refuses. */
export function kindOf(resource: Resource): string {
  const parts = resource.split('/')
  const kind = kinds[resource] ?? parts.at(-1) ?? resource
  return parts.length === 3 ? `${kind}.${parts[0] ?? ''}` : kind
}

/** Of a group of Kubernetes' own, or one of which the bundle has objects. */
export const isServed = (resource: Resource, isKnown: boolean): boolean => {
  const [group = ''] = resource.split('/')
  return isKnown || !group.includes('.') || group.endsWith('.k8s.io')
}
