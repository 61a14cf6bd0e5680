import http from 'node:http'
import { type Clock, systemClock } from '../../../base/clock.ts'
import type { KubeObject, Resource } from '../../../model/cluster.ts'
import type { KubeApi } from '../../ports.ts'
import { Caller } from '../caller.ts'
import type { Answer, Request, Wire } from '../connection.ts'
import { ConnectionError } from '../connection-error.ts'
import { RestApi } from '../rest.ts'
import { type Fault, Faults } from './faults.ts'
import { carryOut, type Seen } from './routes.ts'
import { Store } from './store.ts'

export interface MemoryApi {
  api(options?: { readonly clock?: Clock; readonly patience?: number }): KubeApi
  readonly objects: Record<Resource, KubeObject[]>
  readonly requests: readonly Seen[]
  fail(fault: Fault): void
  /** true: nobody listens. */
  down: boolean
}

/**
 * The fake API server without the network: the same client above, the same storage below, and no real time in between. For tests that move a
 * clock of their own. A fault with a `delay` is one that never answers.
 */
export function memoryApi(objects: Readonly<Record<Resource, readonly KubeObject[]>>): MemoryApi {
  const store = new Store(objects)
  const faults = new Faults()
  const requests: Seen[] = []
  const credentials = {
    user: 'test',
    current: async () => ({ headers: {} }),
    renew: () => false,
    complaint: () => undefined,
  }
  const access = {
    server: 'https://fake',
    context: 'fake',
    tls: {},
    credentials,
    proxy: undefined,
    compress: false,
  }
  const fake: MemoryApi = {
    objects: store.objects,
    requests,
    down: false,
    fail: fault => faults.add(fault),
    api({ clock = systemClock, patience = 0 } = {}) {
      const wire: Wire = { access, request, options: async () => ({ agent: http.globalAgent, headers: {} }) }
      return new RestApi(wire, new Caller(wire, { clock, patience }))
    },
  }
  return fake

  async function request({ method, path, body = '', signal }: Request): Promise<Answer> {
    signal?.throwIfAborted()
    if (fake.down) throw broken('connect ECONNREFUSED', 'ECONNREFUSED', false)
    const url = new URL(path, access.server)
    const seen = {
      method,
      path: url.pathname,
      query: url.searchParams,
      headers: {},
      body,
      connection: undefined,
      client: undefined,
    }
    requests.push(seen)
    const fault = faults.next(seen)
    if (fault.delay !== undefined) await never(signal)
    if (fault.cut === 'before') throw broken('socket hang up', 'ECONNRESET', true)
    const answer = fault.answer ?? carryOut(store, seen)
    if (fault.cut !== undefined) throw broken('socket hang up', 'ECONNRESET', true)
    return {
      status: answer.status,
      retryAfter: answer.headers?.['Retry-After'],
      body: JSON.stringify(answer.body),
    }
  }
}

const broken = (message: string, code: string, sent: boolean) =>
  new ConnectionError(Object.assign(new Error(message), { code }), sent)

const never = (signal?: AbortSignal) =>
  new Promise<never>((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
