import type { NodeFacts, NodeFile } from '../../model/cluster.ts'
import { type FileThere, onceForSame } from '../shared/same-files.ts'
import { envFiles, unitFolders, unitNames } from './files.ts'

/** What kubelet.service and its drop-ins say of where flags come from (systemd.exec(5), systemd.service(5)). */
export interface Unit {
  /** Variables of ExecStart, in order: of two flags the later counts. */
  readonly variables: readonly string[]
  /** EnvironmentFiles, in order: of two that set a variable the later counts, and both beat Environment=. */
  readonly files: readonly string[]
  /** Variables that Environment= sets, with the line. */
  readonly environment: readonly UnitLine[]
  /** The ExecStart that counts. */
  readonly start: UnitLine | undefined
}

export interface UnitLine {
  readonly path: string
  readonly line: number
  readonly key: string
  readonly value: string
}

/** `unitOf` for many nodes. */
export function unitsOf(): typeof unitOf {
  const once = onceForSame(unitFrom)
  return files => once(unitFiles(files))
}

/** From the files of a node. A node whose unit was not read is taken to be as kubeadm's packages make it. */
export const unitOf = (files: NodeFacts['files']): Unit => unitFrom(unitFiles(files))

function unitFrom(files: readonly FileThere[]): Unit {
  const lines = files.flatMap(([path, file]) => linesOf(path, file))
  // `ExecStart=` forgets the ones before; of several that are left only the last is the kubelet.
  const start = lines.findLast(({ key, value }) => key === 'ExecStart' && value !== '')
  if (start === undefined) {
    return {
      variables: ['KUBELET_KUBEADM_ARGS', 'KUBELET_EXTRA_ARGS'],
      files: envFiles,
      environment: [],
      start,
    }
  }
  return {
    variables: [...start.value.matchAll(/\$\{?([A-Za-z_]\w*)\}?/g)].map(match => match[1] ?? ''),
    files: lines.flatMap(({ key, value }) =>
      key === 'EnvironmentFile' && value !== '' ? [value.replace(/^-/, '')] : [],
    ),
    environment: lines.filter(({ key }) => key === 'Environment'),
    start,
  }
}

/** Does this Environment= line set the variable? `Environment="A=x" B=y` */
export const sets = (line: UnitLine, variable: string): boolean =>
  new RegExp(`(^|[\\s"'])${variable}=`).test(line.value)

/** In the order in which systemd reads them: the unit, then the drop-ins of all folders by name. */
function unitFiles(files: NodeFacts['files']): readonly FileThere[] {
  const paths = Object.keys(files).filter(path => files[path])
  const units = paths.filter(path =>
    unitFolders.some(folder => unitNames.some(name => path === `${folder}/${name}`)),
  )
  const dropIns = paths.filter(
    path =>
      path.endsWith('.conf') &&
      unitFolders.some(folder => unitNames.some(name => path.startsWith(`${folder}/${name}.d/`))),
  )
  return [...strongest(units), ...strongest(dropIns)].flatMap(path => {
    const file = files[path]
    return file ? [[path, file] as const] : []
  })
}

/** Of a file that thousands of nodes share (one object) once for each path. */
const known = new WeakMap<NodeFile, Map<string, readonly UnitLine[]>>()

function linesOf(path: string, file: NodeFile): readonly UnitLine[] {
  const byPath = known.get(file) ?? new Map<string, readonly UnitLine[]>()
  known.set(file, byPath)
  const lines = byPath.get(path) ?? assignments(path, file.text)
  byPath.set(path, lines)
  return lines
}

/** Of files of one name that of the strongest folder; sorted by name. */
function strongest(paths: readonly string[]): readonly string[] {
  const strength = (path: string) => unitFolders.findIndex(folder => path.startsWith(`${folder}/`))
  const byName = new Map<string, string>()
  for (const path of paths.toSorted((a, b) => strength(a) - strength(b))) {
    byName.set(path.slice(path.lastIndexOf('/') + 1), path)
  }
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path)
}

/** A backslash at the end of a line joins the next one to it. */
function assignments(path: string, text: string): readonly UnitLine[] {
  const found: UnitLine[] = []
  let open: { line: number; text: string } | undefined
  for (const [index, row] of text.split(/\r?\n/).entries()) {
    if (/^\s*[#;]/.test(row)) continue
    const line = open?.line ?? index + 1
    const joined = (open?.text ?? '') + row
    if (row.endsWith('\\')) {
      open = { line, text: `${joined.slice(0, -1)} ` }
      continue
    }
    open = undefined
    const [, key, value] = /^\s*([A-Za-z]\w*)\s*=\s*(.*?)\s*$/.exec(joined) ?? []
    if (key !== undefined && value !== undefined) found.push({ path, line, key, value })
  }
  return found
}
