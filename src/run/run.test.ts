import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Cluster } from '../model/cluster.ts'
import type { Layer } from '../model/layer.ts'
import type { Gate, Plan, Step, TextChange } from '../model/plan.ts'
import { hashText } from '../text/edits.ts'
import { openJournal, readRuns, unfinished } from './journal.ts'
import { run } from './run.ts'
import { type Memory, memoryWorld } from './testing/memory.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'run-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const cluster: Cluster = { uid: 'u', version: 'v1.36.3', objects: {}, pods: [], nodes: {}, unread: {} }
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
      changes: [text('n1', '/f', 'old\n', 'new\n')],
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
      ? { ...one, meanwhile: ['s'], gates: [{ ...gate('l/kubelet'), steady: 600 }] }
      : one,
  ),
}
const plans = [
  ['one step after the other', plan],
  ['one step waited for behind the others', overlapping],
] as const

const world = (): Memory =>
  memoryWorld(
    {
      n1: {
        files: { '/f': { text: 'old\n', mode: 0o600, owner: '0:0' } },
        sysctls: {},
        restarts: [],
        guards: {},
      },
    },
    {
      'v1/configmaps': [{ metadata: { name: 'c', namespace: 'kube-system' }, data: { k: 'a\nb\n' } }],
      'apps/v1/daemonsets': [
        { metadata: { name: 'd', namespace: 'kube-system' }, spec: { template: { spec: {} } } },
      ],
    },
  )

/** The kubelet runs what the file said when it was last restarted. */
const layerOn = (memory: Memory): Layer => ({
  id: 'l',
  title: 'l',
  reads: [],
  read: () => undefined,
  status: () => [],
  steps: () => [],
  gates: {
    kubelet: {
      reads: () => [],
      judge: () => {
        const runs = memory.machines['n1']?.restarts.at(-1)?.files['/f']
        return { holds: runs === 'new\n', seen: `runs ${runs}` }
      },
    },
  },
})

async function start(memory: Memory, id = 'r1', which = plan): Promise<void> {
  const past = (await readRuns(folder)).find(one => one.run === id)
  if (past !== undefined) await memory.nodes.settle('n1')
  const of = (kind: 'intend' | 'settled') =>
    new Set(past?.events.flatMap(event => (event.kind === kind ? [event.step] : [])))
  const journal = openJournal(folder, id)
  try {
    if (past === undefined) journal.append({ run: id, at: '', kind: 'opened', plan: which, by: 'test' })
    await run({
      world: memory,
      layers: [layerOn(memory)],
      plan: which,
      cluster,
      journal,
      settled: of('settled'),
      begun: of('intend'),
      swap: {
        how: 'plain',
        within: 1,
        service: { address: '', port: 0 },
        server: () => ({ address: '', port: 0 }),
      },
      refresh: async state => state,
      check: async () => {},
      emit: () => {},
    })
  } finally {
    journal.close()
  }
}

const expectDone = (memory: Memory) => {
  const machine = memory.machines['n1']
  expect(machine?.files['/f']).toEqual({ text: 'new\n', mode: 0o600, owner: '0:0' })
  expect(machine?.restarts.at(-1)?.files['/f']).toBe('new\n')
  expect(machine?.guards).toEqual({})
  expect(memory.objects.get('v1/configmaps kube-system/c')).toMatchObject({ data: { k: 'a\nc\n' } })
  expect(memory.objects.get('apps/v1/daemonsets kube-system/d')).toMatchObject({
    spec: { template: { metadata: { annotations: { 'x/y': '1' } } } },
  })
  expect(memory.objects.get('x/v1/pools /p')).toMatchObject({ spec: { cidr: 'fd00::/64' } })
}

test('a plan runs to its end and the journal tells every step', async () => {
  const memory = world()
  await start(memory)
  expectDone(memory)
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
    const clean = world()
    await start(clean, 'clean', which)
    for (let at = 0; at < clean.calls.length; at++) {
      const memory = world()
      const id = `kill-${at}`
      memory.killAt = at
      await expect(start(memory, id, which), `kill at ${clean.calls[at]}`).rejects.toThrow()
      memory.killAt = Number.POSITIVE_INFINITY
      await start(memory, id, which)
      expectDone(memory)
    }
    expect(clean.calls.length).toBeGreaterThan(5)
  },
)

