/**
 * Reading a big cluster and planning its conversion, against reading the same lists raw: same server, same pages, as many lists at once,
 * JSON.parse and nothing kept. The server has pods in protobuf too, as a kube-apiserver does; whoever reads raw does not ask for it.
 *   npx tsx bench/scale.ts [nodes pods services]
 * The server is a process of its own, and so is each client. What nodes themselves say (files, addresses) is no list: it is made in the
 * client as ready facts, and its making counts for us.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, createServer, get } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { layers } from '../src/app/layers.ts'
import { planFor } from '../src/app/plan.ts'
import { allReads } from '../src/app/rules.ts'
import { systemClock } from '../src/base/clock.ts'
import { silentLogger } from '../src/base/logger.ts'
import type { KubeObject, Resource } from '../src/model/cluster.ts'
import { observe } from '../src/observe/live.ts'
import { wanted } from '../src/observe/wanted.ts'
import { podResource } from '../src/observe/layout.ts'
import { connect } from '../src/world/api/index.ts'
import { protobufType } from '../src/world/api/pod-fields.ts'
import { protobufBody } from '../src/world/api/testing/pod-wire.ts'
import { selfSigned } from '../src/world/api/testing/certificate.ts'
import { type Cost, costSince, kubeconfigIn, message } from './processes.ts'
import type { NodeAccess } from '../src/world/ports.ts'
import { bigCluster, type Size } from './big-cluster.ts'

const rounds = Number(process.env['ROUNDS'] ?? 3)
const pageSize = 500
const listsAtOnce = 6
const kinds = {
  raw: 'node:https + JSON.parse, nothing kept',
  observe: 'observe: everything kept',
  plan: 'observe + plan',
} as const
type Kind = keyof typeof kinds
interface Result extends Cost {
  readonly says: string
}

const [role, ...rest] = process.argv.slice(2)
const sizeOf = ([nodes = 5000, pods = 150_000, services = 10_000]: number[]): Size => ({
  nodes,
  pods,
  services,
})
if (role === 'serve') await serve(sizeOf(rest.map(Number)))
else if (role === 'client')
  await client(rest[0] as Kind, rest[1] ?? '', rest[2] ?? '', sizeOf(rest.slice(3).map(Number)))
else await compare(sizeOf(process.argv.slice(2).map(Number)))

async function compare(size: Size): Promise<void> {
  const numbers = [size.nodes, size.pods, size.services].map(String)
  const server = fork(import.meta.filename, ['serve', ...numbers])
  const { url, ca, megabytes } = (await message(server)) as { url: string; ca: string; megabytes: number }
  const folder = await mkdtemp(join(tmpdir(), 'bench-scale-'))
  try {
    const kubeconfig = await kubeconfigIn(folder, url, ca)
    const results: Record<Kind, Result[]> = { raw: [], observe: [], plan: [] }
    for (let round = 0; round < rounds; round++)
      for (const kind of Object.keys(kinds) as Kind[])
        results[kind].push(
          (await message(
            fork(import.meta.filename, ['client', kind, url, kubeconfig, ...numbers]),
          )) as Result,
        )
    const best = (kind: Kind, field: 'seconds' | 'cpu' | 'megabytes') =>
      Math.min(...results[kind].map(result => result[field]))
    const out = [
      `${size.nodes} nodes, ${size.pods} pods, ${size.services} Services: ${megabytes.toFixed(0)} MB of lists, best of ${rounds}`,
    ]
    out.push(`${' '.repeat(42)}wall s   CPU s   peak MB   wall ratio   CPU ratio`)
    for (const kind of Object.keys(kinds) as Kind[]) {
      const ratio = (field: 'seconds' | 'cpu') => (best(kind, field) / best('raw', field)).toFixed(2)
      out.push(
        `${kinds[kind].padEnd(40)}${best(kind, 'seconds').toFixed(2).padStart(8)}${best(kind, 'cpu').toFixed(2).padStart(8)}${best(kind, 'megabytes').toFixed(0).padStart(10)}${ratio('seconds').padStart(13)}${ratio('cpu').padStart(12)}   ${results[kind][0]?.says ?? ''}`,
      )
    }
    process.stdout.write(`${out.join('\n')}\n`)
  } finally {
    server.kill()
    await rm(folder, { recursive: true })
  }
}

/** `/api/v1/pods` ← `v1/pods`, `/apis/apps/v1/deployments` ← `apps/v1/deployments` */
function pathOf(resource: Resource): string {
  return resource.split('/').length === 2 ? `/api/${resource}` : `/apis/${resource}`
}

