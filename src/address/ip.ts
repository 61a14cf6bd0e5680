import { UsageError } from '../base/errors.ts'
import type { Family } from './family.ts'
import { quadOf, scanIPv4, scanIPv6, textOfGroups } from './scan.ts'

/** An address: one number and the family that says how wide it is. `::ffff:1.2.3.4` is IPv6, as in Go's net/netip. */
export interface IP {
  readonly family: Family
  readonly value: bigint
}

/** Bits of an address. */
export const widthOf = (family: Family): number => (family === 'IPv4' ? 32 : 128)

const mappedPrefix = 0xffffn

/** `::ffff:0:0/96`, RFC 4291 2.5.5.2 */
export const isMapped = (ip: IP): boolean => ip.family === 'IPv6' && ip.value >> 32n === mappedPrefix

/**
 * An address from text, as strict as Go's net/netip, which is what Kubernetes 1.36 holds new values to.
 * @throws UsageError `address.ip` for anything else: zones, leading zeros, spaces, ports, prefixes, names.
 */
export function parseIP(text: string): IP {
  const ip = tryParseIP(text)
  if (ip) return ip
  throw new UsageError(
    `${JSON.stringify(text)} is not an IP address: ${whyNot(text)}`,
    undefined,
    'address.ip',
  )
}

/** As `parseIP`; undefined where that throws. */
export function tryParseIP(text: string): IP | undefined {
  const quad = scanIPv4(text)
  if (quad >= 0) return { family: 'IPv4', value: BigInt(quad) }
  const value = scanIPv6(text)
  return value === undefined ? undefined : { family: 'IPv6', value }
}

/** RFC 5952; IPv4-mapped as Go prints it, `::ffff:1.2.3.4`. */
export function formatIP(ip: IP): string {
  if (ip.family === 'IPv4') return quadOf(Number(ip.value))
  return isMapped(ip) ? `::ffff:${quadOf(Number(ip.value & 0xffffffffn))}` : textOfGroups(ip.value)
}

/** The family of an address or of a CIDR, from its text. @throws UsageError when it is neither. */
export function familyOf(text: string): Family {
  const slash = text.indexOf('/')
  return parseIP(slash < 0 ? text : text.slice(0, slash)).family
}

function whyNot(text: string): string {
  if (text === '') return 'it is empty'
  if (/\s/.test(text)) return 'it holds a space'
  if (text.includes('%')) return 'it has a zone, which is only known on one machine'
  if (text.includes('/')) return 'it has a prefix length; a plain address is wanted'
  const octet = /(?:^|[.:])(0\d+)(?=\.|$)/.exec(text)?.[1]
  if (octet !== undefined && text.includes('.')) return leadingZero(octet)
  if (/^\[.*\](:\d+)?$/.test(text)) return 'it has brackets; write it without them and without a port'
  if (/^[\d.]+$/.test(text)) return 'four decimal numbers from 0 to 255 with dots between them are wanted'
  if (/^[\d.]+:\d+$/.test(text)) return 'it has a port'
  if (text.includes(':')) {
    if (text.includes(':::')) return 'it has three colons in a row'
    if (text.split('::').length > 2) return '"::" may stand only once'
    const long = text.split(/[:.]/).find(part => /^[\da-f]{5,}$/i.test(part))
    if (long !== undefined) return `the group ${long} has more than four digits`
    return 'eight groups of up to four hexadecimal digits are wanted, or fewer with one "::"'
  }
  return 'neither IPv4 (10.0.0.1) nor IPv6 (fd00::1)'
}

function leadingZero(octet: string): string {
  const octal = /^[0-7]+$/.test(octet) ? `${Number.parseInt(octet, 8)}, as an octal number` : 'nothing'
  return `${octet} has a leading zero: some read ${Number.parseInt(octet, 10)}, others ${octal}`
}
