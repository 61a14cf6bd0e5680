import type { Ask } from '../../model/verification.ts'

/** Patterns of a shell's `case`: what is surely an answer as it should be looks like `good`, and not like `bad`. */
export interface Signs {
  readonly good: string
  /** Matches nothing where it is empty. */
  readonly bad: string
}

const hex = (text: string): string => Buffer.from(text, 'latin1').toString('hex')
const any = (bytes: number): string => '??'.repeat(bytes)
/** One or more bytes came: `=LENGTH:BEGINNING`. */
const something = '*=[1-9]*:*'

/**
 * By which a loop in a pod tells at a glance that all is well, in the line of the client's function `ask`. Whatever it is not sure of it
 * writes down as it is, and that is judged as every other answer: so a sign may be too strict, and must not be too lenient.
 */
export function signsOf(ask: Ask, isAgnhost: boolean): Signs {
  switch (ask.protocol) {
    case 'HTTP':
      return { good: `*=*:${hex('HTTP/1.')}3?${hex(' ')}3[23]*`, bad: '' }
    case 'TCP':
      return { good: something, bad: '' }
    case 'DNS':
      return isAgnhost ? dialledDns : rawDns
    default:
      // agnhost says which answers it got: none, where the list is empty or has an empty one.
      return isAgnhost ? { good: `*${hex('"responses":["')}[!2]*`, bad: '' } : { good: something, bad: '' }
  }
}

/** Our id, flags without a code, one question, and not no answer (RFC 1035, 4.1.1). */
const dnsHead = `*:${hex('ds')}??`
const rawDns: Signs = { good: `${dnsHead}?00001*`, bad: `${dnsHead}?000010000*` }

/** The same as agnhost tells it in JSON: zeros as escapes, and flags that are no UTF-8 as `\ufffd`, each six characters long. */
const told = `*${hex('"responses":["ds')}${any(12)}${hex(String.raw`\u0000\u0001`)}`
const zero = hex(String.raw`\u0000`)
const dialledDns: Signs = { good: `${told}${zero}*`, bad: `${told}${zero}${zero}*` }
