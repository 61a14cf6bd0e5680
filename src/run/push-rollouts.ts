import { isObjectChange } from '../model/apply.ts'
import type { KubeObject } from '../model/cluster.ts'
import { getField } from '../model/fields.ts'
import type { ObjectTarget, Step } from '../model/plan.ts'
import type { World } from '../world/ports.ts'

export interface Push {
  /** Without the dead nodes. */
  readonly world: World
  readonly progress: (message: string) => void
  readonly signal?: AbortSignal
}

/** Seconds without a pod becoming new after which pushing ends: the step's gates say then what is missing. */
const patience = 300

/**
 * Rolls out the DaemonSets that a step has changed, pod by pod. The controller counts a pod on a dead node as unavailable, and with the usual
 * maxUnavailable of 1 touches no other one (daemon/update.go, rollingUpdate): so an old pod is deleted here, when all others are ready.
 */
export async function pushRollouts(context: Push, step: Step): Promise<void> {
  for (const { target, fields } of step.changes.filter(isObjectChange)) {
    const isTemplate = fields.some(({ path }) => path[0] === 'spec' && path[1] === 'template')
    if (target.api === 'apps/v1/daemonsets' && isTemplate) await push(context, target)
  }
}

async function push(context: Push, target: ObjectTarget): Promise<void> {
  const { api, clock } = context.world
  let deadline = clock.now() + patience * 1000
  let count: number | undefined
  let last = Number.POSITIVE_INFINITY
  for (; clock.now() < deadline; await clock.sleep(1000, context.signal)) {
    context.signal?.throwIfAborted()
    const daemonSet = await api.get(target.api, target.namespace, target.name)
    if (daemonSet === undefined) return
    if (!isObserved(daemonSet)) continue
    const newest = await newestRevision(context.world, daemonSet)
    const pods = await podsOf(context.world, daemonSet)
    count ??= pods.length
    const [old, ...more] = pods.filter(pod => !isLeaving(pod) && revisionOf(pod) !== newest)
    if (old === undefined || newest === undefined) return
    if (more.length < last) deadline = clock.now() + patience * 1000
    last = more.length
    const settled = pods.length >= count && pods.every(pod => !isLeaving(pod) && isReady(pod))
    // What is not ready serves nobody.
    if (!settled && isReady(old)) continue
    await api.delete('v1/pods', old.metadata.namespace, old.metadata.name, { uid: old.metadata.uid })
    context.progress(
      `DaemonSet ${target.namespace ?? ''}/${target.name}: ${old.metadata.name} deleted, ${more.length} to go`,
    )
  }
}

const isObserved = (object: KubeObject): boolean =>
  Number(getField(object, ['status', 'observedGeneration']) ?? 0) >= (object.metadata.generation ?? 0)

const hashLabel = 'controller-revision-hash'
const revisionOf = ({ metadata }: KubeObject): string | undefined => metadata.labels?.[hashLabel]
const isLeaving = ({ metadata }: KubeObject): boolean => metadata.deletionTimestamp !== undefined
const isReady = (pod: KubeObject): boolean =>
  ((getField(pod, ['status', 'conditions']) ?? []) as readonly { type?: string; status?: string }[]).some(
    ({ type, status }) => type === 'Ready' && status === 'True',
  )
const isOwned = (object: KubeObject, owner: KubeObject): boolean =>
  object.metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid) === true

async function newestRevision({ api }: World, daemonSet: KubeObject): Promise<string | undefined> {
  const { namespace } = daemonSet.metadata
  let newest: KubeObject | undefined
  for await (const one of api.list('apps/v1/controllerrevisions', { namespace })) {
    if (isOwned(one, daemonSet) && Number(one['revision']) > Number(newest?.['revision'] ?? -1)) newest = one
  }
  return newest === undefined ? undefined : revisionOf(newest)
}

async function podsOf({ api }: World, daemonSet: KubeObject): Promise<readonly KubeObject[]> {
  const labels = (getField(daemonSet, ['spec', 'selector', 'matchLabels']) ?? {}) as Record<string, string>
  const labelSelector = Object.entries(labels)
    .map(pair => pair.join('='))
    .join(',')
  const pods: KubeObject[] = []
  for await (const pod of api.list('v1/pods', { namespace: daemonSet.metadata.namespace, labelSelector }))
    if (isOwned(pod, daemonSet)) pods.push(pod)
  return pods
}
