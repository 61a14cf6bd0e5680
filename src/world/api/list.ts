import type { KubeObject, Resource } from '../../model/cluster.ts'
import type { ListOptions } from '../ports.ts'
import { ApiError } from './api-error.ts'
import type { Caller } from './caller.ts'
import { pathOf, queryOf } from './paths.ts'
import { listOf, recordOf, textOf } from './record.ts'

/** As kubectl's. Larger pages cost memory on both sides and gain nothing. */
const pageSize = 500

interface Page {
  readonly items: readonly KubeObject[]
  readonly next: string | undefined
}

/**
 * Each item of a resource, as pages come; the next page is fetched while this one is used, and nothing else is kept.
 *
 * The pages are one consistent state of the cluster as long as its continue token lives (5 minutes, etcd's compaction). After that the
 * server says 410 and hands out a token for what remains, as it is now
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks); where it hands out none, the list
 * is read again and what was given already is passed over, which is possible because etcd gives keys in order. Either way each object that
 * was there all the time comes exactly once; one that was made or deleted meanwhile may or may not come, as with any list a moment too early.
 *
 * A resource that the server does not serve has no items.
 */
export async function* listItems(
  caller: Caller,
  resource: Resource,
  options: ListOptions,
  limit = pageSize,
): AsyncGenerator<KubeObject, void, undefined> {
  const stop = new AbortController()
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal])
  const fetch = (token: string | undefined) => {
    const page = fetchPage(caller, resource, options, limit, token, signal)
    page.catch(() => {}) // awaited later, or never, when the consumer has had enough
    return page
  }
  const position = new Position()
  let token: string | undefined
  let pending = fetch(undefined)
  try {
    for (;;) {
      let page: Page
      try {
        page = await pending
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        if (error.status === 404 && token === undefined) return
        if (error.status !== 410 || token === undefined) throw error
        if (error.continueToken === undefined && !position.restart()) throw error
        token = error.continueToken
        pending = fetch(token)
        continue
      }
      token = page.next
      if (token !== undefined) pending = fetch(token)
      for (const item of page.items) if (position.passes(item)) yield item
      if (token === undefined) return
    }
  } finally {
    stop.abort()
  }
}

/** How far the consumer has come, by etcd's key order: bytes of `namespace/name`. */
class Position {
  #last = ''
  #skipTo = ''
  #ordered = true
  #restartedAt: string | undefined

  passes({ metadata }: KubeObject): boolean {
    const key = `${metadata.namespace ?? ''}/${metadata.name}`
    if (this.#skipTo !== '' && key <= this.#skipTo) return false
    if (key < this.#last) this.#ordered = false
    this.#last = key
    return true
  }

  /** false: the order is not etcd's (an aggregated API), or the last restart brought nothing new. */
  restart(): boolean {
    if (!this.#ordered || this.#restartedAt === this.#last) return false
    this.#restartedAt = this.#last
    this.#skipTo = this.#last
    return true
  }
}

async function fetchPage(
  caller: Caller,
  resource: Resource,
  { namespace, labelSelector, fieldSelector }: ListOptions,
  limit: number,
  token: string | undefined,
  signal: AbortSignal,
): Promise<Page> {
  const query = queryOf({ limit: String(limit), labelSelector, fieldSelector, continue: token })
  const path = pathOf(resource, namespace) + query
  const reply = await caller.call(
    { method: 'GET', path, signal },
    { verb: 'list', resource, namespace },
    'always',
  )
  if (reply.error !== undefined) throw reply.error
  const list = recordOf(JSON.parse(reply.body))
  return {
    items: listOf(list.items) as readonly KubeObject[],
    next: textOf(recordOf(list.metadata).continue),
  }
}
