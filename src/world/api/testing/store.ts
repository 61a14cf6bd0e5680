import { randomUUID } from 'node:crypto'
import type { KubeObject, Resource } from '../../../model/cluster.ts'

export interface Scripted {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** What the fake answers: a Status as the API server writes it. */
export function status(code: number, reason: string, message: string, extra: object = {}): Scripted {
  return {
    status: code,
    body: {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      reason,
      code,
      ...extra,
    },
  }
}

/** Where an object is: its resource and key. */
export interface Place {
  readonly resource: Resource
  readonly namespace: string | undefined
  readonly name: string | undefined
}

export interface Preconditions {
  readonly uid?: string
  readonly resourceVersion?: string
}

type Objects = Record<Resource, KubeObject[]>

/** The objects, and what the API server's storage does to them. Object lists may be looked at and changed by tests at any time. */
export class Store {
  readonly objects: Objects
  #version = 1000

  constructor(objects: Readonly<Record<Resource, readonly KubeObject[]>>) {
    this.objects = {}
    for (const [resource, list] of Object.entries(objects))
      this.objects[resource] = list.map(object => this.stamp(object))
  }

  list({ resource, namespace }: Place, query: URLSearchParams): Scripted {
    const all = this.objects[resource]
    if (all === undefined) return notServed
    const wanted = all
      .filter(object => namespace === undefined || object.metadata.namespace === namespace)
      .filter(object => matches(query.get('labelSelector'), object.metadata.labels ?? {}))
      .filter(object => matches(query.get('fieldSelector'), fieldsOf(object)))
      .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
    const after = query.get('continue') ?? ''
    const rest = wanted.filter(object => keyOf(object) > Buffer.from(after, 'base64').toString())
    const items = rest.slice(0, Number(query.get('limit') ?? Number.POSITIVE_INFINITY))
    const last = items.at(-1)
    const token =
      last !== undefined && items.length < rest.length
        ? Buffer.from(keyOf(last)).toString('base64')
        : undefined
    const metadata = {
      resourceVersion: String(this.#version),
      ...(token === undefined ? {} : { continue: token }),
    }
    return { status: 200, body: { kind: 'List', apiVersion: 'v1', metadata, items } }
  }

  get(place: Place): Scripted {
    const found = this.find(place)
    return found === undefined ? notFound(place) : { status: 200, body: found }
  }

  create(place: Place, object: KubeObject, dryRun: boolean): Scripted {
    const list = this.objects[place.resource]
    if (list === undefined) return notServed
    const name = object.metadata.name
    if (this.find({ ...place, name }) !== undefined) {
      return status(409, 'AlreadyExists', `${place.resource} "${name}" already exists`)
    }
    const made = this.stamp(object)
    if (!dryRun) list.push(made)
    return { status: 201, body: made }
  }

  replace(place: Place, object: KubeObject, dryRun: boolean): Scripted {
    const found = this.find(place)
    if (found === undefined) return notFound(place)
    if (object.metadata.resourceVersion !== found.metadata.resourceVersion) {
      const changed =
        'the object has been modified; please apply your changes to the latest version and try again'
      return status(
        409,
        'Conflict',
        `Operation cannot be fulfilled on ${place.resource} "${place.name}": ${changed}`,
      )
    }
    const made = this.stamp({ ...object, metadata: { ...object.metadata, resourceVersion: undefined } })
    const list = this.objects[place.resource] ?? []
    if (!dryRun) list[list.indexOf(found)] = made
    return { status: 200, body: made }
  }

  delete(place: Place, { uid, resourceVersion }: Preconditions = {}): Scripted {
    const found = this.find(place)
    if (found === undefined) return notFound(place)
    if (uid !== undefined && uid !== found.metadata.uid) {
      const message = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${found.metadata.uid}`
      return status(
        409,
        'Conflict',
        `Operation cannot be fulfilled on ${place.resource} "${place.name}": ${message}`,
      )
    }
    const now = found.metadata.resourceVersion
    if (resourceVersion !== undefined && resourceVersion !== now) {
      const message = `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${now}`
      return status(
        409,
        'Conflict',
        `Operation cannot be fulfilled on ${place.resource} "${place.name}": ${message}`,
      )
    }
    const list = this.objects[place.resource] ?? []
    list.splice(list.indexOf(found), 1)
    return { status: 200, body: { kind: 'Status', apiVersion: 'v1', status: 'Success' } }
  }

  find({ resource, namespace, name }: Place): KubeObject | undefined {
    return this.objects[resource]?.find(
      ({ metadata }) => metadata.name === name && (metadata.namespace ?? '') === (namespace ?? ''),
    )
  }

  stamp(object: KubeObject): KubeObject {
    const { uid = randomUUID(), creationTimestamp = '2026-01-01T00:00:00Z', ...metadata } = object.metadata
    return {
      ...object,
      metadata: { ...metadata, uid, creationTimestamp, resourceVersion: String(++this.#version) },
    }
  }
}

const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`

const notFound = (place: Place): Scripted =>
  status(404, 'NotFound', `${place.resource} "${place.name}" not found`)
const notServed: Scripted = { status: 404, body: '404 page not found' }

function fieldsOf(object: KubeObject): Record<string, string> {
  const spec = object.spec as { nodeName?: string } | undefined
  const { name, namespace = '' } = object.metadata
  return { 'metadata.name': name, 'metadata.namespace': namespace, 'spec.nodeName': spec?.nodeName ?? '' }
}

/** `a=b,c!=d,e,!f`; sets (`in`) are not known here. */
function matches(selector: string | null, values: Readonly<Record<string, string>>): boolean {
  return (selector ?? '')
    .split(',')
    .filter(term => term !== '')
    .every(term => {
      const [, key = '', operator = '', value = ''] = /^(!?[^=!]+)(==?|!=)?(.*)$/.exec(term) ?? []
      if (operator === '')
        return key.startsWith('!') ? values[key.slice(1)] === undefined : values[key] !== undefined
      return (values[key] === value) === (operator !== '!=')
    })
}
