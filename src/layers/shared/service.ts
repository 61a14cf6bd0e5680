import type { Family } from '../../address/family.ts'
import type { KubeObject } from '../../model/cluster.ts'
import { fieldChange, objectChange } from '../../model/changes.ts'
import type { ObjectChange } from '../../model/plan.ts'

export type Policy = 'SingleStack' | 'PreferDualStack' | 'RequireDualStack'

/** A Service, as far as families are concerned. */
export interface Service {
  readonly object: KubeObject
  readonly namespace: string
  readonly name: string
  /** `undefined`: ExternalName. */
  readonly policy: Policy | undefined
  readonly families: readonly Family[]
  readonly type: string
  readonly isHeadless: boolean
  readonly selector: Readonly<Record<string, string>> | undefined
  /** The policy that its owner wrote, where we wrote another over it. */
  readonly ownPolicy: Policy | undefined
}

/**
 * What the owner of a Service wrote as its policy, on the Service itself, for as long as we have written another: so the way back needs no
 * journal to tell a Service that waited for dual-stack from one that we converted.
 */
const policyAnnotation = 'kubectl-dualstack/ip-family-policy'
const annotationPath = ['metadata', 'annotations', policyAnnotation]

export const serviceKey = ({ namespace, name }: { namespace: string; name: string }): string =>
  `${namespace}/${name}`

export function readService(object: KubeObject): Service {
  const spec = (object['spec'] ?? {}) as {
    type?: string
    ipFamilyPolicy?: Policy
    ipFamilies?: readonly Family[]
    clusterIP?: string
    selector?: Readonly<Record<string, string>>
  }
  return {
    object,
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name,
    policy: spec.ipFamilyPolicy,
    families: spec.ipFamilies ?? [],
    type: spec.type ?? 'ClusterIP',
    isHeadless: spec.clusterIP === 'None',
    selector: spec.selector,
    ownPolicy: object.metadata.annotations?.[policyAnnotation] as Policy | undefined,
  }
}

const target = ({ namespace, name }: Service) =>
  ({ kind: 'object', api: 'v1/services', namespace, name }) as const

/**
 * Both families, the Service's own first (its first ClusterIP is for life). `PreferDualStack`, so that it can also live on a single-stack
 * API server; the families too, since the policy alone is a silent no-op on a Service that had it before (kubernetes.md 7.1).
 */
export function toDual(service: Service, families: readonly Family[]): ObjectChange | undefined {
  const [first] = service.families
  const ordered = [...families].sort((a, b) => Number(b === first) - Number(a === first))
  return objectChange(target(service), [
    fieldChange(service.object, ['spec', 'ipFamilyPolicy'], 'PreferDualStack'),
    fieldChange(service.object, ['spec', 'ipFamilies'], ordered),
    fieldChange(service.object, annotationPath, service.ownPolicy ?? service.policy ?? null),
  ])
}

/**
 * The first family only. SingleStack is the only policy with which the API server releases the second address, so a Service whose owner
 * wrote PreferDualStack has to wait for `release` until the API servers are single-stack again.
 */
export function toSingle(service: Service): ObjectChange | undefined {
  const own = service.ownPolicy ?? service.policy
  return objectChange(target(service), [
    fieldChange(service.object, ['spec', 'ipFamilyPolicy'], 'SingleStack'),
    fieldChange(service.object, ['spec', 'ipFamilies'], service.families.slice(0, 1)),
    fieldChange(service.object, annotationPath, own === 'PreferDualStack' ? own : null),
  ])
}

/** Keeps a Service that waits for dual-stack from becoming so by any PUT that leaves ipFamilies out. */
export function hold(service: Service): ObjectChange | undefined {
  return objectChange(target(service), [
    fieldChange(service.object, ['spec', 'ipFamilyPolicy'], 'SingleStack'),
    fieldChange(service.object, annotationPath, service.policy ?? null),
  ])
}

/** Gives a Service what its owner wrote. */
export function release(service: Service): ObjectChange | undefined {
  return objectChange(target(service), [
    fieldChange(service.object, ['spec', 'ipFamilyPolicy'], service.ownPolicy ?? null),
    fieldChange(service.object, annotationPath, null),
  ])
}
