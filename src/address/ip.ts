import { isIP } from 'node:net'
import { UsageError } from '../base/errors.ts'
import type { Family } from './family.ts'

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
  if (text.includes('%')) return undefined
  const version = isIP(text)
  if (version === 4) return { family: 'IPv4', value: valueOfQuad(text) }
  if (version === 6) return { family: 'IPv6', value: valueOfGroups(text) }
  return undefined
}

/** RFC 5952; IPv4-mapped as Go prints it, `::ffff:1.2.3.4`. */
export function formatIP(ip: IP): string {
  if (ip.family === 'IPv4') return quadOf(ip.value)
  if (isMapped(ip)) return `::ffff:${quadOf(ip.value & 0xffffffffn)}`
  const groups: number[] = []
  for (let shift = 112n; shift >= 0n; shift -= 16n) groups.push(Number((ip.value >> shift) & 0xffffn))
  const run = longestZeroRun(groups)
  const hex = (part: readonly number[]) => part.map(group => group.toString(16)).join(':')
  if (!run) return hex(groups)
  return `${hex(groups.slice(0, run.start))}::${hex(groups.slice(run.start + run.length))}`
}

/** The family of an address or of a CIDR, from its text. @throws UsageError when it is neither. */
export function familyOf(text: string): Family {
  const slash = text.indexOf('/')
  return parseIP(slash < 0 ? text : text.slice(0, slash)).family
}

function valueOfQuad(text: string): bigint {
  return BigInt(text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0))
}

function valueOfGroups(text: string): bigint {
  const [head = '', tail] = text.split('::')
  const left = groupsOf(head)
  const right = tail === undefined ? [] : groupsOf(tail)
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => 0n)
  return [...left, ...zeros, ...right].reduce((sum, group) => (sum << 16n) | group, 0n)
}

function groupsOf(text: string): bigint[] {
  if (text === '') return []
  return text.split(':').flatMap(part => {
    if (!part.includes('.')) return [BigInt(`0x${part}`)]
    const quad = valueOfQuad(part)
    return [quad >> 16n, quad & 0xffffn]
  })
}

function quadOf(value: bigint): string {
  return [24n, 16n, 8n, 0n].map(shift => (value >> shift) & 0xffn).join('.')
}

/** The first of the longest runs of two or more zero groups (RFC 5952 4.2). */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } | undefined {
  let best = { start: 0, length: 1 }
  for (let start = 0; start < groups.length; start++) {
    let length = 0
    while (groups[start + length] === 0) length++
    if (length > best.length) best = { start, length }
  }
  return best.length > 1 ? best : undefined
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
