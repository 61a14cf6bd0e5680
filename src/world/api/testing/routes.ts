import type { IncomingHttpHeaders } from 'node:http'
import type { KubeObject } from '../../../model/cluster.ts'
import { type Place, type Preconditions, type Scripted, type Store, status } from './store.ts'

/** One request that came in. */
export interface Seen {
  readonly method: string
  /** Path without query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** The client's port: tells connections apart. */
  readonly connection: number | undefined
  /** Common name of the client's certificate. */
  readonly client: string | undefined
}

/** What the API server does with a request, as far as the fake knows. `evict` may refuse an eviction. */
export function carryOut(
  store: Store,
  seen: Seen,
  version = 'v1.36.3',
  evict?: (pod: KubeObject) => Scripted | undefined,
): Scripted {
  if (seen.path === '/version') return { status: 200, body: { gitVersion: version } }
  if (seen.path === '/readyz') return { status: 200, body: 'ok' }
  const found = parsePath(seen.path)
  if (found === undefined) return { status: 404, body: '404 page not found' }
  const { place, subresource } = found
  const dryRun = seen.query.get('dryRun') === 'All'
  const body = JSON.parse(seen.body || '{}') as KubeObject & Deletion
  if (subresource === 'eviction') {
    const pod = store.find(place)
    const refused = pod === undefined ? undefined : evict?.(pod)
    const done = refused ?? store.delete(place, body.deleteOptions?.preconditions)
    return done.status === 200 ? { ...done, status: 201 } : done
  }
  switch (seen.method) {
    case 'GET':
      return place.name === undefined ? store.list(place, seen.query) : store.get(place)
    case 'POST':
      return store.create(place, body, dryRun)
    case 'PUT':
      return store.replace(place, body, dryRun)
    case 'DELETE':
      return store.delete(place, body.preconditions)
    default:
      return status(
        405,
        'MethodNotAllowed',
        'the server does not allow this method on the requested resource',
      )
  }
}

interface Deletion {
  readonly preconditions?: Preconditions
  readonly deleteOptions?: { readonly preconditions?: Preconditions }
}

function parsePath(path: string): { place: Place; subresource: string | undefined } | undefined {
  const match =
    /^\/(?:api|apis\/([^/]+))\/([^/]+)(?:\/namespaces\/([^/]+)(?=\/))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(
      path,
    )
  if (match === null) return undefined
  const [, group, version, namespace, plural, name, subresource] = match.map(part =>
    part === undefined ? undefined : decodeURIComponent(part),
  )
  const resource = [group, version, plural].filter(part => part !== undefined).join('/')
  return { place: { resource, namespace, name }, subresource }
}
