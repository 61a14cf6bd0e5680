import { ConflictError, messageOf, UnreachableError } from '../../base/errors.ts'
import type { KubeObject } from '../../model/cluster.ts'
import { lockLease } from './labels.ts'
import { acquiredAt, expiresAt, holderOf, leaseDuration } from './lease.ts'

const { namespace, name } = lockLease

/** Somebody else holds it. */
export function heldBy(lease: KubeObject): ConflictError {
  const since = acquiredAt(lease)
  const from = Number.isNaN(since) ? '' : `, since ${new Date(since).toISOString()}`
  return new ConflictError(
    `another run holds the lock of this cluster: ${holderOf(lease)}${from}; unless renewed it ends at ${new Date(expiresAt(lease)).toISOString()}`,
    'lock.held',
    `Wait for that run to end, or end it where it runs. Only if it surely does not run any more: kubectl -n ${namespace} delete lease ${name}`,
  )
}

/** Ours no longer. `now`: the Lease as it stands, undefined when it is gone. */
export function taken(now: KubeObject | undefined): ConflictError {
  return new ConflictError(
    now === undefined || holderOf(now) === ''
      ? `the lock of this cluster was taken away from this run: the Lease ${namespace}/${name} was deleted or emptied`
      : `the lock of this cluster was taken over by ${holderOf(now)}`,
    'lock.lost',
    'This run stops at the next safe point. See that no other run works on this cluster, then run again.',
  )
}

/** Perhaps ours, perhaps not. */
export function unsure(error: unknown): UnreachableError {
  return new UnreachableError(
    `the lock of this cluster could not be renewed for ${(2 * leaseDuration) / 60} minutes: ${messageOf(error)}`,
    'lock.unsure',
    'This run stops at the next safe point. Run again once the API server answers.',
    error,
  )
}
