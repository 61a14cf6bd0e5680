import type { NodeFacts } from '../../model/cluster.ts'
import { RefusedError } from '../../base/errors.ts'
import { readEnvFlags } from '../../text/env.ts'

/** kubeadm writes the first; the package brings the name of the second (Debian) or third (Red Hat). */
export const envFiles = [
  '/var/lib/kubelet/kubeadm-flags.env',
  '/etc/default/kubelet',
  '/etc/sysconfig/kubelet',
] as const
const kubeadmPlace = { path: envFiles[0], variable: 'KUBELET_KUBEADM_ARGS' } as const

/** Where systemd looks for units, the strongest last (systemd.unit(5)). /lib is a link to /usr/lib nearly everywhere. */
export const unitFolders = [
  '/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/usr/local/lib/systemd/system',
  '/run/systemd/system',
  '/etc/systemd/system',
] as const
export const unitNames = ['kubelet.service'] as const

/** What the unit and its drop-ins say of where flags come from. */
export interface Unit {
  /** Variables of ExecStart, in order: of two flags the later counts. */
  readonly variables: readonly string[]
  /** EnvironmentFiles, in order: of two that set a variable the later counts. */
  readonly files: readonly string[]
  /** The line of a unit or drop-in that bears --node-ip itself, with its file. */
  readonly fixed: { readonly path: string; readonly line: number } | undefined
}

export interface Place {
  readonly path: string
  readonly variable: string
  readonly value: string
}

/** From the files of a node. A node whose unit was not read is taken to be as kubeadm's packages make it. */
export function unitOf(files: NodeFacts['files']): Unit {
  const lines = unitLines(files)
  const start = lines.findLast(({ key, value }) => key === 'ExecStart' && value !== '')
  const variables = [...(start?.value ?? '').matchAll(/\$\{?([A-Za-z_]\w*)\}?/g)].map(match => match[1] ?? '')
  const named = lines.flatMap(({ key, value }) =>
    key === 'EnvironmentFile' && value !== '' ? [value.replace(/^-/, '')] : [],
  )
  const fixed = lines.find(({ value }) => /(^|[\s"'=])--node[-_]ip\b/.test(value))
  return {
    variables: start === undefined ? ['KUBELET_KUBEADM_ARGS', 'KUBELET_EXTRA_ARGS'] : variables,
    files: start === undefined ? envFiles : named,
    fixed: fixed && { path: fixed.path, line: fixed.line },
  }
}

interface UnitLine {
  readonly path: string
  readonly line: number
  readonly key: string
  readonly value: string
}

/** All assignments in the order in which systemd reads them: the unit, then the drop-ins of all folders by name. */
function unitLines(files: NodeFacts['files']): readonly UnitLine[] {
  const paths = Object.keys(files).filter(path => files[path])
  const strength = (path: string) => unitFolders.findIndex(folder => path.startsWith(`${folder}/`))
  const strongest = (candidates: readonly string[]) => {
    const byName = new Map<string, string>()
    for (const path of candidates.toSorted((a, b) => strength(a) - strength(b)))
      byName.set(path.slice(path.lastIndexOf('/') + 1), path)
    return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path)
  }
  const units = paths.filter(path =>
    unitFolders.some(folder => unitNames.some(name => path === `${folder}/${name}`)),
  )
  const dropIns = paths.filter(path =>
    unitFolders.some(folder =>
      unitNames.some(name => path.startsWith(`${folder}/${name}.d/`) && path.endsWith('.conf')),
    ),
  )
  return [...strongest(units), ...strongest(dropIns)].flatMap(path =>
    assignments(path, files[path]?.text ?? ''),
  )
}

/** A backslash at the end of a line joins the next one to it. */
function assignments(path: string, text: string): readonly UnitLine[] {
  const found: UnitLine[] = []
  let open: { line: number; text: string } | undefined
  for (const [index, row] of text.split(/\r?\n/).entries()) {
    const line = open ?? { line: index + 1, text: '' }
    const joined = line.text + row
    if (/^\s*[#;]/.test(joined)) continue
    if (row.endsWith('\\')) {
      open = { line: line.line, text: `${joined.slice(0, -1)} ` }
      continue
    }
    open = undefined
    const [, key, value] = /^\s*([A-Za-z]\w*)\s*=\s*(.*?)\s*$/.exec(joined) ?? []
    if (key !== undefined && value !== undefined) found.push({ path, line: line.line, key, value })
  }
  return found
}

/** Where the flag that counts stands; undefined: nowhere that we read. @throws RefusedError of text/env */
export function placeOf(
  unit: Unit,
  textOf: (path: string) => string | undefined,
  flag: string,
): Place | undefined {
  return unit.variables.reduce<Place | undefined>((found, variable) => {
    const path = unit.files.findLast(file => readEnvFlags(textOf(file) ?? '', variable) !== undefined)
    const value = path === undefined ? undefined : readEnvFlags(textOf(path) ?? '', variable)?.[flag]
    return path === undefined || value === undefined ? found : { path, variable, value }
  }, undefined)
}

/** Where a flag goes that stands nowhere yet. @throws RefusedError where the kubelet is not started as kubeadm's packages do */
export function newPlace(unit: Unit): Omit<Place, 'value'> {
  if (unit.variables.includes(kubeadmPlace.variable) && unit.files.includes(kubeadmPlace.path))
    return kubeadmPlace
  const path = unit.files.findLast(file => file === envFiles[1] || file === envFiles[2])
  if (unit.variables.includes('KUBELET_EXTRA_ARGS') && path !== undefined)
    return { path, variable: 'KUBELET_EXTRA_ARGS' }
  throw new RefusedError(
    `kubelet.service reads its flags neither from ${kubeadmPlace.path} nor from ${envFiles[1]} or ${envFiles[2]}`,
    'kubelet.no-place',
    'Let its ExecStart end in $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS, as the packages of kubeadm do.',
  )
}
