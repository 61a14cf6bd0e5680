import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer } from 'ws'
import type { CommandResult } from '../../ports.ts'

export interface ExecCall {
  readonly namespace: string
  readonly name: string
  readonly container: string
  readonly command: readonly string[]
  /** All of stdin, once it was closed; undefined where none was asked for. */
  readonly input: string | undefined
}

/** What a command does. `never`: it does not end. `not-started`: the runtime could not start it. */
export type ExecAnswer = CommandResult | 'never' | 'not-started' | 'cut'
export type ExecHandler = (call: ExecCall) => ExecAnswer | Promise<ExecAnswer>

/** The server's side of exec: channels 0 to 3, and 255 in v5. */
export class ExecServer {
  /** Newest first; take v5 away to be a server before 1.30. */
  protocols: readonly string[] = ['v5.channel.k8s.io', 'v4.channel.k8s.io']
  readonly #handler: ExecHandler
  readonly #server = new WebSocketServer({
    noServer: true,
    handleProtocols: offered => this.protocols.find(protocol => offered.has(protocol)) ?? false,
  })

  constructor(handler: ExecHandler) {
    this.#handler = handler
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const offered = (request.headers['sec-websocket-protocol'] ?? '')
      .split(',')
      .map(protocol => protocol.trim())
    if (!offered.some(protocol => this.protocols.includes(protocol))) {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
      return
    }
    this.#server.handleUpgrade(request, socket, head, webSocket => this.#serve(webSocket, request))
  }

  #serve(socket: WebSocket, request: IncomingMessage): void {
    const url = new URL(request.url ?? '', 'https://fake')
    const [, namespace = '', name = ''] = /namespaces\/([^/]+)\/pods\/([^/]+)\/exec/.exec(url.pathname) ?? []
    const command = url.searchParams.getAll('command')
    const call = { namespace, name, container: url.searchParams.get('container') ?? '', command }
    const run = (input: string | undefined) => {
      void Promise.resolve(this.#handler({ ...call, input })).then(answer => finish(socket, answer))
    }
    if (url.searchParams.get('stdin') !== 'true') return run(undefined)
    const v4 = socket.protocol !== 'v5.channel.k8s.io'
    // The wrapper for v4: sh -c '…' sh BYTES COMMAND…
    const wanted = v4 && command[3] === 'sh' ? Number(command[4]) : undefined
    const chunks: Buffer[] = []
    const text = () => Buffer.concat(chunks).toString('utf8')
    const enough = () => wanted !== undefined && Buffer.concat(chunks).length >= wanted
    if (enough()) return run(text())
    socket.on('message', (data: Buffer) => {
      if (data[0] === 0) chunks.push(data.subarray(1))
      if ((!v4 && data[0] === 255 && data[1] === 0) || (data[0] === 0 && enough())) run(text())
    })
  }
}

function finish(socket: WebSocket, answer: ExecAnswer): void {
  if (answer === 'never' || socket.readyState !== WebSocket.OPEN) return
  if (answer === 'cut') return socket.terminate()
  const send = (channel: number, text: string) =>
    socket.send(Buffer.concat([Buffer.of(channel), Buffer.from(text)]))
  if (answer === 'not-started') {
    const message = 'error executing command in container: executable file not found in $PATH'
    send(3, JSON.stringify({ metadata: {}, status: 'Failure', message, reason: 'InternalError', code: 500 }))
    return socket.close()
  }
  if (answer.stdout !== '') send(1, answer.stdout)
  if (answer.stderr !== '') send(2, answer.stderr)
  const causes = [{ reason: 'ExitCode', message: String(answer.code) }]
  const failure = {
    status: 'Failure',
    reason: 'NonZeroExitCode',
    message: 'command terminated',
    details: { causes },
  }
  send(
    3,
    JSON.stringify(answer.code === 0 ? { metadata: {}, status: 'Success' } : { metadata: {}, ...failure }),
  )
  socket.close()
}
