import { instantOf } from './time.ts'

/** A line without what carried it: the component's own words, and what the framing told. */
export interface Unframed {
  readonly text: string
  /** RFC 3339 where the year is known; else as it stood there. */
  readonly at?: string
  /** Program, unit, container or pod that the framing names. */
  readonly by?: string
  readonly severity?: 'error' | 'fatal'
}

type Layer = (text: string) => (Omit<Unframed, 'severity'> & { readonly whole?: true }) | undefined

/** Any escape sequence of a terminal: colours, cursor, titles. */
// eslint-disable-next-line no-control-regex
const escapes = /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|[@-Z\\-_])/g

const cri: Layer = text => {
  const match = /^(\d{4}-\d\d-\d\dT\S+) (?:stdout|stderr) [FP](?::\S+)? /.exec(text)
  return match ? { text: text.slice(match[0].length), at: instantOf(match[1] ?? '') } : undefined
}

/** One field of a JSON text; also when the text was cut and does not parse any more. */
function cutField(text: string, name: string): string | undefined {
  const match = new RegExp(`"${name}"\\s*:\\s*"((?:[^"\\\\]|\\\\.)*)`).exec(text)
  if (!match) return undefined
  try {
    return String(JSON.parse(`"${match[1] ?? ''}"`))
  } catch {
    return match[1]
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const docker: Layer = text => {
  if (!text.startsWith('{"log":')) return undefined
  const object = parsed(text)
  const log = textOf(object?.log) ?? cutField(text, 'log')
  if (log === undefined) return undefined
  return { text: log.replace(/\n$/, ''), at: instantOf(textOf(object?.time) ?? '') }
}

/** `journalctl -o json`: MESSAGE is a list of bytes where it is no UTF-8, the time microseconds since 1970. */
const journal: Layer = text => {
  if (!text.startsWith('{') || !text.includes('"MESSAGE"')) return undefined
  const object = parsed(text)
  const message = object?.MESSAGE
  const words = Array.isArray(message)
    ? Buffer.from(message.filter(byte => typeof byte === 'number')).toString('utf8')
    : (textOf(message) ?? cutField(text, 'MESSAGE'))
  if (words === undefined) return undefined
  const microseconds = Number(object?.['__REALTIME_TIMESTAMP'] ?? Number.NaN)
  const at = Number.isFinite(microseconds) ? new Date(microseconds / 1000) : undefined
  const by = textOf(object?.SYSLOG_IDENTIFIER) ?? textOf(object?.['_SYSTEMD_UNIT'])
  return {
    text: words,
    ...(at !== undefined && !Number.isNaN(at.getTime()) && { at: at.toISOString() }),
    ...(by !== undefined && { by }),
  }
}

/** `Nov 23 07:47:50 n1 kubelet[1]: `, `2026-11-23T07:47:50+0000 n1 kubelet[1]: `; the month in any language. */
const syslog: Layer = text => {
  const match =
    /^((?:\d{4}-\d\d-\d\d[T ]\S+)|(?:[\p{L}\d.]{1,12} {1,2}\d{1,2} \d\d:\d\d:\d\d(?:[.,]\d+)?)) (\S+) ([\w@./-]{1,60})(?:\[\d+\])?: /u.exec(
      text,
    )
  return match
    ? { text: text.slice(match[0].length), at: instantOf(match[1] ?? ''), by: match[3] }
    : undefined
}

/** `kubectl logs --prefix` and `--timestamps`. */
const kubectl: Layer = text => {
  const match = /^\[pod\/([^/\]]+)\/([^\]]+)\] /.exec(text)
  return match ? { text: text.slice(match[0].length), by: match[2] } : undefined
}
const stamped: Layer = text => {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)) (?=\S)/.exec(text)
  return match ? { text: text.slice(match[0].length), at: instantOf(match[1] ?? '') } : undefined
}

const layers: readonly Layer[] = [cri, docker, journal, kubectl, syslog, stamped]

const klog = /^([IWEF])(\d\d)(\d\d) (\d\d:\d\d:\d\d)(?:\.\d+)?\s+\d+ \S+\] ?/
const levels =
  /(?:^|[\s{,])"?(?:level|lvl|severity|L)"?\s*[=:]\s*"?(error|err|fatal|panic|dpanic|critical)\b/i
const bracketed = /(?:^|\s)\[(ERROR|FATAL|PANIC)\]/

/** Takes every framing off: they are inside each other (journald around klog, containerd around zap). */
export function unframe(line: string): Unframed {
  let text = line.includes('\u001B') ? line.replaceAll(escapes, '') : line
  if (text.endsWith('\r')) text = text.slice(0, -1)
  let at: string | undefined
  let by: string | undefined
  for (let depth = 0; depth < 4; depth += 1) {
    const trimmed = text.startsWith(' ') ? text.trimStart() : text
    const found = layers.map(layer => layer(trimmed)).find(one => one !== undefined)
    if (found === undefined) break
    text = found.text.includes('\u001B') ? found.text.replaceAll(escapes, '') : found.text
    at = found.at ?? at
    by ??= found.by
  }
  const severity = severityOf(text)
  at ??= ownTime(text)
  return {
    text,
    ...(at !== undefined && { at }),
    ...(by !== undefined && { by }),
    ...(severity !== undefined && { severity }),
  }
}

/** The time that a component writes by itself. klog has no year. */
function ownTime(text: string): string | undefined {
  const match = klog.exec(text)
  if (match) return `${match[2] ?? ''}-${match[3] ?? ''} ${match[4] ?? ''}`
  const iso = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?/.exec(text.slice(0, 200))
  return iso ? instantOf(iso[0]) : undefined
}

function severityOf(text: string): Unframed['severity'] {
  const match = klog.exec(text)
  if (match) return match[1] === 'E' ? 'error' : match[1] === 'F' ? 'fatal' : undefined
  const head = text.slice(0, 400)
  const word = (levels.exec(head)?.[1] ?? bracketed.exec(head)?.[1])?.toLowerCase()
  if (word !== undefined) return word.startsWith('err') ? 'error' : 'fatal'
  if (/^(?:panic: |fatal error: )/.test(text)) return 'fatal'
  return /^(?:Error: |error: |error execution phase )/.test(text) ? 'error' : undefined
}

/** The same words without the quoting that loggers put around an error: `err="bad \"x\""`. As often as they are nested. */
export function unquoted(text: string): string {
  let result = text
  for (let depth = 0; depth < 3 && result.includes('\\"'); depth += 1) result = result.replaceAll('\\"', '"')
  return result.includes('\\u003c') || result.includes('\\u003e')
    ? result.replaceAll('\\u003c', '<').replaceAll('\\u003e', '>')
    : result
}
