import type { Family } from '../address/family.ts'
import { StoppedError } from '../base/errors.ts'
import type { Cluster, KubeObject, Pod } from '../model/cluster.ts'
import { ownedBy } from '../model/owners.ts'
import type { OwnerRef, Refresh } from '../model/plan.ts'
import type { World } from '../world/ports.ts'

export interface Recreate {
  readonly world: World
  /** Pods and ReplicaSets of one namespace, fresh. */
  readonly look: (namespace: string) => Promise<Cluster>
  readonly progress: (message: string) => void
  /** Seconds until a pod that a budget protects, or that does not come back, stops the run. */
  readonly within: number
  readonly signal?: AbortSignal
}

type RecreatePods = Extract<Refresh, { kind: 'recreate-pods' }>

const isAsWanted = (pod: Pod, until: readonly Family[]): boolean =>
  pod.families.length === until.length && until.every(family => pod.families.includes(family))
const isLive = (pod: Pod): boolean => pod.phase !== 'Succeeded' && pod.phase !== 'Failed'

/** The pods of an owner that still have to be made again, and whether all that are meant to be there are ready. */
function backlog(
  cluster: Cluster,
  { owner, until }: RecreatePods,
): { old: readonly Pod[]; settled: boolean } {
  const isOwned = ownedBy(cluster, owner)
  const pods = cluster.pods.filter(pod => isOwned(pod) && isLive(pod) && !pod.hostNetwork)
  return {
    // One without addresses is new, and gets what the CNI hands out now.
    old: pods.filter(pod => !pod.deleting && pod.families.length > 0 && !isAsWanted(pod, until)),
    settled: pods.every(pod => pod.ready && !pod.deleting),
  }
}

/**
 * Makes the pods of an owner again, one at a time: the next goes only when all that are there are ready. Evictions ask the
 * PodDisruptionBudgets; a budget that says no is asked again until the time is up.
 */
export async function recreatePods(context: Recreate, refresh: RecreatePods): Promise<void> {
  if (refresh.by === 'rollout') return
  const { clock } = context.world
  const name = `${refresh.owner.kind} ${refresh.owner.namespace}/${refresh.owner.name}`
  let deadline = clock.now() + context.within * 1000
  let count = -1
  let obstacle = 'its pods are not ready'
  for (;;) {
    context.signal?.throwIfAborted()
    const { old, settled } = backlog(await context.look(refresh.owner.namespace), refresh)
    const [pod] = old.toSorted((a, b) => Number(a.ready) - Number(b.ready) || (a.name > b.name ? -1 : 1))
    if (pod === undefined) return
    if (old.length !== count) deadline = clock.now() + context.within * 1000
    count = old.length
    // A pod that is not ready serves nobody: taking it first costs nothing.
    if (settled || !pod.ready) {
      const outcome =
        refresh.by === 'delete'
          ? await remake(context, pod, refresh.owner)
          : await context.world.api.evict(pod.namespace, pod.name, pod.uid)
      if (typeof outcome === 'object')
        obstacle = `a PodDisruptionBudget does not allow it: ${outcome.blocked}`
      else
        context.progress(
          `${name}: ${pod.name} ${refresh.by === 'delete' ? 'deleted' : 'evicted'}, ${old.length - 1} to go`,
        )
    }
    if (clock.now() > deadline) {
      throw new StoppedError(
        `${name}: ${old.length} pods could not be made again within ${context.within} s: ${obstacle}`,
        'workloads.blocked',
        'Make room in the budget (kubectl get pdb -A) or mend the pods, then run the same command again: it goes on here.',
      )
    }
    await clock.sleep(1000, context.signal)
  }
}

/** A pod that nobody makes again is made again by us from its own specification; others are only deleted. */
async function remake(context: Recreate, pod: Pod, owner: OwnerRef): Promise<'deleted'> {
  const { api, clock } = context.world
  const object = owner.kind === 'Pod' ? await api.get('v1/pods', pod.namespace, pod.name) : undefined
  await api.delete('v1/pods', pod.namespace, pod.name, { uid: pod.uid })
  if (object === undefined) return 'deleted'
  for (;;) {
    const left = await api.get('v1/pods', pod.namespace, pod.name)
    if (left === undefined) break
    await clock.sleep(500, context.signal)
  }
  await api.create('v1/pods', fresh(object))
  return 'deleted'
}

/** What a person would have written: without what the server, the scheduler and the admission added for that one life. */
function fresh(object: KubeObject): KubeObject {
  const { name, namespace, labels, annotations } = object.metadata
  const { nodeName: _node, ...spec } = object['spec'] as Record<string, unknown>
  const cleaned = Object.entries(annotations ?? {}).filter(
    ([key]) =>
      !key.startsWith('cni.projectcalico.org/pod') && !key.startsWith('cni.projectcalico.org/container'),
  )
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels, annotations: Object.fromEntries(cleaned) },
    spec,
  }
}
