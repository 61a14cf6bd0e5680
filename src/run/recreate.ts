import type { Family } from '../address/family.ts'
import { StoppedError } from '../base/errors.ts'
import type { Cluster, Pod } from '../model/cluster.ts'
import { ownedBy } from '../model/owners.ts'
import { resourceOf } from '../layers/workloads/read.ts'
import { wantedPods } from '../layers/workloads/wanted-pods.ts'
import type { OwnerRef, Refresh } from '../model/plan.ts'
import type { World } from '../world/ports.ts'
import { remakePod } from './bare-pods.ts'

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

interface Backlog {
  /** Pods that still have to be made again. */
  readonly old: readonly Pod[]
  /** Pods that serve, of how many that are there or on their way out. */
  readonly ready: number
  readonly all: number
  /** Some pod is on its node and has no address yet: it may have asked for one before the CNI was told. */
  readonly isComing: boolean
}

function backlog(cluster: Cluster, { owner, until }: RecreatePods): Backlog {
  const isOwned = ownedBy(cluster, owner)
  const pods = cluster.pods.filter(pod => isOwned(pod) && isLive(pod) && !pod.hostNetwork)
  return {
    // One without addresses is looked at when it has some.
    old: pods.filter(pod => !pod.deleting && pod.families.length > 0 && !isAsWanted(pod, until)),
    ready: pods.filter(pod => pod.ready && !pod.deleting).length,
    all: pods.length,
    isComing: pods.some(pod => !pod.deleting && pod.node !== '' && pod.families.length === 0),
  }
}

/** Seconds after which the owner of pods that do not come back is asked whether it still wants them. */
const askOwnerAfter = 15

/** Seconds for which a pod that has no address yet is waited for: it gets one within a moment, or it waits for a volume and gets the right one. */
const comesWithin = 15

/**
 * May the next ready pod go? When as many serve as did before: one that was broken already when we came is not ours to wait for. Fewer pods
 * than served then are on their way back, unless their owner wants fewer now. That they stay away says nothing: a quota, a webhook, or a pod
 * of a StatefulSet that cannot end on a dead node keeps them from being made, and one after the other would be gone.
 */
function pace(
  { world: { api, clock } }: Recreate,
  { owner, ready: planned }: RecreatePods,
): (now: Backlog) => Promise<boolean> {
  let before = planned
  let fewerSince: number | undefined
  return async ({ ready, all }) => {
    before ??= ready
    fewerSince = all < before ? (fewerSince ?? clock.now()) : undefined
    const asks = fewerSince !== undefined && clock.now() - fewerSince >= askOwnerAfter * 1000
    return ready >= (asks ? Math.min(before, (await wantedBy(api, owner)) ?? all) : before)
  }
}

/** How many pods their owner wants now, none when it is gone; undefined: its kind says nothing (a Job's pods end by themselves). */
async function wantedBy(api: World['api'], owner: OwnerRef): Promise<number | undefined> {
  const resource = resourceOf[owner.kind]
  if (resource === undefined || owner.kind === 'Job') return undefined
  const object = await api.get(resource, owner.namespace, owner.name)
  return object === undefined ? 0 : wantedPods(owner.kind, object)
}

/**
 * Makes the pods of an owner again, one at a time: the next goes only when as many are ready as were before. Evictions ask
 * the PodDisruptionBudgets; a budget that says no is asked again until the time is up.
 */
export async function recreatePods(context: Recreate, refresh: RecreatePods): Promise<void> {
  if (refresh.by === 'rollout') return
  const { clock } = context.world
  const name = `${refresh.owner.kind} ${refresh.owner.namespace}/${refresh.owner.name}`
  const began = clock.now()
  let deadline = began + context.within * 1000
  let count = -1
  const mayGo = pace(context, refresh)
  let obstacle = 'fewer of its pods are ready than were before'
  for (;;) {
    context.signal?.throwIfAborted()
    const now = backlog(await context.look(refresh.owner.namespace), refresh)
    const { old } = now
    const isPaced = await mayGo(now)
    const [pod] = old.toSorted((a, b) => Number(a.ready) - Number(b.ready) || (a.name > b.name ? -1 : 1))
    if (pod === undefined) {
      if (!now.isComing || clock.now() - began > comesWithin * 1000) return
      await clock.sleep(1000, context.signal)
      continue
    }
    if (old.length !== count) deadline = clock.now() + context.within * 1000
    count = old.length
    // A pod that is not ready serves nobody: taking it first costs nothing.
    if (isPaced || !pod.ready) {
      const outcome =
        refresh.by === 'delete'
          ? await end(context, pod, refresh)
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

/** A pod that nobody makes again is made again by us; others are only deleted. */
async function end(context: Recreate, pod: Pod, { owner }: RecreatePods): Promise<'deleted'> {
  if (owner.kind === 'Pod') await remakePod(context, pod)
  else await context.world.api.delete('v1/pods', pod.namespace, pod.name, { uid: pod.uid })
  return 'deleted'
}
