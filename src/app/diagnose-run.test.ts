import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Cluster } from '../model/cluster.ts'
import type { Event } from '../model/event.ts'
import type { Diagnoses } from '../model/failure.ts'
import { readBundle } from '../observe/bundle.ts'
import { observe } from '../observe/live.ts'
import { type Practice, practiceProcess, practiceWorld } from '../practice/index.ts'
import { acquireLock } from '../world/own/lock.ts'
import { lockLease } from '../world/own/labels.ts'
import type { World } from '../world/ports.ts'
import { apply } from './apply.ts'
import { diagnoseCluster } from './diagnose.ts'
import { layers } from './layers.ts'
import { rollback } from './rollback.ts'
import { allReads } from './rules.ts'
import type { Source } from './source.ts'

let folder: string
let start: Cluster
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'diagnose-run-'))
  start = await readBundle(resolve(import.meta.dirname, '../../samples/calico-1cp-1w'), allReads(layers))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** The journals of one test are not those of the next, whose cluster has the same UID. */
let machine = 0
beforeEach(() => void (machine += 1))
const here = () => ({ XDG_STATE_HOME: join(folder, String(machine)) })
const elsewhere = () => ({ XDG_STATE_HOME: join(folder, 'elsewhere') })

const running = (world: World, emit: (event: Event) => void, signal?: AbortSignal) => ({
  world,
  layers,
  intent: {},
  agree: async () => true,
  how: 'stand-in' as const,
  by: 'test',
  emit,
  env: here(),
  signal,
})

const live = (world: Practice): Source => ({
  world,
  read: (reads, how) => observe(world, reads, how),
  close: async () => {},
})
const asked = (world: Practice, env: NodeJS.ProcessEnv): Promise<Diagnoses> =>
  diagnoseCluster(live(world), { now: world.clock.now(), env })
/** As a bundle that was taken at that moment. */
const at = (cluster: Cluster): Promise<Diagnoses> =>
  diagnoseCluster({ world: undefined, read: async () => cluster, close: async () => {} }, { now: 0 })

/** Stopped while it waits for something in this step. */
async function stoppedAt(practice: Practice, step: string): Promise<void> {
  const stopping = new AbortController()
  const emit = (event: Event): void => {
    if (event.kind === 'waiting' && event.step === step) stopping.abort(new Error('enough'))
  }
  await expect(apply(running(practice, emit, stopping.signal))).rejects.toThrow('enough')
}

describe('a run that was stopped', () => {
  const step = 'kube-controller-manager/n1'

  test('is told with its step and what to do, from any machine; why it stopped where its journal is', async () => {
    const practice = practiceWorld(start)
    await stoppedAt(practice, step)
    const { run } = await asked(practice, here())
    expect(run).toMatchObject({
      state: 'interrupted',
      command: 'apply',
      step,
      stage: 'kube-controller-manager',
    })
    expect(run?.says).toMatch(
      /^A run of apply of .+ did not come to its end \(.+-apply-.+\), last heard of at /,
    )
    expect(run?.next).toMatch(/^`dualstack apply` goes on .+ `dualstack rollback` goes back/)
    expect(run?.because.map(({ where }) => where)).toEqual([
      'Lease kube-system/dualstack',
      `it stopped at ${step}`,
    ])
    // Somebody looked, and did nothing: the run was not heard of since.
    await practice.clock.sleep(3_600_000)
    await expect(
      apply({ ...running(practice, () => {}), env: elsewhere(), agree: async () => false }),
    ).resolves.toMatchObject({ kind: 'declined' })
    expect((await asked(practice, here())).run).toEqual(run)
    const fromElsewhere = (await asked(practice, elsewhere())).run
    expect(fromElsewhere).toMatchObject({ state: 'interrupted', command: 'apply', step })
    expect(fromElsewhere?.because).toHaveLength(1)
  })

  test('is no more told once the same command, or the way back, has come to its end', async () => {
    const practice = practiceWorld(start)
    await stoppedAt(practice, step)
    await apply(running(practice, () => {}))
    expect((await asked(practice, here())).run).toBeUndefined()
    await stoppedBack(practice)
    expect((await asked(practice, elsewhere())).run).toMatchObject({
      state: 'interrupted',
      command: 'rollback',
      next: expect.stringMatching(/^`dualstack rollback` goes on/) as string,
    })
    await rollback(running(practice, () => {}))
    expect((await asked(practice, here())).run).toBeUndefined()
    expect(
      practice.cluster().objects[lockLease.resource]?.map(({ metadata }) => metadata.name),
    ).not.toContain(lockLease.name)
  })

  test('after its last step is told as such, and explains nothing that is broken now', async () => {
    const practice = practiceWorld(start)
    await apply(running(practice, () => {}))
    const lock = await acquireLock(practice.api, practice.clock, {
      holder: { identity: 'anna@laptop pid 1', process: undefined },
      onLost: () => {},
    })
    lock.mark({ run: '20261129T170000Z-apply-ab12', direction: 'dual' })
    await lock.release()
    const cluster = practice.cluster()
    const lists = { ...cluster.objects, 'v1/nodes': start.objects['v1/nodes'] ?? [] }
    const { run, found } = await at({ ...cluster, objects: lists })
    expect(run?.says).toContain(', after its last step. ')
    expect(found.map(({ failure }) => failure)).toContain('state/node-reports-one-family')
    for (const { failure, halfDone } of found) expect(halfDone, failure).toBeUndefined()
  })

  test('is told without what looks like a secret in what the Lease says', async () => {
    const practice = practiceWorld(start)
    const lock = await acquireLock(practice.api, practice.clock, {
      holder: { identity: 'anna token=abcdefghijklmnop0123456789', process: undefined },
      onLost: () => {},
    })
    lock.mark({ run: 'r', direction: 'dual', step: 'password=hunter2hunter2', stage: 'kubelet' })
    await lock.release()
    const text = JSON.stringify((await at(practice.cluster())).run)
    expect(text).toContain('anna')
    expect(text).not.toMatch(/abcdefghijklmnop|hunter2/)
  })

  async function stoppedBack(practice: Practice): Promise<void> {
    const stopping = new AbortController()
    const emit = (event: Event): void => {
      if (event.kind === 'waiting' && event.step.startsWith('kubelet/')) stopping.abort(new Error('enough'))
    }
    await expect(rollback(running(practice, emit, stopping.signal))).rejects.toThrow('enough')
  }

  test('is told of as well when it was killed, and as under way until its lock has run out', async () => {
    const practice = practiceWorld(start)
    const dying = practiceProcess(practice)
    const killed = apply(
      running(dying.world, event => {
        if (event.kind === 'waiting' && event.step === step) dying.killAfter(1)
      }),
    )
    await expect(killed).rejects.toThrow()
    expect((await asked(practice, elsewhere())).run?.state).toBe('under-way')
    await practice.clock.sleep(120_000)
    expect((await asked(practice, elsewhere())).run).toMatchObject({ state: 'interrupted', command: 'apply' })
  })
})

