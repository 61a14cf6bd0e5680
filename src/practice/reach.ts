import { familyOf, formatIP, tryParseIP } from '../address/index.ts'
import type { KubeObject, NodeFacts } from '../model/cluster.ts'
import { selectsByMap } from '../layers/shared/selector.ts'
import { isLive, isReady, nodeOf, podsByIP } from './pod-status.ts'
import type { Machine } from './machine.ts'
import { podResource, type Site } from './site.ts'

const annotations = { IPv4: 'projectcalico.org/IPv4Address', IPv6: 'projectcalico.org/IPv6Address' } as const

/** Would a connection from a node to `10.0.0.1:80`, `[fd00::1]:80` be answered? By a pod with that address, or a Service that has one. */
export function answers(site: Site, node: string, address: string): boolean {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(address) ?? []
  const ip = bracketed ?? plain ?? ''
  const pod = podWith(site, ip)
  if (pod === undefined && ownerOf(site, ip) !== undefined) return listensOnHost(site, ip, Number(port))
  if (pod !== undefined)
    return (
      isReady(pod) &&
      isLive(pod) &&
      isRouted(site, node, pod, ip) &&
      listens(pod, Number(port)) &&
      !isDeaf(site, pod)
    )
  return site.store.list('v1/services').some(service => {
    const { clusterIPs = [] } = (service['spec'] ?? {}) as { clusterIPs?: readonly string[] }
    return clusterIPs.includes(ip) && hasEndpoints(site, service, ip)
  })
}

/** The machine that has an address on one of its interfaces. */
function ownerOf(site: Site, ip: string): Machine | undefined {
  const wanted = tryParseIP(ip)
  if (wanted === undefined) return undefined
  const name = machinesByIP(site).get(formatIP(wanted))
  return name === undefined ? undefined : site.machines.get(name)
}

/** Interfaces keep their addresses; an address that several machines have counts for the first. */
const known = new WeakMap<Site, ReadonlyMap<string, string>>()

function machinesByIP(site: Site): ReadonlyMap<string, string> {
  const before = known.get(site)
  if (before !== undefined) return before
  const found = new Map<string, string>()
  for (const { name, hardware } of site.machines.values())
    for (const { address } of hardware.addresses) {
      const ip = tryParseIP(address)
      if (ip !== undefined && !found.has(formatIP(ip))) found.set(formatIP(ip), name)
    }
  known.set(site, found)
  return found
}

const kubeletPort = 10_250

/** kubelet and API server; both listen on all addresses unless told otherwise. */
function listensOnHost(site: Site, ip: string, port: number): boolean {
  const machine = ownerOf(site, ip)
  if (machine === undefined) return false
  if (port === kubeletPort) return machine.kubeletArguments !== undefined
  const server = site.store.get(podResource, 'kube-system', `kube-apiserver-${machine.name}`)
  return port === 6443 && server !== undefined && isReady(server)
}

/** Echoes of nodes' addresses: what a bundle says of the way between them is that it carries what runs over it. */
export const pings = (
  site: Site,
  targets: readonly { readonly address: string }[],
): NonNullable<NodeFacts['ping']> =>
  Object.fromEntries(
    targets.map(({ address }) => [address, ownerOf(site, address) === undefined ? 'none' : 'full'] as const),
  )

const podWith = (site: Site, ip: string): KubeObject | undefined => site.store.find(podsByIP, ip)[0]

/** A pod that names no port at all may listen anywhere. */
function listens(pod: KubeObject, port: number): boolean {
  const { containers = [] } = (pod['spec'] ?? {}) as {
    containers?: readonly { ports?: readonly { containerPort: number }[] }[]
  }
  const named = containers.flatMap(({ ports = [] }) => ports.map(({ containerPort }) => containerPort))
  return named.length === 0 || named.includes(port)
}

/** On the same node always; from another one where Calico knows both nodes in that family. */
function isRouted(site: Site, node: string, pod: KubeObject, ip: string): boolean {
  if (nodeOf(pod) === node) return true
  const annotation = annotations[familyOf(ip)]
  return [node, nodeOf(pod)].every(name => {
    const all = site.store.get('v1/nodes', undefined, name)?.metadata.annotations ?? {}
    // Where Calico is not at work nothing is known about routes: they are taken to be there.
    return all[annotation] !== undefined || Object.values(annotations).every(one => all[one] === undefined)
  })
}

/** The fault: its program does not listen. */
const isDeaf = (site: Site, pod: KubeObject): boolean =>
  site.faults.find('deaf', fault => {
    const service = site.store.get('v1/services', fault.namespace, fault.name)
    const { selector } = (service?.['spec'] ?? {}) as { selector?: Readonly<Record<string, string>> }
    return fault.namespace === pod.metadata.namespace && selectsByMap(selector, pod.metadata.labels ?? {})
  }) !== undefined

function hasEndpoints(site: Site, service: KubeObject, ip: string): boolean {
  const family = familyOf(ip)
  return site.store
    .list('discovery.k8s.io/v1/endpointslices', service.metadata.namespace)
    .some(
      slice =>
        slice.metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name &&
        slice['addressType'] === family &&
        ((slice['endpoints'] ?? []) as readonly { conditions?: { ready?: boolean } }[]).some(
          one => one.conditions?.ready !== false,
        ),
    )
}
