import { readFile, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { restoreHost } from './host.ts'
import { namespaceProcesses, namespaces, recordFile, removeNamespace, upRecord } from './network.ts'
import { powerOff } from './node/boot.ts'
import { cgroupProcesses, removeCgroup } from './node/cgroup.ts'
import { identify, isAlive, kill, readRecord } from './process.ts'
import { LabError, until } from './shell.ts'
import { checkName, labDir, locked } from './state.ts'

/**
 * Takes a lab away. It needs nothing but the name: namespaces and cgroups carry it, processes are recorded. So it
 * works after a half-failed `up`, after whoever ran it has died, and twice.
 */
export async function down(name: string): Promise<void> {
  const dir = labDir(checkName(name))
  await stopUp(name)
  const records = (await readdir(join(dir, 'run')).catch(() => [])).filter(file => file.endsWith('.pid'))
  const nodes = (await readdir(join(dir, 'nodes')).catch(() => [])) as string[]
  await Promise.all(nodes.map(node => powerOff(name, node)))
  for (const file of records) {
    const id = await readRecord(join(dir, 'run', file))
    if (id) kill(id)
  }
  // What ran beside the cluster, and whatever was started between a process and its record.
  for (const pid of await cgroupProcesses(name)) {
    const id = identify(pid)
    if (id) kill(id)
  }
  await until(`the processes of lab ${name} to end`, 20_000, async () =>
    (await cgroupProcesses(name)).length === 0 ? true : undefined,
  )
  await removeCgroup(name)
  for (const member of await namespaces(name)) {
    const inside = await namespaceProcesses(name, member)
    if (inside.length > 0) {
      throw new LabError(
        `processes ${inside.join(', ')} are still in network namespace ${member} of lab ${name}`,
        {
          hint: 'the lab did not start them: end them, then run down again',
        },
      )
    }
    await removeNamespace(name, member)
  }
  await locked(async () => {
    await removeState(dir)
    await restoreHost()
  })
}

/** An `up` that is still at it would go on making what we take away. */
async function stopUp(name: string): Promise<void> {
  const id = await readRecord(recordFile(name, upRecord))
  if (!id || id.pid === process.pid || !kill(id)) return
  await until('the running `up` to end', 10_000, async () => (isAlive(id) ? undefined : true))
}

async function removeState(dir: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .filter(line => line.includes(` ${dir}/`))
  if (mounts.length > 0) {
    // Deleting would go through the mount, into whatever is mounted there.
    throw new LabError(`something is mounted below ${dir}`, { hint: `unmount it: ${mounts.join('; ')}` })
  }
  // Again and again: a helper of an `up` that was killed may still be copying.
  await rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
}
