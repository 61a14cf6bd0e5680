import { execFile } from 'node:child_process'
import { readFile, readlink } from 'node:fs/promises'
import { hostname, userInfo } from 'node:os'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Who holds the lock: a sentence for people, and a key by which the same machine can see whether that process still lives. */
export interface Holder {
  /** `anna@laptop pid 4711 start 2026-11-23T03:20:00Z` */
  readonly identity: string
  /** `<boot id>/<pid namespace>/<pid>/<start>`; undefined where this machine cannot tell (then a dead holder's lock is waited out) */
  readonly process: string | undefined
}

/** This process. `now` in milliseconds. */
export async function thisHolder(now: number): Promise<Holder> {
  const start = new Date(now - process.uptime() * 1000).toISOString().replace(/\.\d+Z$/, 'Z')
  const [machine, since] = await Promise.all([machineKey(), startOf(process.pid)])
  return {
    identity: `${userName()}@${hostname()} pid ${process.pid} start ${start}`,
    process: machine === undefined || since === undefined ? undefined : `${machine}/${process.pid}/${since}`,
  }
}

/**
 * Was the holder a process of this machine, and is it dead? Only a certain yes counts: another boot id may be another machine of the same
 * name, and a pid means nothing in another pid namespace.
 */
export async function isDead(holderProcess: string | undefined): Promise<boolean> {
  const match = /^(.+)\/(\d+)\/([^/]+)$/.exec(holderProcess ?? '')
  if (match === null) return false
  const [, machine, pid, since] = match
  if (machine !== (await machineKey())) return false
  // The start time tells the process from a later one that was given the same pid.
  const start = await startOf(Number(pid))
  return start !== undefined && start !== since
}

/** Boot id and pid namespace. */
async function machineKey(): Promise<string | undefined> {
  try {
    if (process.platform === 'darwin') {
      return `${(await run('sysctl', ['-n', 'kern.bootsessionuuid'])).stdout.trim()}/0`
    }
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8')
    return `${boot.trim()}/${(await readlink('/proc/self/ns/pid')).replace(/\D/g, '')}`
  } catch {
    return undefined
  }
}

/** When a process started, in whatever unit the system has; `none`: there is no such process; undefined: it cannot be told. */
async function startOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    try {
      // Field 22 of /proc/PID/stat, clock ticks since boot. Field 2, the name, is in parentheses and may hold blanks and more of them.
      const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /s, '').split(' ')
      return fields[0] === 'Z' ? 'none' : fields[19]
    } catch {
      // Not there, or hidden from us (hidepid): only the kernel's "no such process" counts.
      return exists(pid) ? undefined : 'none'
    }
  }
  try {
    const { stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)])
    return stdout.trim().replace(/\W+/g, '-') || 'none'
  } catch (error) {
    // ps ends with 1 when there is no such process; anything else says nothing.
    return (error as { code?: unknown }).code === 1 ? 'none' : undefined
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    return 'unknown' // a uid without a name, as in many containers
  }
}
