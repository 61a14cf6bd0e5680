import { RefusedError } from '../../base/errors.ts'
import type { KubeObject, Resource } from '../../model/cluster.ts'
import type {
  CommandResult,
  DeleteOptions,
  ExecOptions,
  KubeApi,
  ListOptions,
  WriteOptions,
} from '../ports.ts'
import type { ApiError, Asked } from './api-error.ts'
import { type Caller, isDisruptionBudget } from './caller.ts'
import type { Wire } from './connection.ts'
import { execInPod } from './exec.ts'
import { listItems } from './list.ts'
import { pathOf, queryOf } from './paths.ts'
import { recordOf } from './record.ts'
import { carriesOut } from './same.ts'

/** The name under which managedFields show what we wrote. */
const fieldManager = 'dualstack'

/** KubeApi over HTTPS: nothing is converted but lists of pods that may be brief, nothing generated or cached. */
export class RestApi implements KubeApi {
  readonly server: string
  readonly #wire: Wire
  readonly #caller: Caller

  constructor(wire: Wire, caller: Caller) {
    this.server = wire.access.server
    this.#wire = wire
    this.#caller = caller
  }

  async version(signal?: AbortSignal): Promise<string> {
    const asked = { verb: 'get', resource: '/version' }
    const reply = await this.#caller.call({ method: 'GET', path: '/version', signal }, asked, 'always')
    if (reply.error !== undefined) throw reply.error
    return String(recordOf(JSON.parse(reply.body)).gitVersion)
  }

  list(resource: Resource, options: ListOptions = {}): AsyncIterable<KubeObject> {
    return listItems(this.#caller, resource, options)
  }

  async get(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    signal?: AbortSignal,
  ): Promise<KubeObject | undefined> {
    const path = pathOf(resource, namespace, name)
    const reply = await this.#caller.call(
      { method: 'GET', path, signal },
      { verb: 'get', resource, namespace, name },
      'always',
    )
    if (reply.error?.status === 404) return undefined
    if (reply.error !== undefined) throw reply.error
    return parse(reply.body)
  }

  async create(resource: Resource, object: KubeObject, options: WriteOptions = {}): Promise<KubeObject> {
    const { namespace, name } = object.metadata
    const path = pathOf(resource, namespace) + writeQuery(options)
    const asked = { verb: 'create', resource, namespace, name }
    const request = { method: 'POST' as const, path, body: JSON.stringify(object), signal: options.signal }
    // With generateName a second time would make a second object.
    const repeat = options.dryRun === true || textual(name) ? 'always' : 'unsent'
    const reply = await this.#caller.call(request, asked, repeat)
    if (reply.error === undefined) return parse(reply.body)
    const ours =
      reply.error.status === 409 &&
      reply.doubtful &&
      (await this.#stored(asked, object, false, options.signal))
    if (ours) return ours
    throw reply.error
  }

  /** @throws RefusedError `api.no-resource-version`; ApiError with reason `Conflict` when somebody changed the object since it was read */
  async replace(resource: Resource, object: KubeObject, options: WriteOptions = {}): Promise<KubeObject> {
    const { namespace, name, resourceVersion } = object.metadata
    if (!textual(resourceVersion)) {
      const message = `${resource} ${name} was to be replaced without its resourceVersion, which could undo another's change`
      throw new RefusedError(message, 'api.no-resource-version', 'Read it first.')
    }
    const path = pathOf(resource, namespace, name) + writeQuery(options)
    const asked = { verb: 'update', resource, namespace, name }
    const request = { method: 'PUT' as const, path, body: JSON.stringify(object), signal: options.signal }
    const reply = await this.#caller.call(request, asked, 'always')
    if (reply.error === undefined) return parse(reply.body)
    const ours =
      reply.error.status === 409 &&
      reply.doubtful &&
      (await this.#stored(asked, object, true, options.signal))
    if (ours) return ours
    throw reply.error
  }

  /** An object that is not there is deleted. With `uid`, one of the same name that came later is left alone. */
  async delete(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    options: DeleteOptions = {},
  ): Promise<void> {
    const { uid, resourceVersion, gracePeriodSeconds, signal } = options
    const path = pathOf(resource, namespace, name)
    const body = JSON.stringify({
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
      preconditions: { uid, resourceVersion },
    })
    const reply = await this.#caller.call(
      { method: 'DELETE', path, body, signal },
      { verb: 'delete', resource, namespace, name },
      'always',
    )
    if (reply.error !== undefined && !(await this.#gone(reply.error, resource, namespace, name, uid)))
      throw reply.error
  }

  async evict(
    namespace: string,
    name: string,
    uid: string,
  ): Promise<'evicted' | 'gone' | { readonly blocked: string }> {
    const body = JSON.stringify({
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { namespace, name },
      deleteOptions: { preconditions: { uid } },
    })
    const path = pathOf('v1/pods', namespace, name, 'eviction')
    const asked = { verb: 'create', resource: 'v1/pods/eviction', namespace, name }
    const { error } = await this.#caller.call({ method: 'POST', path, body }, asked, 'always')
    if (error === undefined) return 'evicted'
    // The server looks at budgets before it looks at the uid: a StatefulSet's next pod of that name is blocked, ours is gone.
    const blocked = isDisruptionBudget(error)
    if (blocked || error.status === 409) {
      const now = await this.get('v1/pods', namespace, name)
      if (now?.metadata.uid !== uid) return 'gone'
    }
    if (error.status === 404) return 'gone'
    if (blocked) return { blocked: error.causes.map(cause => cause.message).join(' ') }
    throw error
  }

  exec(
    pod: { namespace: string; name: string; container: string },
    command: readonly string[],
    options: ExecOptions = {},
  ): Promise<CommandResult> {
    return this.#caller.persist(() => execInPod(this.#wire, pod, command, options), options.signal)
  }

  /** Is the one object that was meant not there (any more)? A precondition's 409 does not say so by its reason: look. */
  async #gone(
    error: ApiError,
    resource: Resource,
    namespace: string | undefined,
    name: string,
    uid: string | undefined,
  ) {
    if (error.status === 404) return true
    if (error.status !== 409 || uid === undefined) return false
    const now = await this.get(resource, namespace, name)
    return now?.metadata.uid !== uid
  }

  async #stored(
    asked: Asked,
    sent: KubeObject,
    exact: boolean,
    signal?: AbortSignal,
  ): Promise<KubeObject | undefined> {
    const { resource, namespace, name = '' } = asked
    const stored = await this.get(resource, namespace, name, signal)
    return carriesOut(stored, sent, exact) ? stored : undefined
  }
}

const parse = (body: string): KubeObject => JSON.parse(body) as KubeObject

const textual = (value: string | undefined): boolean => value !== undefined && value !== ''

const writeQuery = ({ dryRun }: WriteOptions): string =>
  queryOf({ fieldManager, dryRun: dryRun === true ? 'All' : undefined })
