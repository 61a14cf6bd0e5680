import { UsageError } from '../base/errors.ts'
import type { Cluster, NodeFacts } from '../model/cluster.ts'
import type { Read } from '../model/read.ts'
import { readNode } from './bundle-node.ts'
import { fillLists, missing, readObjects } from './bundle-objects.ts'
import { Folder } from './folder.ts'
import { configMaps, decodeName, nodeFolder, unreadFile, versionFile } from './layout.ts'
import { asRecord, isRecord, readJson } from './parse.ts'
import { factSharer } from './share-facts.ts'
import { sorted } from './sorted.ts'
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
  const isEmpty = version === undefined && (await folder.walk('objects')).length === 0
  if (isEmpty && (await folder.folders('nodes')).length === 0)
    throw new UsageError(
      `${dir} is no bundle: there are no objects and no nodes in it`,
      'Name the folder that `dualstack snapshot` wrote.',
    )
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
  const shared = factSharer()
  for (const [name, part] of folders)
    nodes[name] = shared(
      await readNode(folder, name, `nodes/${part}`, want.node(controlPlanes.has(name)), unread),
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

async function readVersion(folder: Folder): Promise<string | undefined> {
  const value = await readJson(folder, versionFile)
  if (value === undefined) return undefined
  const { serverVersion } = asRecord(value, folder.name(versionFile))
  return isRecord(serverVersion) && typeof serverVersion.gitVersion === 'string'
    ? serverVersion.gitVersion
    : undefined
}

async function readUnread(folder: Folder): Promise<Record<string, string>> {
  const given = asRecord((await readJson(folder, unreadFile)) ?? {}, folder.name(unreadFile))
  return Object.fromEntries(Object.entries(given).map(([key, reason]) => [key, String(reason)]))
}
