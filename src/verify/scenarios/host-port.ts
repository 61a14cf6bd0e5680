import { ports } from '../context.ts'
import { askOf, here, nodePlace, type Scenario, serviceLack, skip } from '../scenario.ts'

const id = 'host-port'

/** A port of the node itself, taken by the CNI's portmap plugin. No Pod Security level but `privileged` allows it. */
export const hostPort: Scenario = {
  id,
  title: 'outside to host port',
  layer: 'cni',
  topic: 'pod',
  asks(context, family) {
    if (!context.isHostPorts)
      return skip(
        id,
        family,
        `takes port ${ports.host} of a node, which restricted pods may not: --host-ports`,
      )
    const reason = serviceLack(context, family)
    if (reason !== undefined) return skip(id, family, reason)
    const second = context.testers.find(({ role }) => role === 'second')
    const node = context.nodes.find(({ name }) => name === second?.node)
    if (node === undefined) return skip(id, family, 'its test pod does not run')
    return [
      askOf(id, family, {
        protocol: 'HTTP',
        from: here,
        to: nodePlace(node),
        address: node.addresses[family],
        port: ports.host,
      }),
    ]
  },
}
