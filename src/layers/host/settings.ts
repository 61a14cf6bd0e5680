import type { Family } from '../../address/family.ts'
import type { NodeFacts } from '../../model/cluster.ts'

export interface Setting {
  /** As sysctl(8) prints it. */
  readonly key: string
  readonly value: string
}

/**
 * What makes a node forward a family. The first key speaks for the family. For IPv6 `all` also sets every interface and `default`
 * (addrconf_fixup_forwarding), which stands here because kubeadm's preflight looks at it. For IPv4 ip_forward does the same.
 */
export const forwardingKeys: Readonly<Record<Family, readonly [string, ...string[]]>> = {
  IPv4: ['net.ipv4.ip_forward'],
  IPv6: ['net.ipv6.conf.all.forwarding', 'net.ipv6.conf.default.forwarding'],
}

/** The settings of a family on a node, in the order in which they must be made. */
export function settingsFor(family: Family, facts: NodeFacts): readonly Setting[] {
  const forwarding = forwardingKeys[family].map(key => ({ key, value: '1' }))
  return [...advertisementSettings(family, facts), ...forwarding]
}

/**
 * A forwarding kernel ignores router advertisements where accept_ra is 1 (addresses run out), and drops the default routes it got by them the moment forwarding
 * is switched on (rt6_purge_dflt_routers spares accept_ra = 2). So this comes first, for each interface whose default route or address comes
 * by advertisement. accept_ra = 0 is left: there a daemon (systemd-networkd, NetworkManager) takes them, not the kernel.
 */
function advertisementSettings(family: Family, facts: NodeFacts): readonly Setting[] {
  if (family !== 'IPv6') return []
  const interfaces = new Set<string>()
  for (const route of facts.routes)
    if (route.family === family && route.destination === 'default' && route.protocol === 'ra')
      interfaces.add(route.interface)
  for (const address of facts.addresses)
    if (address.family === family && address.scope === 'global' && address.flags.includes('dynamic'))
      interfaces.add(address.interface)
  return [...interfaces]
    .map(name => acceptKey(name))
    .filter(key => facts.sysctls[key] === '1' || facts.sysctls[key] === '2')
    .map(key => ({ key, value: '2' }))
}

/** sysctl(8) writes a dot of an interface's name as a slash: `eth0.100` is `eth0/100`. */
const acceptKey = (name: string): string => `net.ipv6.conf.${name.replaceAll('.', '/')}.accept_ra`
