import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Cluster } from '../model/cluster.ts'
import type { Layer } from '../model/layer.ts'
import type { Gate, Plan, Step, TextChange } from '../model/plan.ts'
import { refresh } from '../observe/refresh.ts'
import { type Practice, practiceWorld } from '../practice/index.ts'
import { hashText } from '../text/edits.ts'
import type { World } from '../world/ports.ts'
import { openJournal, readRuns, stepsOf, unfinished } from './journal.ts'
import { run } from './run.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'run-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const flags = '/etc/default/kubelet'
const [old, fresh] = ['KUBELET_EXTRA_ARGS=--node-ip=10.0.0.1\n', 'KUBELET_EXTRA_ARGS=--node-ip=10.0.0.2\n']
const cluster: Cluster = {
  uid: 'u',
  version: 'v1.36.3',
  objects: {
    'v1/configmaps': [{ metadata: { name: 'c', namespace: 'kube-system' }, data: { k: 'a\nb\n' } }],
    'apps/v1/daemonsets': [
      { metadata: { name: 'd', namespace: 'kube-system' }, spec: { template: { spec: {} } } },
    ],
  },
  pods: [],
  nodes: {
    n1: {
      files: { [flags]: { text: old, mode: 0o600, owner: '0:0' } },
      sysctls: {},
      addresses: [],
      routes: [],
      kubeletArguments: ['--node-ip=10.0.0.1'],
    },
  },
  unread: {},
}
const text = (node: string, path: string, before: string, after: string): TextChange => ({
  target: { kind: 'file', node, path },
  before: hashText(before),
  after: hashText(after),
  edits: [{ at: 1, remove: [before], insert: [after] }],
})
const gate = (id: string): Gate => ({ id, args: null, within: 10, steady: 0, because: 'the test says so' })
const step = (id: string, more: Partial<Step>): Step => ({
  id,
  stage: 's',
  layer: 'l',
  title: id,
  why: '',
  interrupts: [],
  leaves: [],
  needs: [],
  changes: [],
  refreshes: [],
  gates: [],
  ...more,
})

/** Three steps: a guarded file with a restart, a ConfigMap with the annotation that rolls it out, an object made. */
const plan: Plan = {
  apiVersion: 'dualstack/v1',
  cluster: 'u',
  tool: '0',
  direction: 'dual',
  goal: {} as Plan['goal'],
  notices: [],
  joins: [],
  steps: [
    step('kubelet/n1', {
      changes: [text('n1', flags, old, fresh)],
      refreshes: [{ kind: 'restart', node: 'n1', unit: 'kubelet' }],
      guard: { node: 'n1', within: 60, unit: 'kubelet' },
      gates: [gate('l/kubelet')],
    }),
    step('proxy', {
      changes: [
        {
          target: { kind: 'config-map', namespace: 'kube-system', name: 'c', key: 'k' },
          before: hashText('a\nb\n'),
          after: hashText('a\nc\n'),
          edits: [{ at: 2, remove: ['b\n'], insert: ['c\n'] }],
        },
        {
          target: { kind: 'object', api: 'apps/v1/daemonsets', namespace: 'kube-system', name: 'd' },
          fields: [
            { path: ['spec', 'template', 'metadata', 'annotations', 'x/y'], before: null, after: '1' },
          ],
        },
      ],
    }),
    step('pool', {
      changes: [
        {
          target: { kind: 'object', api: 'x/v1/pools', name: 'p' },
          existence: 'create',
          fields: [{ path: ['spec', 'cidr'], before: null, after: 'fd00::/64' }],
        },
      ],
    }),
  ],
}

/** The same, with the first step's gates waited for while the others run. */
const overlapping: Plan = {
  ...plan,
  steps: plan.steps.map(one =>
    one.id === 'kubelet/n1'
      ? { ...one, meanwhile: ['s'], gates: [{ ...gate('l/kubelet'), steady: 20 }] }
      : one,
  ),
}
const plans = [
  ['one step after the other', plan],
  ['one step waited for behind the others', overlapping],
] as const

/** The kubelet runs with what the file said when it was last restarted. */
const layer: Layer = {
  id: 'l',
  title: 'l',
  reads: [],
  read: () => undefined,
  status: () => [],
  steps: () => [],
  gates: {
    kubelet: {
      reads: () => [{ kind: 'node', node: 'n1' }],
      judge: ({ nodes }) => {
        const runs = nodes['n1']?.kubeletArguments?.join(' ') ?? ''
        return { holds: runs === '--node-ip=10.0.0.2', seen: `runs ${runs}` }
      },
    },
  },
}