function wantedLists(): readonly Resource[] {
  return wanted(allReads(layers)).lists
}

async function serve(size: Size): Promise<void> {
  const big = await bigCluster(size)
  const lists = new Map<string, Buffer[]>()
  /** Pods once more, as a kube-apiserver sends them to whoever prefers protobuf. */
  const protobufPods: Buffer[] = []
  let megabytes = 0
  for (const resource of wantedLists()) {
    const pages: Buffer[] = []
    let items: KubeObject[] = []
    const flush = (last: boolean) => {
      const metadata = last
        ? { resourceVersion: '1' }
        : { resourceVersion: '1', continue: String(pages.length + 1) }
      const page = Buffer.from(JSON.stringify({ kind: 'List', metadata, items }))
      megabytes += page.length / 1e6
      pages.push(page)
      if (resource === podResource) protobufPods.push(protobufBody('PodList', { metadata, items }))
      items = []
    }
    for (const object of big.list(resource)) {
      if (items.length === pageSize) flush(false)
      items.push(object)
    }
    flush(true)
    lists.set(pathOf(resource), pages)
  }
  const pair = selfSigned('bench', ['127.0.0.1'])
  const server = createServer(pair, (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'https://x')
    const protobuf =
      pathname === pathOf(podResource) && request.headers.accept?.startsWith(protobufType) === true
    const pages = protobuf ? protobufPods : lists.get(pathname)
    const body = pages?.[Number(searchParams.get('continue') ?? 0)] ?? single(pathname)
    response.writeHead(body === undefined ? 404 : 200, {
      'Content-Type': protobuf ? protobufType : 'application/json',
      'Content-Length': body?.length ?? 0,
    })
    response.end(body)
  })
  const single = (path: string): Buffer | undefined => {
    if (path === '/version') return Buffer.from(JSON.stringify({ gitVersion: 'v1.36.3' }))
    const [, namespace, plural, name] =
      /^\/api\/v1\/(?:namespaces\/([^/]+)\/)?([^/]+)\/([^/]+)$/.exec(path) ?? []
    const found = big.get(`v1/${plural ?? ''}`, namespace, name ?? '')
    return found && Buffer.from(JSON.stringify(found))
  }
  await once(server.listen(0, '127.0.0.1'), 'listening')
  process.send?.({
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ca: pair.cert,
    megabytes,
  })
}

async function client(kind: Kind, url: string, kubeconfig: string, size: Size): Promise<void> {
  const big = kind === 'raw' ? undefined : await bigCluster(size)
  const start = performance.now()
  const before = process.cpuUsage()
  const says = big === undefined ? await plain(url) : await ours(kubeconfig, big.facts, kind === 'plan')
  const result: Result = { ...costSince(start, before), says }
  process.send?.(result)
  process.disconnect()
}

async function ours(
  kubeconfig: string,
  factsOf: Awaited<ReturnType<typeof bigCluster>>['facts'],
  plans: boolean,
): Promise<string> {
  const api = await connect({ kubeconfig, env: {} })
  const nodes: NodeAccess = { facts: async (node: string) => factsOf(node) } as unknown as NodeAccess
  const world = { api, nodes, clock: systemClock, logger: silentLogger }
  const cluster = await observe(world, allReads(layers))
  const seen = `${Object.keys(cluster.nodes).length} nodes, ${cluster.pods.length} pods`
  if (!plans) return seen
  const plan = planFor(cluster, { to: 'dual' }, layers)
  return `${plan.steps.length} steps`
}

/** Every list, page after page; parsed, counted and let go. */
async function plain(url: string): Promise<string> {
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false })
  const waiting = [...wantedLists()]
  let count = 0
  const work = async (): Promise<void> => {
    for (let resource = waiting.shift(); resource !== undefined; resource = waiting.shift()) {
      for (let token: string | undefined = ''; token !== undefined; ) {
        const body = await fetchPage(
          `${url}${pathOf(resource)}?limit=${pageSize}${token && `&continue=${token}`}`,
          agent,
        )
        const page = JSON.parse(body.toString()) as { metadata: { continue?: string }; items: unknown[] }
        count += page.items.length
        token = page.metadata.continue
      }
    }
  }
  await Promise.all(Array.from({ length: listsAtOnce }, work))
  agent.destroy()
  return `${count} objects`
}

function fetchPage(url: string, agent: Agent): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve(Buffer.concat(chunks)))
    }).on('error', reject)
  })
}
