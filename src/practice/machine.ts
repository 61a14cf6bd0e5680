import type { Family } from '../address/family.ts'
import type { NodeFacts, NodeFile } from '../model/cluster.ts'
import { hashText } from '../text/edits.ts'

export const manifestFolder = '/etc/kubernetes/manifests/'

/** What a dead man's switch has kept, and what the run has written since. */
export interface ArmedSwitch {
  readonly files: ReadonlyMap<string, NodeFile | undefined>
  readonly unit: string | undefined
  readonly written: Set<string>
  /** It has fired, or was confirmed. */
  isDone: boolean
}

/** A node as itself: its files, its kernel, what runs on it beside pods. */
export interface Machine {
  readonly name: string
  readonly files: ReadonlyMap<string, NodeFile>
  readonly sysctls: ReadonlyMap<string, string>
  /** What nobody changes: addresses, routes, kernel and what else was read of it. */
  readonly hardware: Omit<
    NodeFacts,
    'files' | 'sysctls' | 'kubeletArguments' | 'manifests' | 'apiServer' | 'reach'
  >
  /** Arguments of the kubelet that runs; undefined: not known, or none runs. */
  readonly kubeletArguments: readonly string[] | undefined
  /** Entries of the static pod folder; undefined: the folder was not looked at. */
  readonly manifests: readonly string[] | undefined
  /** All this as a Cluster holds it; undefined: to be made when somebody asks. What changes it forgets it. */
  facts: NodeFacts | undefined
  /** Switches by `run step`. */
  readonly switches: Map<string, ArmedSwitch>
  /** While an API server is swapped: the arguments of the one that serves meanwhile. */
  standIn: ReadonlyMap<string, string> | undefined
  /** Families whose rules and device Felix has in this kernel. */
  readonly felix: Set<Family>
  /** Runs of which there are copies below /var/lib/dualstack, oldest first. */
  runs: readonly string[]
  /** Last words of static pods and units, newest last. */
  readonly logs: Map<string, string[]>
}

export function machineOf(name: string, facts: NodeFacts): Machine {
  const {
    files: all,
    sysctls,
    kubeletArguments,
    manifests,
    apiServer: _server,
    reach: _reach,
    ...hardware
  } = facts
  const files = Object.entries(all).flatMap(([path, file]) => (file === null ? [] : [[path, file] as const]))
  return {
    name,
    files: new Map(files),
    sysctls: new Map(Object.entries(sysctls)),
    hardware,
    kubeletArguments,
    manifests,
    facts: undefined,
    switches: new Map(),
    runs: [],
    standIn: undefined,
    felix: new Set(),
    logs: new Map(),
  }
}

type Changeable = { -readonly [Key in keyof Machine]: Machine[Key] } & {
  readonly files: Map<string, NodeFile>
  readonly sysctls: Map<string, string>
}

/** The one way in which what is known of a machine changes. */
function change(machine: Machine, how: (machine: Changeable) => void): void {
  how(machine as Changeable)
  machine.facts = undefined
}

/** Writes or takes away a file, without asking what stood there. */
export function putFile(machine: Machine, path: string, file: NodeFile | undefined): void {
  change(machine, changed => {
    if (file === undefined) changed.files.delete(path)
    else changed.files.set(path, file)
    if (!path.startsWith(manifestFolder) || changed.manifests === undefined) return
    const others = changed.manifests.filter(entry => entry !== path)
    if (file === undefined) changed.manifests = others
    else if (others.length === changed.manifests.length) changed.manifests = [...others, path].sort()
  })
}

export const putSysctl = (machine: Machine, key: string, value: string): void =>
  change(machine, ({ sysctls }) => sysctls.set(key, value))

/** undefined: no kubelet runs. */
export const putKubelet = (machine: Machine, words: readonly string[] | undefined): void =>
  change(machine, changed => {
    changed.kubeletArguments = words
  })

export const hashOf = (machine: Machine, path: string): string | null => {
  const file = machine.files.get(path)
  return file === undefined ? null : hashText(file.text)
}

/** All that is known of a node, as a Cluster holds it. Files that are not there are not named. */
export function factsOf(machine: Machine): NodeFacts {
  const { files, sysctls, hardware, kubeletArguments, manifests } = machine
  machine.facts ??= {
    ...hardware,
    files: Object.fromEntries(files),
    sysctls: Object.fromEntries(sysctls),
    ...(kubeletArguments === undefined ? {} : { kubeletArguments }),
    ...(manifests === undefined ? {} : { manifests }),
  }
  return machine.facts
}

/** Does a shell pattern for files in one folder match this path? A leading dot must be written. */
export function matchesPattern(pattern: string, path: string): boolean {
  const slash = pattern.lastIndexOf('/') + 1
  if (path.slice(0, path.lastIndexOf('/') + 1) !== pattern.slice(0, slash)) return false
  const [glob, name] = [pattern.slice(slash), path.slice(slash)]
  if (name.startsWith('.') && !glob.startsWith('.')) return false
  return expressionOf(glob).test(name)
}

/** The few patterns that layers read by, each asked of every file of every node. */
const expressions = new Map<string, RegExp>()

function expressionOf(glob: string): RegExp {
  const known = expressions.get(glob)
  if (known !== undefined) return known
  const source = glob
    .replaceAll(/[.+^${}()|\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  const expression = new RegExp(`^${source}$`)
  expressions.set(glob, expression)
  return expression
}
