import { systemClock } from '../base/clock.ts'
import { type Logger, silentLogger } from '../base/logger.ts'
import { connect } from '../world/api/index.ts'
import { internalAddress, nodeAccess, openTransport } from '../world/nodes/index.ts'
import type { KubeApi, Transport } from '../world/ports.ts'
import type { OpenedWorld, WorldOptions } from './source.ts'

/** The real world: the cluster of a kubeconfig, and its nodes by ssh, through pods, or this machine itself. Asks nothing yet. */
export async function openWorld(options: WorldOptions, logger: Logger = silentLogger): Promise<OpenedWorld> {
  const { kubeconfig, context, env, patience } = options
  const clock = systemClock
  const api = await connect({ kubeconfig, context, env, patience, clock, logger })
  const transport = transportOf(options, api)
  return {
    world: { api, nodes: nodeAccess(transport, { clock, logger, api }), clock, logger },
    close: () => transport.close(),
  }
}

function transportOf({ nodeAccess: kind = 'ssh', ssh = {}, nodes }: WorldOptions, api: KubeApi): Transport {
  switch (kind) {
    case 'ssh':
      return openTransport({
        kind,
        ...ssh,
        addressOf: nodes === undefined ? internalAddress(api) : named(nodes, internalAddress(api)),
      })
    case 'pod':
      return openTransport({ kind, api, clock: systemClock })
    case 'local':
      return openTransport({ kind })
  }
}

/** As a person named them; the API server may be what is broken, and then nobody else knows. */
const named =
  (
    nodes: Readonly<Record<string, string>>,
    ask: (node: string) => Promise<string | undefined>,
  ): ((node: string) => Promise<string | undefined>) =>
  async node => {
    if (Object.hasOwn(nodes, node)) return nodes[node]
    return ask(node).catch(() => undefined)
  }
