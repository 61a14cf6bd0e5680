import type { KubeObject } from '../../model/cluster.ts'
import type { Holder } from './holder.ts'
import { lockAnnotations, lockLease, managedBy } from './labels.ts'

/** Seconds for which a lock counts without being renewed. */
export const leaseDuration = 60

/**
 * Milliseconds. Clocks of two machines may differ by so much: an expired lock counts as held for as long again. Longer than from one renewal to
 * the next, so that whoever watches it for that long sees whether it is renewed.
 */
export const clocksApart = 12_000

/** coordination.k8s.io/v1 LeaseSpec, what we read of it. */
interface LeaseSpec {
  readonly holderIdentity?: string
  readonly leaseDurationSeconds?: number
  readonly acquireTime?: string
  readonly renewTime?: string
  readonly leaseTransitions?: number
}

const specOf = (lease: KubeObject): LeaseSpec => lease.spec ?? {}

/** '' when nobody holds it. */
export const holderOf = (lease: KubeObject): string => specOf(lease).holderIdentity ?? ''

export const processOf = (lease: KubeObject): string | undefined =>
  lease.metadata.annotations?.[lockAnnotations.process]

/** Milliseconds; NaN where the Lease does not say. */
export const acquiredAt = (lease: KubeObject): number => Date.parse(specOf(lease).acquireTime ?? '')

/** When it was held last, as the Lease says. */
export const renewedAt = (lease: KubeObject): string | undefined => specOf(lease).renewTime

/** Milliseconds, by the holder's clock. A Lease that does not say has expired. */
export function expiresAt(lease: KubeObject): number {
  const { renewTime, leaseDurationSeconds = leaseDuration } = specOf(lease)
  const renewed = Date.parse(renewTime ?? '')
  return Number.isNaN(renewed) ? 0 : renewed + leaseDurationSeconds * 1000
}

export const newLease = (holder: Holder, now: number): KubeObject =>
  takenLease(
    {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { namespace: lockLease.namespace, name: lockLease.name, labels: managedBy },
    },
    holder,
    now,
  )

/** The Lease as it stands, with us as its holder. */
export function takenLease(lease: KubeObject, holder: Holder, now: number): KubeObject {
  const { [lockAnnotations.process]: _dead, ...annotations } = lease.metadata.annotations ?? {}
  const process: Record<string, string> =
    holder.process === undefined ? {} : { [lockAnnotations.process]: holder.process }
  const spec: LeaseSpec = {
    holderIdentity: holder.identity,
    leaseDurationSeconds: leaseDuration,
    acquireTime: microTime(now),
    renewTime: microTime(now),
    leaseTransitions: (specOf(lease).leaseTransitions ?? -1) + 1,
  }
  return { ...lease, metadata: { ...lease.metadata, annotations: { ...annotations, ...process } }, spec }
}

export const renewedLease = (lease: KubeObject, now: number): KubeObject => ({
  ...lease,
  spec: { ...specOf(lease), renewTime: microTime(now) },
})

/** Nobody's, for one that stays: somebody else made it and only lends it, or it says how far a run has come. When it was held last stays. */
export function freedLease(lease: KubeObject): KubeObject {
  const { [lockAnnotations.process]: _ours, ...annotations } = lease.metadata.annotations ?? {}
  const { leaseTransitions, renewTime } = specOf(lease)
  return { ...lease, metadata: { ...lease.metadata, annotations }, spec: { leaseTransitions, renewTime } }
}

/** metav1.MicroTime wants exactly six digits. */
const microTime = (milliseconds: number): string => new Date(milliseconds).toISOString().replace('Z', '000Z')
