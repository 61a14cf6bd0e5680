import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { readFile, rename } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export type Log = (line: string) => void

/** Something that is made once from its inputs and then only read. */
export interface Recipe {
  readonly name: string
  /** Everything the result depends on: texts of sources, versions, flags. */
  readonly inputs: readonly string[]
  make(folder: string): Promise<void>
}

const keptEntries = 2

export function cacheFolder(): string {
  const base =
    process.env['DUALSTACK_LAB_CACHE'] ?? process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  return join(base, 'dualstack-lab')
}

/** The folder that holds what the recipe makes; made first, if no earlier run did with the same inputs. */
export async function cached(recipe: Recipe, log: Log): Promise<string> {
  const shelf = join(cacheFolder(), recipe.name)
  const key = createHash('sha256').update(JSON.stringify(recipe.inputs)).digest('hex')
  const entry = join(shelf, key)
  if (used(entry)) return entry
  mkdirSync(shelf, { recursive: true })
  const unlock = await lock(`${entry}.lock`, () => existsSync(entry), log)
  try {
    if (!used(entry)) await publish(recipe, shelf, entry, log)
  } finally {
    unlock()
  }
  return entry
}

/** Marks the entry as used now: what is pruned is what nobody has asked for the longest. */
function used(entry: string): boolean {
  if (!existsSync(entry)) return false
  const now = new Date()
  utimesSync(entry, now, now)
  return true
}

async function publish(recipe: Recipe, shelf: string, entry: string, log: Log): Promise<void> {
  const started = Date.now()
  log(`${recipe.name}: making it`)
  const draft = join(shelf, `.draft-${process.pid}-${randomBytes(4).toString('hex')}`)
  mkdirSync(draft)
  try {
    await recipe.make(draft)
    // A rename publishes all of it or nothing. It fails if another process was first, whose result is as good.
    await rename(draft, entry).catch(error => {
      if (!existsSync(entry)) throw error
    })
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
  log(`${recipe.name}: made in ${((Date.now() - started) / 1000).toFixed(1)} s`)
  prune(shelf)
}

function prune(shelf: string): void {
  const entries = readdirSync(shelf).map(name => ({ name, path: join(shelf, name) }))
  const finished = entries
    .filter(({ name }) => /^[0-9a-f]{64}$/.test(name))
    .map(entry => ({ ...entry, at: statSync(entry.path).mtimeMs }))
    .sort((a, b) => b.at - a.at)
  const abandoned = entries.filter(({ name }) => {
    const pid = /^\.draft-(\d+)-/.exec(name)?.[1]
    return pid !== undefined && !alive(Number(pid))
  })
  for (const { path } of [...finished.slice(keptEntries), ...abandoned]) {
    rmSync(path, { recursive: true, force: true })
  }
}

/**
 * Keeps a second process from doing the same work at the same time. Only a courtesy: `publish` is right without it,
 * so that a lock which was wrongly taken for abandoned costs time and nothing else.
 */
async function lock(path: string, done: () => boolean, log: Log): Promise<() => void> {
  for (let waited = false; ; waited = true) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' })
      return () => rmSync(path, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    if (done()) return () => {}
    const owner = Number(await readFile(path, 'utf8').catch(() => ''))
    if (owner > 0 && !alive(owner)) rmSync(path, { force: true })
    else if (!waited) log(`waiting for process ${owner}, which makes the same`)
    await sleep(500)
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
