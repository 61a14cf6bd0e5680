import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { gzipSync } from 'node:zlib'
import { type Clock, systemClock } from '../../../base/clock.ts'
import type { KubeObject, Resource } from '../../../model/cluster.ts'
import type { KubeApi } from '../../ports.ts'
import { Caller } from '../caller.ts'
import { Connection, type Timeouts } from '../connection.ts'
import { protobufType } from '../pod-fields.ts'
import { isRecord, recordOf } from '../record.ts'
import { RestApi } from '../rest.ts'
import { type KeyPair, selfSigned } from './certificate.ts'
import { type ExecHandler, ExecServer } from './exec-server.ts'
import { type Fault, Faults } from './faults.ts'
import { protobufBody } from './pod-wire.ts'
import { carryOut, type Seen } from './routes.ts'
import { type Scripted, Store, status } from './store.ts'

export { type Fault, type Seen, selfSigned, status }

export interface FakeApiOptions {
  readonly objects?: Readonly<Record<Resource, readonly KubeObject[]>>
  readonly version?: string
  /** An eviction of this pod; undefined: it goes. */
  readonly evict?: (pod: KubeObject) => Scripted | undefined
  readonly exec?: ExecHandler
  /** Asks for a client certificate that this one signed (itself). */
  readonly clientCa?: string
  /** Called for each request, /readyz too: what it gives is answered. */
  readonly admit?: (request: Seen) => Scripted | undefined
  /** A gateway stands in front that passes on JSON only. */
  readonly jsonOnly?: boolean
  /** Names in the certificate besides 127.0.0.1. */
  readonly names?: readonly string[]
}

interface ApiOptions {
  readonly token?: string
  readonly patience?: number
  readonly clock?: Clock
  readonly timeouts?: Timeouts
  readonly onRetry?: (message: string) => void
}

export interface FakeApi {
  readonly url: string
  /** PEM of its certificate, which is its own CA. */
  readonly ca: string
  /** A client of it. */
  api(options?: ApiOptions): KubeApi
  /** What is stored: tests may look at it and change it. A resource that is no key is not served. */
  readonly objects: Record<Resource, KubeObject[]>
  /** All that came in, oldest first. */
  readonly requests: readonly Seen[]
  readonly exec: ExecServer
  /** Connections that are open now. */
  readonly connections: number
  fail(fault: Fault): void
  /** Ends all connections, and from now on nobody listens; `start` listens on the same port again. */
  stop(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

/**
 * An API server in this process, over real TLS with a certificate made on the spot: lists with limit and continue, get, create, replace with
 * resourceVersion, delete with preconditions, dryRun, eviction, exec over WebSocket, and any fault one may script. It does no admission,
 * defaulting or controllers: for behaviour there is the practice cluster.
 */
export async function startFakeApi(options: FakeApiOptions = {}): Promise<FakeApi> {
  const store = new Store(options.objects ?? {})
  const requests: Seen[] = []
  const faults = new Faults()
  const sockets = new Set<Socket>()
  const pair: KeyPair = selfSigned('kube-apiserver', ['127.0.0.1', 'localhost', ...(options.names ?? [])])
  const exec = new ExecServer(options.exec ?? (() => ({ code: 0, stdout: '', stderr: '' })))

  const server = createServer({
    ...pair,
    ...(options.clientCa === undefined
      ? {}
      : { ca: options.clientCa, requestCert: true, rejectUnauthorized: false }),
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('request', (request, response) => {
    void see(request).then(async seen => {
      requests.push(seen)
      const fault = faults.next(seen)
      if (fault.delay !== undefined) await systemClock.sleep(fault.delay)
      if (fault.cut === 'before') return request.socket.destroy()
      const answer =
        fault.answer ?? options.admit?.(seen) ?? carryOut(store, seen, options.version, options.evict)
      if (fault.cut === 'after') return request.socket.destroy()
      if (options.jsonOnly === true) request.headers.accept = 'application/json'
      reply(request, response, answer, fault)
    })
  })
  server.on('upgrade', (request, socket, head) => {
    requests.push(seenOf(request, ''))
    const seen = seenOf(request, '')
    const refused = options.admit?.(seen)
    if (refused === undefined) return exec.upgrade(request, socket, head)
    const body = JSON.stringify(refused.body)
    const length = Buffer.byteLength(body)
    socket.end(
      `HTTP/1.1 ${refused.status} Refused\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n${body}`,
    )
  })

  let port = 0
  const start = () =>
    new Promise<void>(resolve => {
      server.listen(port, '127.0.0.1', () => {
        port = (server.address() as AddressInfo).port
        resolve()
      })
    })
  const stop = () =>
    new Promise<void>(resolve => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  await start()
  const url = `https://127.0.0.1:${port}`

  return {
    url,
    ca: pair.cert,
    objects: store.objects,
    requests,
    exec,
    get connections() {
      return sockets.size
    },
    api({ token, patience = 10, clock = systemClock, timeouts, onRetry }: ApiOptions = {}) {
      const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` }
      const credentials = {
        user: 'test',
        current: async () => ({ headers }),
        renew: () => false,
        complaint: () => undefined,
      }
      const access = {
        server: url,
        context: 'fake',
        tls: { ca: pair.cert },
        credentials,
        proxy: undefined,
        compress: true,
      }
      const connection = new Connection(access, timeouts)
      return new RestApi(connection, new Caller(connection, { clock, patience, onRetry }))
    },
    fail: fault => faults.add(fault),
    start,
    stop,
    close: stop,
  }
}

async function see(request: IncomingMessage): Promise<Seen> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return seenOf(request, Buffer.concat(chunks).toString('utf8'))
}

function seenOf(request: IncomingMessage, body: string): Seen {
  const url = new URL(request.url ?? '', 'https://fake')
  const certificate = (request.socket as TLSSocket).getPeerCertificate()
  const client = String(certificate.subject?.CN ?? '') || undefined
  return {
    method: request.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    body,
    connection: request.socket.remotePort,
    client,
  }
}

/** What the real one would send in protobuf where that is preferred: refusals too. */
function protobufOf(request: IncomingMessage, body: unknown): Buffer | undefined {
  if (request.headers.accept?.startsWith(protobufType) !== true) return undefined
  const { kind } = recordOf(body)
  if (kind === 'Status') return protobufBody(kind, body)
  return isRecord(body) && Array.isArray(body['items']) ? protobufBody('PodList', body) : undefined
}

/** Larger answers go compressed, as the API server does from 128 KiB on. */
const compressFrom = 8 * 1024

function reply(
  request: IncomingMessage,
  response: ServerResponse,
  { status, body, headers }: Scripted,
  { cut, halfway }: Fault,
): void {
  const protobuf = protobufOf(request, body)
  const plain =
    protobuf ??
    (Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)))
  const compress = plain.length >= compressFrom && request.headers['accept-encoding'] === 'gzip'
  const sent = compress ? gzipSync(plain) : plain
  response.writeHead(status, {
    'Content-Type': protobuf === undefined ? 'application/json' : protobufType,
    'Content-Length': sent.length,
    ...(compress ? { 'Content-Encoding': 'gzip' } : {}),
    ...headers,
  })
  const half = Math.ceil(sent.length / 2)
  if (cut === 'middle') response.write(sent.subarray(0, half), () => response.socket?.destroy())
  else if (halfway === undefined) response.end(sent)
  else {
    response.write(sent.subarray(0, half))
    void halfway().then(() => response.end(sent.subarray(half)))
  }
}
