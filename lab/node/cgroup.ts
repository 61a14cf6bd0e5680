import { existsSync } from 'node:fs'
import { mkdir, readFile, readdir, rmdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { LabError, until } from '../shell.ts'

/**
 * All that differs between cgroup v1 and v2. A lab has the subtree dualstack-lab/<lab>/<node> in each
 * hierarchy; a node's cgroup namespace is rooted there, so that systemd and kubelet inside believe they have
 * it all. v1 is proven; v2 is written after systemd's container interface and was never run.
 */

const root = '/sys/fs/cgroup'
const top = 'dualstack-lab'

export type CgroupVersion = 1 | 2

export function cgroupVersion(): CgroupVersion {
  return existsSync(join(root, 'cgroup.controllers')) ? 2 : 1
}

/** One mounted v1 hierarchy: its folder and mount options ("cpu,cpuacct" may be one). A host in hybrid mode has
 *  a v2 hierarchy without controllers beside them; a node's systemd uses it, so a node needs its own part of it. */
interface Hierarchy {
  path: string
  type: 'cgroup' | 'cgroup2'
  options: string
}

async function hierarchies(): Promise<Hierarchy[]> {
  const found: Hierarchy[] = []
  for (const line of (await readFile('/proc/self/mountinfo', 'utf8')).split('\n')) {
    const [left, right] = line.split(' - ')
    const path = left?.split(' ')[4]
    const [type, , options] = right?.split(' ') ?? []
    if ((type !== 'cgroup' && type !== 'cgroup2') || !path?.startsWith(root) || options === undefined)
      continue
    const named = options.split(',').filter(o => !['rw', 'ro', 'xattr', 'clone_children'].includes(o))
    found.push({ path, type, options: named.map(o => (o.startsWith('name=') ? `none,${o}` : o)).join(',') })
  }
  if (found.length === 0) throw new LabError(`no cgroup hierarchy is mounted below ${root}`)
  return found
}

/** The cgroup folders of one member of a lab (a node's name, or "outside"): one a hierarchy. */
async function folders(...parts: string[]): Promise<string[]> {
  if (cgroupVersion() === 2) return [join(root, top, ...parts)]
  return (await hierarchies()).map(h => join(h.path, top, ...parts))
}

export async function createCgroup(lab: string, member: string): Promise<void> {
  for (const leaf of await folders(lab, member)) {
    const ancestors = [join(leaf, '../..'), join(leaf, '..'), leaf]
    for (const folder of ancestors) {
      await mkdir(folder, { recursive: true })
      if (cgroupVersion() === 2) await delegateAll(join(folder, '..'))
      else await inheritCpuset(folder)
    }
  }
  await Promise.all((await folders()).map(preferred))
}

/** Eight times the usual share of the processors for all labs together: to the host a lab is one group, however many machines it plays. */
async function preferred(folder: string): Promise<void> {
  for (const [file, share] of [
    ['cpu.shares', 8 * 1024],
    ['cpu.weight', 8 * 100],
  ] as const)
    if (existsSync(join(folder, file))) await writeFile(join(folder, file), String(share))
}

/** v1: a new cpuset is empty, and nothing can be put into an empty one. */
async function inheritCpuset(folder: string): Promise<void> {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if (!existsSync(join(folder, file))) continue
    await writeFile(join(folder, file), await readFile(join(folder, '..', file), 'utf8'))
  }
}

/** v2: a folder's children have only the controllers that are named in its subtree_control. */
async function delegateAll(folder: string): Promise<void> {
  const controllers = (await readFile(join(folder, 'cgroup.controllers'), 'utf8')).trim().split(/\s+/)
  for (const controller of controllers.filter(Boolean)) {
    await writeFile(join(folder, 'cgroup.subtree_control'), `+${controller}`).catch(() => undefined)
  }
}

/** Shell text that moves the shell itself into the member's cgroup. It is followed by `exec`. */
export async function joinScript(lab: string, member: string): Promise<string> {
  const lines: string[] = []
  for (const folder of await folders(lab, member)) {
    // v2 allows processes in leaves only, once systemd has enabled controllers below the node's root.
    const leaf = cgroupVersion() === 2 && member !== 'outside' ? join(folder, 'exec.scope') : folder
    if (leaf !== folder) lines.push(`mkdir -p '${leaf}'`)
    lines.push(`echo $$ > '${leaf}/cgroup.procs'`)
  }
  return lines.join('\n')
}

/** As joinScript, for a node's PID 1: its namespace's root is where it is when it is made. */
export async function enterScript(lab: string, member: string): Promise<string> {
  return (await folders(lab, member)).map(folder => `echo $$ > '${folder}/cgroup.procs'`).join('\n')
}

/** What boot.sh mounts: lines "FOLDER OPTIONS" for v1, "unified" for v2. */
export async function mountList(): Promise<string> {
  if (cgroupVersion() === 2) return 'unified'
  // systemd mounts the v2 hierarchy of hybrid mode itself.
  const v1 = (await hierarchies()).filter(h => h.type === 'cgroup')
  return v1.map(h => `${basename(h.path)} ${h.options}`).join('\n')
}

/** v1: runc's and kubelet's own driver, as systemd 252 in a v1 container manages only its own units. */
export const cgroupDriver = (): 'cgroupfs' | 'systemd' => (cgroupVersion() === 2 ? 'systemd' : 'cgroupfs')

async function descend(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const below = await Promise.all(
    entries.filter(e => e.isDirectory()).map(e => descend(join(folder, e.name))),
  )
  return existsSync(folder) ? [...below.flat(), folder] : []
}

/** Everybody in a lab's cgroups. Being there is proof: nobody but the lab puts processes there. */
export async function cgroupProcesses(...parts: string[]): Promise<number[]> {
  const pids = new Set<number>()
  for (const folder of (await Promise.all((await folders(...parts)).map(descend))).flat()) {
    const text = await readFile(join(folder, 'cgroup.procs'), 'utf8').catch(() => '')
    for (const pid of text.split('\n')) if (Number(pid) > 0) pids.add(Number(pid))
  }
  return [...pids]
}

/** Removes a lab's or a member's cgroups, which must be empty of processes, or be so soon. */
export async function removeCgroup(lab: string, ...member: string[]): Promise<void> {
  await until(`removing the cgroups of ${[lab, ...member].join('/')}`, 20_000, async () => {
    for (const folder of await folders(lab, ...member)) {
      for (const each of await descend(folder)) await rmdir(each).catch(() => undefined)
    }
    const left = (await folders(lab, ...member)).filter(folder => existsSync(folder))
    return left.length === 0 ? true : undefined
  })
  // The folder of all labs goes with the last of them; it refuses while there are others.
  for (const folder of await folders()) await rmdir(folder).catch(() => undefined)
}

export async function leftCgroups(): Promise<string[]> {
  return (await Promise.all((await folders()).map(descend))).flat()
}
