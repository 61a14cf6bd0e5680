import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { RefusedError } from '../base/errors.ts'
import { type Event, isDurable } from '../model/event.ts'
import { getField } from '../model/fields.ts'
import type { PastRun } from '../plan/restore.ts'

/** `$XDG_STATE_HOME/dualstack/<cluster uid>/`: one folder a run below it, private to the user. */
export function journalFolder(cluster: string, env: NodeJS.ProcessEnv = process.env): string {
  const state = env['XDG_STATE_HOME'] ?? join(env['HOME'] ?? homedir(), '.local', 'state')
  return join(state, 'dualstack', cluster)
}

/** The memory of one run: JSON lines, each on disk before the next thing happens. */
export interface Journal {
  readonly run: string
  /** Returns when the event is on disk (durable kinds only; the others are not kept). */
  append(event: Event): void
  close(): void
}

export function openJournal(folder: string, run: string): Journal {
  const path = join(folder, run)
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const name = join(path, 'journal.jsonl')
  dropTornLine(name)
  const file = openSync(name, 'a', 0o600)
  // The entry in the folder must survive a power cut as well as the lines.
  const entry = openSync(path, 'r')
  fsyncSync(entry)
  closeSync(entry)
  return {
    run,
    append(event) {
      if (!isDurable(event)) return
      const line = Buffer.from(`${JSON.stringify(event)}\n`)
      // A write to a full disk may be short: the rest would be lost without a word.
      const before = fstatSync(file).size
      try {
        for (let at = 0; at < line.length; ) at += writeSync(file, line, at)
        fsyncSync(file)
      } catch (error) {
        // What comes next must not be glued to the half of a line.
        ftruncateSync(file, before)
        throw error
      }
    },
    close: () => closeSync(file),
  }
}

/** A crash may have cut the last line: what comes next must not be glued to it. */
function dropTornLine(name: string): void {
  if (!existsSync(name)) return
  const bytes = readFileSync(name)
  const end = bytes.lastIndexOf(0x0a) + 1
  if (end < bytes.length) truncateSync(name, end)
}

/** Every run of a cluster, oldest first. A last line that was cut off by a crash is left out; a broken line elsewhere is an error. */
export async function readRuns(folder: string): Promise<readonly PastRun[]> {
  const names = await readdir(folder).catch(() => [])
  const runs = await Promise.all(names.toSorted().map(run => readRun(folder, run)))
  return runs.filter(run => run.events.length > 0)
}

async function readRun(folder: string, run: string): Promise<PastRun> {
  const path = join(folder, run, 'journal.jsonl')
  const text = await readFile(path, 'utf8').catch(() => '')
  const lines = text.split('\n')
  const events = lines.flatMap((line, index): Event[] => {
    if (line === '') return []
    try {
      const event: unknown = JSON.parse(line)
      if (!isEvent(event)) throw new TypeError('no event')
      return [event]
    } catch (error) {
      if (index === lines.length - 1) return []
      throw new RefusedError(
        `${path}, line ${index + 1}: not a journal record`,
        'journal.broken',
        'The journal was edited or damaged. Without it the way back uses semantic edits: move the folder away to go on without it.',
        error,
      )
    }
  })
  return { run, events }
}

/** As far as a reader relies on it: a line that parses may still be somebody's edit. */
function isEvent(value: unknown): value is Event {
  if (typeof value !== 'object' || value === null || !('kind' in value) || !('at' in value)) return false
  const { kind, at } = value
  if (typeof kind !== 'string' || typeof at !== 'string') return false
  const plan = 'plan' in value ? value.plan : undefined
  return kind !== 'opened' || Array.isArray(getField(plan, ['steps']))
}

/** Ids of the steps that a run has begun (`intend`), or that it saw hold (`settled`). */
export const stepsOf = (events: readonly Event[], kind: 'intend' | 'settled'): ReadonlySet<string> =>
  new Set(events.flatMap(event => (event.kind === kind ? [event.step] : [])))

/** The last run, when it has not come to its end. */
export function unfinished(past: readonly PastRun[]): PastRun | undefined {
  const last = past.at(-1)
  return last === undefined ||
    last.events.some(event => event.kind === 'closed' || event.kind === 'superseded')
    ? undefined
    : last
}

/** Sortable by time, and two in one second differ. */
export function newRun(now: number, verb: string): string {
  const stamp = new Date(now)
    .toISOString()
    .replaceAll(/[-:]/g, '')
    .replace(/\.\d+Z$/, 'Z')
  return `${stamp}-${verb}-${Math.floor(Math.random() * 0x10000)
    .toString(16)
    .padStart(4, '0')}`
}
