import { readFile, writeFile } from 'node:fs/promises'
import { readFileSync } from 'node:fs'

/** A process by more than its number: numbers are used again, a number with its start time is not. */
export interface ProcessId {
  pid: number
  /** Field 22 of /proc/PID/stat: clock ticks after boot. */
  started: string
}

/** undefined: there is no such process, or it is a zombie. */
export function identify(pid: number): ProcessId | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may hold anything, so fields are counted from its end.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const started = fields[19]
    return fields[0] === 'Z' || started === undefined ? undefined : { pid, started }
  } catch {
    return undefined
  }
}

export function isAlive(id: ProcessId): boolean {
  return identify(id.pid)?.started === id.started
}

/** Kills the very process that was recorded, or nothing. */
export function kill(id: ProcessId, signal: NodeJS.Signals = 'SIGKILL'): boolean {
  if (!isAlive(id)) return false
  try {
    process.kill(id.pid, signal)
    return true
  } catch {
    return false
  }
}

/** A record is the line "PID STARTED"; lab/node/boot.sh writes the same for a node's PID 1. */
export async function readRecord(file: string): Promise<ProcessId | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const [pid, started] = text.trim().split(' ')
  return pid && started ? { pid: Number(pid), started } : undefined
}

export async function writeRecord(file: string, id: ProcessId): Promise<void> {
  await writeFile(file, `${id.pid} ${id.started}\n`)
}
