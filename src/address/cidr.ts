import { UsageError } from '../base/errors.ts'
import { formatIP, type IP, parseIP, widthOf } from './ip.ts'
import type { Family } from './family.ts'

/** A range of addresses: the first one and how many leading bits all share. Host bits are always zero. */
export interface CIDR {
  readonly family: Family
  readonly value: bigint
  readonly prefix: number
  /** The last address: makes every question about the range two comparisons. */
  readonly last: bigint
}

export interface CIDROptions {
  /** Take `10.0.0.5/24` as `10.0.0.0/24`, as Kubernetes' older parser does, instead of an error. */
  readonly allowHostBits?: boolean
}

/**
 * A CIDR from text: strict, host bits zero, prefix without sign or leading zero.
 * @throws UsageError `address.cidr`; with host bits the message says the masked value.
 */
export function parseCIDR(text: string, options: CIDROptions = {}): CIDR {
  const fail = (why: string, hint?: string): never => {
    throw new UsageError(`${JSON.stringify(text)} is not a CIDR: ${why}`, hint, 'address.cidr')
  }
  const slash = text.indexOf('/')
  if (slash < 0) return fail('it has no prefix length (10.0.0.0/8, fd00::/48)')
  const digits = text.slice(slash + 1)
  const ip = parseAddressPart(text, text.slice(0, slash))
  const width = widthOf(ip.family)
  if (!/^(0|[1-9]\d{0,2})$/.test(digits))
    return fail(`${JSON.stringify(digits)} is no prefix length; a whole number from 0 to ${width} is wanted`)
  const prefix = Number(digits)
  if (prefix > width) return fail(`an ${ip.family} prefix length is at most ${width}`)
  const cidr = cidrOf(ip, prefix)
  if (cidr.value !== ip.value && !options.allowHostBits)
    return fail(
      `bits are set after the first ${prefix}; the range it lies in is ${formatCIDR(cidr)}`,
      `Write ${formatCIDR(cidr)}.`,
    )
  return cidr
}

/** As `parseCIDR`; undefined where that throws. */
export function tryParseCIDR(text: string, options: CIDROptions = {}): CIDR | undefined {
  // Often asked of addresses; an error costs a hundred times as much as this.
  if (!text.includes('/')) return undefined
  try {
    return parseCIDR(text, options)
  } catch (error) {
    if (error instanceof UsageError) return undefined
    throw error
  }
}

/** Addresses of a range by how many bits are left for hosts. */
const sizes: readonly bigint[] = Array.from({ length: 129 }, (_, bits) => 1n << BigInt(bits))
const sizeOf = (family: Family, prefix: number): bigint => sizes[widthOf(family) - prefix] ?? 0n

/** The range of this prefix length that the address lies in. */
export function cidrOf(ip: IP, prefix: number): CIDR {
  const host = sizeOf(ip.family, prefix) - 1n
  const last = ip.value | host
  return { family: ip.family, value: last ^ host, prefix, last }
}

export const formatCIDR = (cidr: CIDR): string => `${formatIP(cidr)}/${cidr.prefix}`

/** Does the range hold the address, or the whole of the other range? Never across families: `::/0` holds no IPv4. */
export const contains = (cidr: CIDR, thing: IP | CIDR): boolean =>
  cidr.family === thing.family &&
  thing.value >= cidr.value &&
  ('last' in thing ? thing.last : thing.value) <= cidr.last

/** Do they share an address? */
export const overlaps = (a: CIDR, b: CIDR): boolean =>
  a.family === b.family && a.value <= b.last && b.value <= a.last

export const sameCIDR = (a: CIDR, b: CIDR): boolean =>
  a.family === b.family && a.value === b.value && a.prefix === b.prefix

/** Number of addresses. */
export const size = (cidr: CIDR): bigint => sizeOf(cidr.family, cidr.prefix)

export const firstAddress = (cidr: CIDR): IP => ({ family: cidr.family, value: cidr.value })

export const lastAddress = (cidr: CIDR): IP => ({ family: cidr.family, value: cidr.last })

/** The address at offset `n`, counted from 0. @throws UsageError `address.outside` past the end. */
export function nthAddress(cidr: CIDR, n: number | bigint): IP {
  const offset = BigInt(n)
  if (offset < 0n || offset >= size(cidr))
    throw new UsageError(
      `${formatCIDR(cidr)} has ${size(cidr)} addresses, there is no number ${offset}`,
      undefined,
      'address.outside',
    )
  return { family: cidr.family, value: cidr.value + offset }
}

/** How many ranges of this prefix length it splits into. @throws UsageError as `subnets`. */
export function subnetCount(cidr: CIDR, prefix: number): bigint {
  const width = widthOf(cidr.family)
  if (!Number.isInteger(prefix) || prefix < cidr.prefix || prefix > width)
    throw new UsageError(
      `${formatCIDR(cidr)} cannot be split into /${prefix}: a prefix length from ${cidr.prefix} to ${width} is wanted`,
      undefined,
      'address.split',
    )
  return 1n << BigInt(prefix - cidr.prefix)
}

/** Its ranges of this prefix length in order, made as they are asked for: a /48 has 65,536 of /64. @throws UsageError `address.split` */
export function* subnets(cidr: CIDR, prefix: number): Generator<CIDR, void, undefined> {
  const count = subnetCount(cidr, prefix)
  const step = sizeOf(cidr.family, prefix)
  for (let n = 0n; n < count; n++) yield cidrOf({ family: cidr.family, value: cidr.value + n * step }, prefix)
}

function parseAddressPart(text: string, address: string): IP {
  try {
    return parseIP(address)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    throw new UsageError(
      `${JSON.stringify(text)} is not a CIDR: ${error.message}`,
      error.hint,
      'address.cidr',
    )
  }
}
