import type { Family } from '../address/family.ts'
import type { InterfaceAddress, NodeFacts, Route } from '../model/cluster.ts'

/** File names below `nodes/<node>/commands/`, and how each turns into facts and back. */
export const commandFiles = {
  addresses: 'ip-address.json',
  routes: { IPv4: 'ip-route-4.json', IPv6: 'ip-route-6.json' },
  sysctls: 'sysctl.txt',
  kernel: 'uname.txt',
  kubelet: 'kubelet-arguments.txt',
  manifests: 'manifests.txt',
  upkeep: 'upkeep.json',
  firewall: { IPv4: 'iptables-save.txt', IPv6: 'ip6tables-save.txt' },
  nftables: 'nft.txt',
} as const

const inet: Record<Family, string> = { IPv4: 'inet', IPv6: 'inet6' }

/** What our facts hold of addresses, in the words of `ip -j address`. Interfaces stay in their order. */
export function writeAddresses(addresses: readonly InterfaceAddress[]): unknown[] {
  const interfaces: { ifname: string; mtu?: number; addr_info: Record<string, unknown>[] }[] = []
  for (const address of addresses) {
    let last = interfaces.at(-1)
    if (last?.ifname !== address.interface) {
      const { interface: ifname, mtu } = address
      interfaces.push((last = { ifname, ...(mtu !== undefined && { mtu }), addr_info: [] }))
    }
    last.addr_info.push({
      family: inet[address.family],
      local: address.address,
      prefixlen: address.prefixLength,
      scope: address.scope,
      ...Object.fromEntries(address.flags.map(flag => [flag, true])),
    })
  }
  return interfaces
}

/** What our facts hold of one family's routes, in the words of `ip -j route`. */
export function writeRoutes(routes: readonly Route[], family: Family): unknown[] {
  return routes
    .filter(route => route.family === family)
    .map(route => ({
      dst: route.destination,
      ...(route.gateway === undefined ? {} : { gateway: route.gateway }),
      ...(route.interface === '' ? {} : { dev: route.interface }),
      protocol: route.protocol,
      flags: [],
    }))
}

/** `key = value` lines as sysctl(8) prints them. */
export function parseSysctls(text: string): Record<string, string> {
  const pairs: [string, string][] = []
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=')
    if (equals > 0) pairs.push([line.slice(0, equals).trim(), line.slice(equals + 1).trim()])
  }
  return Object.fromEntries(pairs)
}

export const writeSysctls = (sysctls: NodeFacts['sysctls']): string =>
  Object.entries(sysctls)
    .map(([key, value]) => `${key} = ${value}\n`)
    .join('')

/** `Linux n1 6.1.0-13-amd64 #1 SMP …`, as `uname -a` prints it, or the release alone. */
export function parseUname(text: string): string | undefined {
  const words = text.trim().split(/\s+/)
  return (words[0] === 'Linux' ? words[2] : words[0]) || undefined
}

/** One argument a line, the program first, as /proc/<pid>/cmdline has them. Empty: no kubelet ran. */
export function parseKubelet(text: string): string[] | undefined {
  const lines = text.replace(/\n$/, '').split('\n')
  return lines[0] === '' ? undefined : lines.slice(1)
}

export const lines = (text: string): string[] => text.split('\n').filter(line => line !== '')
export const unlines = (list: readonly string[]): string => list.map(line => `${line}\n`).join('')
