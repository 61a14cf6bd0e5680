import type { Answer } from '../../model/verification.ts'
import { ports } from '../context.ts'
import { askOf, noPodHas, peers, podPlace, podsLack, type Scenario, skip } from '../scenario.ts'

const id = 'network-policy'

/** A pod behind a policy that lets one other in: that one must come through, all others must not. */
export const networkPolicy: Scenario = {
  id,
  title: 'NetworkPolicy',
  layer: 'cni',
  topic: 'pod',
  asks(context, family) {
    if (noPodHas(context, family)) return skip(id, family, podsLack(family))
    const guarded = context.testers.find(({ role }) => role === 'guarded')
    const [allowed, denied = context.testers.find(({ role }) => role === 'second')] = peers(context)
    if (guarded === undefined || allowed === undefined || denied === undefined)
      return skip(id, family, 'its test pod does not run')
    return [allowed, denied].map(from =>
      askOf(id, family, {
        protocol: 'HTTP',
        from: podPlace(from),
        to: podPlace(guarded),
        address: guarded.ips[family],
        port: ports.http,
        expect: from === allowed ? 'answers' : 'denied',
        mark: from === allowed ? 'allowed' : 'denied',
      }),
    )
  },
  /** Whoever is let in everywhere lives in a cluster whose CNI knows no policies: that is no matter of families. */
  conclude(answers) {
    const denied = answers.filter(({ ask }) => ask.expect === 'denied')
    if (denied.length === 0 || denied.some(({ outcome }) => outcome === 'passed')) return answers
    const rest: readonly Answer[] = answers.filter(({ ask }) => ask.expect !== 'denied')
    return [
      ...rest,
      { scenario: id, reason: 'a NetworkPolicy stops nothing in any family: this CNI enforces none' },
    ]
  },
}
