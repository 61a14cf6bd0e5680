import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exec } from '../exec.ts'
import { connectNode, namespacePath, recordFile } from '../network.ts'
import { isAlive, kill, readRecord } from '../process.ts'
import { LabError, until } from '../shell.ts'
import { type LabState, type NodeState, nodeDir } from '../state.ts'
import { cgroupProcesses, createCgroup, enterScript, mountList, removeCgroup } from './cgroup.ts'
import { diskDir } from './files.ts'

const script = fileURLToPath(new URL('boot.sh', import.meta.url))

/** Switches a node on: fresh network and namespaces, the disk as it was. Returns when containerd answers. */
export async function boot(lab: LabState, node: NodeState): Promise<void> {
  await connectNode(lab, node)
  await createCgroup(lab.name, node.name)
  const record = recordFile(lab.name, node.name)
  await rm(record, { force: true })
  const log = join(nodeDir(lab.name, node.name), 'boot.log')
  const console = openSync(log, 'a')
  const unshare = ['unshare', '--mount', '--uts', '--ipc', '--pid', '--cgroup', '--fork', '--kill-child=KILL']
  const argv = [
    'nsenter',
    `--net=${namespacePath(lab.name, node.name)}`,
    '--',
    ...unshare,
    '--',
    'sh',
    script,
  ]
  const child = spawn(
    'sh',
    [
      '-euc',
      `${await enterScript(lab.name, node.name)}\nexec "$@"`,
      'sh',
      ...argv,
      record,
      diskDir(lab.name, node.name),
    ],
    { detached: true, stdio: ['pipe', console, console] },
  )
  closeSync(console)
  await once(child, 'spawn')
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(`${await mountList()}\n`)
  // The node lives on when this program ends.
  child.unref()

  await until(`node ${node.name} to boot (see ${log})`, 60_000, async () => {
    if (child.exitCode !== null || child.signalCode !== null) {
      const said = (await readFile(log, 'utf8')).trim().split('\n').slice(-5).join('\n')
      throw new LabError(`node ${node.name} ended while booting: ${said}`, { hint: 'npm run lab -- doctor' })
    }
    const id = await readRecord(record)
    if (!id || !isAlive(id)) return undefined
    const units = ['systemctl', 'is-active', '--quiet', 'containerd.service', 'ssh.service']
    const active = await exec(lab, node.name, units, { timeoutMs: 5000 })
    return active.code === 0 ? true : undefined
  })
}

/** Pulls the plug: all the node's processes and mounts go with its PID 1. Its disk stays. */
export async function powerOff(lab: string, node: string): Promise<void> {
  const id = await readRecord(recordFile(lab, node))
  if (id) kill(id)
  await until(`the processes of node ${node} to end`, 20_000, async () =>
    (await cgroupProcesses(lab, node)).length === 0 ? true : undefined,
  )
  await removeCgroup(lab, node)
  await rm(recordFile(lab, node), { force: true })
}
