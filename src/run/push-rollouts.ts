import { isObjectChange } from '../model/apply.ts'
import type { KubeObject } from '../model/cluster.ts'
import { getField } from '../model/fields.ts'
import { readyOf } from '../model/ready.ts'
import type { FieldChange, ObjectTarget, Step } from '../model/plan.ts'
import type { World } from '../world/ports.ts'
import { covers } from './inspect.ts'

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
    const template = fields.filter(({ path }) => path[0] === 'spec' && path[1] === 'template')
    if (target.api === 'apps/v1/daemonsets' && template.length > 0) await push(context, target, template)
  }
}

async function push(context: Push, target: ObjectTarget, fields: readonly FieldChange[]): Promise<void> {
  const { api, clock } = context.world
  let deadline = clock.now() + patience * 1000
  let count: number | undefined
  let last = Number.POSITIVE_INFINITY
  for (; clock.now() < deadline; await clock.sleep(1000, context.signal)) {
    context.signal?.throwIfAborted()
    const daemonSet = await api.get(target.api, target.namespace, target.name)
    if (daemonSet === undefined) return
    if (!isObserved(daemonSet)) continue
    const pods = await podsOf(context.world, daemonSet)
    count ??= pods.length
    const [old, ...more] = pods.filter(pod => !isLeaving(pod) && !isNew(pod, fields))
    if (old === undefined) return
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

/** Is a pod of the template as the step leaves it? What is below `spec.template` of a DaemonSet stands in its pods as it is. */
const isNew = (pod: KubeObject, fields: readonly FieldChange[]): boolean =>
  fields.every(({ path, after }) => covers(after, getField(pod, path.slice(2))))

const isLeaving = ({ metadata }: KubeObject): boolean => metadata.deletionTimestamp !== undefined
const isReady = (pod: KubeObject): boolean => readyOf(pod) !== undefined
const isOwned = (object: KubeObject, owner: KubeObject): boolean =>
  object.metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid) === true

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
