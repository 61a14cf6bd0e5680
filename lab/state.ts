import { existsSync } from 'node:fs'
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Extra } from './build/services.ts'
import { identify, isAlive } from './process.ts'
import { LabError, until } from './shell.ts'

export type Role = 'control-plane' | 'worker'

export interface NodeState {
  name: string
  role: Role
  ipv4: string
  ipv6: string
  mac: string
  machineId: string
}

/** What nodes take from router advertisements: the default route alone, or their address too. */
export const advertisedChoices = ['route', 'address'] as const
export type Advertised = (typeof advertisedChoices)[number]

/** lab.json: what was asked for and what was chosen. Whatever names things is derived from it, so that `down`
 *  can find everything after a half-failed `up`. */
export interface LabState {
  name: string
  /** A small number no other lab here has: the nodes are 10.89.<instance>.0/24 and fd00:89:<instance>::/64. */
  instance: number
  kubernetes: string
  cni: 'calico' | 'bridge'
  workload: boolean
  /** What it has besides; undefined: nothing. */
  extras?: readonly Extra[]
  /** Of IPv6; undefined: nothing, all of it is static. */
  advertised?: Advertised
  nodes: NodeState[]
  /** Where the built binaries are. */
  bin: string
  /** Host and port of the API server, as in the kubeconfig. */
  server: string
  ready: boolean
}

/** The folder of all labs' state. It must not lie on an overlay: nodes' disks are overlays' upper layers. */
export function stateRoot(): string {
  const base = process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state')
  return process.env['DUALSTACK_LAB_STATE'] ?? join(base, 'dualstack-lab')
}

export const labsDir = (): string => join(stateRoot(), 'labs')
export const labDir = (name: string): string => join(labsDir(), name)
export const nodeDir = (lab: string, node: string): string => join(labDir(lab), 'nodes', node)

/** Names end up in namespaces, cgroups and host names; a dot separates them there. */
export function checkName(name: string): string {
  if (/^[a-z][a-z0-9-]{0,19}$/.test(name)) return name
  throw new LabError(`--name ${name}: not a name for a lab`, {
    hint: 'use up to 20 of a-z, 0-9 and -, beginning with a letter',
  })
}

export async function readLab(name: string): Promise<LabState | undefined> {
  const file = join(labDir(checkName(name)), 'lab.json')
  const text = await readFile(file, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as LabState)
}

export async function requireLab(name: string): Promise<LabState> {
  const lab = await readLab(name)
  if (lab) return lab
  const others = await labNames()
  throw new LabError(`there is no lab named ${name}`, {
    hint: others.length > 0 ? `there is: ${others.join(', ')}` : `make it: npm run lab -- up --name ${name}`,
  })
}

export async function writeLab(lab: LabState): Promise<void> {
  const file = join(labDir(lab.name), 'lab.json')
  await writeFile(`${file}.new`, `${JSON.stringify(lab, null, 2)}\n`)
  await rename(`${file}.new`, file)
}

export async function labNames(): Promise<string[]> {
  return (await readdir(labsDir()).catch(() => [])).filter(name => existsSync(join(labDir(name), 'lab.json')))
}

/** The smallest instance number that no lab has. Call it inside `locked`. */
export async function freeInstance(): Promise<number> {
  const taken = new Set<number>()
  for (const name of await labNames()) taken.add((await requireLab(name)).instance)
  for (let i = 1; i < 100; i++) if (!taken.has(i)) return i
  throw new LabError('there are 99 labs already', { hint: 'npm run lab -- down --name NAME' })
}

/** One at a time on this machine: choosing an instance, changing the host's sysctls. The lock of a process that
 *  has died is taken over. */
export async function locked<T>(work: () => Promise<T>): Promise<T> {
  const file = join(stateRoot(), 'lock')
  await mkdir(labsDir(), { recursive: true })
  const me = identify(process.pid)
  await until(`the lock ${file}`, 60_000, async () => {
    try {
      await writeFile(file, JSON.stringify(me), { flag: 'wx' })
      return true
    } catch {
      const holder = await readFile(file, 'utf8').catch(() => '')
      if (holder && !isAlive(JSON.parse(holder))) await rm(file, { force: true })
      return undefined
    }
  })
  try {
    return await work()
  } finally {
    await rm(file, { force: true })
  }
}
