import type { Ask } from '../../model/verification.ts'
import { ports } from '../context.ts'
import {
  askOf,
  nodePlace,
  noPodHas,
  partners,
  peers,
  podPlace,
  podsLack,
  type Scenario,
  skip,
} from '../scenario.ts'

const id = 'packet-size'
/** Bytes of headers around the payload of an echo request. */
const headers = { IPv4: 28, IPv6: 48 } as const

/**
 * A TCP stream sends packets as large as the interface takes, and forbids fragmenting them: where the way carries less and nobody says so,
 * it hangs. 2,000 bytes of UDP come in fragments. Nodes ask with one echo as large as their interface takes.
 */
export const packetSize: Scenario = {
  id,
  title: 'large packets',
  layer: 'cni',
  topic: 'pod',
  asks(context, family) {
    const nodes = context.nodes.filter(
      ({ addresses, unasked }) => addresses[family] !== undefined && unasked === undefined,
    )
    const between = nodes.flatMap((from, index) =>
      partners(nodes, index).map(to =>
        askOf(id, family, {
          protocol: 'ICMP',
          from: nodePlace(from),
          to: nodePlace(to),
          address: to.addresses[family],
          size: Math.min(from.mtu?.[family] ?? 1500, to.mtu?.[family] ?? 1500, 9000) - headers[family],
          exact: true,
        }),
      ),
    )
    if (noPodHas(context, family)) return [...skip(id, family, podsLack(family)), ...between]
    if (!context.isAgnhost)
      return [
        ...skip(id, family, 'the image of the test pods sends nothing back: it takes agnhost'),
        ...between,
      ]
    const all = peers(context)
    const pods = all.flatMap((from, index): readonly Ask[] =>
      partners(all, index).flatMap(to => {
        const way = { from: podPlace(from), to: podPlace(to), address: to.ips[family] }
        return [
          askOf(id, family, { ...way, protocol: 'HTTP', port: ports.http, size: 8000, exact: true }),
          askOf(id, family, { ...way, protocol: 'UDP', port: ports.udp, size: 2000 }),
        ]
      }),
    )
    return [...pods, ...between]
  },
}
