import { RefusedError } from '../base/errors.ts'
import type { KubeObject, Resource } from '../model/cluster.ts'
import { sameJson } from '../model/fields.ts'
import { selects } from '../observe/selector.ts'
import type { DeleteOptions, KubeApi, ListOptions, WriteOptions } from '../world/ports.ts'
import { admit } from './admission.ts'
import { alreadyExists, type Asked, conflict, notFound, otherVersion, refusal } from './answers.ts'
import { evict } from './budgets.ts'
import { runInPod } from './exec.ts'
import { deleted, isLetGo } from './deletion.ts'
import { isCustom, isServed, stored, withKind } from './resources.ts'
import type { Servers } from './servers.ts'
import { podResource, type Site } from './site.ts'

/** Milliseconds for which a client asks again while nobody answers. */
const patience = 10_000
const page = 500

/** The API of a practice cluster. Objects that it gives out are the stored ones: whoever changes them makes copies, as everywhere here. */
export function practiceApi(site: Site, servers: Servers): KubeApi {
  const { store, faults, clock } = site

  /** An API server answers, within a client's patience. */
  const reach = async (signal?: AbortSignal) => {
    signal?.throwIfAborted()
    for (const until = clock.now() + patience; ; await clock.sleep(500, signal)) {
      faults.look()
      try {
        return servers.answering()
      } catch (error) {
        if (clock.now() >= until) throw error
      }
    }
  }

  async function* list(resource: Resource, options: ListOptions = {}): AsyncGenerator<KubeObject> {
    const { namespace, labelSelector, fieldSelector, signal } = options
    await reach(signal)
    let count = 0
    for (const object of store.list(resource, namespace)) {
      if (!selects(labelSelector, object.metadata.labels) || !matchesFields(fieldSelector, object)) continue
      if (++count % page === 0) {
        await reach(signal)
      }
      yield object
    }
  }

  async function create(
    resource: Resource,
    object: KubeObject,
    options: WriteOptions = {},
  ): Promise<KubeObject> {
    const { namespace, name } = object.metadata
    const asked: Asked = { verb: 'create', resource, namespace, name }
    if (options.dryRun !== true) faults.call(describe(asked))
    const server = await reach(options.signal)
    if (!isServed(resource, store.has(resource))) throw refusal(404, 'NotFound', '404 page not found', asked)
    if (store.get(resource, namespace, name) !== undefined) throw alreadyExists(asked)
    if (namespace !== undefined && store.get('v1/namespaces', undefined, namespace) === undefined)
      throw notFound({ ...asked, resource: 'v1/namespaces', name: namespace })
    const admitted = admit({
      site,
      server,
      asked,
      object: stored(resource, object),
      old: undefined,
      dryRun: options.dryRun === true,
    })
    const metadata = {
      ...admitted.metadata,
      uid: store.newUID(),
      creationTimestamp: site.stamp(),
      ...('spec' in admitted ? { generation: 1 } : {}),
    }
    const { resourceVersion: _none, ...fresh } = metadata as KubeObject['metadata']
    const made = { ...admitted, metadata: fresh }
    return withKind(resource, options.dryRun === true ? made : store.put(resource, made))
  }

  async function replace(
    resource: Resource,
    object: KubeObject,
    options: WriteOptions = {},
  ): Promise<KubeObject> {
    const { namespace, name, resourceVersion, uid } = object.metadata
    if (resourceVersion === undefined || resourceVersion === '')
      throw new RefusedError(
        `${resource} ${name} was to be replaced without its resourceVersion, which could undo another's change`,
        'api.no-resource-version',
        'Read it first.',
      )
    const asked: Asked = { verb: 'update', resource, namespace, name }
    if (options.dryRun !== true) faults.call(describe(asked))
    const server = await reach(options.signal)
    interfere(site, asked)
    const old = store.get(resource, namespace, name)
    if (old === undefined) throw notFound(asked)
    if (uid !== undefined && uid !== old.metadata.uid) {
      const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid ?? ''}`
      throw conflict(asked, why)
    }
    if (resourceVersion !== old.metadata.resourceVersion)
      throw conflict(
        asked,
        'the object has been modified; please apply your changes to the latest version and try again',
      )
    const given = stored(resource, isCustom(resource) ? object : withStatusOf(old, object), old)
    const next = admit({ site, server, asked, object: given, old, dryRun: options.dryRun === true })
    const kept: KubeObject = {
      ...next,
      metadata: {
        ...next.metadata,
        uid: old.metadata.uid,
        creationTimestamp: old.metadata.creationTimestamp,
      },
    }
    if (sameJson(kept, old)) return withKind(resource, old)
    const { generation } = old.metadata
    const isChanged = !sameJson(kept['spec'], old['spec'])
    const written =
      generation !== undefined && isChanged
        ? { ...kept, metadata: { ...kept.metadata, generation: generation + 1 } }
        : kept
    if (options.dryRun === true) return withKind(resource, written)
    const put = store.put(resource, written)
    if (isLetGo(resource, put)) store.remove(resource, namespace, name)
    return withKind(resource, put)
  }

  async function remove(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    { uid, resourceVersion, signal }: DeleteOptions = {},
  ): Promise<void> {
    const asked: Asked = { verb: 'delete', resource, namespace, name }
    faults.call(describe(asked))
    await reach(signal)
    const object = store.get(resource, namespace, name)
    if (object === undefined || (uid !== undefined && uid !== object.metadata.uid)) return
    const now = object.metadata.resourceVersion
    if (resourceVersion !== undefined && resourceVersion !== now)
      throw otherVersion(asked, resourceVersion, now)
    deleted(site, resource, object)
  }

  return {
    server: 'https://practice',
    version: async signal => (await reach(signal)).version,
    list,
    get: async (resource, namespace, name, signal) => {
      await reach(signal)
      const object = store.get(resource, namespace, name)
      return object && withKind(resource, object)
    },
    create,
    replace,
    delete: remove,
    evict: async (namespace, name, uid) => {
      faults.call(`evict ${namespace}/${name}`)
      await reach()
      const pod = store.get(podResource, namespace, name)
      return pod === undefined || pod.metadata.uid !== uid ? 'gone' : evict(site, pod)
    },
    exec: async (pod, command, options) => {
      faults.call(`exec ${pod.namespace}/${pod.name} ${command[0] ?? ''}`)
      await reach(options?.signal)
      return runInPod(site, pod, command)
    },
  }
}

const describe = ({ verb, resource, namespace, name }: Asked): string =>
  `${verb} ${resource} ${namespace === undefined ? '' : `${namespace}/`}${name ?? ''}`

/** Resources with a status of their own: a write of the object leaves it as it is. */
function withStatusOf(old: KubeObject, object: KubeObject): KubeObject {
  const { status: _given, ...rest } = object
  return 'status' in old ? { ...rest, status: old['status'] } : rest
}

function matchesFields(selector: string | undefined, object: KubeObject): boolean {
  if (selector === undefined || selector === '') return true
  const { name, namespace = '' } = object.metadata
  const spec = (object['spec'] ?? {}) as { nodeName?: string }
  const status = (object['status'] ?? {}) as { phase?: string }
  const fields: Record<string, string> = {
    'metadata.name': name,
    'metadata.namespace': namespace,
    'spec.nodeName': spec.nodeName ?? '',
    'status.phase': status.phase ?? '',
  }
  return selects(selector, fields)
}

/** The fault: somebody else writes right before us. */
function interfere(site: Site, { resource, namespace, name = '' }: Asked): void {
  const fault = site.faults.find(
    'other-writer',
    one => one.resource === resource && one.namespace === namespace && one.name === name,
  )
  if (fault === undefined || !site.faults.take(fault)) return
  site.update(resource, namespace, name, object => ({
    ...object,
    metadata: {
      ...object.metadata,
      annotations: { ...object.metadata.annotations, 'practice/other-writer': site.stamp() },
    },
  }))
}
