import type { Cluster } from '../model/cluster.ts'
import type { Failure } from '../model/failure.ts'
import { getField, getText } from '../model/fields.ts'
import type { Hearing } from './hearing.ts'
import type { Heard, Known, Matcher } from './matcher.ts'
import { compile, spanOf } from './pattern.ts'

/** What events of the cluster say: by their reason, and by the words of a component that they repeat. */
export function hearEvents(
  cluster: Cluster,
  failures: readonly Failure[],
  matcher: Matcher,
  hearing: Hearing,
): number {
  const events = cluster.objects['v1/events'] ?? []
  const signs = failures.flatMap(failure =>
    failure.signs.flatMap(sign =>
      sign.kind === 'event' ? [{ failure, sign, pattern: compile(sign.message) }] : [],
    ),
  )
  for (const one of events) {
    const reason = getText(one, ['reason']) ?? ''
    const message = getText(one, ['message']) ?? ''
    const at =
      getText(one, ['lastTimestamp']) ?? getText(one, ['eventTime']) ?? one.metadata.creationTimestamp
    const kind = getText(one, ['involvedObject', 'kind']) ?? 'object'
    const name = getText(one, ['involvedObject', 'name']) ?? one.metadata.name
    const namespace = getText(one, ['involvedObject', 'namespace'])
    const where = `event of ${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`
    const heard = matcher.read(message, undefined)
    const byReason = signs.flatMap(({ failure, sign, pattern }) => {
      const fits = sign.reason === reason || sign.reason === ''
      if (!fits || (pattern.parts.length > 0 && spanOf(pattern, message) === undefined)) return []
      const known: Known = {
        failure,
        pattern,
        near: [],
        sign: { kind: 'log', speaker: 'any', line: sign.message, certainty: sign.certainty },
      }
      return [{ known, certainty: sign.certainty }]
    })
    const all: Heard = {
      text: `${reason}: ${heard.text}`,
      speaker: undefined,
      matches: [...heard.matches, ...byReason],
      ...(at !== undefined && { at }),
    }
    const count = getField(one, ['count'])
    for (let times = 0; times < Math.min(typeof count === 'number' ? count : 1, 1000); times += 1)
      hearing.hear(all, where, false)
  }
  return events.length
}
