import type { KubeObject, Pod, Resource } from '../model/cluster.ts'
import { isOfTests } from '../model/test-namespace.ts'
import { Common, projectPod } from '../world/api/pods.ts'
import type { Folder } from './folder.ts'
import { configMaps, isResource, listFile, podResource, secrets } from './layout.ts'
import { readList } from './list-reader.ts'
import { asObject, asRecord, isRecord, readJson } from './parse.ts'
import { trimmed } from './trim.ts'
import { unreadKey } from './wanted.ts'

export const missing = 'not in the bundle'

/** Every list and single ConfigMap below objects/. `pods` is undefined where the bundle has none. */
export async function readObjects(folder: Folder, unread: Record<string, string>) {
  const objects: Record<Resource, readonly KubeObject[]> = {}
  let pods: readonly Pod[] | undefined
  const maps: KubeObject[] = []
  for (const entry of await folder.walk('objects')) {
    const path = entry.path.slice('objects/'.length)
    const resource = path.replace(/\.json$/, '')
    const single = resource.startsWith(`${configMaps}/`)
    if (resource === path || !(single || isResource(resource))) continue
    if (resource === secrets) unread[resource] = 'Secrets are never read from a bundle'
    else if (entry.skipped) unread[resource] = entry.skipped
    else if (single) maps.push(trimmed(asObject(await readJson(folder, entry.path), folder.name(entry.path))))
    else if (resource === podResource) pods = await readPods(folder, entry.path)
    else objects[resource] = await readObjectsOf(folder, entry.path, resource)
  }
  if (maps.length > 0) objects[configMaps] = [...(objects[configMaps] ?? []), ...maps]
  return { objects, pods }
}

async function readPods(folder: Folder, path: string): Promise<Pod[]> {
  const common = new Common()
  const pods: Pod[] = []
  for await (const pod of readList(folder, path))
    if (!isOfTests(podResource, pod)) pods.push(projectPod(pod, common))
  return pods
}

async function readObjectsOf(folder: Folder, path: string, resource: Resource): Promise<KubeObject[]> {
  const objects: KubeObject[] = []
  for await (const object of readList(folder, path))
    if (!isOfTests(resource, object)) objects.push(trimmed(object))
  return objects
}

/** A wanted list that the cluster does not serve is empty; any other that is not there was not read. */
export async function fillLists(
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
  const value = await readJson(folder, path)
  if (value === undefined) return undefined
  const { groups } = asRecord(value, folder.name(path))
  const versions = (Array.isArray(groups) ? groups : []).flatMap(group =>
    isRecord(group) && Array.isArray(group.versions) ? group.versions : [],
  )
  return new Set(versions.map(version => (isRecord(version) ? String(version.groupVersion) : '')))
}
