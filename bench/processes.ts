import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What a process of a bench cost, server and client each being one of its own. */
export interface Cost {
  readonly seconds: number
  /** User and system. */
  readonly cpu: number
  /** Peak. */
  readonly megabytes: number
}

/** What this process has cost since `start`, as `performance.now()` gave it; of its CPU time what came after `before`, or all. */
export function costSince(start: number, before?: NodeJS.CpuUsage): Cost {
  const { user, system } = process.cpuUsage(before)
  return {
    seconds: (performance.now() - start) / 1000,
    cpu: (user + system) / 1e6,
    megabytes: process.resourceUsage().maxRSS / 1024,
  }
}

/** The first message of a process. Throws when it ends without one. */
export async function message(child: ChildProcess): Promise<unknown> {
  const [first] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`a bench process ended with ${String(code)}`)
    }),
  ])) as unknown[]
  return first
}

/** A kubeconfig in that folder for a server of a bench; its path. */
export async function kubeconfigIn(folder: string, server: string, ca: string): Promise<string> {
  const path = join(folder, 'config')
  const cluster = {
    server,
    'certificate-authority-data': Buffer.from(ca).toString('base64'),
    'disable-compression': true,
  }
  const contexts = [{ name: 'b', context: { cluster: 'b' } }]
  await writeFile(
    path,
    JSON.stringify({ 'current-context': 'b', clusters: [{ name: 'b', cluster }], contexts }),
  )
  return path
}
