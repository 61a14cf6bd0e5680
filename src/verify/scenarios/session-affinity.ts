import type { Answer } from '../../model/verification.ts'
import { ports } from '../context.ts'
import { askOf, peers, podPlace, type Scenario, serviceLack, servicePlace, skip } from '../scenario.ts'

const id = 'session-affinity'

/** Several in a row must meet the same pod. */
export const affinity: Scenario = {
  id,
  title: 'session affinity',
  layer: 'kube-proxy',
  topic: 'service',
  asks(context, family) {
    const reason = serviceLack(context, family)
    if (reason !== undefined) return skip(id, family, reason)
    if (!context.isAgnhost) return skip(id, family, 'which pod answers is not told: it takes agnhost')
    const [from] = peers(context)
    if (from === undefined || peers(context).length < 2) return skip(id, family, 'it takes two nodes')
    return [1, 2, 3, 4].map(turn =>
      askOf(id, family, {
        protocol: 'HTTP',
        from: podPlace(from),
        to: servicePlace('affinity'),
        address: context.services.affinity.clusterIPs[family],
        port: ports.service,
        path: '/hostname',
        mark: String(turn),
      }),
    )
  },
  conclude(answers) {
    return answers.map((answer): Answer => {
      const same = answers.filter(
        ({ ask, outcome }) => ask.family === answer.ask.family && outcome === 'passed',
      )
      const pods = [...new Set(same.map(({ seen }) => seen))].sort()
      return answer.outcome === 'failed' || pods.length < 2
        ? answer
        : { ...answer, outcome: 'failed', seen: `several pods answered one client: ${pods.join('; ')}` }
    })
  },
}
