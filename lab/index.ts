import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { join } from 'node:path'
import { configureBridge } from './cni/bridge.ts'
import { type ExecOptions, exec, spawn } from './exec.ts'
import { kubectl, podCIDRs } from './kubectl.ts'
import { boot, powerOff } from './node/boot.ts'
import { LabError, type Result } from './shell.ts'
import { type LabState, type Role, labDir, requireLab } from './state.ts'
import { type UpOptions, up as bringUp } from './up.ts'

export { down } from './down.ts'
export type { UpOptions } from './up.ts'

/** 'outside' is the router, on the nodes' link; 'internet' is a machine behind it. */
type Place = 'outside' | 'internet' | (string & {})

export interface Lab {
  readonly name: string
  /** The state folder. */
  readonly dir: string
  readonly kubeconfig: string
  readonly sshConfig: string
  readonly nodes: readonly { name: string; role: Role; ipv4: string; ipv6: string }[]
  readonly state: LabState
  /** Runs a command to its end. On 'outside' and 'internet' it sees the host's files, on a node the node's. */
  exec(place: Place, argv: readonly string[], options?: ExecOptions): Promise<Result>
  /** Starts a command; it ends with this process at the latest. */
  spawn(place: Place, argv: readonly string[], options?: SpawnOptions): Promise<ChildProcess>
  /** Returns stdout; fails with what kubectl said. */
  kubectl(...args: string[]): Promise<string>
  /** Power off without warning, and on again with the same disk. Returns when containerd and sshd are up. */
  reboot(node: string): Promise<void>
  /** CNI bridge only: files and routes follow the Nodes' podCIDRs, as they are now. */
  configureBridge(): Promise<void>
}

export async function up(options: UpOptions = {}): Promise<Lab> {
  return wrap(await bringUp(options))
}

export async function open(name: string): Promise<Lab> {
  return wrap(await requireLab(name))
}

function wrap(state: LabState): Lab {
  const dir = labDir(state.name)
  return {
    name: state.name,
    dir,
    kubeconfig: join(dir, 'kubeconfig'),
    sshConfig: join(dir, 'ssh_config'),
    nodes: state.nodes,
    state,
    exec: (place, argv, options) => exec(state, place, argv, options),
    spawn: (place, argv, options) => spawn(state, place, argv, options),
    kubectl: (...args) => kubectl(state, args),
    reboot: name => reboot(state, name),
    configureBridge: async () => configureBridge(state, await podCIDRs(state)),
  }
}

async function reboot(state: LabState, name: string): Promise<void> {
  const node = state.nodes.find(each => each.name === name)
  if (!node) {
    const known = state.nodes.map(each => each.name).join(', ')
    throw new LabError(`there is no node ${name} in lab ${state.name}`, { hint: `there is: ${known}` })
  }
  await powerOff(state.name, node.name)
  await boot(state, node)
}
