import { formatIP, nthAddress, size, tryParseCIDR } from '../address/index.ts'
import type { Pod } from '../model/cluster.ts'
import { factsOf } from './machine.ts'
import { statusOf } from './pod-status.ts'
import { podResource, type Site } from './site.ts'

interface Plugin {
  readonly ipam?: {
    readonly type?: string
    readonly subnet?: string
    readonly ranges?: readonly (readonly { readonly subnet?: string }[])[]
  }
}

const folder = '/etc/cni/net.d/'

/** The addresses that the plugin host-local gives a pod: one of each list of ranges in its node's CNI configuration. undefined: another CNI is at work. */
export function assignHostLocal(site: Site, pod: Pod): readonly string[] | string | undefined {
  const machine = site.machines.get(pod.node)
  if (machine === undefined) return undefined
  const { files } = factsOf(machine)
  const [path] = Object.keys(files)
    .filter(one => one.startsWith(folder) && /\.conf(list)?$/.test(one))
    .sort()
  const ipam = ipamOf(path === undefined ? '' : (files[path]?.text ?? ''))
  if (ipam?.type !== 'host-local') return undefined
  const ranges = ipam.ranges ?? (ipam.subnet === undefined ? [] : [[{ subnet: ipam.subnet }]])
  const taken = new Set(
    site.store.list(podResource).flatMap(one => (statusOf(one).podIPs ?? []).map(({ ip }) => ip)),
  )
  const ips: string[] = []
  for (const list of ranges) {
    const ip = list.flatMap(({ subnet }) => free(subnet ?? '', taken) ?? [])[0]
    if (ip === undefined)
      return `no IP addresses available in range set: ${list.map(one => one.subnet).join(', ')}`
    ips.push(ip)
  }
  return ips
}

function ipamOf(text: string): Plugin['ipam'] {
  try {
    const { plugins = [], ...single } = JSON.parse(text) as { plugins?: readonly Plugin[] } & Plugin
    return [...plugins, single].find(plugin => plugin.ipam !== undefined)?.ipam
  } catch {
    return undefined
  }
}

/** The first is the network's, the second the gateway's. */
function free(subnet: string, taken: ReadonlySet<string>): string | undefined {
  const range = tryParseCIDR(subnet)
  if (range === undefined) return undefined
  const most = size(range) > 4096n ? 4096 : Number(size(range))
  for (let offset = 2; offset < most - 1; offset++) {
    const ip = formatIP(nthAddress(range, offset))
    if (!taken.has(ip)) return ip
  }
  return undefined
}
