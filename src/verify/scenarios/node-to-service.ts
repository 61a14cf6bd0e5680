import { ports } from '../context.ts'
import { askOf, fromNodes, nodePlace, type Scenario, serviceLack, servicePlace, skip } from '../scenario.ts'

const id = 'node-to-service'

export const nodeToService: Scenario = {
  id,
  title: 'node to ClusterIP',
  layer: 'kube-proxy',
  topic: 'service',
  asks(context, family) {
    const reason = serviceLack(context, family)
    if (reason !== undefined) return skip(id, family, reason)
    return fromNodes(context, id, family, node => [
      askOf(id, family, {
        protocol: 'TCP',
        from: nodePlace(node),
        to: servicePlace('web'),
        address: context.services.web.clusterIPs[family],
        port: ports.service,
      }),
    ])
  },
}
