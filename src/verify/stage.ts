import { familyOf } from '../address/index.ts'
import type { Family } from '../address/family.ts'
import { messageOf, RefusedError, UnreachableError } from '../base/errors.ts'
import type { KubeObject } from '../model/cluster.ts'
import { getField, getText } from '../model/fields.ts'
import { readyOf } from '../model/ready.ts'
import { testNamespacePrefix } from '../model/test-namespace.ts'
import { ApiError } from '../world/api/api-error.ts'
import { shortId } from '../world/nodes/names.ts'
import { isDead, thisHolder } from '../world/own/holder.ts'
import type { World } from '../world/ports.ts'
import type { Tester } from './context.ts'
import {
  lifetimeAnnotation,
  madeBy,
  namespaceObject,
  podObject,
  type TestPod,
  usualLifetime,
  verifyLabels,
} from './objects.ts'

const pods = 'v1/pods'
const namespaces = 'v1/namespaces'
const selector = Object.entries(verifyLabels)
  .map(pair => pair.join('='))
  .join(',')

/** Takes away what a verification left that was killed: its process is dead on this machine, or older than its pods may become. */
export async function sweep({ api, clock, logger }: World, signal?: AbortSignal): Promise<void> {
  for await (const found of api.list(namespaces, { labelSelector: selector, signal })) {
    const { name, annotations = {}, creationTimestamp = '', deletionTimestamp } = found.metadata
    if (deletionTimestamp !== undefined) continue
    const age = (clock.now() - Date.parse(creationTimestamp)) / 1000
    const lifetime = Number(annotations[lifetimeAnnotation] ?? usualLifetime)
    if (!(await isDead(annotations[madeBy])) && !(age > lifetime)) continue
    logger.info(`namespace ${name}: left behind by a verification that was killed; deleting it`)
    await api.delete(namespaces, undefined, name).catch(ignoreMissing)
  }
}

/** Makes a namespace of its own, and says its name. What is in it goes with it. */
export async function makeNamespace(
  { api, clock }: World,
  isPrivileged: boolean,
  lifetime: number,
): Promise<string> {
  const holder = await thisHolder(clock.now())
  const name = `${testNamespacePrefix}${shortId(holder.identity, String(clock.now()), String(Math.random())).slice(0, 6)}`
  await refusing(`namespace ${name}`, () =>
    api.create(namespaces, namespaceObject(name, holder.process, isPrivileged, lifetime)),
  )
  return name
}

/** With all that is in it. Waits until it is gone, for a while: pods of a node that is away keep it. Never fails: what went wrong before is the message. */
export async function removeNamespace({ api, clock, logger }: World, name: string): Promise<void> {
  const until = clock.now() + 30_000
  try {
    await api.delete(namespaces, undefined, name).catch(ignoreMissing)
    while (clock.now() < until) {
      if ((await api.get(namespaces, undefined, name)) === undefined) return
      await clock.sleep(500)
    }
    logger.warn(
      `namespace ${name} is being deleted, and is not gone yet: kubectl get namespace ${name} -o yaml`,
    )
  } catch (error) {
    logger.warn(
      `namespace ${name} could not be deleted (${messageOf(error)}): kubectl delete namespace ${name}, or the next \`dualstack verify\` does it`,
    )
  }
}

/** Creates what is ours; the API server's own words where it refuses. The service account of a new namespace comes a moment later than it. */
export async function create(
  { api, clock }: World,
  resource: string,
  object: KubeObject,
  signal?: AbortSignal,
): Promise<KubeObject> {
  const until = clock.now() + 20_000
  for (;;) {
    try {
      return await refusing(
        `${object.kind ?? 'object'} ${object.metadata.namespace ?? ''}/${object.metadata.name}`,
        () => api.create(resource, object, { signal }),
      )
    } catch (error) {
      if (!/service account|serviceaccount/i.test(messageOf(error)) || clock.now() > until) throw error
    }
    await clock.sleep(300, signal)
  }
}

async function refusing<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const isLimit = /quota|limit/i.test(error.message)
    const isEnding = /terminat/i.test(error.message)
    if (isEnding)
      throw new RefusedError(
        `${what} cannot be made: its namespace is being deleted: ${error.message}`,
        'verify.namespace-deleted',
        'Somebody deletes what verify makes. Run it again.',
        error,
      )
    if (error.status === 403 || error.status === 422 || error.status === 401)
      throw new RefusedError(
        `${what} cannot be made: ${error.message}`,
        'verify.refused',
        isLimit
          ? 'A quota or an admission policy stands in the way: verify needs a namespace of its own, and a pod on each node with 10m of CPU and 16Mi of memory.'
          : (error.hint ??
              'verify needs a namespace of its own, and small pods in it: docs/rbac.yaml has the rights.'),
        error,
      )
    throw error
  }
}

