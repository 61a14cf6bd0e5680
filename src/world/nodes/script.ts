import { readFileSync } from 'node:fs'
import { assignments } from './quote.ts'

/** The agent's files, in `agent/`. Kept as .sh so that editors and shellcheck read them; the build copies them next to the bundle. */
export type Part =
  | 'base'
  | 'files'
  | 'api'
  | 'process'
  | 'unit'
  | 'facts'
  | 'write'
  | 'sysctl'
  | 'unit-state'
  | 'logs'
  | 'containers'
  | 'settle'
  | 'prune'
  | 'guard-arm'
  | 'guard-confirm'
  | 'guard-fire'
  | 'guard-look'
  | 'swap-look'
  | 'swap-start'
  | 'swap-watch'
  | 'swap-proof'
  | 'swap-redirect'
  | 'swap-agent'

export type Values = Readonly<Record<string, string | number>>

/** Where scripts run: other than on a real node only in tests. */
export interface Place {
  /** Prefix of all paths. */
  readonly root: string
  readonly path: string
}

export const realPlace: Place = {
  root: '',
  path: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/bin',
}

const loaded = new Map<Part, string>()

function part(name: Part): string {
  let text = loaded.get(name)
  if (text === undefined) {
    text = readFileSync(new URL(`./agent/${name}.sh`, import.meta.url), 'utf8')
    loaded.set(name, text)
  }
  return text
}

/** A program: assignments first, then the parts one after the other. */
export function program(parts: readonly Part[], values: Values, place: Place): string {
  return `${assignments({ ROOT: place.root, PATH: place.path, ...values })}${['base' as const, ...parts].map(part).join('\n')}`
}

/**
 * A program for the stdin of `sh -s`. In one compound command: a shell reads it to its end before it runs the first line, so that half a
 * script (the connection broke) does nothing; and nothing in it can eat the rest of it as its input.
 */
export const onStdin = (text: string): string => `{\n${text}\n} </dev/null\n`
