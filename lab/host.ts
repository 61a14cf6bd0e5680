import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { existsSync } from 'node:fs'
import { labNames, stateRoot } from './state.ts'

/**
 * The few settings of the kernel that have no namespace. Nodes see /proc/sys read-only but for net/, so that
 * whatever a kubelet wants there is set here once, and restored when the last lab goes.
 */
const wanted: readonly { key: string; value: number; keepIfGreater?: true; why: string }[] = [
  {
    key: 'fs/inotify/max_user_instances',
    value: 4096,
    keepIfGreater: true,
    why: 'every kubelet and pod watches files',
  },
  { key: 'fs/inotify/max_user_watches', value: 524288, keepIfGreater: true, why: 'as above' },
  { key: 'vm/overcommit_memory', value: 1, why: 'kubelet demands it' },
  { key: 'kernel/panic', value: 10, why: 'kubelet demands it' },
  { key: 'kernel/panic_on_oops', value: 1, why: 'kubelet demands it' },
  { key: 'kernel/keys/root_maxkeys', value: 1000000, why: 'kubelet demands it' },
  { key: 'kernel/keys/root_maxbytes', value: 25000000, why: 'kubelet demands it' },
]

export const savedFile = (): string => join(stateRoot(), 'host-sysctls.json')
const path = (key: string): string => `/proc/sys/${key}`
const read = async (key: string): Promise<string> => (await readFile(path(key), 'utf8')).trim()

/** What the host had before the first lab. */
export async function savedSysctls(): Promise<Record<string, string>> {
  const text = await readFile(savedFile(), 'utf8').catch(() => '{}')
  return JSON.parse(text) as Record<string, string>
}

/** Call it inside `locked`, once the lab's lab.json is written: restoring looks for other labs. */
export async function prepareHost(): Promise<void> {
  const saved = await savedSysctls()
  for (const { key } of wanted) saved[key] ??= await read(key)
  // Saved before anything is changed: whoever dies in between loses nothing.
  if (!existsSync(savedFile())) await writeFile(savedFile(), `${JSON.stringify(saved, null, 2)}\n`)
  for (const { key, value, keepIfGreater } of wanted) {
    const now = Number(await read(key))
    if (keepIfGreater ? now < value : now !== value) await writeFile(path(key), String(value))
  }
}

/** Call it inside `locked`, once the lab's lab.json is gone. */
export async function restoreHost(): Promise<void> {
  if ((await labNames()).length > 0) return
  for (const [key, value] of Object.entries(await savedSysctls())) {
    if ((await read(key)) !== value) await writeFile(path(key), value)
  }
  await rm(savedFile(), { force: true })
}
