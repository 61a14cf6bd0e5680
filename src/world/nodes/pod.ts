import type { Clock } from '../../base/clock.ts'
import { DualStackError, UnreachableError } from '../../base/errors.ts'
import type { KubeObject } from '../../model/cluster.ts'
import { getField } from '../../model/fields.ts'
import { ApiError } from '../api/api-error.ts'
import { isOurs, managedBy, managedBySelector, ownNamespace } from '../own/labels.ts'
import type { CommandResult, ExecOptions, KubeApi, Transport } from '../ports.ts'
import { shortId } from './names.ts'
import { agentPod, container, enterHost, imageFor, podSelector } from './pod-spec.ts'

export interface PodOptions {
  readonly api: KubeApi
  readonly clock: Clock
  /** Seconds until a pod must run; 60 if left out. */
  readonly startWithin?: number
}

const pods = 'v1/pods'
const namespaces = 'v1/namespaces'

/**
 * A privileged pod on each node that is asked for, from an image that the node has already; scripts run in the host's namespaces through
 * exec. Needs nothing but the API server, and the right to make such pods; gone with `close`, and what a run that died left behind goes
 * when the next one starts.
 */
export function podTransport({ api, clock, startWithin = 60 }: PodOptions): Transport {
  const running = new Map<string, Promise<string>>()
  /** Names of all pods made: one that could not be talked to for a moment has a successor, and may be there all the same. */
  const made = new Set<string>()
  let swept: Promise<void> | undefined

  const podOn = (node: string, signal?: AbortSignal): Promise<string> => {
    let found = running.get(node)
    if (found === undefined) running.set(node, (found = start(node, signal)))
    found.catch(() => running.delete(node))
    return found
  }

  /** Pods of a run that died may run as long as they like to: they are ours, and are taken away first. */
  async function sweep(): Promise<void> {
    for await (const pod of api.list(pods, { namespace: ownNamespace, labelSelector: podSelector })) {
      await remove(pod.metadata.name)
    }
  }
  const remove = (name: string) =>
    api.delete(pods, ownNamespace, name, { gracePeriodSeconds: 0 }).catch(ignoreMissing)

  async function start(node: string, signal?: AbortSignal): Promise<string> {
    const object = await api.get('v1/nodes', undefined, node, signal)
    if (object === undefined) throw away(node, 'the cluster has no such node')
    await ensureNamespace(node)
    await (swept ??= sweep())
    const name = `node-${shortId(node, String(clock.now()), String(Math.random()))}`
    const pod = agentPod({ name, node, image: imageFor(object), architecture: architectureOf(object) })
    const until = clock.now() + startWithin * 1000
    made.add(name)
    await create(node, pod, until, signal)
    for (;;) {
      const now = await api.get(pods, ownNamespace, name, signal)
      const seen = stateOf(now)
      if (seen === 'running') return name
      if (clock.now() > until || now === undefined || seen.startsWith('failed')) {
        await remove(name)
        throw away(node, `its pod did not start: ${seen}`)
      }
      await clock.sleep(300, signal)
    }
  }

  async function ensureNamespace(node: string): Promise<void> {
    try {
      const found = await api.get(namespaces, undefined, ownNamespace)
      if (found?.metadata.deletionTimestamp !== undefined) {
        const until = clock.now() + startWithin * 1000
        while ((await api.get(namespaces, undefined, ownNamespace)) !== undefined && clock.now() < until)
          await clock.sleep(500)
      } else if (found !== undefined) return
      await api.create(namespaces, {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: {
          name: ownNamespace,
          labels: { ...managedBy, 'pod-security.kubernetes.io/enforce': 'privileged' },
        },
      })
    } catch (error) {
      if (error instanceof ApiError && error.reason === 'AlreadyExists') return
      throw error instanceof ApiError
        ? away(node, `namespace ${ownNamespace}: ${error.message}`, error)
        : error
    }
  }

  /** The service account of a new namespace is made a moment later; until then pods are forbidden. */
  async function create(node: string, pod: KubeObject, until: number, signal?: AbortSignal): Promise<void> {
    for (;;) {
      try {
        await api.create(pods, pod, { signal })
        return
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        if (error.reason === 'AlreadyExists') return
        if (!error.message.includes('service account') || clock.now() > until)
          throw away(node, error.message, error)
      }
      await clock.sleep(300, signal)
    }
  }

  async function run(node: string, script: string, options: ExecOptions = {}): Promise<CommandResult> {
    const name = await podOn(node, options.signal)
    try {
      return await api.exec({ namespace: ownNamespace, name, container }, enterHost, {
        ...options,
        input: script,
      })
    } catch (error) {
      if (options.signal?.aborted) throw error
      // The pod is gone (evicted, deleted, a reboot): the next try makes another. It is looked for by then, not now: the API server may be away.
      if (error instanceof ApiError && error.status === 404) running.delete(node)
      if (error instanceof DualStackError && error.code === 'exec.failed') running.delete(node)
      if (error instanceof ApiError || (error instanceof DualStackError && error.code.startsWith('exec.'))) {
        throw away(node, error.message, error)
      }
      throw error
    }
  }

  async function close(): Promise<void> {
    if (made.size === 0) return
    // What is being started right now comes to its name first.
    await Promise.allSettled(running.values())
    await Promise.all([...made].map(remove))
    made.clear()
    running.clear()
    swept = undefined
    // With the last of our pods the namespace goes; there may be test pods, of this run or another.
    for await (const pod of api.list(pods, { namespace: ownNamespace })) {
      if (pod.metadata.deletionTimestamp === undefined) return
    }
    const namespace = await api.get(namespaces, undefined, ownNamespace)
    if (namespace !== undefined && isOurs(namespace)) {
      await api.delete(namespaces, undefined, ownNamespace).catch(ignoreMissing)
    }
  }

  return { name: 'pod', run, close }
}

const ignoreMissing = (error: unknown) => {
  if (!(error instanceof ApiError && error.status === 404)) throw error
}

const textAt = (object: KubeObject, ...path: string[]): string => {
  const value = getField(object, path)
  return typeof value === 'string' ? value : ''
}

const architectureOf = (node: KubeObject): string => textAt(node, 'status', 'nodeInfo', 'architecture')

function away(node: string, message: string, cause?: unknown): UnreachableError {
  return new UnreachableError(
    `node ${node}: ${message}`,
    'nodes.pod',
    `Look at the pods: kubectl -n ${ownNamespace} get pods -l ${managedBySelector} -o wide. Where such pods are not allowed, use ssh.`,
    cause,
  )
}

/** `running`, `failed: …`, or what it waits for. */
function stateOf(pod: KubeObject | undefined): string {
  if (pod === undefined) return 'failed: it was deleted'
  const phase = textAt(pod, 'status', 'phase') || 'Pending'
  const statuses = (getField(pod, ['status', 'containerStatuses']) ?? []) as readonly {
    readonly state?: {
      readonly running?: object
      readonly waiting?: { readonly reason?: string; readonly message?: string }
    }
  }[]
  const state = statuses[0]?.state
  if (phase === 'Running' && state?.running !== undefined) return 'running'
  const { reason = '', message = '' } = state?.waiting ?? {}
  const said = `${textAt(pod, 'status', 'message')} ${reason} ${message}`.trim()
  const hopeless =
    /ErrImageNeverPull|InvalidImageName|CreateContainerError|RunContainerError|CreateContainerConfigError/.test(
      reason,
    )
  return phase === 'Failed' || hopeless ? `failed: ${said || phase}` : said || phase
}
