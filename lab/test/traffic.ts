import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Lab } from '../index.ts'

/** What `probe run` says of one target. */
export interface Summary {
  readonly name: string
  readonly requests: number
  readonly failed: number
  readonly longestOutageMs: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly firstFailure?: string
  readonly lastFailure?: string
  /** The first failures, each with its moment and the client's own words. */
  readonly failures: readonly { readonly at: string; readonly error: string }[]
}

/** Milliseconds: the API is asked on new TLS connections, everything else over IPv4. */
const apiEvery = 25
const pathEvery = 50
/** Paths of a lab of two nodes. More nodes have more paths, and each is asked less often: the load on the machine stays what it is. */
const usualPaths = 9
/** Seconds after which a request counts as lost, in a lab of two nodes: those of more have as much less of the processors each. */
const patience = 2
/** Nothing runs longer, whatever becomes of the test. */
const limit = '40m'

interface Source {
  readonly place: string
  /** Milliseconds */
  readonly every: number
  readonly targets: readonly string[]
  /** Network namespace of a pod on that node, by its IPv4 address. */
  readonly podIP?: string
}

/** Starts the load, waits until it runs; the returned function ends it and says what was lost. */
export async function startTraffic(lab: Lab): Promise<() => Promise<readonly Summary[]>> {
  const all = await sources(lab)
  const paths = all.reduce((sum, { targets }) => sum + targets.length, 0)
  const slower = Math.max(1, Math.ceil(paths / usualPaths))
  const probes = await Promise.all(
    all.map((source, index) =>
      start(lab, { ...source, every: source.every * slower, patience: patience * slower }, index),
    ),
  )
  await new Promise(resolve => setTimeout(resolve, 2000))
  return async () => (await Promise.all(probes.map(probe => stop(lab, probe)))).flat()
}

async function sources(lab: Lab): Promise<readonly Source[]> {
  const [api, web] = await Promise.all([service(lab, 'default', 'kubernetes'), service(lab, 'demo', 'web')])
  const server = (
    await lab.kubectl('config', 'view', '--minify', '-o', 'jsonpath={.clusters[0].cluster.server}')
  ).trim()
  const still = await stillPods(lab)
  const perNode = lab.nodes.flatMap(({ name }): Source[] => [
    { place: name, every: apiEvery, targets: [`api ${name}→ClusterIP=https://${api}/version`] },
    { place: name, every: pathEvery, targets: [`service ${name}→web=http://${web}/`] },
  ])
  const pods = still.flatMap((from): Source[] => {
    const others = still.filter(to => to.node !== from.node)
    if (others.length === 0) return []
    return [
      {
        place: from.node,
        podIP: from.ip,
        every: pathEvery,
        targets: others.map(to => `pod ${from.node}→${to.node}=http://${to.ip}:8080/`),
      },
    ]
  })
  return [
    { place: 'outside', every: apiEvery, targets: [`api outside=${server}/version`] },
    {
      place: 'outside',
      every: pathEvery,
      targets: lab.nodes.map(node => `nodeport ${node.name}=http://${node.ipv4}:30080/`),
    },
    ...perNode,
    ...pods,
  ]
}

async function service(lab: Lab, namespace: string, name: string): Promise<string> {
  return (
    await lab.kubectl('get', 'service', '-n', namespace, name, '-o', 'jsonpath={.spec.clusterIP}')
  ).trim()
}

/** Pods that no conversion makes again unless asked: the OnDelete DaemonSet's. */
async function stillPods(lab: Lab): Promise<readonly { node: string; ip: string }[]> {
  const list = JSON.parse(
    await lab.kubectl('get', 'pods', '-n', 'ops', '-l', 'app=agent-ondelete', '-o', 'json'),
  ) as {
    items: { spec: { nodeName: string }; status: { podIP: string } }[]
  }
  return list.items.map(pod => ({ node: pod.spec.nodeName, ip: pod.status.podIP }))
}

interface Running {
  readonly child: ChildProcess
  readonly place: string
  /** Where its failures are written, as that place sees it. */
  readonly failures: string
}

async function start(
  lab: Lab,
  source: Source & { readonly patience: number },
  index: number,
): Promise<Running> {
  const isNode = lab.nodes.some(node => node.name === source.place)
  const probe = isNode ? 'probe' : join(lab.state.bin, 'probe')
  const failures = isNode ? `/var/log/probe-${index}.jsonl` : join(lab.dir, `probe-${index}.jsonl`)
  const command = [
    probe,
    'run',
    '--until-eof',
    '--interval',
    `${source.every}ms`,
    '--timeout',
    `${source.patience}s`,
    '--duration',
    limit,
    '--out',
    failures,
    ...source.targets,
  ]
  const argv = source.podIP === undefined ? command : inPod(source.podIP, command)
  const child = await lab.spawn(source.place, argv, { stdio: ['pipe', 'pipe', 'inherit'] })
  return { child, place: source.place, failures }
}

/** Enters the pod's network namespace on its node: an exec through the API would end with the API server. */
function inPod(ip: string, command: readonly string[]): string[] {
  const find =
    'for n in /run/netns/*; do nsenter --net="$n" ip -4 -o address | grep -q " $1/" && { shift; exec nsenter --net="$n" "$@"; }; done; exit 9'
  return ['sh', '-c', find, 'sh', ip, ...command]
}

async function stop(lab: Lab, { child, place, failures }: Running): Promise<readonly Summary[]> {
  let text = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  const ended = once(child, 'close')
  child.stdin?.end()
  await ended
  const lost = lines((await lab.exec(place, ['cat', failures])).stdout) as readonly {
    name: string
    at: string
    error: string
  }[]
  return (lines(text) as readonly Summary[]).map(one => ({
    ...one,
    failures: lost.filter(({ name }) => name === one.name).slice(0, failuresShown),
  }))
}

const failuresShown = 20
const lines = (text: string): readonly unknown[] =>
  text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as unknown)

/** A table for people: what was asked, what was lost. */
export function trafficTable(summaries: readonly Summary[]): string {
  const rows = summaries.map(one => [
    one.name,
    String(one.requests),
    String(one.failed),
    `${(one.longestOutageMs / 1000).toFixed(1)} s`,
    `${one.p99Ms.toFixed(0)} ms`,
  ])
  const all = [['path', 'requests', 'failed', 'longest outage', 'p99'], ...rows]
  const width = (column: number) => Math.max(...all.map(row => (row[column] ?? '').length))
  const table = all.map(row =>
    row
      .map((cell, column) => cell.padEnd(width(column)))
      .join('  ')
      .trimEnd(),
  )
  const lost = summaries.flatMap(one => one.failures.map(({ at, error }) => `${at}  ${one.name}  ${error}`))
  return [...table, ...lost.toSorted()].join('\n')
}