const ignoreMissing = (error: unknown) => {
  if (!(error instanceof ApiError && error.status === 404)) throw error
}

export interface Started {
  readonly testers: readonly Tester[]
  /** Nodes whose pod did not start, and why. */
  readonly missing: readonly { readonly node: string; readonly role: TestPod['role']; readonly why: string }[]
}

/** Makes the test pods and waits until they run, or cannot. @throws when none does, or the namespace goes away meanwhile */
export async function startPods(
  world: World,
  wanted: readonly TestPod[],
  within: number,
  signal?: AbortSignal,
): Promise<Started> {
  const [first] = wanted
  if (first === undefined)
    throw new UnreachableError(
      'no node is ready: nowhere to start a test pod',
      'verify.no-pods',
      'kubectl get nodes',
    )
  const { api, clock } = world
  const { namespace } = first
  for (const pod of wanted) await create(world, pods, podObject(pod), signal)
  const until = clock.now() + within * 1000
  for (;;) {
    const found = new Map<string, KubeObject>()
    for await (const pod of api.list(pods, { namespace, signal })) found.set(pod.metadata.name, pod)
    if (found.size === 0)
      throw new RefusedError(
        `namespace ${namespace}: the test pods are gone: somebody deletes it`,
        'verify.namespace-deleted',
        'Somebody deletes what verify makes. Run it again.',
      )
    const states = wanted
      .map(pod => ({ pod, object: found.get(podObject(pod).metadata.name) }))
      .map(one => ({ ...one, state: stateOf(one.object) }))
    const isOver = clock.now() > until
    if (isOver || states.every(({ state }) => state === 'running' || state.startsWith('failed'))) {
      const testers = states
        .filter(({ state }) => state === 'running')
        .map(
          ({ pod, object }): Tester => ({
            pod: object?.metadata.name ?? '',
            role: pod.role,
            node: pod.node,
            ips: ipsOf(object),
          }),
        )
      const missing = states
        .filter(({ state }) => state !== 'running')
        .map(({ pod, state }) => ({
          node: pod.node,
          role: pod.role,
          why: `its test pod did not start: ${state}`,
        }))
      const [one] = missing
      if (testers.length === 0)
        throw new UnreachableError(
          `no test pod started; node ${one?.node ?? ''}: ${one?.why ?? ''}`,
          'verify.no-pods',
          /ContainerCreating|Pending/.test(one?.why ?? '')
            ? 'Mostly no pod gets a network there, or an image is still on its way: `dualstack diagnose` names the cause, and what kubelets said of it.'
            : 'Where there is no registry, --image names an image that the nodes have, with a shell and netcat: kubectl get node NAME -o jsonpath={.status.images[*].names}',
        )
      return { testers, missing }
    }
    await clock.sleep(500, signal)
  }
}

function ipsOf(pod: KubeObject | undefined): Tester['ips'] {
  const ips = (getField(pod, ['status', 'podIPs']) ?? []) as readonly { readonly ip?: string }[]
  const pairs = ips.flatMap(({ ip }): [Family, string][] => (ip === undefined ? [] : [[familyOf(ip), ip]]))
  return Object.fromEntries(pairs)
}

/** `running`, `failed: …`, or what it waits for. */
function stateOf(pod: KubeObject | undefined): string {
  if (pod === undefined) return 'failed: it was deleted'
  const phase = getText(pod, ['status', 'phase']) ?? 'Pending'
  const waiting = getField(pod, ['status', 'containerStatuses']) as readonly unknown[] | null
  const reason = getText(waiting?.[0], ['state', 'waiting', 'reason']) ?? ''
  const message =
    getText(waiting?.[0], ['state', 'waiting', 'message']) ?? getText(pod, ['status', 'message']) ?? ''
  // Ready, as only then it is an endpoint of its Services.
  const isReady = readyOf(pod) !== undefined
  if (phase === 'Running' && isReady && getField(pod, ['status', 'podIPs']) !== null) return 'running'
  const said = [reason, message].filter(part => part !== '').join(': ') || phase
  const isHopeless =
    phase === 'Failed' ||
    phase === 'Succeeded' ||
    /ErrImage|ImagePullBackOff|InvalidImageName|CreateContainer|RunContainer/.test(reason)
  return isHopeless ? `failed: ${said}` : said
}
