import { isDeepStrictEqual } from 'node:util'
import { messageOf } from '../../base/errors.ts'
import type { KubeObject, Resource } from '../../model/cluster.ts'
import { getField } from '../../model/fields.ts'
import { ApiError } from '../../world/api/api-error.ts'
import type { KubeApi, NodeAccess, World, WriteOptions } from '../../world/ports.ts'
import { BrokenContract, type Phase } from './case.ts'
import type { Place } from './place.ts'

/** A refusal as the API server words it. */
export interface Refusal {
  readonly status: number
  readonly reason: string
  readonly message: string
}

/** What a case has: the world, a namespace of its own, and ways to look. Nothing in it knows which world it is. */
export class Trial {
  readonly api: KubeApi
  readonly nodes: NodeAccess
  #count = 0

  constructor(
    readonly world: World,
    /** Of this case alone; deleted after it. */
    readonly namespace: string,
    /** What the suite found out about the cluster before its first case. */
    readonly place: Place,
    /** Waits until the API servers are as this phase says. */
    readonly reach: (phase: Phase) => Promise<void>,
  ) {
    this.api = world.api
    this.nodes = world.nodes
  }

  /** A name that nothing else in the namespace has. */
  name(stem: string): string {
    return `${stem}-${++this.#count}`
  }

  /** Creates an object in the case's namespace. */
  create(resource: Resource, object: Partial<KubeObject>, options?: WriteOptions): Promise<KubeObject> {
    const { namespace } = this
    const metadata = { name: this.name('x'), ...object.metadata, namespace }
    return this.api.create(resource, { ...object, metadata }, options)
  }

  service(spec: object, options?: WriteOptions): Promise<KubeObject> {
    return this.create('v1/services', { ...service, metadata: { name: this.name('svc') }, spec }, options)
  }

  /** Reads, changes and puts, again on a conflict: as careful clients do. */
  async edit(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    change: (object: KubeObject) => KubeObject,
    options?: WriteOptions,
  ): Promise<KubeObject> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.api.replace(resource, change(await this.read(resource, namespace, name)), options)
      } catch (error) {
        if (attempt === 10 || !(error instanceof ApiError) || error.status !== 409) throw error
      }
    }
  }

  async read(resource: Resource, namespace: string | undefined, name: string): Promise<KubeObject> {
    const object = await this.api.get(resource, namespace, name)
    if (object === undefined) throw new BrokenContract(`${resource} ${namespace ?? ''}/${name} is not there`)
    return object
  }

  async list(
    resource: Resource,
    labelSelector?: string,
    namespace: string | undefined = this.namespace,
  ): Promise<KubeObject[]> {
    return collect(this.api, resource, {
      namespace,
      ...(labelSelector === undefined ? {} : { labelSelector }),
    })
  }

  /** What `look` brings, as soon as it is something; looked at every half second of the world's own time. */
  async eventually<T>(what: string, look: () => Promise<T | undefined | false>, within = 60): Promise<T> {
    const { clock } = this.world
    const end = clock.now() + within * 1000
    let last = 'nothing yet'
    for (;;) {
      try {
        const seen = await look()
        if (seen !== undefined && seen !== false) return seen
        last = 'it is not so yet'
      } catch (error) {
        last = messageOf(error)
      }
      if (clock.now() >= end) throw new BrokenContract(`${what}: not within ${within} s: ${last}`)
      await clock.sleep(500)
    }
  }

  /** It stays as `look` finds it for some seconds: a thing that must not happen. */
  async stays(what: string, look: () => Promise<boolean>, seconds = 5): Promise<void> {
    const { clock } = this.world
    for (const end = clock.now() + seconds * 1000; ; ) {
      if (!(await look())) throw new BrokenContract(`${what}: it did not stay so`)
      if (clock.now() >= end) return
      await clock.sleep(500)
    }
  }

  /** The refusal of something that must be refused. `says`: its message, each `*` standing for anything. */
  async refused(action: Promise<unknown>, status: number, reason: string, says: string): Promise<Refusal> {
    const refusal = await refusalOf(action)
    if (refusal === undefined) throw new BrokenContract(`accepted, where ${reason} was to come: ${says}`)
    this.same([refusal.status, refusal.reason], [status, reason], refusal.message)
    this.says(refusal.message, says)
    return refusal
  }

  /** A text holds a pattern, each `*` standing for anything. */
  says(text: string, pattern: string): void {
    const parts = pattern.split('*').map(part => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
    if (new RegExp(parts.join('[\\s\\S]*')).test(text)) return
    throw new BrokenContract(`it says ${JSON.stringify(text)}, not ${JSON.stringify(pattern)}`)
  }

  same(seen: unknown, wanted: unknown, what: string): void {
    if (isDeepStrictEqual(plain(seen), plain(wanted))) return
    throw new BrokenContract(`${what}: ${JSON.stringify(seen)}, not ${JSON.stringify(wanted)}`)
  }

  holds(condition: boolean, what: string): void {
    if (!condition) throw new BrokenContract(what)
  }
}

const service = { apiVersion: 'v1', kind: 'Service' }

/** Without undefined members: on the wire there are none. */
const plain = (value: unknown): unknown =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value))

/** undefined: it was not refused. Whatever is no answer of an API server is thrown. */
export async function refusalOf(action: Promise<unknown>): Promise<Refusal | undefined> {
  try {
    await action
    return undefined
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return { status: error.status, reason: error.reason, message: error.message }
  }
}

export async function collect(
  api: KubeApi,
  resource: Resource,
  options?: Parameters<KubeApi['list']>[1],
): Promise<KubeObject[]> {
  const found: KubeObject[] = []
  for await (const object of api.list(resource, options)) found.push(object)
  return found
}

/** One field of an object, as the type that the caller knows it to be. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- said once here instead of at every use
export const field = <T>(object: KubeObject | undefined, ...path: readonly string[]): T | undefined =>
  (getField(object, path) ?? undefined) as T | undefined
