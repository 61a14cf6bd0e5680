import { createHash } from 'node:crypto'
import type { Family } from '../address/family.ts'
import {
  type CIDR,
  contains,
  familyOf,
  firstAddress,
  formatIP,
  nthAddress,
  size,
  tryParseCIDR,
  tryParseIP,
} from '../address/index.ts'
import { minorOf } from '../base/version.ts'
import type { KubeObject } from '../model/cluster.ts'
import type { Write } from './admission.ts'
import { invalid, refusal } from './answers.ts'
import { cidrsOf, isUsable } from './service-cidrs.ts'
import { none, type ServicePort, type ServiceSpec, specOf } from './service-defaults.ts'
import type { Site } from './site.ts'

const addresses = 'networking.k8s.io/v1/ipaddresses'
const serviceCIDRs = 'networking.k8s.io/v1/servicecidrs'

/** Gives a Service the addresses and node ports that it lacks, and writes them down; gives back those that it has no more. */
export function allocate(write: Write): KubeObject {
  const { object, old, dryRun, site } = write
  const spec = specOf(object)
  const before = old === undefined ? [] : (specOf(old).clusterIPs ?? [])
  if (spec.type === 'ExternalName') {
    const { clusterIP: _ip, clusterIPs: _ips, ipFamilies: _families, ipFamilyPolicy: _policy, ...rest } = spec
    if (!dryRun) release(site, before, [])
    return { ...object, spec: rest }
  }
  const ports = withNodePorts(site, object, spec)
  if (spec.clusterIPs?.[0] === none)
    return { ...object, spec: { ...spec, ...ports, clusterIP: none, clusterIPs: [none] } }
  const clusterIPs = (spec.ipFamilies ?? []).map((family, index) => {
    const asked = spec.clusterIPs?.[index]
    if (asked !== undefined && asked !== '')
      return before.includes(asked) ? asked : take(write, asked, family)
    return pick(write, family)
  })
  if (!dryRun) {
    record(site, object, clusterIPs)
    release(site, before, clusterIPs)
  }
  return { ...object, spec: { ...spec, ...ports, clusterIP: clusterIPs[0], clusterIPs } }
}

/** Ranges that addresses come from: the ServiceCIDR objects from 1.33 on, the flag before. */
function rangesOf({ site, server }: Write, family: Family): readonly CIDR[] {
  const texts =
    minorOf(server.version) >= 33 && site.store.has(serviceCIDRs)
      ? site.store.list(serviceCIDRs).filter(isUsable).flatMap(cidrsOf)
      : server.services
  return texts.flatMap(text => {
    const range = tryParseCIDR(text, { allowHostBits: true })
    return range?.family === family ? [range] : []
  })
}

/** A free address of a family. The same Service gets the same one each time; a dry run sees the network address only (1.33 and later). */
function pick(write: Write, family: Family): string {
  const { site, object, asked, dryRun } = write
  const { namespace = '', name } = object.metadata
  const ranges = rangesOf(write, family)
  const [range] = ranges
  if (dryRun && range !== undefined) return formatIP(firstAddress(range))
  if (dryRun)
    throw invalid(asked, 'Service', [
      {
        field: 'spec.clusterIPs',
        message: 'Invalid value: null: failed to allocate IP: allocator not ready',
      },
    ])
  for (const one of ranges) {
    const room = size(one)
    const most = room > 65_536n ? 65_536n : room
    const start = BigInt(
      `0x${createHash('sha256').update(`${namespace}/${name}/${family}`).digest('hex').slice(0, 12)}`,
    )
    for (let n = 0n; n < most; n++) {
      const offset = (start + n) % most
      // The first is the network's; IPv4's last is its broadcast.
      if (offset === 0n || (family === 'IPv4' && offset === room - 1n)) continue
      const ip = formatIP(nthAddress(one, offset))
      if (!isTaken(site, ip)) return ip
    }
  }
  throw refusal(
    500,
    'InternalError',
    `Internal error occurred: failed to allocate a serviceIP for Service "${name}": range is full`,
    asked,
  )
}

/** An address that the client asked for. */
function take(write: Write, asked: string, family: Family): string {
  const ip = tryParseIP(asked)
  const ranges = rangesOf(write, family)
  const fail = (why: string) =>
    invalid(write.asked, 'Service', [
      {
        field: 'spec.clusterIPs',
        message: `Invalid value: ["${asked}"]: failed to allocate IP ${asked}: ${why}`,
      },
    ])
  if (ip === undefined || !ranges.some(range => contains(range, ip)))
    throw fail('the provided network does not match the current range')
  if (isTaken(write.site, asked)) throw fail('provided IP is already allocated')
  return asked
}

const isTaken = (site: Site, ip: string): boolean => site.serviceIPs.has(ip)

/** From 1.33 on an object stands for each address; a cluster without any keeps its list elsewhere. */
function record(site: Site, { metadata: { namespace, name } }: KubeObject, ips: readonly string[]): void {
  for (const ip of ips) {
    if (isTaken(site, ip)) continue
    site.serviceIPs.add(ip)
    if (site.store.count(addresses) === 0) continue
    site.make(addresses, {
      metadata: {
        name: ip,
        labels: {
          'ipaddress.kubernetes.io/ip-family': familyOf(ip),
          'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
        },
      },
      spec: { parentRef: { resource: 'services', ...(namespace === undefined ? {} : { namespace }), name } },
    })
  }
}

function release(site: Site, before: readonly string[], after: readonly string[]): void {
  for (const ip of before) {
    if (after.includes(ip)) continue
    site.serviceIPs.delete(ip)
    site.store.remove(addresses, undefined, ip)
  }
}

/** Knows what is taken, and takes back what a deleted Service had. */
export function keepAddresses(site: Site): void {
  for (const service of site.store.list('v1/services'))
    for (const ip of specOf(service).clusterIPs ?? []) site.serviceIPs.add(ip)
  site.store.onWrite(({ resource, before, after }) => {
    if (resource === 'v1/services' && before !== undefined && after === undefined)
      release(site, specOf(before).clusterIPs ?? [], [])
  })
}

const firstNodePort = 30_000
const nodePorts = 2768

function withNodePorts(
  site: Site,
  service: KubeObject,
  spec: ServiceSpec,
): { ports?: readonly ServicePort[] } {
  if (spec.type !== 'NodePort' && spec.type !== 'LoadBalancer') return {}
  if (spec.ports?.every(port => port.nodePort !== undefined) !== false) return {}
  const taken = new Set(
    site.store.list('v1/services').flatMap(one => (specOf(one).ports ?? []).map(port => port.nodePort)),
  )
  const { namespace = '', name } = service.metadata
  const seed = Buffer.from(`${namespace}/${name}`).reduce((sum, byte) => sum + byte, 0)
  let next = seed
  const free = (): number => {
    while (taken.has(firstNodePort + (next % nodePorts))) next++
    const port = firstNodePort + (next % nodePorts)
    taken.add(port)
    return port
  }
  return {
    ports: spec.ports.map(port => (port.nodePort === undefined ? { ...port, nodePort: free() } : port)),
  }
}
