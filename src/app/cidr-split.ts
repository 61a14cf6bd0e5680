import {
  type CIDR,
  formatCIDR,
  formatIP,
  lastAddress,
  parseCIDR,
  subnetCount,
  subnets,
  widthOf,
} from '../address/index.ts'
import { UsageError } from '../base/errors.ts'
import type { Split } from '../report/cidr-split.ts'

/** Into ranges of a prefix length, or into at least so many parts; not more than `limit` are made. */
export interface SplitWords {
  readonly prefix?: string
  readonly parts?: string
  readonly limit: string
}

/** @throws UsageError for a text that is no CIDR, and for numbers that do not fit it (`address.split`) */
export function splitRange(text: string, words: SplitWords): Split {
  const cidr = parseCIDR(text)
  const limit = wholeNumber('--limit', words.limit)
  const prefix = prefixOf(cidr, words)
  const count = subnetCount(cidr, prefix)
  const parts: { cidr: string; last: string }[] = []
  for (const part of subnets(cidr, prefix)) {
    if (parts.length >= limit) break
    parts.push({ cidr: formatCIDR(part), last: formatIP(lastAddress(part)) })
  }
  return { cidr: formatCIDR(cidr), prefix, count: count.toString(), parts }
}

function prefixOf(cidr: CIDR, { prefix, parts }: SplitWords): number {
  if ((prefix === undefined) === (parts === undefined))
    throw new UsageError(
      'how is it to be split?',
      'Say --prefix N for ranges of /N, or --parts N for at least N ranges of the same size.',
    )
  if (prefix !== undefined) return wholeNumber('--prefix', prefix.replace(/^\//, ''))
  const wanted = wholeNumber('--parts', parts ?? '')
  const bits = wanted < 2 ? 0 : (wanted - 1).toString(2).length
  if (cidr.prefix + bits > widthOf(cidr.family))
    throw new UsageError(
      `${formatCIDR(cidr)} has fewer than ${wanted} addresses`,
      'Name a shorter prefix, or fewer parts.',
      'address.split',
    )
  return cidr.prefix + bits
}

function wholeNumber(option: string, text: string): number {
  if (/^(0|[1-9]\d{0,8})$/.test(text)) return Number(text)
  throw new UsageError(`${option} ${JSON.stringify(text)} is not a whole number`)
}
