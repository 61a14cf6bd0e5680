import { UnreachableError } from '../../base/errors.ts'
import type { KubeObject, Resource } from '../../model/cluster.ts'
import type { ListOptions } from '../ports.ts'
import { ApiError } from './api-error.ts'
import type { Body } from './body.ts'
import type { Caller } from './caller.ts'
import { pathOf, queryOf } from './paths.ts'
import { nextInProtobuf, protobufType, readPodList } from './pod-fields.ts'
import { podResource } from './pods.ts'
import { ProtobufError, ProtobufReader } from './protobuf.ts'
import { listOf, recordOf, textOf } from './record.ts'

/** As kubectl's. Larger pages cost memory on both sides and gain nothing. */
const pageSize = 500

interface Page {
  readonly items: Iterable<KubeObject>
  readonly next: string | undefined
  /** What the items are read from. */
  readonly body?: Body
}

/**
 * Each item of a resource, as pages come; the next page is asked for as soon as the beginning of this one says its token, is on its way while
 * this one is used, and nothing else is kept.
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
  const reader = options.brief === true && resource === podResource ? new ProtobufReader() : undefined
  const fetch = (token: string | undefined): Fetch =>
    new Fetch(
      token,
      onHead => fetchPage(caller, resource, options, limit, token, signal, reader, onHead),
      fetch,
    )
  const position = new Position()
  let current = fetch(undefined)
  try {
    for (;;) {
      let page: Page
      try {
        page = await current.page()
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        if (error.status === 404 && current.token === undefined) return
        if (error.status !== 410 || current.token === undefined) throw error
        if (error.continueToken === undefined && !position.restart()) throw error
        current = fetch(error.continueToken)
        continue
      }
      const next = page.next === undefined ? undefined : current.next(page.next)
      try {
        for (const item of page.items) if (position.passes(item)) yield item
      } catch (error) {
        throw error instanceof ProtobufError ? unreadable(resource, error) : error
      } finally {
        page.body?.drop()
      }
      if (next === undefined) return
      current = next
    }
  } finally {
    stop.abort()
  }
}

const unreadable = (resource: Resource, error: ProtobufError): UnreachableError =>
  new UnreachableError(
    `list ${resource}: an object in protobuf cannot be read: ${error.message}`,
    'api.unreadable',
    'Something between here and the API server changes its answers. Does `kubectl get pods -A` work?',
    error,
  )

/** One page that was asked for. While somebody waits for it, and no sooner, the next one is asked for: two are on their way at most. */
class Fetch {
  readonly token: string | undefined
  readonly #page: Promise<Page>
  readonly #fetch: (token: string) => Fetch
  #head: string | undefined
  #isAwaited = false
  #next: Fetch | undefined

  constructor(
    token: string | undefined,
    begin: (onHead: (head: Buffer) => void) => Promise<Page>,
    fetch: (token: string) => Fetch,
  ) {
    this.token = token
    this.#fetch = fetch
    this.#page = begin(head => {
      this.#head = tokenIn(head)
      this.#early()
    })
    this.#page.catch(() => {}) // awaited later, or never, when the consumer has had enough
  }

  page(): Promise<Page> {
    this.#isAwaited = true
    this.#early()
    return this.#page
  }

  next(token: string): Fetch {
    return this.#next?.token === token ? this.#next : this.#fetch(token)
  }

  #early(): void {
    if (this.#isAwaited && this.#head !== undefined && this.#next === undefined)
      this.#next = this.#fetch(this.#head)
  }
}

/** Metadata come first in what the API server writes of its own types; in lists of custom resources they come last. */
function tokenIn(head: Buffer): string | undefined {
  const start = head.toString('latin1', 0, 4096)
  return (
    /^\{"kind":"\w+",(?:"apiVersion":"[\w./-]+",)?"metadata":\{[^{}]*?"continue":"([^"\\]+)"/.exec(
      start,
    )?.[1] ?? nextInProtobuf(head)
  )
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
  options: ListOptions,
  limit: number,
  token: string | undefined,
  signal: AbortSignal,
  reader: ProtobufReader | undefined,
  onHead: (head: Buffer) => void,
): Promise<Page> {
  const { namespace, labelSelector, fieldSelector } = options
  const query = queryOf({ limit: String(limit), labelSelector, fieldSelector, continue: token })
  const path = pathOf(resource, namespace) + query
  const reply = await caller.call(
    { method: 'GET', path, signal, onHead, ...(reader && { prefer: protobufType }) },
    { verb: 'list', resource, namespace },
    'always',
  )
  if (reply.error !== undefined) throw reply.error
  // A server behind a gateway may have JSON only.
  if (reader && reply.bytes) {
    try {
      const { metadata, items } = readPodList(reply.bytes.bytes, reader)
      return { items, next: textOf(metadata.continue), body: reply.bytes }
    } catch (error) {
      reply.bytes.drop()
      if (!(error instanceof ProtobufError)) throw error
      // Some gateway on the way spoils it: no reason to fail, as long as JSON comes through.
      return fetchPage(caller, resource, options, limit, token, signal, undefined, onHead)
    }
  }
  const list = recordOf(JSON.parse(reply.body))
  return {
    items: listOf(list.items) as readonly KubeObject[],
    next: textOf(recordOf(list.metadata).continue),
  }
}
