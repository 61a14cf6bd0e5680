/** Text to number and back, in one pass each and without a text in between: clusters have hundreds of thousands of addresses. */

/** The sixteen bytes of an address; scratch, as nothing here waits. */
const bytes = new DataView(new ArrayBuffer(16))
const groups = new Uint16Array(8)

const dot = 46
const colon = 58

/** Four decimal numbers without leading zeros; -1: it is something else. */
export function scanIPv4(text: string, start = 0): number {
  let value = 0
  let octet = -1
  let dots = 0
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === dot) {
      if (octet < 0 || ++dots > 3) return -1
      value = value * 256 + octet
      octet = -1
    } else {
      const digit = code - 48
      // A digit after a zero: some would read it as octal.
      if (digit < 0 || digit > 9 || octet === 0) return -1
      octet = octet < 0 ? digit : octet * 10 + digit
      if (octet > 255) return -1
    }
  }
  return dots === 3 && octet >= 0 ? value * 256 + octet : -1
}

/** Longest text: eight groups, or six and a dotted quad. */
const longest = 45

/** RFC 4291 2.2: eight groups, fewer with one "::", the last two perhaps as a dotted quad; undefined: it is something else. */
export function scanIPv6(text: string): bigint | undefined {
  const end = text.length
  if (end < 2 || end > longest) return undefined
  let at = 0
  let count = 0
  let gap = -1
  if (text.charCodeAt(0) === colon) {
    if (text.charCodeAt(1) !== colon) return undefined
    gap = 0
    at = 2
  }
  while (at < end) {
    if (count === 8) return undefined
    const start = at
    let group = 0
    for (; at < end; at++) {
      const digit = hexOf(text.charCodeAt(at))
      if (digit < 0) break
      group = group * 16 + digit
    }
    if (at === start || at - start > 4) return undefined
    if (at < end && text.charCodeAt(at) === dot) {
      const quad = count > 6 ? -1 : scanIPv4(text, start)
      if (quad < 0) return undefined
      groups[count++] = quad >>> 16
      groups[count++] = quad & 0xffff
      break
    }
    groups[count++] = group
    if (at === end) break
    if (text.charCodeAt(at++) !== colon || at === end) return undefined
    if (text.charCodeAt(at) !== colon) continue
    if (gap >= 0) return undefined
    gap = count
    at++
  }
  // "::" stands for one group at least, as in net/netip.
  if (gap < 0 ? count !== 8 : count > 7) return undefined
  return valueOfGroups(count, gap)
}

function valueOfGroups(count: number, gap: number): bigint {
  const head = gap < 0 ? count : gap
  for (let group = 0; group < 8; group++) {
    const from = group < head ? group : group - (8 - count)
    bytes.setUint16(group * 2, group < head || from >= head ? (groups[from] ?? 0) : 0)
  }
  const high = bytes.getBigUint64(0)
  const low = bytes.getBigUint64(8)
  return high === 0n ? low : (high << 64n) | low
}

/** Value of a hexadecimal digit; -1: it is none. */
function hexOf(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  // Lower case.
  const letter = (code | 32) - 97
  return letter >= 0 && letter < 6 ? letter + 10 : -1
}

/** `10.0.0.1` */
export const quadOf = (value: number): string =>
  `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`

/** RFC 5952: lower case, no leading zeros, the first of the longest runs of two or more zero groups as "::". */
export function textOfGroups(value: bigint): string {
  bytes.setBigUint64(0, value >> 64n)
  bytes.setBigUint64(8, value)
  let start = -1
  let longestRun = 1
  for (let group = 0, run = 0; group < 8; group++) {
    run = bytes.getUint16(group * 2) === 0 ? run + 1 : 0
    if (run > longestRun) {
      longestRun = run
      start = group - run + 1
    }
  }
  let text = ''
  for (let group = 0; group < 8; group++) {
    if (group === start) {
      text += '::'
      group += longestRun - 1
    } else {
      if (group > 0 && group !== start + (start < 0 ? 0 : longestRun)) text += ':'
      text += bytes.getUint16(group * 2).toString(16)
    }
  }
  return text
}
