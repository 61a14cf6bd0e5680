import type { Clock } from '../../base/clock.ts'
import type { DualStackError } from '../../base/errors.ts'
import type { KubeObject } from '../../model/cluster.ts'
import { ApiError } from '../api/api-error.ts'
import type { KubeApi } from '../ports.ts'
import type { Holder } from './holder.ts'
import { isOurs, lockLease } from './labels.ts'
import { freedLease, holderOf, leaseDuration, renewedLease } from './lease.ts'
import { taken, unsure } from './lock-errors.ts'
import { markOf, type OwnMark, type RunMark, withMark } from './mark.ts'

export interface Lock {
  /**
   * Still ours? Asks the server when the last renewal is more than 20 s ago (a laptop that slept). Call it before each step.
   * @throws ConflictError `lock.lost`; UnreachableError `lock.unsure` when it ran out while the server could not be asked
   */
  check(): Promise<void>
  /**
   * Says how far a run has come, from the next renewal on; undefined: it came to its end, or nothing was left of an earlier one. What the Lease
   * said before stays until then.
   */
  mark(mark: OwnMark | undefined): void
  /**
   * Gives the lock back; never fails, since one that is not given back expires by itself. A Lease that says how far a run has come stays, held
   * by nobody.
   */
  release(): Promise<void>
}

const second = 1000
const renewEvery = 10 * second
/** After a failure, and for how long one try may take. */
const retryEvery = 2 * second
const tryFor = 10 * second
const { resource, namespace, name } = lockLease

/** Renews the Lease until it is released or lost. */
export class HeldLock implements Lock {
  readonly #api: KubeApi
  readonly #clock: Clock
  readonly #holder: Holder
  readonly #onLost: (error: DualStackError) => void
  readonly #stop = new AbortController()
  readonly #loop: Promise<void>
  #lease: KubeObject
  /** When the last renewal that succeeded was begun. */
  #renewed: number
  #renewing: Promise<void> | undefined
  #lost: DualStackError | undefined
  #mark: RunMark | undefined

  constructor(
    api: KubeApi,
    clock: Clock,
    holder: Holder,
    lease: KubeObject,
    onLost: (error: DualStackError) => void,
  ) {
    this.#api = api
    this.#clock = clock
    this.#holder = holder
    this.#lease = lease
    this.#mark = markOf(lease)
    this.#onLost = onLost
    this.#renewed = clock.now()
    this.#loop = this.#keep()
  }

  async check(): Promise<void> {
    if (this.#lost !== undefined) throw this.#lost
    if (this.#age() <= 2 * renewEvery) return
    await this.#renew().catch((error: unknown) => {
      if (this.#age() > leaseDuration * second) throw this.#lost ?? unsure(error)
    })
    if (this.#lost !== undefined) throw this.#lost
  }

  mark(mark: OwnMark | undefined): void {
    this.#mark = mark && { ...mark, by: this.#holder.identity }
  }

  async release(): Promise<void> {
    this.#stop.abort()
    await this.#loop
    if (this.#lost !== undefined) return
    try {
      await this.#giveBack()
    } catch {
      // It expires by itself.
    }
  }

  /** Never rejects. */
  async #keep(): Promise<void> {
    let wait = renewEvery
    for (;;) {
      try {
        await this.#clock.sleep(wait, this.#stop.signal)
      } catch {
        return
      }
      try {
        await this.#renew()
        wait = renewEvery
      } catch (error) {
        wait = retryEvery
        // The duration, and as long again to see how things stand once the server is back.
        if (this.#age() > 2 * leaseDuration * second) this.#lose(unsure(error))
      }
      if (this.#lost !== undefined) return
    }
  }

  #age = (): number => this.#clock.now() - this.#renewed

  /** One at a time: two would refuse each other. */
  #renew(): Promise<void> {
    this.#renewing ??= this.#renewOnce().finally(() => {
      this.#renewing = undefined
    })
    return this.#renewing
  }

  /** Rejects when it could not be asked; sets #lost when it is known to be lost. */
  async #renewOnce(): Promise<void> {
    const begun = this.#clock.now()
    await this.#limited(async signal => {
      try {
        this.#lease = await this.#api.replace(resource, this.#renewedAt(this.#lease, begun), { signal })
      } catch (error) {
        if (!(error instanceof ApiError && (error.status === 409 || error.status === 404))) throw error
        // Ours with a label added, or our own write whose answer was lost: go on from there.
        const now = await this.#api.get(resource, namespace, name, signal)
        if (now === undefined || !this.#isMine(now)) return this.#lose(taken(now))
        this.#lease = await this.#api.replace(resource, this.#renewedAt(now, begun), { signal })
      }
    })
    if (this.#lost === undefined) this.#renewed = begun
  }

  #renewedAt = (lease: KubeObject, now: number): KubeObject => this.#marked(renewedLease(lease, now), now)

  /** What another one left on it stays as it is. */
  #marked(lease: KubeObject, now: number): KubeObject {
    const mark = this.#mark
    const isOwn = mark?.by === this.#holder.identity
    return withMark(lease, isOwn ? { ...mark, heard: new Date(now).toISOString() } : mark)
  }

  #isMine = (lease: KubeObject): boolean =>
    holderOf(lease) === this.#holder.identity && lease.metadata.uid === this.#lease.metadata.uid

  #lose(error: DualStackError): void {
    if (this.#lost !== undefined) return
    this.#lost = error
    this.#onLost(error)
  }

  /** The api's own patience may be longer than the lock lasts. */
  async #limited(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const limit = new AbortController()
    const timer = new AbortController()
    this.#clock.sleep(tryFor, timer.signal).then(
      () => limit.abort(new Error(`no answer within ${tryFor / second} s`)),
      () => {},
    )
    try {
      await work(limit.signal)
    } finally {
      timer.abort()
    }
  }

  async #giveBack(): Promise<void> {
    await this.#limited(async signal => {
      for (let attempt = 0; attempt < 3; attempt++) {
        try {
          return await this.#giveBackAs(this.#lease, signal)
        } catch (error) {
          if (!(error instanceof ApiError && error.status === 409)) throw error
          const now = await this.#api.get(resource, namespace, name, signal)
          if (now === undefined || !this.#isMine(now)) return
          this.#lease = now
        }
      }
    })
  }

  async #giveBackAs(lease: KubeObject, signal: AbortSignal): Promise<void> {
    const { uid, resourceVersion } = lease.metadata
    if (isOurs(lease) && this.#mark === undefined)
      await this.#api.delete(resource, namespace, name, { uid, resourceVersion, signal })
    else await this.#api.replace(resource, freedLease(this.#marked(lease, this.#clock.now())), { signal })
  }
}
