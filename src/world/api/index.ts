import { type Clock, systemClock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { KubeApi } from '../ports.ts'
import { loadAccess } from './access.ts'
import { Caller } from './caller.ts'
import { Connection, type Timeouts } from './connection.ts'
import type { KubeConfigOptions } from './kubeconfig.ts'
import { RestApi } from './rest.ts'

export interface ConnectOptions extends KubeConfigOptions {
  /** Seconds for which requests are repeated while the server is unreachable; 5 unless told. A run passes 120: a plain swap takes 40. */
  readonly patience?: number
  readonly clock?: Clock
  /** Is told, at debug, of each request that is tried again. */
  readonly logger?: Logger
  readonly timeouts?: Timeouts
}

/**
 * The cluster that the kubeconfig names. Reads files, and asks nothing yet: the first request shows whether it is there.
 * @throws UsageError `kubeconfig.*`
 */
export async function connect(options: ConnectOptions = {}): Promise<KubeApi> {
  const { clock = systemClock, patience = 5, logger, timeouts } = options
  const connection = new Connection(await loadAccess(options), timeouts)
  const caller = new Caller(connection, { clock, patience, onRetry: message => logger?.debug(message) })
  return new RestApi(connection, caller)
}
