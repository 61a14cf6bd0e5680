import { ports } from '../context.ts'
import { askOf, podPlace, type Scenario, serviceLack, servicePlace, skip } from '../scenario.ts'

const id = 'hairpin'

export const hairpin: Scenario = {
  id,
  title: 'pod to itself through its Service',
  layer: 'cni',
  topic: 'service',
  asks(context, family) {
    const reason = serviceLack(context, family)
    if (reason !== undefined) return skip(id, family, reason)
    return context.testers
      .filter(({ role }) => role === 'second')
      .map(from =>
        askOf(id, family, {
          protocol: 'HTTP',
          from: podPlace(from),
          to: servicePlace('hairpin'),
          address: context.services.hairpin.clusterIPs[family],
          port: ports.service,
        }),
      )
  },
}
