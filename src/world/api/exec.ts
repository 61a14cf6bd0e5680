import { DualStackError, exitCodes, StoppedError, UnreachableError } from '../../base/errors.ts'
import type { CommandResult, ExecOptions } from '../ports.ts'
import { apiError } from './api-error.ts'
import type { Wire } from './connection.ts'
import { ConnectionError } from './connection-error.ts'
import { closeStdin, type ExecStatus, exitCodeOf, inputOf, readStatus } from './exec-protocol.ts'
import { pathOf, queryOf } from './paths.ts'

interface Container {
  readonly namespace: string
  readonly name: string
  readonly container: string
}

/** Milliseconds between pings; two without an answer and the connection counts as dead. */
const pingEvery = 15_000

/**
 * Runs a command in a container, as `kubectl exec` does: WebSocket, subprotocol v5.channel.k8s.io (KEP-4006), whose CLOSE channel tells the
 * command that its input has ended. Servers before 1.30 know v4 only, which cannot: there the command is wrapped so that it reads exactly
 * the bytes of the input and then sees the end (it takes `sh` and `head` in the container).
 *
 * @throws ConnectionError when no connection came about. UnreachableError `exec.lost` when the connection ended before the command did: it may still run. ApiError when the server
 *   refused. StoppedError `exec.timeout`. DualStackError `exec.failed` when the command could not be started.
 */
export async function execInPod(
  wire: Wire,
  container: Container,
  command: readonly string[],
  options: ExecOptions,
): Promise<CommandResult> {
  // Where v4 is answered, its command must be another one, and offering both would have started the first.
  const protocols =
    options.input === undefined ? ['v5.channel.k8s.io', 'v4.channel.k8s.io'] : ['v5.channel.k8s.io']
  const first = await attempt(wire, container, command, options, protocols)
  if (first !== 'unknown-protocol') return first
  const bytes = Buffer.byteLength(options.input ?? '')
  const wrapped = ['sh', '-c', 'n=$1; shift; head -c "$n" | "$@"', 'sh', String(bytes), ...command]
  const second = await attempt(wire, container, wrapped, options, ['v4.channel.k8s.io'])
  if (second !== 'unknown-protocol') return second
  throw new UnreachableError(
    `${wire.access.server} speaks no exec over WebSocket that we know`,
    'exec.protocol',
    'Is there a proxy in between that does not pass WebSockets?',
  )
}

async function attempt(
  wire: Wire,
  { namespace, name, container }: Container,
  command: readonly string[],
  { input, timeoutMs, signal }: ExecOptions,
  protocols: readonly string[],
): Promise<CommandResult | 'unknown-protocol'> {
  signal?.throwIfAborted()
  // Loaded when it is needed: most commands never exec.
  const [{ WebSocket }, { agent, headers }] = await Promise.all([import('ws'), wire.options(signal)])
  const { server, credentials } = wire.access
  const stdin = input === undefined ? undefined : 'true'
  const query = queryOf({ container, command, stdin, stdout: 'true', stderr: 'true' })
  const url = `${server.replace(/^http/, 'ws')}${pathOf('v1/pods', namespace, name, 'exec')}${query}`
  const asked = { verb: 'create', resource: 'v1/pods/exec', namespace, name }
  const what = `exec in ${namespace}/${name}`

  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, [...protocols], {
      agent,
      headers,
      perMessageDeflate: false,
      handshakeTimeout: 30_000,
    })
    const out: Record<1 | 2, Buffer[]> = { 1: [], 2: [] }
    let status: ExecStatus | undefined
    let alive = true

    const end = (settle: () => void) => {
      clearTimeout(timer)
      clearInterval(pinging)
      signal?.removeEventListener('abort', onAbort)
      settle()
      socket.terminate()
    }
    const fail = (error: Error) => end(() => reject(error))
    const lost = (why: string, cause?: unknown) => {
      const hint = 'The command may still run in the pod. Is the API server or the node’s kubelet restarting?'
      fail(new UnreachableError(`${what}: ${why}`, 'exec.lost', hint, cause))
    }
    const onAbort = () => fail(signal?.reason as Error)
    signal?.addEventListener('abort', onAbort, { once: true })
    const onTimeout = () =>
      fail(new StoppedError(`${what} took longer than ${(timeoutMs ?? 0) / 1000} s`, 'exec.timeout'))
    const timer = timeoutMs === undefined ? undefined : setTimeout(onTimeout, timeoutMs)
    const pinging = setInterval(() => {
      if (!alive) return lost('no sign of life from the server')
      alive = false
      if (socket.readyState === WebSocket.OPEN) socket.ping()
    }, pingEvery)

    socket.on('unexpected-response', (_request, response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk
      })
      response.on('end', () => {
        const code = response.statusCode ?? 0
        // Before 1.30 the handshake is refused with a bare page, not with a Status.
        if ((code === 400 || code === 403) && !body.includes('"Status"'))
          return end(() => resolve('unknown-protocol'))
        fail(apiError(code, body, asked, credentials.complaint(Date.now())))
      })
    })
    socket.on('open', () => {
      if (input === undefined) return
      for (const part of inputOf(input)) socket.send(part)
      if (socket.protocol === 'v5.channel.k8s.io') socket.send(closeStdin)
    })
    socket.on('message', (data: Buffer) => {
      alive = true
      const channel = data[0]
      if (channel === 1 || channel === 2) out[channel].push(data.subarray(1))
      if (channel === 3) status = readStatus(data.subarray(1).toString('utf8'))
    })
    socket.on('pong', () => {
      alive = true
    })
    socket.on('error', error => {
      if (/subprotocol/.test(error.message)) return end(() => resolve('unknown-protocol'))
      // The call to connect failed: nothing was started, and whoever called may try again.
      if (neverConnected(error)) return fail(new ConnectionError(error, false))
      lost(error.message, error)
    })
    socket.on('close', () => {
      if (status === undefined) return lost('the connection ended before the command did')
      const code = exitCodeOf(status)
      if (code === undefined) return fail(notStarted(what, status))
      const text = (channel: 1 | 2) => Buffer.concat(out[channel]).toString('utf8')
      end(() => resolve({ code, stdout: text(1), stderr: text(2) }))
    })
    socket.binaryType = 'nodebuffer'
  })
}

const neverConnected = (error: Error): boolean =>
  error instanceof AggregateError ||
  /^(connect|getaddrinfo)$/.test((error as NodeJS.ErrnoException).syscall ?? '')

const notStarted = (what: string, status: ExecStatus) =>
  new DualStackError(`${what}: ${status.message}`, {
    code: 'exec.failed',
    exitCode: exitCodes.unreachable,
    hint: 'Is the container running, and the program in its image?',
  })
