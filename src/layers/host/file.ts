import type { NodeFacts } from '../../model/cluster.ts'
import { readSysctlFile } from '../../text/sysctl.ts'
import { type FileThere, onceForSame } from '../shared/same-files.ts'
import type { Setting } from './settings.ts'

/**
 * Ours. systemd-sysctl and `sysctl --system` read the files of all folders in the order of their names, and the last one wins; Debian and
 * Red Hat link 99-sysctl.conf to /etc/sysctl.conf, and images bring 99-kubernetes-cri.conf and the like: `zz` is behind them all.
 */
export const ownFile = '/etc/sysctl.d/zz-dualstack.conf'

/** Read in this order by the name of the file; a file of the same name in an earlier folder hides the later one (sysctl.d(5)). */
export const folders = [
  '/etc/sysctl.d',
  '/run/sysctl.d',
  '/usr/local/lib/sysctl.d',
  '/usr/lib/sysctl.d',
] as const

/** `sysctl --system` (procps) reads it after everything else; systemd at boot does not read it at all but by a link. */
export const lastFile = '/etc/sysctl.conf'

/** A line of our file, with the value that was running before it was written. */
export interface Line extends Setting {
  readonly before: string
}

const header =
  '# Written by kubectl-dualstack: this node forwards both IP families. `dualstack rollback` takes it away.'

/** The file's text. It remembers what ran before, so that the way back needs nothing else than this node. */
export const fileText = (lines: readonly Line[]): string =>
  [
    header,
    ...lines.flatMap(({ key, value, before }) => [`# before: ${before}`, `${key} = ${value}`]),
    '',
  ].join('\n')

/** The lines of our file; undefined where it is not exactly as we write it: somebody made it his own. */
export function parseOwnFile(text: string): readonly Line[] | undefined {
  const rows = text.split('\n').slice(1, -1)
  const lines: Line[] = []
  for (let index = 0; index < rows.length; index += 2) {
    const before = /^# before: (\S+)$/.exec(rows[index] ?? '')?.[1]
    const [, key, value] = /^(\S+) = (\S+)$/.exec(rows[index + 1] ?? '') ?? []
    if (before === undefined || key === undefined || value === undefined) return undefined
    lines.push({ key, value, before })
  }
  return fileText(lines) === text ? lines : undefined
}

/** What files set at boot, by key, with the file that does. */
export type Persisted = ReadonlyMap<string, { readonly value: string; readonly path: string }>

/** What the files of a node set at boot. Our own is left out, unless somebody made it his. One function for many nodes. */
export function persistedOf(): (files: NodeFacts['files']) => Persisted {
  const once = onceForSame(persisted)
  return files => once(inOrder(files))
}

/** The files that count, in the order in which they are read. */
function inOrder(files: NodeFacts['files']): readonly FileThere[] {
  const byName = new Map<string, FileThere>()
  for (const folder of folders) {
    for (const [path, file] of Object.entries(files)) {
      if (file === null || !path.endsWith('.conf') || !path.startsWith(folder)) continue
      const name = path.slice(path.lastIndexOf('/') + 1)
      if (path === `${folder}/${name}` && !byName.has(name)) byName.set(name, [path, file])
    }
  }
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, chosen]) => chosen)
}

function persisted(chosen: readonly FileThere[]): Persisted {
  const found = new Map<string, { value: string; path: string }>()
  for (const [path, { text }] of chosen) {
    if (path === ownFile && parseOwnFile(text) !== undefined) continue
    for (const [key, value] of Object.entries(readSysctlFile(text))) found.set(key, { value, path })
  }
  return found
}
