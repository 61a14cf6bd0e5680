import type { Cluster, KubeObject } from '../../../model/cluster.ts'
import { getField } from '../../../model/fields.ts'
import type { Family } from '../../../address/family.ts'
import { lacksOrExceeds, nameOf, readWorkloads, type Workload, type Workloads } from '../read.ts'

/** Lists from which workloads are known. */
export const workloadReads = [
  { kind: 'list', resource: 'v1/pods' },
  { kind: 'list', resource: 'apps/v1/replicasets' },
  { kind: 'list', resource: 'apps/v1/deployments' },
  { kind: 'list', resource: 'apps/v1/statefulsets' },
  { kind: 'list', resource: 'apps/v1/daemonsets' },
] as const

/** What a pod template says, as far as rules look. */
export interface PodSpec {
  readonly hostNetwork?: boolean
  readonly hostPID?: boolean
  readonly hostIPC?: boolean
  readonly volumes?: readonly Readonly<Record<string, unknown>>[]
  readonly securityContext?: SecurityContext
  readonly containers?: readonly Container[]
  readonly initContainers?: readonly Container[]
}

interface SecurityContext {
  readonly privileged?: boolean
  readonly runAsNonRoot?: boolean
  readonly runAsUser?: number
  readonly allowPrivilegeEscalation?: boolean
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] }
  readonly seccompProfile?: { readonly type?: string }
}

interface Container {
  readonly name?: string
  readonly image?: string
  readonly imagePullPolicy?: string
  readonly securityContext?: SecurityContext
  readonly ports?: readonly { readonly hostPort?: number }[]
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>
    readonly limits?: Readonly<Record<string, string>>
  }
}

/** A workload whose pods are to be made again, with its template. */
export interface Again {
  readonly workload: Workload
  readonly object: KubeObject
  readonly name: string
  readonly namespace: string
  readonly spec: PodSpec
  readonly replicas: number
}

/** Several rules ask; of a hundred thousand pods it is worked out once. */
const known = new WeakMap<Cluster, Workloads>()

function workloadsOf(cluster: Cluster): Workloads {
  const found = known.get(cluster) ?? readWorkloads(cluster)
  known.set(cluster, found)
  return found
}

/** Deployments, StatefulSets and DaemonSets with pods that lack the family that is added. */
export function madeAgain(cluster: Cluster, added: Family): readonly Again[] {
  return workloadsOf(cluster).workloads.flatMap((workload): readonly Again[] => {
    const { object, owner, pods } = workload
    const isBehind = pods.some(pod => !pod.families.includes(added) && lacksOrExceeds(pod, ['IPv4', 'IPv6']))
    const spec = getField(object, ['spec', 'template', 'spec']) as PodSpec | null
    if (object === undefined || !isBehind || spec === null) return []
    const replicas = getField(object, ['spec', 'replicas'])
    return [
      {
        workload,
        object,
        name: nameOf(owner),
        namespace: owner.namespace,
        spec,
        replicas: typeof replicas === 'number' ? replicas : pods.length,
      },
    ]
  })
}

export const containersOf = ({ containers = [], initContainers = [] }: PodSpec): readonly Container[] => [
  ...initContainers,
  ...containers,
]
