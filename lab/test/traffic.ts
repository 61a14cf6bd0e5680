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
}

/** The API is asked on new TLS connections every 25 ms, everything else over IPv4 every 50 ms. */
const apiEvery = '25ms'
const pathEvery = '50ms'
/** Nothing runs longer, whatever becomes of the test. */
const limit = '20m'

interface Source {
  readonly place: string
  readonly interval: string
  readonly targets: readonly string[]
  /** Network namespace of a pod on that node, by its IPv4 address. */
  readonly podIP?: string
}

/** Starts the load, waits until it runs; the returned function ends it and says what was lost. */
export async function startTraffic(lab: Lab): Promise<() => Promise<readonly Summary[]>> {
  const children = await Promise.all((await sources(lab)).map(source => start(lab, source)))
  await new Promise(resolve => setTimeout(resolve, 2000))
  return async () => (await Promise.all(children.map(stop))).flat()
}

async function sources(lab: Lab): Promise<readonly Source[]> {
  const [api, web] = await Promise.all([service(lab, 'default', 'kubernetes'), service(lab, 'demo', 'web')])
  const server = (
    await lab.kubectl('config', 'view', '--minify', '-o', 'jsonpath={.clusters[0].cluster.server}')
  ).trim()
  const still = await stillPods(lab)
  const perNode = lab.nodes.flatMap(({ name }): Source[] => [
    { place: name, interval: apiEvery, targets: [`api ${name}→ClusterIP=https://${api}/version`] },
    { place: name, interval: pathEvery, targets: [`service ${name}→web=http://${web}/`] },
  ])
  const pods = still.flatMap((from): Source[] => {
    const others = still.filter(to => to.node !== from.node)
    if (others.length === 0) return []
    return [
      {
        place: from.node,
        podIP: from.ip,
        interval: pathEvery,
        targets: others.map(to => `pod ${from.node}→${to.node}=http://${to.ip}:8080/`),
      },
    ]
  })
  return [
    { place: 'outside', interval: apiEvery, targets: [`api outside=${server}/version`] },
    {
      place: 'outside',
      interval: pathEvery,
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

async function start(lab: Lab, source: Source): Promise<ChildProcess> {
  const isNode = lab.nodes.some(node => node.name === source.place)
  const probe = isNode ? 'probe' : join(lab.state.bin, 'probe')
  const command = [
    probe,
    'run',
    '--until-eof',
    '--interval',
    source.interval,
    '--timeout',
    '2s',
    '--duration',
    limit,
    ...source.targets,
  ]
  const argv = source.podIP === undefined ? command : inPod(source.podIP, command)
  return lab.spawn(source.place, argv, { stdio: ['pipe', 'pipe', 'inherit'] })
}

/** Enters the pod's network namespace on its node: an exec through the API would end with the API server. */
function inPod(ip: string, command: readonly string[]): string[] {
  const find =
    'for n in /run/netns/*; do nsenter --net="$n" ip -4 -o address | grep -q " $1/" && { shift; exec nsenter --net="$n" "$@"; }; done; exit 9'
  return ['sh', '-c', find, 'sh', ip, ...command]
}

async function stop(child: ChildProcess): Promise<readonly Summary[]> {
  let text = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  const ended = once(child, 'close')
  child.stdin?.end()
  await ended
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Summary)
}

/** A table for people: what was asked, what was lost. */
export function trafficTable(summaries: readonly Summary[]): string {
  const rows = summaries.map(one => [
    one.name,
    String(one.requests),
    String(one.failed),
    `${(one.longestOutageMs / 1000).toFixed(1)} s`,
  ])
  const all = [['path', 'requests', 'failed', 'longest outage'], ...rows]
  const width = (column: number) => Math.max(...all.map(row => (row[column] ?? '').length))
  return all
    .map(row =>
      row
        .map((cell, column) => cell.padEnd(width(column)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
