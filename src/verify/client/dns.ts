/** A question as it goes into a datagram, RFC 1035 section 4; latin1. Its id is of two letters, so that it survives a JSON text. */
export function dnsQuestion(name: string, record: 'A' | 'AAAA'): string {
  const labels = name.split('.').map(label => String.fromCharCode(label.length) + label)
  return `ds\x01\0\0\x01\0\0\0\0\0\0${labels.join('')}\0\0${types[record]}\0\x01`
}

const types = { A: '\x01', AAAA: '\x1c' } as const
const codes: Readonly<Record<number, string>> = {
  1: 'FORMERR',
  2: 'SERVFAIL',
  3: 'NXDOMAIN',
  4: 'NOTIMP',
  5: 'REFUSED',
}

/** How many records came, or what is wrong. Bytes above 127 may be question marks: nothing of what is looked at needs them. */
export function dnsAnswer(
  bytes: string,
  record: 'A' | 'AAAA',
): { readonly records: string; readonly problem?: string } {
  if (bytes.length < 12 || !bytes.startsWith('ds'))
    return { records: '', problem: 'an answer that is not DNS' }
  const code = bytes.charCodeAt(3) & 0x0f
  const count = bytes.charCodeAt(6) * 256 + bytes.charCodeAt(7)
  // Recursion available stands in the byte of the code: where that byte could not be kept, there is no code to read.
  const error = bytes.charCodeAt(3) === lost ? undefined : codes[code]
  if (error !== undefined) return { records: '', problem: `DNS says ${error}` }
  if (count === 0) return { records: '', problem: `DNS has no ${record} record of it` }
  return { records: `${count} ${record} record${count === 1 ? '' : 's'}` }
}

/** What a byte becomes that is no UTF-8. */
const lost = 0xfffd