const begin = (): Practice => practiceWorld(cluster)
/** A node on which no unit starts anew. */
const stuck = (practice: Practice): World => ({
  ...practice,
  nodes: { ...practice.nodes, restartUnit: async () => {} },
})

async function start(world: World, id = 'r1', which = plan): Promise<void> {
  const past = (await readRuns(folder)).find(one => one.run === id)
  if (past !== undefined) await world.nodes.settle('n1')
  const before = past?.events ?? []
  const journal = openJournal(folder, id)
  try {
    if (past === undefined) journal.append({ run: id, at: '', kind: 'opened', plan: which, by: 'test' })
    await run({
      world,
      layers: [layer],
      plan: which,
      cluster,
      journal,
      settled: stepsOf(before, 'settled'),
      begun: stepsOf(before, 'intend'),
      swap: {
        how: 'plain',
        within: 1,
        service: { address: '', port: 0 },
        server: () => ({ address: '', port: 0 }),
      },
      refresh: (state, reads) => refresh(state, reads, world),
      check: async () => {},
      emit: () => {},
    })
  } finally {
    journal.close()
  }
}

const fileOf = (practice: Practice) => practice.cluster().nodes['n1']?.files[flags]
const objectOf = (practice: Practice, resource: string, name: string) =>
  practice.cluster().objects[resource]?.find(({ metadata }) => metadata.name === name)

const expectDone = (practice: Practice) => {
  expect(fileOf(practice)).toEqual({ text: fresh, mode: 0o600, owner: '0:0' })
  expect(practice.cluster().nodes['n1']?.kubeletArguments).toEqual(['--node-ip=10.0.0.2'])
  expect(practice.traces()).toEqual({})
  expect(objectOf(practice, 'v1/configmaps', 'c')).toMatchObject({ data: { k: 'a\nc\n' } })
  expect(objectOf(practice, 'apps/v1/daemonsets', 'd')).toMatchObject({
    spec: { template: { metadata: { annotations: { 'x/y': '1' } } } },
  })
  expect(objectOf(practice, 'x/v1/pools', 'p')).toMatchObject({ spec: { cidr: 'fd00::/64' } })
}

test('a plan runs to its end and the journal tells every step', async () => {
  const practice = begin()
  await start(practice)
  expectDone(practice)
  const [past] = await readRuns(folder)
  expect(past?.events.map(event => `${event.kind} ${'step' in event ? event.step : ''}`)).toEqual([
    'opened ',
    'intend kubelet/n1',
    'settled kubelet/n1',
    'intend proxy',
    'settled proxy',
    'intend pool',
    'settled pool',
  ])
})

test.each(plans)(
  'killed in front of any call, the same command again ends at the target: %s',
  async (_, which) => {
    const clean = begin()
    await start(clean, 'clean', which)
    for (let at = 0; at < clean.faults.calls.length; at++) {
      const practice = begin()
      const id = `kill-${at}`
      practice.faults.killAt = at
      await expect(start(practice, id, which), `kill at ${clean.faults.calls[at]}`).rejects.toThrow()
      practice.faults.killAt = Number.POSITIVE_INFINITY
      await start(practice, id, which)
      expectDone(practice)
    }
    expect(clean.faults.calls.length).toBeGreaterThan(5)
  },
)

test.each(plans)(
  'a fault at any call stops the run, and the same command again goes on: %s',
  async (_, which) => {
    const clean = begin()
    await start(clean, 'clean', which)
    for (let at = 0; at < clean.faults.calls.length; at++) {
      const practice = begin()
      const id = `fault-${at}`
      practice.faults.failAt = at
      await expect(start(practice, id, which), clean.faults.calls[at]).rejects.toThrow()
      await start(practice, id, which)
      expectDone(practice)
    }
  },
)

test('steps that do not need it run while a step is waited for, and the run ends when that one holds', async () => {
  const practice = begin()
  await start(practice, 'r1', overlapping)
  expectDone(practice)
  const [past] = await readRuns(folder)
  const said = past?.events.map(event => `${event.kind} ${'step' in event ? event.step : ''}`) ?? []
  expect(said.indexOf('intend pool')).toBeLessThan(said.indexOf('settled kubelet/n1'))
  expect(said.at(-1)).toBe('settled kubelet/n1')
})

