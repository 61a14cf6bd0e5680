import type { Answer, Skipped } from '../../model/verification.ts'
import { askOf, noPodHas, peers, podPlace, podsLack, type Scenario, servicePlace, skip } from '../scenario.ts'

const id = 'pod-to-own-service'

/** So many Services are tried; what is asked must not grow with what a cluster has. */
const most = 50

/**
 * The Services that are there and have both families: pods made before a conversion, a policy with blocks of one family, a program that
 * listens on 0.0.0.0 show nowhere else. A connection is opened, and nothing is said on it.
 */
export const podToOwnService: Scenario = {
  id,
  title: 'pod to the Services there are',
  layer: 'services',
  topic: 'service',
  asks(context, family) {
    if (noPodHas(context, family)) return skip(id, family, podsLack(family))
    const all = context.ownServices
    if (all.length === 0) return skip(id, family, 'no Service of yours has both families and a TCP port')
    const from = peers(context)
    return [
      ...all.slice(0, most).flatMap(({ name, clusterIPs, port }, index) => {
        const peer = from[index % from.length]
        return peer === undefined
          ? []
          : [
              askOf(id, family, {
                protocol: 'TCP',
                from: podPlace(peer),
                to: servicePlace(name),
                address: clusterIPs[family],
                port,
              }),
            ]
      }),
      ...(all.length > most ? skip(id, family, `${all.length - most} more Services: ${most} are tried`) : []),
    ]
  },
  /** One that answers in no family is closed to test pods, or has nobody who is ready: that is no matter of families. */
  conclude(answers) {
    const open = new Set(answers.flatMap(({ ask, outcome }) => (outcome === 'passed' ? [ask.to.name] : [])))
    const closed = [...new Set(answers.map(({ ask }) => ask.to.name))].filter(name => !open.has(name))
    return [
      ...answers.filter(({ ask }): boolean => open.has(ask.to.name)),
      ...closed.map(
        (name): Skipped => ({
          scenario: id,
          reason: `Service ${name} answers test pods in no family: a policy, or none of its pods is ready`,
        }),
      ),
    ] satisfies readonly (Answer | Skipped)[]
  },
}