test.each(plans)(
  'a fault at any call stops the run, and the same command again goes on: %s',
  async (_, which) => {
    const clean = world()
    await start(clean, 'clean', which)
    for (let at = 0; at < clean.calls.length; at++) {
      const memory = world()
      const id = `fault-${at}`
      memory.failAt = at
      await expect(start(memory, id, which), clean.calls[at]).rejects.toThrow()
      await start(memory, id, which)
      expectDone(memory)
    }
  },
)

test('steps that do not need it run while a step is waited for, and the run ends when that one holds', async () => {
  const memory = world()
  await start(memory, 'r1', overlapping)
  expectDone(memory)
  const [past] = await readRuns(folder)
  const said = past?.events.map(event => `${event.kind} ${'step' in event ? event.step : ''}`) ?? []
  expect(said.indexOf('intend pool')).toBeLessThan(said.indexOf('settled kubelet/n1'))
  expect(said.at(-1)).toBe('settled kubelet/n1')
})

test('a step that others may not pass is waited for', async () => {
  const memory = world()
  const [first, ...rest] = overlapping.steps
  const steps = [first, ...rest.map(one => (one.id === 'pool' ? { ...one, stage: 'later' } : one))]
  await start(memory, 'r1', { ...overlapping, steps: steps.flatMap(one => one ?? []) })
  const [past] = await readRuns(folder)
  const said = past?.events.map(event => `${event.kind} ${'step' in event ? event.step : ''}`) ?? []
  expect(said.indexOf('settled proxy')).toBeLessThan(said.indexOf('settled kubelet/n1'))
  expect(said.indexOf('settled kubelet/n1')).toBeLessThan(said.indexOf('intend pool'))
})

test('a step that fails behind the others stops the run by its name, with what was there put back', async () => {
  const memory = world()
  const { nodes } = memory
  memory.nodes = { ...nodes, restartUnit: async () => {} }
  await expect(start(memory, 'r1', overlapping)).rejects.toMatchObject({ code: 'gate.timeout' })
  expect(memory.machines['n1']?.files['/f']?.text).toBe('old\n')
  const [past] = await readRuns(folder)
  expect(past?.events.at(-1)).toMatchObject({ kind: 'stopped', step: 'kubelet/n1' })
  memory.nodes = nodes
  await start(memory, 'r1', overlapping)
  expectDone(memory)
})

test('a gate that does not hold in time puts back what its guard protects', async () => {
  const memory = world()
  const { nodes } = memory
  memory.nodes = { ...nodes, restartUnit: async () => {} }
  await expect(start(memory)).rejects.toMatchObject({ code: 'gate.timeout', exitCode: 6 })
  expect(memory.machines['n1']?.files['/f']?.text).toBe('old\n')
  memory.nodes = nodes
  await start(memory)
  expectDone(memory)
})

test('a step that somebody did by hand meanwhile arms no switch and needs no confirmation', async () => {
  const memory = world()
  const machine = memory.machines['n1']
  if (machine) machine.files['/f'] = { text: 'new\n', mode: 0o600, owner: '0:0' }
  await memory.nodes.restartUnit('n1', 'kubelet')
  await start(memory)
  expectDone(memory)
  expect(memory.calls.filter(call => /^(guard|confirm|revert)/.test(call))).toEqual([])
})

test('what somebody else changed is left alone and named', async () => {
  const memory = world()
  const machine = memory.machines['n1']
  if (machine) machine.files['/f'] = { text: 'theirs\n' }
  await expect(start(memory)).rejects.toMatchObject({
    code: 'plan.stale',
    message: expect.stringContaining('n1:/f') as string,
  })
  expect(machine?.files['/f']?.text).toBe('theirs\n')
  expect(memory.calls).toEqual([])
})

test('a conflict of resource versions is read again', async () => {
  const memory = world()
  const { api } = memory
  let conflicts = 1
  memory.api = {
    ...api,
    replace: async (resource, object, options) =>
      api.replace(
        resource,
        conflicts-- > 0 ? { ...object, metadata: { ...object.metadata, resourceVersion: 'x' } } : object,
        options,
      ),
  }
  await start(memory)
  expectDone(memory)
})

test('a run that was put aside is not unfinished', async () => {
  const journal = openJournal(folder, 'r1')
  journal.append({ run: 'r1', at: '', kind: 'opened', plan, by: 'test' })
  expect(unfinished(await readRuns(folder))?.run).toBe('r1')
  journal.append({ run: 'r1', at: '', kind: 'superseded', because: 'the test says so' })
  journal.close()
  expect(unfinished(await readRuns(folder))).toBeUndefined()
})

test('a journal whose last line was cut off is read, and goes on after it', async () => {
  const memory = world()
  await start(memory)
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
