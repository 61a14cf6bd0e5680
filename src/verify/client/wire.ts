import type { Ask } from '../../model/verification.ts'
import { dnsAnswer, dnsQuestion } from './dns.ts'

/** Seconds until nothing counts as no answer. */
export const patience = 2

/** What is sent and what came back, before anybody judges it. Bytes are latin1 text. */
export interface Heard {
  readonly bytes: string
  /** All that came, where `bytes` is only its beginning. */
  readonly total: number
  /** What the client said about it: `nc: connect: Connection refused`. */
  readonly said: string
  /** The connection stood, though nothing came. */
  readonly connected?: boolean
  readonly milliseconds?: number
}

export interface Reply {
  /** Something came back that only the one asked could have sent. */
  readonly through: boolean
  readonly seen: string
  readonly seenFrom?: string
  readonly milliseconds?: number
}

/** Bytes of an ask, as latin1: the second part goes over the same connection after `hold` seconds. */
export function payloadOf(ask: Ask): readonly string[] {
  const { protocol, size, hold, host = 'dualstack', record } = ask
  const path = ask.path ?? (size === undefined ? '/clientip' : `/echo?msg=${'0'.repeat(size)}`)
  const get = (version: string, more = ''): string =>
    `GET ${path} HTTP/${version}\r\nHost: ${host}\r\n${more}\r\n`
  switch (protocol) {
    case 'HTTP':
      return hold === undefined ? [get('1.0')] : [get('1.1'), get('1.1', 'Connection: close\r\n')]
    case 'TCP':
      // A TLS server says 400 to this: more than that a port is open, and nothing is logged as an attack.
      return ['GET / HTTP/1.0\r\n\r\n']
    case 'UDP':
    case 'SCTP':
      return [size === undefined ? 'clientip' : `echo ${'0'.repeat(size - 'echo '.length)}`]
    case 'DNS':
      return [dnsQuestion(host, record ?? 'A')]
    case 'ICMP':
      return []
  }
}

/** Did it come through, in words that are the same every time (times stand beside them)? */
export function judge(ask: Ask, heard: Heard): Reply {
  const { milliseconds } = heard
  const timed = milliseconds === undefined ? {} : { milliseconds }
  const lost = (seen: string): Reply => ({ through: false, seen, ...timed })
  if (heard.total === 0)
    return heard.connected === true && ask.protocol === 'TCP'
      ? { through: true, seen: 'connected', ...timed }
      : lost(silence(heard))
  const from = sourceIn(heard.bytes)
  const came = (seen: string): Reply => ({ through: true, seen, ...(from && { seenFrom: from }), ...timed })
  switch (ask.protocol) {
    case 'HTTP': {
      const statuses = [...heard.bytes.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map(([, status]) =>
        Number(status),
      )
      const [status] = statuses
      if (status === undefined) return lost('an answer that is not HTTP')
      // An ingress may well send elsewhere, or want to know who asks; a gateway that reaches nobody says 502 to 504.
      if (status >= (ask.to.kind === 'ingress' ? 500 : 400)) return lost(`HTTP status ${status}`)
      if (ask.hold !== undefined && statuses.length < 2)
        return lost(`the connection was answered once, and not again after ${ask.hold} s`)
      if (ask.size !== undefined && heard.total < ask.size)
        return lost(`only ${heard.total} of more than ${ask.size} bytes came back`)
      return came(ask.path === '/hostname' ? `200 from ${bodyOf(heard.bytes)}` : `status ${status}`)
    }
    case 'DNS': {
      const { records, problem } = dnsAnswer(heard.bytes, ask.record ?? 'A')
      return problem === undefined ? { ...came(records), seenFrom: undefined } : lost(problem)
    }
    case 'UDP':
      if (ask.size !== undefined && heard.total < ask.size - 'echo '.length)
        return lost(`only ${heard.total} bytes came back`)
      return came('answered')
    default:
      return came('answered')
  }
}

/** Why nothing came, as short as it can be told. */
function silence({ said, connected }: Heard): string {
  if (/refused|REFUSED/.test(said)) return 'connection refused'
  if (/prohibited|EACCES/i.test(said)) return 'rejected by a rule on the way'
  if (/unreachable|no route|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|cannot assign/i.test(said))
    return 'no route'
  if (/reset|ECONNRESET/i.test(said)) return 'connection reset'
  if (/not found|applet|usage/i.test(said)) return `the client cannot ask: ${said.slice(0, 120)}`
  return connected === true ? 'connected, and no answer' : `no answer in ${patience} s`
}

const bodyOf = (bytes: string): string =>
  bytes
    .slice(bytes.indexOf('\r\n\r\n') + 4)
    .trim()
    .slice(0, 80)

/** `10.1.2.3:4711` or `[fd00::1]:4711`, alone or as JSON's "remote". */
function sourceIn(bytes: string): string | undefined {
  const body = bytes.includes('\r\n\r\n') ? bodyWhole(bytes) : bytes
  const match = /(?:^|"remote":")\[?([0-9a-fA-F.:]+?)\]?:\d{1,5}(?:"|$)/.exec(body.trim())
  return match?.[1]?.replace(/^::ffff:(?=\d+\.)/, '')
}

const bodyWhole = (bytes: string): string => bytes.slice(bytes.indexOf('\r\n\r\n') + 4)
