import { type CIDR, tryParseCIDR, tryParseIP } from '../address/index.ts'
import type { IP } from '../address/ip.ts'

/** Kubernetes' older parsers read `010.96.0.0/012` as `10.96.0.0/12`: leading zeros are dropped, never octal. */
const withoutZeros = (text: string): string =>
  text.replace(/^[\d.]+(?=\/|$)/, quad => quad.replace(/(^|\.)0+(?=\d)/g, '$1')).replace(/\/0+(?=\d)/, '/')

/** A CIDR as flags and older fields take it (k8s.io/utils/net ParseCIDRSloppy): host bits are masked, leading zeros dropped, no trimming. */
export const sloppyCIDR = (text: string): CIDR | undefined =>
  tryParseCIDR(withoutZeros(text), { allowHostBits: true })

/** As `sloppyCIDR`, for an address. */
export const sloppyIP = (text: string): IP | undefined => tryParseIP(withoutZeros(text))

/** A list as flags have it: split at the comma, not trimmed. '' and undefined are none. */
export const listOf = (text: string | undefined): readonly string[] =>
  text === undefined || text === '' ? [] : text.split(',')

/** The ranges of a flag that can be read, in order. */
export const rangesIn = (text: string | undefined): readonly CIDR[] =>
  listOf(text).flatMap(part => sloppyCIDR(part) ?? [])
