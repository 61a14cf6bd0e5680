import { formatCIDR, tryParseCIDR, tryParseIP } from '../address/index.ts'
import { isMapped } from '../address/ip.ts'
import { type FieldError, invalid } from './field-error.ts'
import { sloppyCIDR, sloppyIP } from './sloppy.ts'
import { minorOf } from '../base/version.ts'

/** From 1.36 on (gate StrictIPCIDRValidation) new values of old fields are held to what newer fields always were. */
const isStrict = (version: string): boolean => !(minorOf(version) < 36)

/** An address in a field of old: a value that stood there before is kept whatever it is. apimachinery/pkg/util/validation/ip.go */
export function addressErrors(
  field: string,
  text: string,
  version: string,
  before: readonly string[] = [],
): readonly FieldError[] {
  if (before.includes(text)) return []
  const ip = sloppyIP(text)
  if (ip === undefined)
    return [invalid(field, text, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')]
  if (!isStrict(version)) return []
  if (tryParseIP(text) === undefined) return [invalid(field, text, 'must not have leading 0s')]
  return isMapped(ip) ? [invalid(field, text, 'must not be an IPv4-mapped IPv6 address')] : []
}

/** A CIDR: in a field of old (`canonical` false), or in a new one, which is always strict and wants the one right spelling. */
export function rangeErrors(
  field: string,
  text: string,
  version: string,
  {
    canonical = false,
    before = [],
  }: { readonly canonical?: boolean; readonly before?: readonly string[] } = {},
): readonly FieldError[] {
  if (before.includes(text)) return []
  const range = sloppyCIDR(text)
  if (range === undefined)
    return [invalid(field, text, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')]
  if (!canonical && !isStrict(version)) return []
  if (tryParseCIDR(text, { allowHostBits: true }) === undefined)
    return [invalid(field, text, 'must not have leading 0s in IP or prefix length')]
  if (range.prefix >= 96 && isMapped(range))
    return [invalid(field, text, 'must not have an IPv4-mapped IPv6 address')]
  if (tryParseCIDR(text) === undefined)
    return [invalid(field, text, 'must not have bits set beyond the prefix length')]
  const spelled = formatCIDR(range)
  return canonical && spelled !== text
    ? [invalid(field, text, `must be in canonical form ("${spelled}")`)]
    : []
}
