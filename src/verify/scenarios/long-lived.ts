import { ports } from '../context.ts'
import { askOf, noPodHas, peers, podPlace, podsLack, type Scenario, servicePlace, skip } from '../scenario.ts'

const id = 'long-lived'

/** One connection that stays, with a request at each end of it: what conntrack or a NAT forgets shows here. */
export const longLived: Scenario = {
  id,
  title: 'long-lived connection',
  layer: 'kube-proxy',
  topic: 'service',
  asks(context, family) {
    if (noPodHas(context, family)) return skip(id, family, podsLack(family))
    if (!context.isAgnhost)
      return skip(id, family, 'the server of the test pods closes each connection: it takes agnhost')
    const [from, to] = peers(context)
    if (from === undefined || to === undefined) return skip(id, family, 'it takes two nodes')
    const held = { protocol: 'HTTP', from: podPlace(from), hold: 6 } as const
    const clusterIP = context.services.web.clusterIPs[family]
    return [
      askOf(id, family, { ...held, to: podPlace(to), address: to.ips[family], port: ports.http }),
      ...(clusterIP === undefined
        ? []
        : [askOf(id, family, { ...held, to: servicePlace('web'), address: clusterIP, port: ports.service })]),
    ]
  },
}
