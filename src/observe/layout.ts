import type { Resource } from '../model/cluster.ts'

/**
 * Where things stand in a bundle. Names come from a cluster or from a folder that somebody sent, so each is checked or encoded here,
 * and nowhere else: no name can point out of the folder.
 */
export const versionFile = 'version.json'
/** Why something that was wanted is not there: `Cluster.unread`. Absent in hand-made bundles. */
export const unreadFile = 'unread.json'
export const configMaps: Resource = 'v1/configmaps'
export { podResource } from '../world/api/pods.ts'
/** Never read from a bundle, never written to one. */
export const secrets: Resource = 'v1/secrets'

/** `apps/v1/daemonsets` → `objects/apps/v1/daemonsets.json` */
export const listFile = (resource: Resource): string => `objects/${resource}.json`

/** A namespace has no dot in its name (RFC 1123 label), a ConfigMap may: the first dot divides. */
export const configMapFile = (namespace: string, name: string): string =>
  `objects/${configMaps}/${encodeName(`${namespace}.${name}`)}.json`

export const nodeFolder = (node: string): string => `nodes/${encodeName(node)}`

/** Mode, owner and absence of the node's files. Absent in hand-made bundles. */
export const filesIndex = (node: string): string => `${nodeFolder(node)}/files.json`

export const commandFile = (node: string, command: string): string =>
  `${nodeFolder(node)}/commands/${command}`

/** `/etc/hosts` of n1 → `nodes/n1/files/etc/hosts`; undefined: not an absolute path in its plainest form. */
export function nodeFile(node: string, path: string): string | undefined {
  return isPlainPath(path) ? `${nodeFolder(node)}/files${path}` : undefined
}

/** Absolute, and each part a real name: no `..`, no `.`, no empty one. */
export function isPlainPath(path: string): boolean {
  if (!path.startsWith('/') || path.includes('\0')) return false
  return path
    .slice(1)
    .split('/')
    .every(part => part !== '' && part !== '.' && part !== '..')
}

/** `v1/pods`, `apps/v1/daemonsets`: two or three names as the API uses them. */
export const isResource = (text: string): boolean =>
  /^(?:[a-z0-9][a-z0-9.-]*\/)?v[0-9][a-z0-9]*\/[a-z0-9][a-z0-9.-]*$/.test(text) && !text.includes('..')

/** One path part for any name. What Kubernetes allows as a name stays as it is; the rest is percent-encoded, and so are `.` and `..`. */
export function encodeName(name: string): string {
  if (/^\.*$/.test(name)) return name === '' ? '%' : '%2E'.repeat(name.length)
  return encodeURIComponent(name).replaceAll(/[*'()!~]/g, character => `%${hex(character)}`)
}

/** The way back; a part that is not one of ours (`100%`) is the name itself. */
export function decodeName(part: string): string {
  if (part === '%') return ''
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

const hex = (character: string): string => character.charCodeAt(0).toString(16).toUpperCase()
