import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Lab } from '../index.ts'
import type { Result } from '../shell.ts'

export const cli = resolve(import.meta.dirname, '../../dist/cli.js')

/** The built tool, as an operator runs it: outside the cluster, with a kubeconfig and ssh. Its state lies in the lab's folder. */
export interface Tool {
  readonly stateFolder: string
  run(...args: string[]): Promise<Result>
  /** Runs it and kills it (SIGKILL) as soon as the journal holds a line that `at` accepts. True: it was killed; false: it came to its end. */
  runAndKill(args: readonly string[], at: (journal: string) => boolean): Promise<boolean>
  /** The newest journal, whole. */
  journal(): string
}

export type Access = 'ssh' | 'pod'

export function tool(lab: Lab, access: Access): Tool {
  const stateFolder = join(lab.dir, 'tool')
  mkdirSync(stateFolder, { recursive: true })
  const env = { KUBECONFIG: lab.kubeconfig, XDG_STATE_HOME: stateFolder, NO_COLOR: '1' }
  const line = (args: readonly string[]): string[] => [
    process.execPath,
    cli,
    ...args,
    '--node-access',
    access,
    ...(access === 'ssh' ? ['--ssh-config', lab.sshConfig, '--ssh-destination', '{name}'] : []),
  ]
  const journal = (): string => {
    const folder = join(stateFolder, 'dualstack')
    const runs = list(folder).flatMap(cluster =>
      list(join(folder, cluster)).map(run => join(folder, cluster, run)),
    )
    const newest = runs
      .toSorted((a, b) => (a.split('/').at(-1) ?? '').localeCompare(b.split('/').at(-1) ?? ''))
      .at(-1)
    return newest === undefined ? '' : read(join(newest, 'journal.jsonl'))
  }
  return {
    stateFolder,
    journal,
    run: (...args) => lab.exec('outside', line(args), { env, timeoutMs: 15 * 60_000 }),
    async runAndKill(args, at) {
      // Straight from here, so that the signal reaches the tool itself: nsenter replaces itself by it.
      const child: ChildProcess = await lab.spawn('outside', line(args), {
        env: { ...process.env, ...env },
        stdio: 'ignore',
        detached: true,
      })
      const ended = once(child, 'exit')
      const had = journal().length
      let killed = false
      const watch = setInterval(() => {
        const text = journal()
        if (killed || text.length === had || !at(text)) return
        killed = true
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      }, 20)
      await ended
      clearInterval(watch)
      return killed
    },
  }
}

const list = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
