import type { Goal } from '../../model/goal.ts'
import { getField } from '../../model/fields.ts'
import { isLeft, leaveAnnotation } from '../shared/leave.ts'
import { type Strategy, budgetsOf, everAllows, keepsBudget, scaled } from './budget.ts'
import { losesEvicted } from './ordered.ts'
import type { Workload, Workloads } from './read.ts'
import { canSurge, isNodeLocal, surgesAlready, surgesForUs } from './surge.ts'

/** How the pods of a workload are made again; or that they are left, and why. */
export type Way =
  | {
      readonly by: 'rollout' | 'eviction' | 'delete'
      /** For the time of the roll-out the new pod of a node is ready before the old one goes. */
      readonly surges?: true
      readonly interrupts?: string
    }
  | { readonly by: 'nothing'; readonly because: string; readonly remedy?: string }

const leave = (because: string, remedy?: string): Way => ({ by: 'nothing', because, remedy })

/**
 * A roll-out where the owner's own strategy allows it (a Deployment surges: no capacity is lost), unless a PodDisruptionBudget
 * would be broken on the way: then pod by pod through the eviction API, which asks the budget.
 */
export function wayOf(workload: Workload, state: Workloads, goal: Goal): Way {
  const { owner, object, pods } = workload
  const opened = pods.find(pod => pod.annotations?.['cni.projectcalico.org/ipAddrs'] !== undefined)
  const pinned = pods.find(pod => pod.annotations?.['cni.projectcalico.org/ipFamilies'] !== undefined)
  if (isLeft(object)) return leave(`its annotation ${leaveAnnotation} says so`)
  if (opened !== undefined)
    return pinnedBy('cni.projectcalico.org/ipAddrs', 'name an address of each family in it')
  if (pinned !== undefined) return pinnedBy('cni.projectcalico.org/ipFamilies', 'take it away')

  switch (owner.kind) {
    case 'Pod':
      return goal.include.barePods
        ? { by: 'delete', interrupts: 'it is deleted, and made again from its own specification' }
        : leave(
            'it has no owner: nobody would make it again',
            'Make it again yourself, or ask for bare pods to be made again too.',
          )
    case 'Job':
      return goal.include.jobs
        ? { by: 'delete', interrupts: 'the Job starts a new pod from the beginning' }
        : leave(
            'a Job would start its work from the beginning',
            'Let it end, or ask for pods of Jobs to be made again too.',
          )
    case 'Node':
      return leave('it is a static pod', 'Restart it on its node.')
    case 'ReplicaSet':
    case 'ReplicationController':
      return evict(workload, state)
    case 'Deployment':
    case 'StatefulSet':
    case 'DaemonSet':
      break
    default:
      return leave(
        `a controller of kind ${owner.kind} is not known here`,
        'Make its pods again as its controller wants it.',
      )
  }
  if (object === undefined) return leave('its object could not be read')
  if (isOnDelete(workload)) {
    return goal.include.onDelete
      ? { by: 'delete', interrupts: 'pods are deleted: they come back by the template as it is now' }
      : leave(
          'its update strategy is OnDelete: its owner wants to choose when',
          'Delete its pods yourself, or ask for OnDelete workloads to be made again too.',
        )
  }
  const strategy = strategyOf(workload)
  const held = budgetsOf(workload, state)
  const isWell = pods.filter(pod => pod.ready).length >= strategy.replicas
  // Whoever owns the owner (an operator) writes its template anew, and would take our annotation back out of it.
  const isOwned = object.metadata.ownerReferences?.some(one => one.controller === true) === true
  const rollsWhole = getField(object, ['spec', 'paused']) !== true && !hasPartition(workload) && !isOwned
  // A roll-out of what is not well stalls at its first new pod, which is not ready either; evictions do not wait for each other's health.
  if (
    isWell &&
    rollsWhole &&
    held.every(budget => keepsBudget(budget, strategy, workload, state.healthy(budget)))
  ) {
    return rollOut(workload, strategy, state)
  }
  if (owner.kind === 'StatefulSet' && losesEvicted(workload)) {
    return leave(
      'one of its pods is missing or not ready, and its controller makes none behind that one again (podManagementPolicy OrderedReady)',
      'Mend that pod (one that hangs on a dead node: kubectl delete pod --force), then plan again.',
    )
  }
  return evict(workload, state)
}

const pinnedBy = (annotation: string, mend: string): Way =>
  leave(
    `its pods carry the annotation ${annotation}, which decides their families`,
    `In the pod template, ${mend}.`,
  )

function evict(workload: Workload, state: Workloads): Way {
  const stuck = budgetsOf(workload, state).find(budget => !everAllows(budget, state.healthy(budget)))
  if (stuck !== undefined) {
    return leave(
      `PodDisruptionBudget ${stuck.namespace}/${stuck.name} allows no pod to be away, now or ever`,
      'Add a replica, or loosen the budget; then plan again.',
    )
  }
  const isOnly = workload.pods.length === 1
  return { by: 'eviction', ...(isOnly ? { interrupts: 'its only pod is made again' } : {}) }
}

const isOnDelete = ({ object }: Workload): boolean =>
  getField(object, ['spec', 'updateStrategy', 'type']) === 'OnDelete'

/** Pods below a StatefulSet's partition keep the old template, whatever it says. */
function hasPartition({ object }: Workload): boolean {
  const partition = getField(object, ['spec', 'updateStrategy', 'rollingUpdate', 'partition'])
  return typeof partition === 'number' && partition > 0
}

/** The worst moment of a roll-out, from the defaults of apps/v1 where nothing is said. */
function strategyOf({ owner, object, pods }: Workload): Strategy {
  const field = (...path: string[]) => getField(object, ['spec', ...path])
  if (owner.kind === 'DaemonSet') {
    const unavailable = scaled(
      field('updateStrategy', 'rollingUpdate', 'maxUnavailable'),
      pods.length,
      'up',
      1,
    )
    return { replicas: pods.length, unavailable }
  }
  const replicas = Number(field('replicas') ?? 1)
  if (owner.kind === 'StatefulSet') return { replicas, unavailable: Math.min(replicas, 1) }
  if (field('strategy', 'type') === 'Recreate') return { replicas, unavailable: replicas }
  const surge = scaled(field('strategy', 'rollingUpdate', 'maxSurge'), replicas, 'up', '25%')
  const unavailable = scaled(field('strategy', 'rollingUpdate', 'maxUnavailable'), replicas, 'down', '25%')
  // Both rounded to nothing would never move: the controller then takes one away (deployment util, ResolveFenceposts).
  return { replicas, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable }
}

function rollOut(workload: Workload, strategy: Strategy, state: Workloads): Way {
  const { owner, object } = workload
  if (owner.kind === 'DaemonSet' && object !== undefined && !surgesAlready(object)) {
    const isLocal = isNodeLocal(workload, state)
    if ((isLocal && canSurge(object, state.cluster.version)) || surgesForUs(object))
      return { by: 'rollout', surges: true }
    return {
      by: 'rollout',
      interrupts: `on each node in turn its pod is away while it is made again${isLocal ? ', and what asks it on that node is refused' : ''}`,
    }
  }
  if (owner.kind === 'StatefulSet')
    return { by: 'rollout', interrupts: 'its pods are away one after the other while they are made again' }
  const isOutage = strategy.replicas > 0 && strategy.unavailable >= strategy.replicas
  return {
    by: 'rollout',
    ...(isOutage ? { interrupts: 'all its pods are away at once while they are made again' } : {}),
  }
}
