import pLimit from 'p-limit'
import type { Cluster, KubeObject, NodeFacts, Pod, Resource } from '../model/cluster.ts'
import type { Read } from '../model/read.ts'
import { createIntern, projectPod } from '../world/api/pods.ts'
import { readNode } from './bundle-node.ts'
import { Folder } from './folder.ts'
import {
  configMaps,
  decodeName,
  isResource,
  listFile,
  nodeFolder,
  podResource,
  secrets,
  unreadFile,
  versionFile,
} from './layout.ts'
import { asList, asObject, asRecord, decodeText, isRecord, parseJson } from './parse.ts'
import { sorted } from './sorted.ts'
import { trimmed } from './trim.ts'
import { isControlPlane, unreadKey, wanted } from './wanted.ts'

/**
 * Reads a bundle folder into the same Cluster that `observe` gives for the live one.
 * What `reads` wants and the bundle has not is named in `unread`; without `reads` nothing is wanted, and what is there is read.
 * @throws UsageError that names the file and the place, when one is damaged
 */
export async function readBundle(dir: string, reads: readonly Read[] = []): Promise<Cluster> {
  const folder = await Folder.open(dir)
  const want = wanted(reads)
  const unread: Record<string, string> = {}
  const { objects, pods } = await readObjects(folder, unread)

  const version = await readVersion(folder)
  if (version === undefined) unread[unreadKey.version] = 'the bundle has no version.json'
  const uid = objects['v1/namespaces']?.find(namespace => namespace.metadata.name === 'kube-system')?.metadata
    .uid
  if (uid === undefined) unread[unreadKey.uid] = 'the bundle has no namespace kube-system'

  await fillLists(folder, want.lists, objects, pods !== undefined, unread)
  for (const map of want.configMaps) {
    const there = objects[configMaps]?.some(
      ({ metadata }) => metadata.namespace === map.namespace && metadata.name === map.name,
    )
    // Asked for by name and not there is how a cluster without it looks, as long as the bundle holds any ConfigMap at all.
    if (!there && !objects[configMaps]) unread[unreadKey.configMap(map.namespace, map.name)] = missing
  }

  const nodes: Record<string, NodeFacts> = {}
  const folders = new Map((await folder.folders('nodes')).map(part => [decodeName(part), part]))
  const listed = objects['v1/nodes'] ?? []
  const controlPlanes = new Set(listed.filter(isControlPlane).map(node => node.metadata.name))
  const limit = pLimit(4)
  await Promise.all(
    [...folders].map(([name, part]) =>
      limit(async () => {
        nodes[name] = await readNode(
          folder,
          name,
          `nodes/${part}`,
          want.node(controlPlanes.has(name)),
          unread,
        )
      }),
    ),
  )
  for (const node of listed)
    if (!folders.has(node.metadata.name))
      unread[unreadKey.node(node.metadata.name)] =
        `the bundle has no folder ${nodeFolder(node.metadata.name)}`

  return {
    uid: uid ?? '',
    version: version ?? '',
    objects,
    pods: pods ?? [],
    nodes: sorted(nodes),
    unread: sorted({ ...unread, ...(await readUnread(folder)) }),
  }
}

const missing = 'not in the bundle'

async function readObjects(folder: Folder, unread: Record<string, string>) {
  const objects: Record<Resource, readonly KubeObject[]> = {}
  let pods: readonly Pod[] | undefined
  const maps: KubeObject[] = []
  const intern = createIntern()
  for (const entry of await folder.walk('objects')) {
    const path = entry.path.slice('objects/'.length)
    const resource = path.replace(/\.json$/, '')
    if (resource === path) continue
    const single = resource.startsWith(`${configMaps}/`)
    if (!single && !isResource(resource)) continue
    if (resource === secrets) unread[resource] = 'Secrets are never read from a bundle'
    else if (entry.skipped) unread[resource] = entry.skipped
    else {
      const file = folder.name(entry.path)
      const value = parseJson(decodeText((await folder.read(entry.path)) ?? Buffer.of(), file), file)
      if (single) maps.push(trimmed(asObject(value, file)))
      else if (resource === podResource) pods = asList(value, file).map(pod => projectPod(pod, intern))
      else objects[resource] = asList(value, file).map(trimmed)
    }
  }
  if (maps.length > 0) objects[configMaps] = [...(objects[configMaps] ?? []), ...maps]
  return { objects, pods }
}

/** A wanted list that the cluster does not serve is empty; any other that is not there was not read. */
async function fillLists(
  folder: Folder,
  lists: readonly Resource[],
  objects: Record<Resource, readonly KubeObject[]>,
  hasPods: boolean,
  unread: Record<string, string>,
): Promise<void> {
  const served = await readGroups(folder)
  for (const resource of lists) {
    if (resource in objects || resource in unread || (resource === podResource && hasPods)) continue
    const [group = '', version = '', name] = resource.split('/')
    if (name !== undefined && served && !served.has(`${group}/${version}`)) objects[resource] = []
    else unread[unreadKey.list(resource)] = `${missing}: ${listFile(resource)}`
  }
}

/** The API groups with their versions that the cluster serves, the core one not among them; undefined: the bundle does not say. */
async function readGroups(folder: Folder): Promise<ReadonlySet<string> | undefined> {
  const path = 'objects/apis.json'
  const bytes = await folder.read(path)
  if (!bytes) return undefined
  const file = folder.name(path)
  const groups = asRecord(parseJson(decodeText(bytes, file), file), file).groups
  const all = (Array.isArray(groups) ? groups : []).flatMap(group =>
    isRecord(group) && Array.isArray(group.versions) ? group.versions : [],
  )
  return new Set(all.map(version => (isRecord(version) ? String(version.groupVersion) : '')))
}

async function readVersion(folder: Folder): Promise<string | undefined> {
  const bytes = await folder.read(versionFile)
  if (!bytes) return undefined
  const file = folder.name(versionFile)
  const { serverVersion } = asRecord(parseJson(decodeText(bytes, file), file), file)
  return isRecord(serverVersion) && typeof serverVersion.gitVersion === 'string'
    ? serverVersion.gitVersion
    : undefined
}

async function readUnread(folder: Folder): Promise<Record<string, string>> {
  const bytes = await folder.read(unreadFile)
  if (!bytes) return {}
  const file = folder.name(unreadFile)
  const given = asRecord(parseJson(decodeText(bytes, file), file), file)
  return Object.fromEntries(Object.entries(given).map(([key, reason]) => [key, String(reason)]))
}
