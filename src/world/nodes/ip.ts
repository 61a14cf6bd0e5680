import type { Family } from '../../address/family.ts'
import type { InterfaceAddress, Route } from '../../model/cluster.ts'
import { textIn } from './json.ts'

type Item = Readonly<Record<string, unknown>>
const items = (value: unknown): Item[] =>
  Array.isArray(value) ? value.filter((item): item is Item => typeof item === 'object' && item !== null) : []

const familyOf: Readonly<Record<string, Family>> = { inet: 'IPv4', inet6: 'IPv6' }
const bits: Readonly<Record<Family, number>> = { IPv4: 32, IPv6: 128 }

/** What `ip -j address` printed: flags are the keys that are true there. Its addresses are canonical (inet_ntop). */
export function parseAddresses(printed: unknown): InterfaceAddress[] {
  return items(printed).flatMap(link =>
    items(link.addr_info).flatMap(info => {
      const family = familyOf[textIn(info.family)]
      if (family === undefined || typeof info.local !== 'string') return []
      return {
        interface: textIn(link.ifname),
        family,
        address: info.local,
        prefixLength: typeof info.prefixlen === 'number' ? info.prefixlen : bits[family],
        scope: textIn(info.scope),
        flags: Object.keys(info).filter(key => info[key] === true),
        ...(typeof link.mtu === 'number' && { mtu: link.mtu }),
      }
    }),
  )
}

/**
 * What `ip -j -4|-6 route show table main` printed: its unicast routes. iproute2 leaves out `type` for unicast, the prefix length of a single
 * address, and `protocol` for boot. Of several next hops the first stands for all.
 */
export function parseRoutes(printed: unknown, family: Family): Route[] {
  return items(printed).flatMap(route => {
    if ((route.type ?? 'unicast') !== 'unicast' || (route.table ?? 'main') !== 'main') return []
    const destination = textIn(route.dst)
    const hop = items(route.nexthops)[0] ?? route
    const gateway = textIn(hop.gateway) || textIn((hop.via as Item | undefined)?.host)
    return {
      family,
      destination:
        destination === 'default' || destination.includes('/')
          ? destination
          : `${destination}/${bits[family]}`,
      interface: textIn(hop.dev) || textIn(route.dev),
      ...(gateway === '' ? {} : { gateway }),
      protocol: textIn(route.protocol) || 'boot',
    }
  })
}
