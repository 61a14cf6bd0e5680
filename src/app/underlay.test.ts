import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { layers } from '../layers/index.ts'
import { readBundle } from '../observe/bundle.ts'
import { observe } from '../observe/live.ts'
import { practiceWorld } from '../practice/index.ts'
import type { NodeAccess, World } from '../world/ports.ts'
import { apply } from './apply.ts'
import { ignoredRules } from './ignored.ts'
import { preview } from './preview.ts'
import { allReads } from './rules.ts'
import type { Source } from './source.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'underlay-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const sample = resolve(import.meta.dirname, '../../samples/calico-1cp-1w')

/** Nodes whose firewall lets the kubelet's port through in IPv4 only. */
async function closed(): Promise<World> {
  const practice = practiceWorld(await readBundle(sample, allReads(layers)))
  const facts: NodeAccess['facts'] = async (node, read, signal) => {
    const found = await practice.nodes.facts(node, read, signal)
    if (read.reach === undefined) return found
    const reach = read.reach.map(address => [address, !address.includes(']:10250')] as const)
    return { ...found, reach: Object.fromEntries(reach) }
  }
  return { ...practice, nodes: { ...practice.nodes, facts } }
}
const common = (world: World) => ({
  world,
  layers,
  intent: {},
  agree: async () => true,
  how: 'stand-in' as const,
  by: 'test',
  emit: () => {},
  env: { XDG_STATE_HOME: folder },
})
const ignored = ignoredRules({ ignore: ['host/underlay'], iKnow: true })

test('where a port is closed for one family on purpose, the run stops before its first change, and goes past it where somebody insists', async () => {
  const world = await closed()
  await expect(apply(common(world))).rejects.toMatchObject({
    code: 'gate.timeout',
    message: expect.stringMatching(/^host\/underlay: .*port 10250/) as string,
    hint: expect.stringContaining('--ignore host/underlay --i-know') as string,
  })
  const outcome = await apply({ ...common(world), ignored })
  expect(outcome.kind).toBe('done')
  expect(outcome.plan.notices[0]).toMatchObject({ object: 'host/underlay' })
})

test('a plan shows it as an error; one that is made with insisting neither tries it nor waits for it', async () => {
  const world = await closed()
  const source: Source = { world, read: (reads, how) => observe(world, reads, how), close: async () => {} }
  const look = (more: object) =>
    preview(source, {}, layers, { now: world.clock.now(), env: { XDG_STATE_HOME: folder }, ...more })
  const plain = await look({})
  expect(plain.judged.verdict).toBe('stop')
  expect(plain.plan.notices[0]).toMatchObject({
    object: 'Node n1',
    message: expect.stringContaining('10250') as string,
  })
  const insisting = await look({ ignored })
  expect(insisting.judged.verdict).toBe('go')
  expect(insisting.plan.steps[0]?.needs.map(({ id }) => id)).not.toContain('host/underlay')
  expect((await apply({ ...common(world), given: insisting.plan })).kind).toBe('done')
})

test('it is an error, so it is ignored only by who knows', () => {
  expect(() => ignoredRules({ ignore: ['host/underlay'] })).toThrow('this is an error')
})
