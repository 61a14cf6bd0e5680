import { ports } from '../context.ts'
import {
  askOf,
  fromNodes,
  nodePlace,
  noPodHas,
  partners,
  peers,
  podPlace,
  podsLack,
  type Scenario,
  skip,
} from '../scenario.ts'

const id = 'node-to-pod'

/** Probes of the kubelet go this way, and whatever runs in the host's network. */
export const nodeToPod: Scenario = {
  id,
  title: 'node to pod',
  layer: 'cni',
  topic: 'pod',
  asks(context, family) {
    if (noPodHas(context, family)) return skip(id, family, podsLack(family))
    const all = peers(context)
    return fromNodes(context, id, family, node => {
      const own = all.findIndex(peer => peer.node === node.name)
      const targets = own < 0 ? all.slice(0, 3) : [...all.slice(own, own + 1), ...partners(all, own)]
      return targets.map(to =>
        askOf(id, family, {
          protocol: 'TCP',
          from: nodePlace(node),
          to: podPlace(to),
          address: to.ips[family],
          port: ports.http,
        }),
      )
    })
  },
}
