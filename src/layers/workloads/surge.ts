import type { Json } from '../../base/json.ts'
import type { KubeObject } from '../../model/cluster.ts'
import { fieldChange } from '../../model/changes.ts'
import { getField, sameJson } from '../../model/fields.ts'
import type { FieldChange } from '../../model/plan.ts'
import { selectsByMap } from '../shared/selector.ts'
import { minorOf } from '../../base/version.ts'
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

/** DaemonSetUpdateSurge is on by default from 1.22; before, maxSurge is dropped, and maxUnavailable 0 refused. */
const surgeFrom = 22

/**
 * Two pods of a DaemonSet on one node at the same time: only where they can share nothing of the host (a socket that the new one makes is
 * taken away by the old one as it ends), and where the second asks for no resources, so that it surely finds room.
 */
export function canSurge(object: KubeObject, version: string): boolean {
  const spec = (getField(object, ['spec', 'template', 'spec']) ?? {}) as PodSpec
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])]
  return (
    minorOf(version) >= surgeFrom &&
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
const surging: Readonly<Record<string, Json>> = { maxSurge: 1, maxUnavailable: 0 }

/**
 * What its owner wrote, on the DaemonSet itself, for as long as it surges for us: `{"maxSurge":0,"maxUnavailable":1}`, null for what was not
 * written. So whoever comes next, without our journal too, can give it back.
 */
const annotation = ['metadata', 'annotations', 'kubectl-dualstack/update-strategy']

/** Makes the new pod of a node ready before the old one goes; for the time of the roll-out. */
export const surgeFields = (object: KubeObject): readonly FieldChange[] => {
  const own = Object.fromEntries(Object.keys(surging).map(key => [key, getField(object, [...strategy, key])]))
  return [
    fieldChange(object, annotation, surgesForUs(object) ? getField(object, annotation) : JSON.stringify(own)),
    ...Object.entries(surging).map(([key, value]) => fieldChange(object, [...strategy, key], value)),
  ]
}

/** Is the strategy that stands there ours, on loan for a roll-out? */
export const surgesForUs = (object: KubeObject): boolean => getField(object, annotation) !== null

/** What its owner wrote; of what somebody changed since, nothing. */
export function ownFields(object: KubeObject): readonly FieldChange[] {
  const own = parse(getField(object, annotation))
  const isOurs = Object.entries(surging).every(([key, value]) =>
    sameJson(getField(object, [...strategy, key]), value),
  )
  return [
    fieldChange(object, annotation, null),
    ...(isOurs && own !== undefined
      ? Object.keys(surging).map(key => fieldChange(object, [...strategy, key], own[key] ?? null))
      : []),
  ]
}

function parse(text: Json): Readonly<Record<string, Json>> | undefined {
  try {
    const own: unknown = typeof text === 'string' ? JSON.parse(text) : undefined
    return typeof own === 'object' && own !== null && !Array.isArray(own)
      ? (own as Readonly<Record<string, Json>>)
      : undefined
  } catch {
    return undefined
  }
}

/** By the strategy that its owner wrote. */
export const surgesAlready = (object: KubeObject): boolean => {
  const value = getField(object, [...strategy, 'maxSurge'])
  return !surgesForUs(object) && value !== null && value !== 0 && value !== '0%'
}
