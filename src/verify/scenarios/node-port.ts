import type { Family } from '../../address/family.ts'
import type { Ask, Skipped } from '../../model/verification.ts'
import type { Context, ServiceName } from '../context.ts'
import {
  askOf,
  closedToAll,
  fromNodes,
  here,
  nodePlace,
  partners,
  type Scenario,
  serviceLack,
  skip,
} from '../scenario.ts'

const policies: readonly ServiceName[] = ['nodeport', 'nodeport-local']

/** Node ports of both traffic policies: a test pod stands on each node, so `Local` answers everywhere too. */
function asksFrom(
  context: Context,
  family: Family,
  id: string,
  targets: readonly Context['nodes'][number][],
  from: Ask['from'],
): readonly Ask[] {
  const hasPod = new Set(context.testers.map(({ node }) => node))
  return targets.flatMap(node =>
    policies
      .filter(name => name === 'nodeport' || hasPod.has(node.name))
      .map(name =>
        askOf(id, family, {
          protocol: from.kind === 'node' ? 'TCP' : 'HTTP',
          from,
          to: nodePlace(node),
          address: node.addresses[family],
          port: context.services[name].nodePort,
          mark: name,
        }),
      ),
  )
}

function lackOf(context: Context, family: Family): string | undefined {
  if (context.nodes.every(({ addresses }) => addresses[family] === undefined))
    return `no Node has an ${family} address`
  return serviceLack(context, family)
}

export const outsideToNodePort: Scenario = {
  id: 'outside-to-node-port',
  title: 'outside to NodePort',
  layer: 'kube-proxy',
  topic: 'service',
  asks(context, family): readonly (Ask | Skipped)[] {
    const reason = lackOf(context, family)
    if (reason !== undefined) return skip(this.id, family, reason)
    return asksFrom(context, family, this.id, context.nodes, here)
  },
  conclude: answers => closedToAll(answers, 'this machine reaches no NodePort in any family'),
}

export const nodeToNodePort: Scenario = {
  id: 'node-to-node-port',
  title: 'node to NodePort of another',
  layer: 'kube-proxy',
  topic: 'service',
  asks(context, family): readonly (Ask | Skipped)[] {
    const reason = lackOf(context, family)
    if (reason !== undefined) return skip(this.id, family, reason)
    return fromNodes(context, this.id, family, node =>
      asksFrom(
        context,
        family,
        this.id,
        partners(context.nodes, context.nodes.indexOf(node)),
        nodePlace(node),
      ),
    )
  },
}
