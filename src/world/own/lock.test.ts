import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { DualStackError } from '../../base/errors.ts'
import type { KubeObject } from '../../model/cluster.ts'
import { type MemoryApi, memoryApi } from '../api/testing/memory-api.ts'
import { status } from '../api/testing/store.ts'
import { type Holder, isDead, thisHolder } from './holder.ts'
import { lockLease } from './labels.ts'
import { type Lock, type LockOptions, acquireLock } from './lock.ts'
import { type ManualClock, manualClock } from '../api/testing/manual-clock.ts'

const { resource } = lockLease
const noon = Date.parse('2026-11-23T12:00:00Z')
const anna: Holder = { identity: 'anna@laptop pid 1 start 2026-11-23T11:59:00Z', process: undefined }
const ben: Holder = { identity: 'ben@desk pid 2 start 2026-11-23T11:59:30Z', process: undefined }

let fake: MemoryApi
let clock: ManualClock
let lost: DualStackError[]
const locks: Lock[] = []

beforeEach(() => {
  fake = memoryApi({ [resource]: [] })
  clock = manualClock(noon)
  lost = []
})
afterEach(async () => {
  await Promise.all(locks.splice(0).map(lock => lock.release()))
})

async function acquire(holder: Holder, options: Partial<LockOptions> = {}): Promise<Lock> {
  const api = fake.api({ clock })
  const lock = await acquireLock(api, clock, { holder, onLost: error => lost.push(error), ...options })
  locks.push(lock)
  return lock
}
const lease = (): KubeObject | undefined => fake.objects[resource]?.[0]
const spec = () => lease()?.spec as Record<string, unknown> | undefined
/** Changes the stored Lease behind everybody's back. */
function edit(change: (lease: KubeObject) => KubeObject): void {
  const now = lease()
  if (now === undefined) throw new Error('no Lease')
  const metadata = { ...now.metadata, resourceVersion: `${now.metadata.resourceVersion}1` }
  fake.objects[resource] = [change({ ...now, metadata })]
}

