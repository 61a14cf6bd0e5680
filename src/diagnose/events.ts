import { readAPIServers, serviceCIDROf } from '../layers/kube-apiserver/read.ts'
import type { Cluster, KubeObject } from '../model/cluster.ts'
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
  const isOver = overNow(cluster)
  for (const one of events) {
    if (isOver(one)) continue
    const reason = getText(one, ['reason']) ?? ''
    const message = getText(one, ['message']) ?? ''
    const at =
      getText(one, ['lastTimestamp']) ?? getText(one, ['eventTime']) ?? one.metadata.creationTimestamp
    const kind = getText(one, ['involvedObject', 'kind']) ?? 'object'
    const name = getText(one, ['involvedObject', 'name']) ?? one.metadata.name
    const namespace = getText(one, ['involvedObject', 'namespace'])
    const where = `event of ${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`
    const heard = matcher.read(message, undefined)
    // As in a line: where the message names the reason, that a pod has no network is no second cause.
    const namesReason = heard.matches.some(({ certainty }) => certainty === 'sure')
    const byReason = signs.flatMap(({ failure, sign, pattern }) => {
      const fits = sign.reason === reason || sign.reason === ''
      if (
        !fits ||
        (namesReason && sign.certainty !== 'sure') ||
        (pattern.parts.length > 0 && spanOf(pattern, message) === undefined)
      )
        return []
      const known: Known = {
        failure,
        pattern,
        near: [],
        except: [],
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

/** Events stay for an hour. One of a pod that has become ready, or that is gone, and one of a pair that was made since, is the past. */
function overNow(cluster: Cluster): (event: KubeObject) => boolean {
  const pods = new Map(cluster.pods.map(pod => [`${pod.namespace}/${pod.name}`, pod]))
  const ranges = new Set(
    (readAPIServers(cluster)?.instances ?? []).map(({ configured, running }) => running ?? configured ?? ''),
  )
  const isSettled = ranges.size === 1 && ranges.has((serviceCIDROf(cluster) ?? []).join())
  const isPair = serviceCIDROf(cluster)?.length === 2
  return event => {
    const kind = getText(event, ['involvedObject', 'kind'])
    // That it could not become a pair is over when it is one.
    if (kind === 'ServiceCIDR')
      return isSettled || (isPair && getText(event, ['reason']) === 'KubernetesDefaultServiceCIDRError')
    if (kind !== 'Pod') return false
    const name = getText(event, ['involvedObject', 'name']) ?? ''
    const pod = pods.get(`${getText(event, ['involvedObject', 'namespace']) ?? ''}/${name}`)
    return pod === undefined || pod.ready || pod.deleting || pod.phase === 'Succeeded'
  }
}
