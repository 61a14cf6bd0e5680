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
  readonly files: Map<string, NodeFile>
  readonly sysctls: Map<string, string>
  /** What nobody changes: addresses, routes, kernel and what else was read of it. */
  readonly hardware: Omit<
    NodeFacts,
    'files' | 'sysctls' | 'kubeletArguments' | 'manifests' | 'apiServer' | 'reach'
  >
  /** Arguments of the kubelet that runs; undefined: not known, or none runs. */
  kubeletArguments: readonly string[] | undefined
  /** Entries of the static pod folder; undefined: the folder was not looked at. */
  manifests: readonly string[] | undefined
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
    switches: new Map(),
    runs: [],
    standIn: undefined,
    felix: new Set(),
    logs: new Map(),
  }
}

/** Writes or takes away a file, without asking what stood there. */
export function putFile(machine: Machine, path: string, file: NodeFile | undefined): void {
  if (file === undefined) machine.files.delete(path)
  else machine.files.set(path, file)
  if (!path.startsWith(manifestFolder) || machine.manifests === undefined) return
  const others = machine.manifests.filter(entry => entry !== path)
  if (file === undefined) machine.manifests = others
  else if (others.length === machine.manifests.length) machine.manifests = [...others, path].sort()
}

export const hashOf = (machine: Machine, path: string): string | null => {
  const file = machine.files.get(path)
  return file === undefined ? null : hashText(file.text)
}

/** All that is known of a node, as a Cluster holds it. Files that are not there are not named. */
export function factsOf(machine: Machine): NodeFacts {
  return { files: Object.fromEntries(machine.files), ...networkOf(machine) }
}

export function networkOf({ sysctls, hardware, kubeletArguments, manifests }: Machine) {
  return {
    ...hardware,
    sysctls: Object.fromEntries(sysctls),
    ...(kubeletArguments === undefined ? {} : { kubeletArguments }),
    ...(manifests === undefined ? {} : { manifests }),
  }
}

/** Does a shell pattern for files in one folder match this path? A leading dot must be written. */
export function matchesPattern(pattern: string, path: string): boolean {
  const slash = pattern.lastIndexOf('/') + 1
  if (path.slice(0, path.lastIndexOf('/') + 1) !== pattern.slice(0, slash)) return false
  const [glob, name] = [pattern.slice(slash), path.slice(slash)]
  if (name.startsWith('.') && !glob.startsWith('.')) return false
  const source = glob
    .replaceAll(/[.+^${}()|\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`).test(name)
}