/** What is told at every step, of a cluster that nothing ails but that it is being converted. */
describe.each(['apply', 'rollback'] as const)('while %s is under way', command => {
  const seen = new Map<string, Cluster>()
  beforeAll(async () => {
    machine += 1
    const practice = practiceWorld(start)
    const emit = (event: Event): void => {
      if (event.kind === 'intend' || event.kind === 'settled' || event.kind === 'waiting')
        seen.set(`${event.kind} ${event.step}`, practice.cluster())
    }
    await apply(running(practice, command === 'apply' ? emit : () => {}))
    if (command === 'rollback') await rollback(running(practice, emit))
  })

  test('that is told first, and nothing it explains is sure', async () => {
    expect(seen.size).toBeGreaterThan(20)
    const told = new Set<string>()
    const sure: string[] = []
    for (const [when, cluster] of seen) {
      const { run, found } = await at(cluster)
      expect(run?.state, when).toBe('under-way')
      for (const { failure, certainty, halfDone } of found) {
        // Nobody sets routes to pods in a practice cluster.
        if (failure === 'state/pod-routes-of-one-family') continue
        if (certainty === 'sure' || halfDone === undefined) sure.push(`${when}: ${failure}`)
        told.add(failure)
      }
    }
    expect(sure).toEqual([])
    expect([...told]).toEqual(
      expect.arrayContaining([
        'left-behind/upgrade-takes-it-back',
        'range-pair/pods-differ',
        'range-pair/services-differ',
        'state/node-reports-one-family',
      ]),
    )
  })

  test('what it does not explain stays as it was, and stands in front', async () => {
    const half = [...seen].find(([when]) => when.startsWith('settled kube-apiserver/'))?.[1] ?? start
    const nodes = Object.fromEntries(
      Object.entries(half.nodes).map(([name, node]) => [
        name,
        { ...node, sysctls: { ...node.sysctls, 'net.ipv4.ip_forward': '0' } },
      ]),
    )
    const { found } = await at({ ...half, nodes })
    expect(found[0]).toMatchObject({ failure: 'state/forwarding-off', certainty: 'sure' })
    expect(found[0]?.halfDone).toBeUndefined()
  })
})

describe('without an API server', () => {
  test('what is at work on a node says that a run is under way', async () => {
    const unit = {
      text: '[Service]\nExecStart=/bin/sh /var/lib/dualstack/20261129T170000Z-apply-ab12/swap/x1/agent.sh\n',
    }
    const [name = '', facts] = Object.entries(start.nodes)[0] ?? []
    expect(facts).toBeDefined()
    const files = { ...facts?.files, '/etc/systemd/system/dualstack-swap-x1.service': unit }
    const nodes = facts === undefined ? {} : { [name]: { ...facts, files } }
    const { run } = await at({ uid: '', version: '', objects: {}, pods: [], unread: {}, nodes })
    expect(run).toMatchObject({ state: 'under-way' })
    // One whose API server does not come back never ends by itself.
    expect(run?.next).toMatch(/^Wait .+ 20 minutes is stuck: .+ takes it up\.$/)
    expect(run?.because).toEqual([
      {
        where: `Node ${name}, dualstack-swap-x1.service`,
        says: 'exchanges a static pod, for 20261129T170000Z-apply-ab12',
      },
    ])
  })
})
