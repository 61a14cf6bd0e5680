import { createHash } from 'node:crypto'
import type { KubeObject, Resource } from '../model/cluster.ts'

/** One write, as controllers see it: `before` undefined: it is new; `after` undefined: it is gone. */
export interface Written {
  readonly resource: Resource
  readonly before: KubeObject | undefined
  readonly after: KubeObject | undefined
}

interface Table {
  readonly namespaces: Map<string, Map<string, KubeObject>>
  /** All of it in order; undefined: to be made when somebody asks. */
  sorted: readonly KubeObject[] | undefined
}

/** What etcd does: objects in the order of their keys, each write with a version of its own, and everybody is told. */
export class Store {
  readonly #tables = new Map<Resource, Table>()
  readonly #owned = new Map<string, Map<string, readonly [Resource, KubeObject]>>()
  readonly #listeners: ((written: Written) => void)[] = []
  #version = 1
  #uids = 0

  /** Objects as they are, versions and all; one that was made by hand and has none, or no uid, gets both. Nobody is told. */
  load(resource: Resource, objects: readonly KubeObject[]): void {
    const table = this.#table(resource)
    for (const given of objects) {
      const { uid = this.newUID(), resourceVersion = '1' } = given.metadata
      const isWhole = given.metadata.uid !== undefined && given.metadata.resourceVersion !== undefined
      const object = isWhole ? given : { ...given, metadata: { ...given.metadata, uid, resourceVersion } }
      namespaceOf(table, object.metadata.namespace).set(object.metadata.name, object)
      this.#own(resource, undefined, object)
      this.#version = Math.max(this.#version, Number(object.metadata.resourceVersion ?? 0) || 0)
    }
    table.sorted = undefined
  }

  onWrite(listener: (written: Written) => void): void {
    this.#listeners.push(listener)
  }

  get resources(): readonly Resource[] {
    return [...this.#tables.keys()]
  }

  has(resource: Resource): boolean {
    return this.#tables.has(resource)
  }

  get(resource: Resource, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#tables
      .get(resource)
      ?.namespaces.get(namespace ?? '')
      ?.get(name)
  }

  list(resource: Resource, namespace?: string): readonly KubeObject[] {
    const table = this.#tables.get(resource)
    if (table === undefined) return []
    if (namespace !== undefined) return inOrder(table.namespaces.get(namespace) ?? new Map())
    table.sorted ??= [...table.namespaces]
      .sort(([a], [b]) => (`${a}/` < `${b}/` ? -1 : 1))
      .flatMap(([, objects]) => inOrder(objects))
    return table.sorted
  }

  /** Objects whose controlling owner has this uid. */
  ownedBy(uid: string | undefined, resource: Resource): readonly KubeObject[] {
    return [...(this.#owned.get(uid ?? '')?.values() ?? [])].flatMap(([of, object]) =>
      of === resource ? [object] : [],
    )
  }

  /** Everything that names this uid as its controlling owner. */
  dependants(uid: string | undefined): readonly (readonly [Resource, KubeObject])[] {
    return [...(this.#owned.get(uid ?? '')?.values() ?? [])]
  }

  /** Writes an object as it is given, with the next version. */
  put(resource: Resource, object: KubeObject): KubeObject {
    const table = this.#table(resource)
    const objects = namespaceOf(table, object.metadata.namespace)
    const before = objects.get(object.metadata.name)
    const after = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.#version) } }
    objects.set(object.metadata.name, after)
    table.sorted = undefined
    this.#own(resource, before, after)
    this.#tell({ resource, before, after })
    return after
  }

  remove(resource: Resource, namespace: string | undefined, name: string): void {
    const table = this.#table(resource)
    const before = table.namespaces.get(namespace ?? '')?.get(name)
    if (before === undefined) return
    table.namespaces.get(namespace ?? '')?.delete(name)
    table.sorted = undefined
    this.#own(resource, before, undefined)
    this.#version++
    this.#tell({ resource, before, after: undefined })
  }

  /** A uid that nothing else has; the same ones in the same order each time, so that a rehearsal can be repeated. */
  newUID(): string {
    const hex = createHash('sha256')
      .update(`practice ${this.#uids++}`)
      .digest('hex')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
  }

  #table(resource: Resource): Table {
    const table = this.#tables.get(resource) ?? { namespaces: new Map(), sorted: undefined }
    this.#tables.set(resource, table)
    return table
  }

  #own(resource: Resource, before: KubeObject | undefined, after: KubeObject | undefined): void {
    const key = ({ metadata }: KubeObject) => `${resource} ${metadata.namespace ?? ''}/${metadata.name}`
    if (before !== undefined) this.#owned.get(controllerOf(before) ?? '')?.delete(key(before))
    const owner = after === undefined ? undefined : controllerOf(after)
    if (after === undefined || owner === undefined) return
    const owned = this.#owned.get(owner) ?? new Map<string, readonly [Resource, KubeObject]>()
    owned.set(key(after), [resource, after])
    this.#owned.set(owner, owned)
  }

  #tell(written: Written): void {
    for (const listener of this.#listeners) listener(written)
  }
}

const controllerOf = ({ metadata }: KubeObject): string | undefined =>
  metadata.ownerReferences?.find(owner => owner.controller === true)?.uid

const inOrder = (objects: ReadonlyMap<string, KubeObject>): KubeObject[] =>
  [...objects.values()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))

function namespaceOf(table: Table, namespace = ''): Map<string, KubeObject> {
  const objects = table.namespaces.get(namespace) ?? new Map<string, KubeObject>()
  table.namespaces.set(namespace, objects)
  return objects
}
