import { askOf, fromNodes, nodePlace, type Scenario, skip } from '../scenario.ts'

const id = 'default-route'

/**
 * A node that forwards IPv6 stops listening to router advertisements (Linux, accept_ra 1), and loses its default route when the last one
 * has run out: hours later, when nobody thinks of the conversion any more. Looked at, not sent.
 */
export const defaultRoute: Scenario = {
  id,
  title: 'default route of nodes',
  layer: 'host',
  topic: 'pod',
  asks(context, family) {
    if (
      context.nodes.every(
        ({ defaultRoute: routes, unasked }) => routes?.[family] === undefined && unasked === undefined,
      )
    )
      return [
        ...new Set(context.nodes.map(({ noRoute: why }) => why?.[family] ?? 'no default route')),
      ].flatMap(why =>
        skip(id, family, `no node has an ${family} default route${why.replace('no default route', '')}`),
      )
    return fromNodes(context, id, family, node => [
      askOf(id, family, {
        protocol: 'ICMP',
        from: nodePlace(node),
        to: { kind: 'outside', name: 'default route' },
      }),
    ])
  },
}
