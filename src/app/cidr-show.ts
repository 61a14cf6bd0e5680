import {
  addressesOf,
  type CIDR,
  cidrOf,
  firstAddress,
  formatCIDR,
  formatIP,
  kindOf,
  kindsIn,
  lastAddress,
  nthAddress,
  parseCIDR,
  parseIP,
  powerOfTwo,
  size,
  widthOf,
} from '../address/index.ts'
import { messageOf, UsageError } from '../base/errors.ts'
import type { Shown } from '../report/cidr-show.ts'

/** What is to be known of each text: an address, or a range with or without host bits. A text that is neither says why; nothing is thrown. */
export const showRanges = (texts: readonly string[]): readonly Shown[] => texts.map(show)

function show(text: string): Shown {
  try {
    const isAddress = !text.includes('/')
    const cidr = isAddress ? addressRange(text) : parseCIDR(text, { allowHostBits: true })
    return describe(text, cidr, isAddress)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return {
      given: text,
      error: messageOf(error),
      ...(error.hint !== undefined && { hint: error.hint }),
    }
  }
}

function addressRange(text: string): CIDR {
  const ip = parseIP(text)
  return cidrOf(ip, widthOf(ip.family))
}

function describe(given: string, cidr: CIDR, isAddress: boolean): Shown {
  const canonical = isAddress ? formatIP(cidr) : formatCIDR(cidr)
  const kind = kindOf(cidr)
  return {
    given,
    canonical,
    family: cidr.family,
    first: formatIP(firstAddress(cidr)),
    last: formatIP(lastAddress(cidr)),
    prefix: cidr.prefix,
    addresses: size(cidr).toString(),
    kind: kind.name,
    kindTitle: `${kind.title} (${kind.source})`,
    holds: [...new Set(kindsIn(cidr).map(({ title }) => title))],
    notes: [...writtenNotes(given, cidr, canonical), ...(isAddress ? [] : useNotes(cidr))],
  }
}

/** What is odd about the text itself. */
function writtenNotes(given: string, cidr: CIDR, canonical: string): string[] {
  const address = given.split('/')[0] ?? ''
  if (parseIP(address).value !== cidr.value)
    return [`bits are set after the first ${cidr.prefix}: components read it as ${canonical}`]
  return given === canonical ? [] : [`not the canonical form, which is ${canonical}`]
}

const largestShare = 16
const usualSubnet = { IPv4: 24, IPv6: 64 } as const
const smallestBlock = { IPv4: 32, IPv6: 128 } as const
const calicosBlock = { IPv4: 26, IPv6: 122 } as const
const counted = (bits: number, noun: string): string => `${powerOfTwo(bits)} ${noun}${bits === 0 ? '' : 's'}`

/** What it would be as a range of a cluster. */
function useNotes(cidr: CIDR): string[] {
  const { family, prefix } = cidr
  const width = widthOf(family)
  const host = width - prefix
  const subnet = usualSubnet[family]
  const block = calicosBlock[family]
  const notes: string[] = []
  if (prefix < subnet) notes.push(`${powerOfTwo(subnet - prefix)} subnets of /${subnet}`)
  if (host >= 4) {
    const longest = Math.min(smallestBlock[family], prefix + largestShare)
    const usual = subnet >= prefix && subnet <= longest ? subnet : Math.min(longest, prefix + 8)
    notes.push(
      `as pod range: node masks /${prefix} to /${longest}; with /${usual} ${counted(usual - prefix, 'node')} of ${addressesOf(width, usual)} addresses`,
    )
    if (prefix <= block) notes.push(`as Calico pool: ${counted(block - prefix, 'block')} of /${block}`)
  }
  if (host > 20) notes.push(`as service range: too large, /${width - 20} is the largest that kubeadm takes`)
  else if (host < 4)
    notes.push(`as service range: too small, /${width - 4} is the smallest that kubeadm takes`)
  else
    notes.push(
      `as service range: ${powerOfTwo(host)} addresses; ${formatIP(nthAddress(cidr, 1))} would be Service kubernetes, ${formatIP(nthAddress(cidr, 10))} DNS`,
    )
  return notes
}
