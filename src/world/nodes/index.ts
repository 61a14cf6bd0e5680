import { type Clock, systemClock } from '../../base/clock.ts'
import { type Logger, silentLogger } from '../../base/logger.ts'
import { getField } from '../../model/fields.ts'
import type { KubeApi, NodeAccess, Transport } from '../ports.ts'
import type { Agent } from './agent.ts'
import { readContainers } from './containers.ts'
import { readFacts } from './facts.ts'
import { readFile, writeFile } from './files.ts'
import { arm, confirm, revert } from './guard.ts'
import { type LocalOptions, localTransport } from './local.ts'
import { type PodOptions, podTransport } from './pod.ts'
import { prune } from './prune.ts'
import { roomOf } from './room.ts'
import { type Place, realPlace } from './script.ts'
import { type SshOptions, sshTransport } from './ssh.ts'
import { settle, swapStaticPod } from './swap.ts'
import { readLogs, restartUnit, setSysctl } from './units.ts'

export interface NodeAccessOptions {
  readonly clock?: Clock
  readonly logger?: Logger
  /** Asked whether a node has room for a stand-in's requests; without it the stand-in asks for nothing. */
  readonly api?: KubeApi
  /** Other than the real node only in tests. */
  readonly place?: Place
}

/** What can be done on nodes, by the shell agent in `agent/`, through any transport. */
export function nodeAccess(transport: Transport, options: NodeAccessOptions = {}): NodeAccess {
  const { clock = systemClock, logger = silentLogger, api, place = realPlace } = options
  const agent: Agent = { transport, clock, logger, place, reached: new Set() }
  const room = api === undefined ? undefined : roomOf(api)
  return {
    facts: (node, read, signal) => readFacts(agent, node, read, signal),
    read: (node, path) => readFile(agent, node, path),
    write: (node, write) => writeFile(agent, node, write),
    setSysctl: (node, key, value) => setSysctl(agent, node, key, value),
    restartUnit: (node, unit) => restartUnit(agent, node, unit),
    swapStaticPod: (node, swap, signal) => swapStaticPod(agent, room, node, swap, signal),
    guard: (node, guard) => arm(agent, node, guard),
    confirm: (node, run, step) => confirm(agent, node, run, step),
    revert: (node, run, step) => revert(agent, node, run, step),
    settle: node => settle(agent, node),
    prune: (node, keep) => prune(agent, node, keep),
    logs: (node, what, lines) => readLogs(agent, node, what, lines),
    containers: (node, lines, signal) => readContainers(agent, node, lines, signal),
  }
}

export type TransportOptions =
  | ({ readonly kind: 'ssh' } & SshOptions)
  | ({ readonly kind: 'pod' } & PodOptions)
  | ({ readonly kind: 'local' } & LocalOptions)

export function openTransport(options: TransportOptions): Transport {
  switch (options.kind) {
    case 'ssh':
      return sshTransport(options)
    case 'pod':
      return podTransport(options)
    case 'local':
      return localTransport(options)
  }
}

/** For ssh's `{address}`: the InternalIP that a Node names first, which is the one of the primary family. Asked once a node. */
export function internalAddress(api: KubeApi): (node: string) => Promise<string | undefined> {
  const known = new Map<string, string>()
  return async node => {
    let address = known.get(node)
    if (address === undefined) {
      const addresses = (getField(await api.get('v1/nodes', undefined, node), ['status', 'addresses']) ??
        []) as readonly {
        readonly type: string
        readonly address: string
      }[]
      address = addresses.find(({ type }) => type === 'InternalIP')?.address
      if (address !== undefined) known.set(node, address)
    }
    return address
  }
}

export type { LocalOptions, PodOptions, SshOptions }
