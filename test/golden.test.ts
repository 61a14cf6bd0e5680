import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { apply } from '../src/app/apply.ts'
import { layers } from '../src/app/layers.ts'
import { planFor } from '../src/app/plan.ts'
import { readPlan } from '../src/app/read-plan.ts'
import { rollback } from '../src/app/rollback.ts'
import { allReads } from '../src/app/rules.ts'
import type { Cluster } from '../src/model/cluster.ts'
import type { Event } from '../src/model/event.ts'
import type { Plan } from '../src/model/plan.ts'
import { readBundle } from '../src/observe/bundle.ts'
import { observe } from '../src/observe/live.ts'
import { type Practice, practiceWorld } from '../src/practice/index.ts'
import { journalFolder, readRuns } from '../src/run/journal.ts'

/**
 * Plans and journals are files that people keep, and the next release must read and run. These were made by the first one, from the cluster
 * below (the journal by an `apply` that was stopped once); they are never written anew, only others are added beside them.
 */
const golden = (name: string): string => resolve(import.meta.dirname, 'golden', name)
const kept = (name: string): Promise<Plan> => readPlan(golden(name))
const records = readFileSync(golden('journal-v1.jsonl'), 'utf8').split(/(?<=\n)/)

/** The bundled cluster with things that only a journal remembers: a kubelet without --node-ip, and variables spelled in an owner's way. */
async function before(): Promise<Cluster> {
  const sample = resolve(import.meta.dirname, '../samples/calico-1cp-1w')
  const text = JSON.stringify(await readBundle(sample, allReads(layers)))
  return JSON.parse(
    text
      .replaceAll(
        '{"name":"FELIX_IPV6SUPPORT","value":"false"}',
        '{"name":"FELIX_IPV6SUPPORT","value":"0"},{"name":"IP6","value":"none"}',
      )
      .replaceAll('--node-ip=10.89.1.12', '--v=2'),
  ) as Cluster
}

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'golden-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const env = () => ({ XDG_STATE_HOME: folder })
const common = (world: Practice) => ({
  world,
  layers,
  intent: {},
  agree: async () => true,
  how: 'stand-in' as const,
  by: 'test',
  emit: (_event: Event) => {},
  env: env(),
})

/** Instead of what today's code remembers: the first lines of the kept journal. */
function remember(cluster: Cluster, lines: readonly string[]): void {
  const runs = journalFolder(cluster.uid, env())
  const run = (JSON.parse(records[0] ?? '') as Event).run
  rmSync(runs, { recursive: true })
  mkdirSync(join(runs, run), { recursive: true })
  writeFileSync(join(runs, run, 'journal.jsonl'), lines.join(''))
}

/** Files, settings and Calico's daemon: where memory shows. */
const essence = ({ nodes, objects }: Cluster) => ({
  nodes: Object.values(nodes).map(({ files, sysctls }) => ({
    files: Object.fromEntries(
      Object.entries(files).flatMap(([path, file]) => (file === null ? [] : [[path, file.text]])),
    ),
    sysctls,
  })),
  calico: (objects['apps/v1/daemonsets'] ?? [])
    .filter(({ metadata }) => metadata.name === 'calico-node')
    .map(object => (object['spec'] as { readonly template: object }).template),
})
const now = async (practice: Practice) => essence(await observe(practice, allReads(layers), {}))

describe('a plan that the first release made', () => {
  test.each(['plan-dual-v1.json', 'plan-single-v1.json'])('is read whole: %s', async name => {
    expect(await kept(name)).toEqual(JSON.parse(readFileSync(golden(name), 'utf8')))
  })

  test('runs to its end, there and back', async () => {
    const practice = practiceWorld(await before())
    const single = await now(practice)
    const there = await kept('plan-dual-v1.json')
    expect((await apply({ ...common(practice), given: there })).kind).toBe('done')
    const dual = await observe(practice, allReads(layers), {})
    expect(planFor(dual, {}, layers).steps).toEqual([])
    const back = await kept('plan-single-v1.json')
    expect((await apply({ ...common(practice), given: back })).kind).toBe('done')
    expect(await now(practice)).toEqual(single)
  })
})

describe('a journal that the first release wrote', () => {
  test('has a record of every kind that a run writes on its way to its end', () => {
    const kinds = records.filter(line => line !== '').map(line => (JSON.parse(line) as Event).kind)
    expect([...new Set(kinds)]).toEqual(['opened', 'intend', 'settled', 'stopped', 'closed'])
  })

  test('gives the way back the exact old values', async () => {
    const cluster = await before()
    const practice = practiceWorld(cluster)
    const single = await now(practice)
    await apply({ ...common(practice), given: await kept('plan-dual-v1.json') })
    remember(cluster, records)
    expect((await rollback(common(practice))).kind).toBe('done')
    expect(await now(practice)).toEqual(single)
  })

  test('is gone on with where it ends in the middle, with the plan in it', async () => {
    const cluster = await before()
    const practice = practiceWorld(cluster)
    const stopping = new AbortController()
    const stopped = apply({
      ...common(practice),
      given: await kept('plan-dual-v1.json'),
      signal: stopping.signal,
      emit: event => {
        if (event.kind === 'intend' && event.step === 'kubelet/n2') stopping.abort(new Error('enough'))
      },
    })
    await expect(stopped).rejects.toThrow('enough')
    const end = records.findLastIndex(line => line.includes('"kind":"stopped"')) + 1
    remember(cluster, records.slice(0, end))
    expect((await apply(common(practice))).kind).toBe('done')
    const [run, ...more] = await readRuns(journalFolder(cluster.uid, env()))
    expect(more).toEqual([])
    const kinds = run?.events.map(({ kind }) => kind) ?? []
    expect(kinds.filter(kind => kind === 'opened' || kind === 'superseded')).toEqual(['opened'])
    expect(kinds.at(-1)).toBe('closed')
  })
})
