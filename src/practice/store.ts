import { createHash } from 'node:crypto'
import type { KubeObject, Resource } from '../model/cluster.ts'
import type { Index } from '../model/simulation.ts'
import { KeyedNames } from './keyed-names.ts'
import { Shelf } from './shelf.ts'

/** One write, as controllers see it: `before` undefined: it is new; `after` undefined: it is gone. */
export interface Written {
  readonly resource: Resource
  readonly before: KubeObject | undefined
  readonly after: KubeObject | undefined
}

interface Table {
  readonly namespaces: Map<string, Shelf>
  /** All of it in order; undefined: to be made when somebody asks. */
  all: readonly KubeObject[] | undefined
  size: number
  readonly indexes: Map<Index, KeyedNames>
}

/** What etcd does: objects in the order of their keys, each write with a version of its own, and everybody is told. */
export class Store {
  readonly #tables = new Map<Resource, Table>()
  /** By uid of the controlling owner, by resource, whose objects. */
  readonly #owned = new Map<string, Map<Resource, Set<string>>>()
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
      this.#place(resource, table, shelfOf(table, object.metadata.namespace).put(object), object)
      this.#version = Math.max(this.#version, Number(object.metadata.resourceVersion ?? 0) || 0)
    }
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

  /** How many objects of a resource there are. */
  count(resource: Resource): number {
    return this.#tables.get(resource)?.size ?? 0
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
    if (namespace !== undefined) return table.namespaces.get(namespace)?.list() ?? []
    table.all ??= [...table.namespaces]
      .sort(([a], [b]) => (`${a}/` < `${b}/` ? -1 : 1))
      .flatMap(([, shelf]) => shelf.list())
    return table.all
  }

  /** Objects with this key, in order. An index is made when it is asked for first, and kept from then on. */
  find(index: Index, key: string): readonly KubeObject[] {
    return this.#named(index.resource, this.#namesOf(index, key)).sort(byName)
  }

  /** How many have it. */
  countOf(index: Index, key: string): number {
    return this.#namesOf(index, key).size
  }

  #namesOf(index: Index, key: string): ReadonlySet<string> {
    const table = this.#tables.get(index.resource)
    if (table === undefined) return new Set()
    let names = table.indexes.get(index)
    if (names === undefined) {
      names = new KeyedNames(object => index.keys(object))
      for (const object of this.list(index.resource)) names.move(undefined, object)
      table.indexes.set(index, names)
    }
    return names.of(key)
  }

  /** Objects whose controlling owner has this uid. */
  ownedBy(uid: string | undefined, resource: Resource): readonly KubeObject[] {
    return this.#named(resource, this.#owned.get(uid ?? '')?.get(resource) ?? [])
  }

  /** Everything that names this uid as its controlling owner. */
  dependants(uid: string | undefined): readonly (readonly [Resource, KubeObject])[] {
    return [...(this.#owned.get(uid ?? '') ?? [])].flatMap(([resource, names]) =>
      this.#named(resource, names).map(object => [resource, object] as const),
    )
  }

  /** Writes an object as it is given, with the next version. */
  put(resource: Resource, object: KubeObject): KubeObject {
    const table = this.#table(resource)
    const after = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.#version) } }
    const before = shelfOf(table, object.metadata.namespace).put(after)
    this.#place(resource, table, before, after)
    this.#tell({ resource, before, after })
    return after
  }

  remove(resource: Resource, namespace: string | undefined, name: string): void {
    const table = this.#table(resource)
    const before = table.namespaces.get(namespace ?? '')?.take(name)
    if (before === undefined) return
    this.#place(resource, table, before, undefined)
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
    let table = this.#tables.get(resource)
    if (table === undefined) {
      table = { namespaces: new Map(), all: undefined, size: 0, indexes: new Map() }
      this.#tables.set(resource, table)
    }
    return table
  }

  /** Everything that is known of objects beside themselves follows. */
  #place(
    resource: Resource,
    table: Table,
    before: KubeObject | undefined,
    after: KubeObject | undefined,
  ): void {
    table.all = undefined
    table.size += Number(after !== undefined) - Number(before !== undefined)
    for (const names of table.indexes.values()) names.move(before, after)
    const owner = after && controllerOf(after)
    const old = before && controllerOf(before)
    if (old === owner) return
    const name = fullName(after ?? before)
    if (old !== undefined) this.#disown(old, resource, name)
    if (owner === undefined) return
    const owned = this.#owned.get(owner) ?? new Map<Resource, Set<string>>()
    this.#owned.set(owner, owned)
    const names = owned.get(resource) ?? new Set()
    owned.set(resource, names.add(name))
  }

  #disown(owner: string, resource: Resource, name: string): void {
    const owned = this.#owned.get(owner)
    const names = owned?.get(resource)
    names?.delete(name)
    if (names?.size === 0) owned?.delete(resource)
    if (owned?.size === 0) this.#owned.delete(owner)
  }

  #named(resource: Resource, names: Iterable<string>): KubeObject[] {
    const namespaces = this.#tables.get(resource)?.namespaces
    const found: KubeObject[] = []
    for (const full of names) {
      const slash = full.indexOf('/')
      const object = namespaces?.get(full.slice(0, slash))?.get(full.slice(slash + 1))
      if (object !== undefined) found.push(object)
    }
    return found
  }

  #tell(written: Written): void {
    for (const listener of this.#listeners) listener(written)
  }
}

/** The uid of its controlling owner. */
export const controllerOf = ({ metadata }: KubeObject): string | undefined =>
  metadata.ownerReferences?.find(owner => owner.controller === true)?.uid

const fullName = (object: KubeObject | undefined): string =>
  `${object?.metadata.namespace ?? ''}/${object?.metadata.name ?? ''}`

const byName = (a: KubeObject, b: KubeObject): number => {
  if (a.metadata.namespace === b.metadata.namespace) return a.metadata.name < b.metadata.name ? -1 : 1
  return fullName(a) < fullName(b) ? -1 : 1
}

function shelfOf(table: Table, namespace = ''): Shelf {
  let shelf = table.namespaces.get(namespace)
  if (shelf === undefined) {
    shelf = new Shelf()
    table.namespaces.set(namespace, shelf)
  }
  return shelf
}
