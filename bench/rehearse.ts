/**
 * Rehearsing big clusters: the whole conversion and the way back, from a bundle on disk to the comparison with the start.
 *   npx tsx bench/rehearse.ts [--whole] [nodes…]
 * Each node has 30 pods, two Services come on it. The bundle is written by a process of its own, by the code of `dualstack snapshot`; what
 * is measured is a process that has nothing but its folder.
 */
import { fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { layers } from '../src/app/layers.ts'
import { rehearse } from '../src/app/rehearse.ts'
import { allReads } from '../src/app/rules.ts'
import { systemClock } from '../src/base/clock.ts'
import { silentLogger } from '../src/base/logger.ts'
import { writeBundle } from '../src/observe/snapshot.ts'
import type { KubeApi, NodeAccess } from '../src/world/ports.ts'
import { bigCluster, type Size } from './big-cluster.ts'
import { type Cost, costSince, message } from './processes.ts'

const podsEach = 30
const servicesEach = 2

/** What a rehearsal came to, and what each part of it took. */
interface Result extends Cost {
  readonly says: string
  readonly parts: readonly string[]
}

const [role, ...rest] = process.argv.slice(2)
if (role === 'write') await write(Number(rest[0]), rest[1] ?? '')
else if (role === 'client') await client(rest[0] ?? '', rest[1] === '--whole')
else
  await compare(
    process.argv
      .slice(2)
      .filter(one => one !== '--whole')
      .map(Number),
    process.argv.includes('--whole'),
  )

async function compare(sizes: readonly number[], whole: boolean): Promise<void> {
  process.stdout.write(
    `${'nodes'.padStart(6)}${'pods'.padStart(9)}${'Services'.padStart(10)}${'wall s'.padStart(9)}${'CPU s'.padStart(9)}${'peak MB'.padStart(9)}\n`,
  )
  for (const nodes of sizes.length > 0 ? sizes : [100, 1000, 5000]) {
    const folder = await mkdtemp(join(tmpdir(), 'bench-rehearse-'))
    try {
      const bundle = join(folder, 'bundle')
      await message(fork(import.meta.filename, ['write', String(nodes), bundle]))
      const { seconds, cpu, megabytes, says, parts } = (await message(
        fork(import.meta.filename, ['client', bundle, ...(whole ? ['--whole'] : [])]),
      )) as Result
      const { pods, services } = sizeOf(nodes)
      process.stdout.write(
        `${String(nodes).padStart(6)}${String(pods).padStart(9)}${String(services).padStart(10)}${seconds.toFixed(1).padStart(9)}${cpu.toFixed(1).padStart(9)}${megabytes.toFixed(0).padStart(9)}   ${says}\n${parts.map(part => `       ${part}\n`).join('')}`,
      )
    } finally {
      await rm(folder, { recursive: true })
    }
  }
}

function sizeOf(nodes: number): Size {
  return { nodes, pods: nodes * podsEach, services: nodes * servicesEach }
}

async function write(nodes: number, folder: string): Promise<void> {
  const big = await bigCluster(sizeOf(nodes))
  const api = {
    version: async () => 'v1.36.3',
    async *list(resource: string) {
      yield* big.list(resource)
    },
    get: async (...given: Parameters<typeof big.get>) => big.get(...given),
  } as unknown as KubeApi
  const access = { facts: async (node: string) => big.facts(node) } as unknown as NodeAccess
  const world = { api, nodes: access, clock: systemClock, logger: silentLogger }
  await writeBundle(world, allReads(layers), folder)
  process.send?.('written')
  if (process.connected) process.disconnect()
}

async function client(bundle: string, whole: boolean): Promise<void> {
  const start = performance.now()
  const parts: string[] = []
  let since = start
  const done = (what: string): void => {
    const now = performance.now()
    parts.push(`${((now - since) / 1000).toFixed(1).padStart(6)} s  ${what}`)
    since = now
  }
  const of: Readonly<Record<string, string>> = {
    observed: 'read',
    judged: 'judged',
    planned: 'planned, there and back',
    chosen: 'stand-ins chosen',
    arrived: 'gone',
  }
  const { there, back, compared, practised } = await rehearse({
    bundle,
    whole,
    layers,
    intent: {},
    tell: moment => {
      const what = of[moment.kind]
      if (what !== undefined) done(moment.kind === 'arrived' ? `${what}: ${moment.direction}` : what)
    },
  })
  done('compared')
  const result: Result = {
    ...costSince(start),
    says: `${practised === undefined ? '' : `${practised.nodes} nodes, ${practised.pods} pods and ${practised.services} Services practised; `}${there.steps} steps there, ${back.steps} back, ${compared.differences.length} differences`,
    parts,
  }
  if (process.send === undefined) process.stdout.write(`${JSON.stringify(result, null, 1)}\n`)
  process.send?.(result)
  if (process.connected) process.disconnect()
}
