import { ports } from '../context.ts'
import {
  askOf,
  closedToAll,
  nodePlace,
  noPodHas,
  partners,
  peers,
  podPlace,
  podsLack,
  type Scenario,
  skip,
} from '../scenario.ts'

const id = 'pod-to-node'

/** To the kubelet's port, which listens on each node in every family. */
export const podToNode: Scenario = {
  id,
  title: 'pod to node',
  layer: 'host',
  topic: 'pod',
  asks(context, family) {
    if (noPodHas(context, family)) return skip(id, family, podsLack(family))
    if (context.nodes.every(({ addresses }) => addresses[family] === undefined))
      return skip(id, family, `no Node has an ${family} address`)
    const all = peers(context)
    return all.flatMap((from, index) =>
      [from, ...partners(all, index)].flatMap(({ node }) => {
        const to = context.nodes.find(({ name }) => name === node)
        if (to === undefined) return []
        const way = { from: podPlace(from), to: nodePlace(to), address: to.addresses[family] }
        return [askOf(id, family, { ...way, protocol: 'TCP', port: ports.kubelet })]
      }),
    )
  },
  conclude: answers =>
    closedToAll(
      answers,
      `nodes answer pods on port ${ports.kubelet} in no family: a firewall or a policy says so`,
    ),
}