test('a step that others may not pass is waited for', async () => {
  const practice = begin()
  const [first, ...rest] = overlapping.steps
  const steps = [first, ...rest.map(one => (one.id === 'pool' ? { ...one, stage: 'later' } : one))]
  await start(practice, 'r1', { ...overlapping, steps: steps.flatMap(one => one ?? []) })
  const [past] = await readRuns(folder)
  const said = past?.events.map(event => `${event.kind} ${'step' in event ? event.step : ''}`) ?? []
  expect(said.indexOf('settled proxy')).toBeLessThan(said.indexOf('settled kubelet/n1'))
  expect(said.indexOf('settled kubelet/n1')).toBeLessThan(said.indexOf('intend pool'))
})

test('a step that fails behind the others stops the run by its name, with what was there put back', async () => {
  const practice = begin()
  await expect(start(stuck(practice), 'r1', overlapping)).rejects.toMatchObject({ code: 'gate.timeout' })
  expect(fileOf(practice)?.text).toBe(old)
  const [past] = await readRuns(folder)
  expect(past?.events.at(-1)).toMatchObject({ kind: 'stopped', step: 'kubelet/n1' })
  await start(practice, 'r1', overlapping)
  expectDone(practice)
})

test('a gate that does not hold in time puts back what its guard protects', async () => {
  const practice = begin()
  await expect(start(stuck(practice))).rejects.toMatchObject({ code: 'gate.timeout', exitCode: 6 })
  expect(fileOf(practice)?.text).toBe(old)
  await start(practice)
  expectDone(practice)
})

test('a step that somebody did by hand meanwhile arms no switch and needs no confirmation', async () => {
  const practice = begin()
  await practice.nodes.write('n1', { path: flags, before: hashText(old), text: fresh, run: 'by-hand' })
  await practice.nodes.restartUnit('n1', 'kubelet')
  await start(practice)
  expectDone(practice)
  expect(practice.faults.calls.filter(call => /^(guard|confirm|revert)/.test(call))).toEqual([])
})

test('what somebody else changed is left alone and named', async () => {
  const practice = begin()
  const theirs = 'KUBELET_EXTRA_ARGS=--v=2\n'
  await practice.nodes.write('n1', { path: flags, before: hashText(old), text: theirs, run: 'theirs' })
  const before = practice.faults.calls.length
  await expect(start(practice)).rejects.toMatchObject({
    code: 'plan.stale',
    message: expect.stringContaining(`n1:${flags}`) as string,
  })
  expect(fileOf(practice)?.text).toBe(theirs)
  expect(practice.faults.calls).toHaveLength(before)
})

test('a conflict of resource versions is read again', async () => {
  const practice = begin()
  const name = { resource: 'v1/configmaps', namespace: 'kube-system', name: 'c' }
  practice.faults.add({ kind: 'other-writer', ...name, times: 2 })
  await start(practice)
  expectDone(practice)
})

test('a run that was put aside is not unfinished', async () => {
  const journal = openJournal(folder, 'r1')
  journal.append({ run: 'r1', at: '', kind: 'opened', plan, by: 'test' })
  expect(unfinished(await readRuns(folder))?.run).toBe('r1')
  journal.append({ run: 'r1', at: '', kind: 'superseded', because: 'the test says so' })
  journal.close()
  expect(unfinished(await readRuns(folder))).toBeUndefined()
})

test.each([
  'null',
  '7',
  '"x"',
  '[]',
  '{}',
  '{"kind":"opened","at":"","run":"r1"}',
  '{"kind":7,"at":""}',
  'x',
])('a journal with the line %s is refused in words, and one that ends in it is read', async line => {
  mkdirSync(join(folder, 'r1'))
  const path = join(folder, 'r1', 'journal.jsonl')
  const closed = JSON.stringify({ run: 'r1', at: '', kind: 'closed' })
  writeFileSync(path, `${line}\n${closed}\n`)
  await expect(readRuns(folder)).rejects.toMatchObject({ code: 'journal.broken' })
  writeFileSync(path, `${closed}\n${line}`)
  expect((await readRuns(folder))[0]?.events.map(({ kind }) => kind)).toEqual(['closed'])
})

test('a journal whose last line was cut off is read, and goes on after it', async () => {
  const practice = begin()
  await start(practice)
  const journal = openJournal(folder, 'r1')
  journal.close()
  appendFileSync(join(folder, 'r1', 'journal.jsonl'), '{"kind":"set')
  const again = openJournal(folder, 'r1')
  again.append({ run: 'r1', at: '', kind: 'closed' })
  again.close()
  const [past] = await readRuns(folder)
  expect(past?.events.at(-1)?.kind).toBe('closed')
  expect(past?.events.length).toBe(8)
})
