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
  const ask = async (
    from: string,
    command: (...args: string[]) => Promise<string>,
    urls: readonly string[],
  ): Promise<void> => {
    const named = urls.map((target, index) => `${index}=${target}`)
    const text = await command('run', '--interval', '200ms', '--timeout', '2s', '--duration', '2s', ...named)
    for (const line of text.split('\n').filter(row => row !== '')) {
      const one = JSON.parse(line) as { name: string; failed: number; requests: number }
      if (one.failed > 0 || one.requests === 0)
        failed.push(`${from} → ${urls[Number(one.name)]}: ${one.failed} of ${one.requests} failed`)
    }
  }
  const on =
    (place: string, probe: string) =>
    async (...args: string[]) =>
      (await lab.exec(place, [probe, ...args])).stdout
  const inPod =
    (pod: string) =>
    (...args: string[]) =>
      lab.kubectl('exec', '-n', 'demo', pod, '--', 'probe', ...args)
  await Promise.all([
    ...lab.nodes.map(node => ask(node.name, on(node.name, 'probe'), targets)),
    ask('outside', on('outside', join(lab.state.bin, 'probe')), nodePorts),
    ...web.map(pod => ask(pod.name, inPod(pod.name), [...targets, 'http://web.demo.svc.cluster.local/'])),
  ])
  return { failed }
}
