import { join } from 'node:path'
import type { Lab } from '../index.ts'

type Family = 'IPv4' | 'IPv6'
const familyOf = (address: string): Family => (address.includes(':') ? 'IPv6' : 'IPv4')
const url = (address: string, port: number): string =>
  `http://${address.includes(':') ? `[${address}]` : address}:${port}/`

interface PodList {
  items: {
    metadata: { name: string; deletionTimestamp?: string }
    spec: { nodeName: string }
    status: { podIPs?: { ip: string }[] }
  }[]
}

/** Pods of the demo namespace with the families of their addresses. */
export async function podsOfDemo(
  lab: Lab,
): Promise<readonly { name: string; node: string; ips: readonly string[]; families: readonly Family[] }[]> {
  const { items } = JSON.parse(await lab.kubectl('get', 'pods', '-n', 'demo', '-o', 'json')) as PodList
  return items
    .filter(pod => pod.metadata.deletionTimestamp === undefined)
    .map(pod => {
      const ips = (pod.status.podIPs ?? []).map(({ ip }) => ip)
      return { name: pod.metadata.name, node: pod.spec.nodeName, ips, families: ips.map(familyOf) }
    })
}

export async function serviceFamilies(lab: Lab, namespace: string, name: string): Promise<readonly string[]> {
  return JSON.parse(
    await lab.kubectl('get', 'service', '-n', namespace, name, '-o', 'jsonpath={.spec.ipFamilies}'),
  ) as string[]
}

/** Asks every path in every family once, and tells those that do not answer: from each node to pods of all nodes and to the Service, from a pod to a Service and by DNS, from outside to NodePorts. */
export async function answers(lab: Lab): Promise<{ failed: readonly string[] }> {
  const web = (await podsOfDemo(lab)).filter(pod => pod.name.startsWith('web-'))
  const service = JSON.parse(
    await lab.kubectl('get', 'service', '-n', 'demo', 'web', '-o', 'jsonpath={.spec.clusterIPs}'),
  ) as string[]
  const targets = [...web.flatMap(pod => pod.ips.map(ip => url(ip, 8080))), ...service.map(ip => url(ip, 80))]
  const nodePorts = lab.nodes.flatMap(node => [url(node.ipv4, 30080), url(node.ipv6, 30080)])
  const failed: string[] = []
  const ask = async (from: string, probe: string, urls: readonly string[]): Promise<void> => {
    const named = urls.map((target, index) => `${index}=${target}`)
    const { stdout } = await lab.exec(from, [
      probe,
      'run',
      '--interval',
      '200ms',
      '--timeout',
      '2s',
      '--duration',
      '2s',
      ...named,
    ])
    for (const line of stdout.split('\n').filter(text => text !== '')) {
      const one = JSON.parse(line) as { name: string; failed: number; requests: number }
      if (one.failed > 0 || one.requests === 0)
        failed.push(`${from} → ${urls[Number(one.name)]}: ${one.failed} of ${one.requests} failed`)
    }
  }
  await Promise.all([
    ...lab.nodes.map(node => ask(node.name, '/usr/local/bin/probe', targets)),
    ask('outside', join(lab.state.bin, 'probe'), nodePorts),
    ...web.map(async pod => {
      const urls = [...targets, 'http://web.demo.svc.cluster.local/']
      for (const target of urls) {
        const result = await lab
          .kubectl('exec', '-n', 'demo', pod.name, '--', 'wget', '-q', '-T', '3', '-O', '/dev/null', target)
          .catch((error: unknown) => error as Error)
        if (result instanceof Error)
          failed.push(`${pod.name} → ${target}: ${result.message.split('\n').at(1) ?? ''}`)
      }
    }),
  ])
  return { failed }
}
