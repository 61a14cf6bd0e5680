import type { Json } from '../../base/json.ts'
import type { KubeObject } from '../../model/cluster.ts'
import { getField } from '../../model/fields.ts'
import type { FieldChange } from '../../model/plan.ts'
import { selectsByMap } from '../shared/selector.ts'
import type { Workload, Workloads } from './read.ts'

interface Container {
  readonly ports?: readonly { readonly hostPort?: number }[]
  readonly securityContext?: { readonly privileged?: boolean }
  readonly resources?: { readonly requests?: object }
}
interface PodSpec {
  readonly hostPID?: boolean
  readonly hostIPC?: boolean
  readonly volumes?: readonly { readonly hostPath?: object }[]
  readonly containers?: readonly Container[]
  readonly initContainers?: readonly Container[]
}

/** Does a Service send what a node asks to the pod of that node only? Then nobody stands in for a DaemonSet's pod that is away. */
export function isNodeLocal({ object }: Workload, { cluster }: Workloads): boolean {
  const labels = (getField(object, ['spec', 'template', 'metadata', 'labels']) ?? {}) as Readonly<
    Record<string, string>
  >
  return (cluster.objects['v1/services'] ?? []).some(service => {
    const spec = (service['spec'] ?? {}) as {
      selector?: Readonly<Record<string, string>>
      internalTrafficPolicy?: string
      externalTrafficPolicy?: string
    }
    const isLocal = spec.internalTrafficPolicy === 'Local' || spec.externalTrafficPolicy === 'Local'
    return (
      isLocal &&
      service.metadata.namespace === object?.metadata.namespace &&
      selectsByMap(spec.selector, labels)
    )
  })
}

/**
 * Two pods of a DaemonSet on one node at the same time: only where they can share nothing of the host (a socket that the new one makes is
 * taken away by the old one as it ends), and where the second asks for no resources, so that it surely finds room.
 */
export function canSurge(object: KubeObject): boolean {
  const spec = (getField(object, ['spec', 'template', 'spec']) ?? {}) as PodSpec
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])]
  return (
    spec.hostPID !== true &&
    spec.hostIPC !== true &&
    !spec.volumes?.some(volume => volume.hostPath !== undefined) &&
    containers.every(
      ({ ports, securityContext, resources }) =>
        !ports?.some(port => port.hostPort !== undefined) &&
        securityContext?.privileged !== true &&
        Object.keys(resources?.requests ?? {}).length === 0,
    )
  )
}

const strategy = ['spec', 'updateStrategy', 'rollingUpdate']
const surging: readonly (readonly [string, Json])[] = [
  ['maxSurge', 1],
  ['maxUnavailable', 0],
]

/** Makes the new pod of a node ready before the old one goes; for the time of the roll-out. */
export const surgeFields = (object: KubeObject): readonly FieldChange[] =>
  surging.map(([key, after]) => ({
    path: [...strategy, key],
    before: getField(object, [...strategy, key]),
    after,
  }))

/** What its owner wrote. */
export const ownFields = (object: KubeObject): readonly FieldChange[] =>
  surgeFields(object).map(({ path, before, after }) => ({ path, before: after, after: before }))

export const surgesAlready = (object: KubeObject): boolean => {
  const value = getField(object, [...strategy, 'maxSurge'])
  return value !== null && value !== 0 && value !== '0%'
}
