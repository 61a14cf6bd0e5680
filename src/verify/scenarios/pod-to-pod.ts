import type { Ask } from '../../model/verification.ts'
import { ports } from '../context.ts'
import { askOf, noPodHas, partners, peers, podPlace, podsLack, type Scenario, skip } from '../scenario.ts'

const id = 'pod-to-pod'

export const podToPod: Scenario = {
  id,
  title: 'pod to pod',
  layer: 'cni',
  topic: 'pod',
  asks(context, family) {
    if (noPodHas(context, family)) return skip(id, family, podsLack(family))
    const all = peers(context)
    const second = context.testers.find(({ role }) => role === 'second')
    return all.flatMap((from, index): readonly Ask[] => {
      const sameNode = second !== undefined && second.node === from.node ? [second] : []
      return [...sameNode, ...partners(all, index)].flatMap(to => {
        const way = { from: podPlace(from), to: podPlace(to), address: to.ips[family] }
        return [
          askOf(id, family, { ...way, protocol: 'HTTP', port: ports.http }),
          ...(context.isAgnhost ? [askOf(id, family, { ...way, protocol: 'UDP', port: ports.udp })] : []),
          ...(context.isSctp ? [askOf(id, family, { ...way, protocol: 'SCTP', port: ports.sctp })] : []),
        ]
      })
    })
  },
}
