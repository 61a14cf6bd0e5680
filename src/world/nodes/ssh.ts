import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf, UnreachableError } from '../../base/errors.ts'
import { redactText } from '../../text/redact.ts'
import type { CommandResult, ExecOptions, Transport } from '../ports.ts'
import { runChild } from './child.ts'

export interface SshOptions {
  /** How to call a node: `{name}` and `{address}` are filled in. Left out: `{address}`, or `{name}` where the address is not known. */
  readonly destination?: string
  readonly user?: string
  readonly port?: number
  /** Private key file, as `ssh -i`. */
  readonly identity?: string
  /** As `ssh -F`. Left out: the user's own configuration. */
  readonly config?: string
  /** The node's InternalIP of the primary family. */
  readonly addressOf?: (node: string) => Promise<string | undefined>
  /** The program; `ssh` of the PATH if left out. */
  readonly program?: string
}

/**
 * Becomes root, and then a shell that reads from its input. In single quotes as a whole: the login shell may be any. 254: may not.
 * sudo is asked for `sh`, and for nothing else: sudoers may allow just that.
 */
const remoteCommand =
  'exec sh -c \'if [ "$(id -u)" = 0 ]; then exec sh -s; elif sudo -n sh -c :; then exec sudo -n sh -s; else exit 254; fi\''

/** OpenSSH's own, with the user's configuration, agent, and known hosts. One connection a node, kept open between scripts. */
export function sshTransport(options: SshOptions = {}): Transport {
  const program = options.program ?? 'ssh'
  const destinations = new Map<string, Promise<string>>()
  let controlFolder: Promise<string> | undefined
  // The path of a socket has 104 bytes at most (sun_path, macOS), of which ssh wants 17 for itself while it binds: not in a long TMPDIR.
  const folder = () => (controlFolder ??= mkdtemp('/tmp/dualstack-'))

  async function destination(node: string): Promise<string> {
    const template = options.destination ?? '{address}'
    const address = template.includes('{address}') ? await options.addressOf?.(node) : undefined
    return template.replaceAll('{address}', address ?? node).replaceAll('{name}', node)
  }
  const destinationOf = (node: string) => {
    let found = destinations.get(node)
    if (found === undefined) destinations.set(node, (found = destination(node)))
    // Not remembered when the API server could not be asked.
    found.catch(() => destinations.delete(node))
    return found
  }

  const access = (): string[] => [
    ...(options.config === undefined ? [] : ['-F', options.config]),
    ...(options.user === undefined ? [] : ['-l', options.user]),
    ...(options.port === undefined ? [] : ['-p', String(options.port)]),
    ...(options.identity === undefined ? [] : ['-i', options.identity]),
  ]
  const settings = (control: string): string[] =>
    [
      'BatchMode=yes',
      'ConnectTimeout=10',
      'ServerAliveInterval=5',
      'ServerAliveCountMax=3',
      'ControlMaster=auto',
      `ControlPath=${control}`,
      'ControlPersist=60',
      'ForwardAgent=no',
      'ForwardX11=no',
      'RequestTTY=no',
      'LogLevel=ERROR',
    ].flatMap(setting => ['-o', setting])

  const controlPath = async () => join(await folder(), '%C')

  async function run(node: string, script: string, runOptions: ExecOptions = {}): Promise<CommandResult> {
    const to = await destinationOf(node)
    const args = [...access(), ...settings(await controlPath()), '--', to, remoteCommand]
    const test = [program, ...access(), '-o', 'BatchMode=yes', to, 'true'].join(' ')
    let result: CommandResult
    try {
      result = await runChild(program, args, { ...runOptions, input: script })
    } catch (error) {
      if (runOptions.signal?.aborted) throw error
      throw new UnreachableError(
        `node ${node}: ssh ${to}: ${messageOf(error)}`,
        'nodes.ssh',
        `Try by hand: ${test}`,
        error,
      )
    }
    const said = redactText(result.stderr.trim())
    if (result.code === 255) {
      throw new UnreachableError(
        `node ${node}: ssh ${to}: ${said || 'ssh said nothing'}`,
        'nodes.ssh',
        `Try by hand: ${test}`,
      )
    }
    if (result.code === 254) {
      throw new UnreachableError(
        `node ${node}: ssh ${to}: not root, and sudo wants a password: ${said}`,
        'nodes.sudo',
        `Log in as root, or allow sudo without a password. Try by hand: ${test.replace(/true$/, 'sudo -n sh -c :')}`,
      )
    }
    return result
  }

  async function close(): Promise<void> {
    if (controlFolder === undefined) return
    const control = await controlPath()
    await Promise.all(
      [...destinations.values()].map(async to => {
        const args = [...access(), '-o', `ControlPath=${control}`, '-O', 'exit', '--', await to]
        // No master is left: nothing to end.
        await runChild(program, args, { timeoutMs: 5000 }).catch(() => undefined)
      }),
    )
    await rm(await controlFolder, { recursive: true, force: true })
    controlFolder = undefined
  }

  return { name: 'ssh', run, close }
}
