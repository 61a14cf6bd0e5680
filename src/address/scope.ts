import { type CIDR, contains, parseCIDR } from './cidr.ts'
import { type IP, isMapped } from './ip.ts'

const any = (...texts: string[]) => {
  const ranges: readonly CIDR[] = texts.map(text => parseCIDR(text))
  return (ip: IP): boolean => ranges.some(range => contains(range, unmapped(ip)))
}

/** Go judges `::ffff:127.0.0.1` by the IPv4 address in it. */
const unmapped = (ip: IP): IP => (isMapped(ip) ? { family: 'IPv4', value: ip.value & 0xffffffffn } : ip)

export const isLoopback = any('127.0.0.0/8', '::1/128')
export const isMulticast = any('224.0.0.0/4', 'ff00::/8')
export const isLinkLocal = any('169.254.0.0/16', 'fe80::/10')
/** Unique local, RFC 4193: the private addresses of IPv6. */
export const isULA = any('fc00::/7')
const isNobody = any('0.0.0.0/32', '255.255.255.255/32', '::/128')

/**
 * As Go's net.IP.IsGlobalUnicast, which is how Calico's autodetection picks an address: whatever is not loopback,
 * multicast, link-local, unspecified or broadcast. Private and unique local addresses count.
 */
export const isGlobalUnicast = (ip: IP): boolean =>
  !isLoopback(ip) && !isMulticast(ip) && !isLinkLocal(ip) && !isNobody(ip)
