import type { Family } from '../address/family.ts'
import type { InterfaceAddress, Route } from '../model/cluster.ts'
import { records } from './commands.ts'

const family: Readonly<Record<string, Family>> = { inet: 'IPv4', inet6: 'IPv6' }
const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** What `ip -j [-d] address` printed. Flags are the keys that are true (`dynamic`, `temporary`, `noprefixroute`, …), as iproute2 spells them. */
export function parseAddresses(printed: unknown): InterfaceAddress[] {
  return records(printed).flatMap(link =>
    records(link.addr_info).flatMap(info => {
      const of = family[text(info.family)]
      if (!of || typeof info.local !== 'string') return []
      return {
        interface: text(link.ifname),
        family: of,
        address: info.local,
        prefixLength: typeof info.prefixlen === 'number' ? info.prefixlen : of === 'IPv4' ? 32 : 128,
        scope: text(info.scope),
        flags: Object.keys(info).filter(key => info[key] === true),
      }
    }),
  )
}

/**
 * What `ip -j -4|-6 route` printed, with `table all` too: only unicast routes of the main table are kept. iproute2 leaves `table` out for main,
 * `type` for unicast, the prefix length for a single address and `protocol` for boot.
 */
export function parseRoutes(printed: unknown, of: Family): Route[] {
  return records(printed).flatMap(route => {
    if ((route.table ?? 'main') !== 'main' || (route.type ?? 'unicast') !== 'unicast') return []
    const destination = text(route.dst)
    // A multipath route has its gateways in `nexthops`; the first stands for it.
    const hop = records(route.nexthops)[0] ?? route
    const gateway = text(hop.gateway) || text(records([hop.via])[0]?.host)
    return {
      family: of,
      destination:
        destination === 'default' || destination.includes('/')
          ? destination
          : `${destination}/${of === 'IPv4' ? 32 : 128}`,
      interface: text(hop.dev) || text(route.dev),
      ...(gateway === '' ? {} : { gateway }),
      protocol: text(route.protocol) || 'boot',
    }
  })
}
