import type { KubeObject } from '../model/cluster.ts'
import type { Index } from '../model/simulation.ts'
import { podResource, type Site } from './site.ts'

interface PodStatus {
  readonly phase?: string
  readonly podIPs?: readonly { readonly ip: string }[]
  readonly conditions?: readonly { readonly type: string; readonly status: string }[]
  readonly containerStatuses?: readonly object[]
  readonly [field: string]: unknown
}

export const statusOf = (pod: KubeObject): PodStatus => (pod['status'] ?? {}) as PodStatus

export const isReady = (pod: KubeObject): boolean =>
  statusOf(pod).conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true

export const isDeleting = ({ metadata }: KubeObject): boolean => metadata.deletionTimestamp !== undefined

/** Neither finished nor leaving. */
export const isLive = (pod: KubeObject): boolean =>
  !isDeleting(pod) && statusOf(pod).phase !== 'Succeeded' && statusOf(pod).phase !== 'Failed'

/** Does who counts pods count otherwise after this write? That a pod got a node or addresses is nothing to him. */
export const countsOtherwise = (before: KubeObject | undefined, after: KubeObject | undefined): boolean =>
  before === undefined ||
  after === undefined ||
  isDeleting(before) !== isDeleting(after) ||
  isLive(before) !== isLive(after) ||
  isReady(before) !== isReady(after) ||
  before.metadata.labels !== after.metadata.labels ||
  before.metadata.ownerReferences !== after.metadata.ownerReferences

/** Its Ready condition, and why its container waits where it does. */
export function setReady(
  site: Site,
  pod: KubeObject,
  ready: boolean,
  waiting?: { readonly reason: string; readonly message: string },
): void {
  const { containerStatuses: _old, ...status } = statusOf(pod)
  site.store.put(podResource, {
    ...pod,
    status: {
      ...status,
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: site.stamp() }],
      ...(waiting === undefined ? {} : { containerStatuses: [{ state: { waiting } }] }),
    },
  })
}

/** Addresses of the node that a pod runs on, as its status repeats them. */
export const hostStatus = (ips: readonly string[]): Readonly<Record<string, unknown>> =>
  ips.length === 0 ? {} : { hostIP: ips[0], hostIPs: ips.map(ip => ({ ip })) }

/** InternalIPs of a Node, in order. */
export function internalIPsOf(node: KubeObject | undefined): readonly string[] {
  const { addresses = [] } = (node?.['status'] ?? {}) as {
    addresses?: readonly { type: string; address: string }[]
  }
  return addresses.filter(({ type }) => type === 'InternalIP').map(({ address }) => address)
}

export const nodeOf = (pod: KubeObject): string =>
  (pod['spec'] as { nodeName?: string } | undefined)?.nodeName ?? ''

export const isOnHost = (pod: KubeObject): boolean =>
  (pod['spec'] as { hostNetwork?: boolean } | undefined)?.hostNetwork === true

/** Pods that were given to a node, by its name. */
export const podsByNode: Index = {
  resource: podResource,
  keys: pod => (nodeOf(pod) === '' ? [] : [nodeOf(pod)]),
}

/** Pods with addresses of their own, by each of them. */
export const podsByIP: Index = {
  resource: podResource,
  keys: pod => (isOnHost(pod) ? [] : (statusOf(pod).podIPs ?? []).map(({ ip }) => ip)),
}
