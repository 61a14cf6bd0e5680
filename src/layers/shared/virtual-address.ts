import { parse } from 'yaml'
import { formatIP, tryParseIP } from '../../address/index.ts'
import { configMapText, controlPlanes, fileOf, findObject } from '../../model/changes.ts'
import type { Cluster } from '../../model/cluster.ts'
import { getField } from '../../model/fields.ts'
import type { Read } from '../../model/read.ts'
import { getScalar } from '../../text/yaml-value.ts'

const kubeVipManifest = '/etc/kubernetes/manifests/kube-vip.yaml'
const kubeVipLease = 'plndr-cp-lock'

/** What is read besides, to know which addresses belong to whoever holds them today. */
export const virtualAddressReads: readonly Read[] = [
  { kind: 'file', path: kubeVipManifest, on: 'control-planes' },
  { kind: 'config-map', namespace: 'kube-system', name: 'kubeadm-config' },
  { kind: 'list', resource: 'coordination.k8s.io/v1/leases' },
]

/**
 * Addresses that move between nodes, and what gives them out: never a node's own. Known are the control plane's endpoint where no Node
 * reports it, what kube-vip is told (by its manifest or DaemonSet), and addresses of Services that a load balancer puts on a node's
 * interface. What keepalived holds stands in a file with a password in it, which is not read.
 */
export function virtualAddresses(cluster: Cluster): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const add = (text: string | undefined, why: string): void => {
    const address = canonical(text)
    if (address !== undefined && !found.has(address)) found.set(address, why)
  }
  const reported = new Set(
    (cluster.objects['v1/nodes'] ?? []).flatMap(node =>
      listAt(node, ['status', 'addresses']).map(one => canonical((one as { address?: string }).address)),
    ),
  )
  const endpoint = canonical(endpointHost(cluster))
  if (endpoint !== undefined && !reported.has(endpoint)) add(endpoint, 'the endpoint of the control plane')
  for (const address of kubeVipAddresses(cluster)) add(address, 'kube-vip')
  for (const service of cluster.objects['v1/services'] ?? []) {
    const name = `Service ${service.metadata.namespace ?? ''}/${service.metadata.name}`
    for (const one of listAt(service, ['status', 'loadBalancer', 'ingress']))
      add((one as { ip?: string }).ip, name)
    for (const one of listAt(service, ['spec', 'externalIPs'])) if (typeof one === 'string') add(one, name)
  }
  return found
}

/** The control plane that holds the virtual address of the API now; undefined: there is none, or nobody says. */
export function holderOfEndpoint(cluster: Cluster): string | undefined {
  const lease = findObject(cluster, 'coordination.k8s.io/v1/leases', 'kube-system', kubeVipLease)
  const holder = getField(lease, ['spec', 'holderIdentity'])
  if (typeof holder === 'string' && controlPlanes(cluster).includes(holder)) return holder
  const virtual = virtualAddresses(cluster)
  return controlPlanes(cluster).find(node =>
    (cluster.nodes[node]?.addresses ?? []).some(({ address }) => {
      const why = virtual.get(canonical(address) ?? '')
      return why !== undefined && !why.startsWith('Service ')
    }),
  )
}

/** Is the API reached by an address that some control plane holds for all? Then taking that one away moves it once. */
export const hasVirtualEndpoint = (cluster: Cluster): boolean =>
  [...virtualAddresses(cluster).values()].some(why => !why.startsWith('Service '))

function endpointHost(cluster: Cluster): string | undefined {
  const text = configMapText(cluster, 'kube-system', 'kubeadm-config', 'ClusterConfiguration')
  if (text === undefined) return undefined
  try {
    const endpoint = getScalar(text, ['controlPlaneEndpoint'])
    return endpoint === undefined ? undefined : hostOf(endpoint)
  } catch {
    // Who plans an edit of it will say what is wrong with it.
    return undefined
  }
}

/** `[fd00::1]:6443`, `10.0.0.1:6443`, `fd00::1`, `api.example` */
const hostOf = (endpoint: string): string => {
  const bracketed = /^\[([^\]]+)\]/.exec(endpoint)?.[1]
  if (bracketed !== undefined) return bracketed
  return tryParseIP(endpoint) === undefined ? endpoint.replace(/:\d+$/, '') : endpoint
}

/** `address` today, `vip_address` in older releases; several with commas. */
function kubeVipAddresses(cluster: Cluster): readonly string[] {
  const manifests = controlPlanes(cluster).flatMap(node => {
    const text = fileOf(cluster, node, kubeVipManifest)?.text
    if (text === undefined) return []
    try {
      return [getField(parse(text, { logLevel: 'error' }), ['spec'])]
    } catch {
      return []
    }
  })
  const daemonSets = (cluster.objects['apps/v1/daemonsets'] ?? [])
    .filter(({ metadata }) => metadata.name.startsWith('kube-vip'))
    .map(object => getField(object, ['spec', 'template', 'spec']))
  return [...manifests, ...daemonSets]
    .flatMap(spec => listAt(spec, ['containers']))
    .flatMap(container => listAt(container, ['env']) as readonly { name?: string; value?: unknown }[])
    .filter(({ name }) => name === 'address' || name === 'vip_address')
    .flatMap(({ value }) => (typeof value === 'string' ? value.split(',') : []))
}

const listAt = (root: unknown, path: readonly string[]): readonly unknown[] => {
  const value = getField(root, path)
  return Array.isArray(value) ? value : []
}

/** kube-vip takes `10.0.0.5/32` as well. */
function canonical(text: string | undefined): string | undefined {
  const ip = tryParseIP((text ?? '').trim().replace(/\/\d+$/, ''))
  return ip === undefined ? undefined : formatIP(ip)
}
