import { ports } from '../context.ts'
import { askOf, peers, podPlace, type Scenario, serviceLack, servicePlace, skip } from '../scenario.ts'

const id = 'pod-to-service'

export const podToService: Scenario = {
  id,
  title: 'pod to ClusterIP',
  layer: 'kube-proxy',
  topic: 'service',
  asks(context, family) {
    const reason = serviceLack(context, family)
    if (reason !== undefined) return skip(id, family, reason)
    const address = context.services.web.clusterIPs[family]
    return peers(context).flatMap(from => {
      const way = { from: podPlace(from), to: servicePlace('web'), address }
      return [
        askOf(id, family, { ...way, protocol: 'HTTP', port: ports.service }),
        ...(context.isAgnhost ? [askOf(id, family, { ...way, protocol: 'UDP', port: ports.udp })] : []),
      ]
    })
  },
}