describe('taking it', () => {
  test('makes a Lease that is marked as ours, and giving it back deletes it', async () => {
    const lock = await acquire(anna)
    expect(lease()).toMatchObject({
      metadata: {
        namespace: 'kube-system',
        name: 'dualstack',
        labels: { 'app.kubernetes.io/managed-by': 'kubectl-dualstack' },
      },
      spec: {
        holderIdentity: anna.identity,
        leaseDurationSeconds: 60,
        renewTime: '2026-11-23T12:00:00.000000Z',
      },
    })
    await lock.release()
    expect(fake.objects[resource]).toEqual([])
    expect(lost).toEqual([])
  })

  test('a second one is told who has it, since when, and until when', async () => {
    await acquire(anna)
    await clock.advance(15_000)
    await expect(acquire(ben)).rejects.toMatchObject({
      name: 'ConflictError',
      code: 'lock.held',
      exitCode: 5,
      message: `another run holds the lock of this cluster: ${anna.identity}, since 2026-11-23T12:00:00.000Z; unless renewed it ends at 2026-11-23T12:01:10.000Z`,
      hint: expect.stringContaining('kubectl -n kube-system delete lease dualstack'),
    })
    expect(spec()?.holderIdentity).toBe(anna.identity)
  })

  test('of two who come at once one gets it', async () => {
    const results = await Promise.allSettled([acquire(anna), acquire(ben)])
    expect(results.map(result => result.status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(results.find(result => result.status === 'rejected')).toMatchObject({
      reason: { code: 'lock.held' },
    })
  })

  test('one that has expired is watched for 12 s, and taken when nobody renewed it', async () => {
    const api = fake.api({ clock })
    await api.create(resource, leaseOf(anna, noon - 61_000))
    const taking = acquire(ben)
    await clock.advance(11_000)
    expect(spec()?.holderIdentity).toBe(anna.identity)
    await clock.advance(1_000)
    await taking
    expect(spec()).toMatchObject({ holderIdentity: ben.identity, leaseTransitions: 1 })
  })

  test('but not when its holder, whose clock is behind, renews it meanwhile', async () => {
    const api = fake.api({ clock })
    await api.create(resource, leaseOf(anna, noon - 3_600_000))
    const taking = acquire(ben).then(
      () => 'taken',
      (error: DualStackError) => error.code,
    )
    await clock.advance(6_000)
    edit(now => now)
    await clock.advance(6_000)
    expect(await taking).toBe('lock.held')
  })

  test('a Lease that an administrator made beforehand is borrowed, and given back empty', async () => {
    const api = fake.api({ clock })
    await api.create(resource, {
      ...leaseOf(anna, noon),
      metadata: { namespace: 'kube-system', name: 'dualstack' },
      spec: {},
    })
    const lock = await acquire(ben)
    expect(spec()?.holderIdentity).toBe(ben.identity)
    await lock.release()
    expect(lease()).toMatchObject({ metadata: { name: 'dualstack' }, spec: { leaseTransitions: 0 } })
    expect(spec()?.holderIdentity).toBe(undefined)
  })
})

describe('a holder on this machine', () => {
  async function child() {
    const sleeper = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    const self = await thisHolder(Date.now())
    const start = (await readFile(`/proc/${sleeper.pid}/stat`, 'utf8')).split(') ')[1]?.split(' ')[19]
    const machine = self.process?.split('/').slice(0, 2).join('/')
    const ended = new Promise(resolve => {
      sleeper.once('exit', resolve)
    })
    const kill = async () => {
      sleeper.kill('SIGKILL')
      await ended
    }
    return { key: `${machine}/${sleeper.pid}/${start}`, kill }
  }

  test.runIf(process.platform === 'linux')(
    'that was killed loses its lock at once, and not a moment before',
    async () => {
      const { key, kill } = await child()
      const api = fake.api({ clock })
      await api.create(resource, leaseOf({ ...anna, process: key }, noon))
      await expect(acquire(ben)).rejects.toMatchObject({ code: 'lock.held' })
      await kill()
      await acquire(ben)
      expect(spec()?.holderIdentity).toBe(ben.identity)
      expect(lease()?.metadata.annotations).toEqual({})
    },
  )

  test.runIf(process.platform === 'linux')('whose pid somebody else has now is dead', async () => {
    const self = (await thisHolder(Date.now())).process ?? ''
    expect(await isDead(self)).toBe(false)
    expect(await isDead(`${self}1`)).toBe(true)
  })

  test('nothing is known of other machines, other pid namespaces, or of nonsense', async () => {
    const [boot, namespace, , start] = ((await thisHolder(Date.now())).process ?? 'a/b/c/d').split('/')
    for (const key of [
      `other/${namespace}/4194300/${start}`,
      `${boot}/1/4194300/${start}`,
      'nonsense',
      undefined,
    ]) {
      expect(await isDead(key)).toBe(false)
    }
  })
})

describe('keeping it', () => {
  test('it is renewed every 10 s', async () => {
    await acquire(anna)
    await clock.advance(35_000)
    expect(spec()?.renewTime).toBe('2026-11-23T12:00:30.000000Z')
    expect(spec()?.acquireTime).toBe('2026-11-23T12:00:00.000000Z')
  })

  test('a label that somebody adds does not matter, nor does an answer that got lost', async () => {
    await acquire(anna)
    edit(now => ({ ...now, metadata: { ...now.metadata, labels: { ...now.metadata.labels, theirs: 'x' } } }))
    await clock.advance(10_000)
    fake.fail({ when: ({ method }) => method === 'PUT', cut: 'after' })
    await clock.advance(12_000)
    expect(spec()?.renewTime).toBe('2026-11-23T12:00:22.000000Z')
    expect(lease()?.metadata.labels).toMatchObject({ theirs: 'x' })
    expect(lost).toEqual([])
  })

  test('an API server that is away for longer than the lock lasts: ours still, when nobody took it', async () => {
    const lock = await acquire(anna)
    fake.down = true
    await clock.advance(90_000)
    expect(lost).toEqual([])
    await expect(lock.check()).rejects.toMatchObject({ code: 'lock.unsure', exitCode: 4 })
    fake.down = false
    await clock.advance(2_000)
    await lock.check()
    expect(spec()?.renewTime).toBe('2026-11-23T12:01:32.000000Z')
  })

  test('away for twice as long: whoever runs is told once', async () => {
    await acquire(anna)
    fake.down = true
    await clock.advance(200_000)
    expect(lost).toMatchObject([{ code: 'lock.unsure', exitCode: 4 }])
    fake.down = false
  })

  test('a server that does not answer at all holds up nothing', async () => {
    await acquire(anna)
    fake.fail({ when: ({ method }) => method === 'PUT', delay: 3_600_000 })
    await clock.advance(35_000)
    expect(spec()?.renewTime).toBe('2026-11-23T12:00:32.000000Z')
  })

  test.each<[string, () => void, string]>([
    [
      'taken over by another',
      () => edit(now => ({ ...now, spec: { ...spec(), holderIdentity: ben.identity } })),
      ben.identity,
    ],
    ['deleted', () => void fake.objects[resource]?.pop(), 'deleted or emptied'],
  ])('%s: whoever runs is told, and gives nothing back', async (_name, happen, words) => {
    const lock = await acquire(anna)
    happen()
    const before = lease()
    await clock.advance(10_000)
    expect(lost).toMatchObject([{ code: 'lock.lost', exitCode: 5, message: expect.stringContaining(words) }])
    await expect(lock.check()).rejects.toBe(lost[0])
    await lock.release()
    expect(lease()).toEqual(before)
  })

  test('check asks the server when the last renewal is long ago (a laptop that slept)', async () => {
    const lock = await acquire(anna)
    edit(now => ({ ...now, spec: { ...spec(), holderIdentity: ben.identity } }))
    await lock.check()
    fake.fail({
      answer: status(500, 'InternalError', 'no'),
      when: ({ method }) => method === 'PUT',
      times: 2,
    })
    await clock.advance(21_000)
    expect(lost).toMatchObject([{ code: 'lock.lost' }])
  })

  test('giving it back never fails', async () => {
    const lock = await acquire(anna)
    fake.down = true
    await lock.release()
    fake.down = false
    expect(spec()?.holderIdentity).toBe(anna.identity)
  })

  test('what another took over while ours had run out is not deleted on release', async () => {
    const lock = await acquire(anna)
    edit(now => ({ ...now, spec: { ...spec(), holderIdentity: ben.identity } }))
    await lock.release()
    expect(spec()?.holderIdentity).toBe(ben.identity)
  })
})

describe('how far a run has come', () => {
  const mark = { run: 'r-apply-1', direction: 'dual', step: 'kubelet/n1', stage: 'kubelet' } as const
  const marked = {
    'kubectl-dualstack/run': 'r-apply-1',
    'kubectl-dualstack/direction': 'dual',
    'kubectl-dualstack/by': anna.identity,
    'kubectl-dualstack/step': 'kubelet/n1',
    'kubectl-dualstack/stage': 'kubelet',
  }
  const heard = (time: string) => ({ 'kubectl-dualstack/heard': `2026-11-23T${time}.000Z` })

  test('is said with the next renewal', async () => {
    const lock = await acquire(anna)
    lock.mark(mark)
    expect(lease()?.metadata.annotations).toEqual({})
    await clock.advance(10_000)
    expect(lease()?.metadata.annotations).toEqual({ ...marked, ...heard('12:00:10') })
    lock.mark({ run: mark.run, direction: 'dual' })
    await clock.advance(10_000)
    const { 'kubectl-dualstack/step': _step, 'kubectl-dualstack/stage': _stage, ...rest } = marked
    expect(lease()?.metadata.annotations).toEqual({ ...rest, ...heard('12:00:20') })
  })

  test('stays when the lock is given back, held by nobody, with when it was held last', async () => {
    const lock = await acquire(anna)
    lock.mark(mark)
    await clock.advance(10_000)
    await lock.release()
    expect(lease()?.metadata.annotations).toEqual({ ...marked, ...heard('12:00:10') })
    expect(spec()).toEqual({ leaseTransitions: 0, renewTime: '2026-11-23T12:00:10.000000Z' })
  })

  test('is said on release, though it was never renewed', async () => {
    const lock = await acquire(anna)
    lock.mark(mark)
    await lock.release()
    expect(lease()?.metadata.annotations).toEqual({ ...marked, ...heard('12:00:00') })
  })

  test('stays while somebody looks and does nothing, and goes with the run that comes to its end', async () => {
    const first = await acquire(anna)
    first.mark(mark)
    await first.release()
    const second = await acquire(ben)
    await clock.advance(10_000)
    await second.release()
    // Of the run, not of who looked.
    expect(lease()?.metadata.annotations).toEqual({ ...marked, ...heard('12:00:00') })
    const third = await acquire(ben)
    third.mark(undefined)
    await third.release()
    expect(lease()).toBeUndefined()
  })
})

function leaseOf({ identity, process: key }: Holder, renewed: number): KubeObject {
  const time = new Date(renewed).toISOString().replace('Z', '000Z')
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      namespace: 'kube-system',
      name: 'dualstack',
      labels: { 'app.kubernetes.io/managed-by': 'kubectl-dualstack' },
      ...(key === undefined ? {} : { annotations: { 'kubectl-dualstack/process': key } }),
    },
    spec: {
      holderIdentity: identity,
      leaseDurationSeconds: 60,
      acquireTime: time,
      renewTime: time,
      leaseTransitions: 0,
    },
  }
}
