import type { Clock } from '../../base/clock.ts'
import type { DualStackError } from '../../base/errors.ts'
import type { KubeObject } from '../../model/cluster.ts'
import { ApiError } from '../api/api-error.ts'
import type { KubeApi } from '../ports.ts'
import { HeldLock, type Lock } from './held-lock.ts'
import { type Holder, isDead, thisHolder } from './holder.ts'
import { lockLease } from './labels.ts'
import { clocksApart, expiresAt, holderOf, newLease, processOf, takenLease } from './lease.ts'
import { heldBy } from './lock-errors.ts'

export interface LockOptions {
  /** Whoever runs; this process unless told. */
  readonly holder?: Holder
  /** Called once, when somebody else has the lock or nothing was heard of it for twice its duration: stop at the next safe point. */
  readonly onLost: (error: DualStackError) => void
  readonly signal?: AbortSignal
}

/**
 * One run at a time in a cluster, wherever it is started: the Lease kube-system/dualstack. Every change of it carries its resourceVersion, so
 * that of two who want it one gets it. Renewed every 10 s for 60 s. While the API server cannot be asked (it may be the one that is being
 * exchanged) nobody else can take it there either: the holder goes on, and looks again once it answers.
 * @throws ConflictError `lock.held`: by whom, since when, until when
 */
export async function acquireLock(api: KubeApi, clock: Clock, options: LockOptions): Promise<Lock> {
  const holder = options.holder ?? (await thisHolder(clock.now()))
  const lease = await take(api, clock, holder, options.signal)
  return new HeldLock(api, clock, holder, lease, options.onLost)
}

const { resource, namespace, name } = lockLease

async function take(api: KubeApi, clock: Clock, holder: Holder, signal?: AbortSignal): Promise<KubeObject> {
  for (let attempt = 0; ; attempt++) {
    const found = await api.get(resource, namespace, name, signal)
    try {
      if (found === undefined) return await api.create(resource, newLease(holder, clock.now()), { signal })
      if (!(await isFree(found, api, clock, holder, signal))) throw heldBy(found)
      return await api.replace(resource, takenLease(found, holder, clock.now()), { signal })
    } catch (error) {
      // Somebody was quicker: see who.
      if (!(error instanceof ApiError && error.status === 409) || attempt === 5) throw error
    }
  }
}

async function isFree(
  lease: KubeObject,
  api: KubeApi,
  clock: Clock,
  holder: Holder,
  signal?: AbortSignal,
): Promise<boolean> {
  if (holderOf(lease) === '' || holderOf(lease) === holder.identity) return true
  if (await isDead(processOf(lease))) return true
  if (clock.now() < expiresAt(lease)) return false
  // Its holder's clock may be behind ours: then it is renewed meanwhile.
  await clock.sleep(clocksApart, signal)
  const now = await api.get(resource, namespace, name, signal)
  return now === undefined || now.metadata.resourceVersion === lease.metadata.resourceVersion
}

export type { Lock }
