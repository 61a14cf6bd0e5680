import type { Family, PerFamily } from '../address/family.ts'
import type { NodeFacts } from '../model/cluster.ts'

/** In words; one that will run out ends with `!` and why. */
export function defaultRouteOf(facts: NodeFacts, family: Family): string | undefined {
  const route = facts.routes.find(one => one.family === family && one.destination === 'default')
  if (route === undefined) return undefined
  const { gateway, interface: link, protocol } = route
  const words = `default${gateway === undefined ? '' : ` via ${gateway}`} dev ${link} proto ${protocol}`
  return family === 'IPv6' && protocol === 'ra' && isDeaf(facts, link)
    ? `${words} ! ${link} forwards and its accept_ra is 1: the route runs out, as no further advertisement is heard`
    : words
}

/** Why a node has no default route; what became of it nobody knows any more, only that it could not have stayed. */
export function noRouteOf(facts: NodeFacts, family: Family, addresses: PerFamily<string>): string {
  const uplink = facts.addresses.find(({ address }) => Object.values(addresses).includes(address))?.interface
  return family === 'IPv6' && uplink !== undefined && isDeaf(facts, uplink)
    ? `no default route; ${uplink} forwards and its accept_ra is 1: one that came by router advertisement is gone`
    : 'no default route'
}

/** A node that forwards hears router advertisements only with accept_ra 2 (Linux, ip-sysctl.rst). */
function isDeaf({ sysctls }: NodeFacts, link: string): boolean {
  const of = (key: string): string | undefined => sysctls[`net.ipv6.conf.${link.replaceAll('.', '/')}.${key}`]
  return of('forwarding') === '1' && of('accept_ra') === '1'
}
