import http from 'node:http'
import https from 'node:https'
import { createGunzip } from 'node:zlib'
import type { Access } from './access.ts'
import { Body } from './body.ts'
import { ConnectionError } from './connection-error.ts'
import type { Credential } from './credentials.ts'
import { proxyAgent } from './proxy.ts'

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** From the first slash, with query. */
  readonly path: string
  readonly body?: string
  /** A media type that is preferred to JSON, where the server has it. */
  readonly prefer?: string
  /** Sees the first bytes of the body of an answer that is no refusal, before the others are there; once for each try. */
  readonly onHead?: (head: Buffer) => void
  readonly signal?: AbortSignal
}

export interface Answer {
  readonly status: number
  readonly retryAfter: string | undefined
  /** Empty where the answer is of the preferred type. */
  readonly body: string
  /** The body where it is of the preferred type: whoever has read it drops it. */
  readonly bytes?: Body
}

export interface Timeouts {
  /** milliseconds until the connection stands */
  readonly connect: number
  /** milliseconds without a byte. The API server itself gives up after 60 s (--request-timeout). */
  readonly idle: number
}
const json = 'application/json'
const defaultTimeouts: Timeouts = { connect: 10_000, idle: 65_000 }

/** What carries requests: one request is one try. */
export interface Wire {
  readonly access: Access
  /** @throws ConnectionError when no whole answer came; the signal's reason when aborted */
  request(request: Request): Promise<Answer>
  /** What goes to node:https besides the path; for the WebSocket of exec. */
  options(signal?: AbortSignal): Promise<{ agent: http.Agent; headers: Credential['headers'] }>
}

/** One server, one set of credentials, kept-alive sockets. Knows nothing of Kubernetes. */
export class Connection implements Wire {
  readonly #access: Access
  readonly #timeouts: Timeouts
  /** A promise, so that requests that begin together share one agent and its sockets. */
  #agent: Promise<http.Agent> | undefined
  /** The certificate that #agent was made with: an exec plugin may give another one later. */
  #cert: Credential['cert']

  constructor(access: Access, timeouts: Timeouts = defaultTimeouts) {
    this.#access = access
    this.#timeouts = timeouts
  }

  get access(): Access {
    return this.#access
  }

  async options(signal?: AbortSignal): Promise<{ agent: http.Agent; headers: Credential['headers'] }> {
    const credential = await this.#access.credentials.current(signal)
    if (this.#agent === undefined || this.#cert !== credential.cert) {
      // Requests under way may end on the old one.
      void this.#agent?.then(dropIdle)
      this.#cert = credential.cert
      this.#agent = this.#makeAgent(credential)
    }
    return { agent: await this.#agent, headers: credential.headers }
  }

  async request(request: Request): Promise<Answer> {
    const { agent, headers } = await this.options(request.signal)
    try {
      return await this.#send(request, agent, headers)
    } catch (error) {
      if (request.signal?.aborted) throw request.signal.reason
      // The idle ones stem from the same server process: it went, they are dead too. The next try shall not meet them one by one.
      if (error instanceof ConnectionError) dropIdle(agent)
      throw error
    }
  }

  async #makeAgent({ cert, key }: Credential): Promise<http.Agent> {
    const { server, tls, proxy } = this.#access
    const secure = { ...tls, ...(cert === undefined ? {} : { cert, key }) }
    if (proxy !== undefined) return proxyAgent(server, proxy, secure)
    // lifo: the socket used last is the one least likely to have been closed by a load balancer on the way.
    const keep = { keepAlive: true, keepAliveMsecs: 10_000, scheduling: 'lifo' as const }
    return server.startsWith('http:') ? new http.Agent(keep) : new https.Agent({ ...keep, ...secure })
  }

  #send(request: Request, agent: http.Agent, credentials: Credential['headers']): Promise<Answer> {
    const { server, compress } = this.#access
    const url = new URL(server)
    const headers: http.OutgoingHttpHeaders = {
      ...credentials,
      Accept: request.prefer === undefined ? json : `${request.prefer}, ${json}`,
      'User-Agent': 'kubectl-dualstack',
      ...(compress ? { 'Accept-Encoding': 'gzip' } : {}),
      ...(request.body === undefined
        ? {}
        : { 'Content-Type': json, 'Content-Length': Buffer.byteLength(request.body) }),
    }
    const options: https.RequestOptions = {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port || (url.protocol === 'http:' ? 80 : 443),
      path: (url.pathname === '/' ? '' : url.pathname) + request.path,
      method: request.method,
      agent,
      headers,
      signal: request.signal,
    }
    return new Promise((resolve, reject) => {
      let sent = false
      const fail = (error: Error) => reject(new ConnectionError(error, sent))
      const outgoing = (url.protocol === 'http:' ? http : https).request(options, incoming => {
        const isRefused = (incoming.statusCode ?? 0) >= 400
        const read = (whole: Body) => {
          const { statusCode = 0, headers } = incoming
          const answer = { status: statusCode, retryAfter: headers['retry-after'] }
          const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase()
          const isPreferred = request.prefer !== undefined && type === request.prefer
          if (isPreferred) return resolve({ ...answer, body: '', bytes: whole })
          resolve({ ...answer, body: whole.bytes.toString('utf8') })
          whole.drop()
        }
        collect(incoming, isRefused ? undefined : request.onHead)
          .then(read)
          .catch(fail)
      })
      const give = (milliseconds: number, what: string) =>
        setTimeout(() => {
          const error = new Error(`${what} within ${milliseconds / 1000} s`)
          outgoing.destroy(Object.assign(error, { code: 'ETIMEDOUT' }))
        }, milliseconds)
      const connecting = give(this.#timeouts.connect, 'no connection')
      outgoing.on('error', fail)
      outgoing.on('close', () => clearTimeout(connecting))
      const connected = () => {
        sent = true
        clearTimeout(connecting)
      }
      outgoing.on('response', connected)
      outgoing.on('socket', socket => {
        // On a kept-alive socket what we write may arrive although the answer is a reset.
        if (outgoing.reusedSocket) connected()
        else socket.once(url.protocol === 'http:' ? 'connect' : 'secureConnect', connected)
      })
      outgoing.setTimeout(this.#timeouts.idle, () => {
        const error = new Error(`no answer within ${this.#timeouts.idle / 1000} s`)
        outgoing.destroy(Object.assign(error, { code: 'ETIMEDOUT' }))
      })
      outgoing.end(request.body)
    })
  }
}

/** The whole body. An answer cut off in the middle is an error, never a short body. */
function collect(incoming: http.IncomingMessage, onHead: Request['onHead']): Promise<Body> {
  return new Promise((resolve, reject) => {
    const body = new Body()
    let isHead = true
    // Whoever has the body reads it on: nothing that comes later may take its buffer away, and nothing is put into one that nobody drops.
    let isOver = false
    const over = (then: () => void) => {
      if (isOver) return
      isOver = true
      then()
    }
    const fail = (error: Error) =>
      over(() => {
        body.drop()
        reject(error)
      })
    const source = incoming.headers['content-encoding'] === 'gzip' ? incoming.pipe(createGunzip()) : incoming
    source.on('data', (chunk: Buffer) => {
      if (isOver) return
      if (isHead) onHead?.(chunk)
      isHead = false
      body.add(chunk)
    })
    source.on('end', () => over(() => resolve(body)))
    source.on('error', fail)
    incoming.on('error', fail)
    incoming.on('aborted', () =>
      fail(Object.assign(new Error('the answer broke off'), { code: 'ECONNRESET' })),
    )
  })
}

function dropIdle(agent: http.Agent): void {
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy()
}
