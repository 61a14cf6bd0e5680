import { readFileSync } from 'node:fs'
import { UnreachableError } from '../../base/errors.ts'
import type { Ask } from '../../model/verification.ts'
import { quote } from '../../world/nodes/quote.ts'
import { type Heard, patience, payloadOf } from './wire.ts'

const load = (name: 'client' | 'server'): string =>
  readFileSync(new URL(`./tester/${name}.sh`, import.meta.url), 'utf8')

/** What a test pod runs. */
export const serverScript = (): string => load('server')

/** For the stdin of `sh -s` in a test pod: all asks of that pod, `step` of them begun in each second. */
export function clientScript(asks: readonly Ask[], step: number): string {
  // No ask reads what is left of this script.
  const lines = asks.map((ask, index) => `turn; ask ${askWords(ask, index)} </dev/null &`)
  return `{\nSTEP=${step}\nDIAL=6\n${askFunctions()}\n${lines.join('\n')}\nwait\necho @end\nexit 0\n}\n`
}

/** Shell functions: `ask` and what it needs. Takes the values STEP and DIAL. */
export const askFunctions = (): string => load('client')

/** What the function `ask` takes: words of a shell. */
export function askWords(ask: Ask, index: number): string {
  const [first = '', second = ''] = payloadOf(ask)
  const words = [
    String(index),
    protocols[ask.protocol],
    ask.address ?? '',
    String(ask.port ?? 0),
    String(patience),
    format(first),
    second === '' ? '' : String(ask.hold ?? ''),
    format(second),
    ask.protocol === 'HTTP' || ask.protocol === 'TCP' ? '' : format(dial(ask, first)),
  ]
  return words.map(quote).join(' ')
}

const protocols = { HTTP: 'TCP', TCP: 'TCP', UDP: 'UDP', DNS: 'UDP', SCTP: 'SCTP', ICMP: 'ICMP' } as const

/** agnhost asks in our stead. Its answer is JSON. */
function dial({ address = '', port = 0, protocol }: Ask, bytes: string): string {
  // Not encodeURIComponent: each latin1 character is one byte.
  const request = bytes.replaceAll(
    /[^A-Za-z0-9]/g,
    char => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
  const kind = protocol === 'SCTP' ? 'sctp' : 'udp'
  return `GET /dial?host=${address}&port=${port}&protocol=${kind}&tries=1&request=${request} HTTP/1.0\r\nHost: dualstack\r\n\r\n`
}

/** Bytes as a format of printf that has no quote, no percent sign of its own and nothing that a shell looks at. */
export function format(bytes: string): string {
  return bytes.replaceAll(/0{33,}|[^A-Za-z0-9 /.:=&?-]/g, part =>
    part.length > 1 ? `%0${part.length}d` : `\\${part.charCodeAt(0).toString(8).padStart(3, '0')}`,
  )
}

/** What each ask heard, in their order. @throws UnreachableError `verify.client` for a pod whose shell said nothing of the kind */
export function readClient(
  pod: string,
  printed: string,
  complained: string,
  count: number,
): readonly Heard[] {
  const lines = new Map(
    [...printed.matchAll(/^@(\d+) (-?\d+) (.*)$/gm)].map(([, index, ms, heard]) => [
      Number(index),
      heardOf(heard ?? '', Number(ms)),
    ]),
  )
  if (!/^@end$/m.test(printed))
    throw new UnreachableError(
      `the client in pod ${pod} did not come to its end: ${(complained.trim() || printed.trim()).split('\n').slice(-2).join(' ').slice(0, 300) || 'it said nothing'}`,
      'verify.client',
      'The image must have a POSIX sh, nc, od, tr, dd and printf: --image names another.',
    )
  return Array.from({ length: count }, (_, index) => lines.get(index) ?? { bytes: '', total: 0, said: '' })
}

/** `dial|=20:48656c6c6f|nc: …|` */
export function heardOf(line: string, ms: number): Heard {
  const parts = line.split('|').filter(part => part !== '')
  const data = parts.map(part => /^=(\d+):([0-9a-f]*)$/.exec(part)).find(match => match !== null)
  const said = parts.filter(part => !part.startsWith('=') && part !== 'dial').join(' ')
  const bytes = Buffer.from(data?.[2] ?? '', 'hex').toString('latin1')
  const heard: Heard = {
    bytes,
    total: Number(data?.[1] ?? 0) / 2,
    said,
    ...(ms > 0 ? { milliseconds: ms } : {}),
    ...(/succeeded|open\b/.test(said) ? { connected: true } : {}),
  }
  return parts[0] === 'dial' ? dialled(heard) : heard
}

const nothing: Heard = { bytes: '', total: 0, said: '' }

/** What agnhost was answered. Bytes that are no UTF-8 it cannot tell: they become question marks of a kind. */
function dialled({ bytes, total, said, milliseconds }: Heard): Heard {
  const body = Buffer.from(bytes.slice(bytes.indexOf('\r\n\r\n') + 4), 'latin1').toString('utf8')
  if (total === 0) return { ...nothing, said: `the server of the own pod does not answer: ${said}` }
  // The beginning of a text may be all that was kept, and something else may be mixed in: of it the characters and escapes are taken, up to
  // the first that JSON has not.
  const response = /^\{"responses":\["((?:[ !#-[\]-\u{10FFFF}]|\\u[0-9a-fA-F]{4}|\\["\\/bfnrt])*)/u.exec(
    body,
  )?.[1]
  if (response === undefined) return { ...nothing, said: body.slice(0, 300) }
  const text = JSON.parse(`"${response}"`) as string
  return {
    bytes: text,
    total: total > 680 ? total - bytes.indexOf('{') : text.length,
    said,
    ...(milliseconds === undefined ? {} : { milliseconds }),
  }
}
