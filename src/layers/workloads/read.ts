import type { Family } from '../../address/family.ts'
import type { Cluster, KubeObject, Pod, Resource } from '../../model/cluster.ts'
import { ownerResolver } from '../../model/owners.ts'
import type { OwnerRef } from '../../model/plan.ts'
import { getField } from '../../model/fields.ts'
import { findObject } from '../../model/changes.ts'
import type { LabelSelector } from '../shared/selector.ts'
import { whoSelects } from '../shared/who-selects.ts'

/** Where the object of an owner stands. Kinds that are not here are somebody's own controllers. */
export const resourceOf: Readonly<Record<string, Resource>> = {
  Deployment: 'apps/v1/deployments',
  StatefulSet: 'apps/v1/statefulsets',
  DaemonSet: 'apps/v1/daemonsets',
  ReplicaSet: 'apps/v1/replicasets',
  ReplicationController: 'v1/replicationcontrollers',
  Job: 'batch/v1/jobs',
}

/** Pods that one owner makes again, and its object where it is of a kind we know. */
export interface Workload {
  readonly owner: OwnerRef
  readonly object: KubeObject | undefined
  readonly pods: readonly Pod[]
}

export interface Budget {
  readonly namespace: string
  readonly name: string
  readonly selector: LabelSelector | undefined
  /** Pods that must stay healthy, as its controller has counted; undefined: not counted yet. */
  readonly desiredHealthy: number | undefined
}

export interface Workloads {
  readonly cluster: Cluster
  readonly workloads: readonly Workload[]
  /** Those that hold for a pod. */
  readonly budgets: (pod: Pod) => readonly Budget[]
  /** Ready pods that a budget counts. */
  readonly healthy: (budget: Budget) => number
  /** Owner of the pods behind the DNS Service, made again before all others. */
  readonly isDNS: (workload: Workload) => boolean
}

/** Pods whose addresses come from the CNI: those on the host's network follow the Node, finished and leaving ones do not matter. */
export const isOurs = (pod: Pod): boolean =>
  !pod.hostNetwork && !pod.deleting && pod.phase !== 'Succeeded' && pod.phase !== 'Failed'

/** A pod without an address is still to get one, from whatever is configured then. */
export const lacksOrExceeds = (pod: Pod, families: readonly Family[]): boolean =>
  pod.families.length > 0 &&
  (pod.families.length !== families.length || !families.every(family => pod.families.includes(family)))

export const nameOf = (owner: OwnerRef): string => `${owner.kind} ${owner.namespace}/${owner.name}`

export function readWorkloads(cluster: Cluster): Workloads {
  const resolve = ownerResolver(cluster)
  const groups = new Map<OwnerRef, { owner: OwnerRef; pods: Pod[] }>()
  for (const pod of cluster.pods) {
    if (!isOurs(pod)) continue
    const owner = resolve(pod)
    const group = groups.get(owner)
    if (group === undefined) groups.set(owner, { owner, pods: [pod] })
    else group.pods.push(pod)
  }
  const budgets = whoSelects(
    (cluster.objects['policy/v1/poddisruptionbudgets'] ?? []).map(readBudget),
    budget => budget,
  )
  return {
    cluster,
    workloads: [...groups.values()].map(group => ({ ...group, object: objectOf(cluster, group.owner) })),
    budgets,
    healthy: healthyOf(cluster.pods, budgets),
    isDNS: ({ owner, object, pods }) =>
      owner.namespace === 'kube-system' &&
      [getField(object, ['spec', 'template', 'metadata', 'labels']), ...pods.map(pod => pod.labels)].some(
        labels => getField(labels, ['k8s-app']) === 'kube-dns',
      ),
  }
}

/** Owners of which no pod is there: scaled to nothing, or all away at the moment. Not those whose pods are on the host's network. */
export function withoutPods({ cluster, workloads }: Workloads): readonly Workload[] {
  const known = new Set(workloads.map(({ owner }) => nameOf(owner)))
  return (['Deployment', 'StatefulSet', 'DaemonSet'] as const).flatMap(kind =>
    (cluster.objects[resourceOf[kind] ?? ''] ?? [])
      .filter(object => getField(object, ['spec', 'template', 'spec', 'hostNetwork']) !== true)
      .map(object => {
        const { namespace = '', name } = object.metadata
        return { owner: { namespace, kind, name }, object, pods: [] }
      })
      .filter(({ owner }) => !known.has(nameOf(owner))),
  )
}

/** Counted for all at once, when the first is asked for. */
function healthyOf(all: readonly Pod[], budgets: Workloads['budgets']): Workloads['healthy'] {
  let counted: Map<Budget, number> | undefined
  return budget => {
    if (counted === undefined) {
      counted = new Map()
      for (const pod of all) {
        if (!pod.ready || pod.deleting) continue
        for (const one of budgets(pod)) counted.set(one, (counted.get(one) ?? 0) + 1)
      }
    }
    return counted.get(budget) ?? 0
  }
}

function objectOf(cluster: Cluster, owner: OwnerRef): KubeObject | undefined {
  const resource = resourceOf[owner.kind]
  return resource === undefined ? undefined : findObject(cluster, resource, owner.namespace, owner.name)
}

function readBudget(object: KubeObject): Budget {
  const spec = object['spec'] as { selector?: LabelSelector } | undefined
  const status = object['status'] as { desiredHealthy?: number } | undefined
  return {
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name,
    selector: spec?.selector,
    desiredHealthy: status?.desiredHealthy,
  }
}
