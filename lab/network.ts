import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { type Advertised, type LabState, type NodeState, labDir } from './state.ts'
import { must, run } from './shell.ts'

/**
 * A lab's network, all of it in namespaces of its own; the host's is not touched:
 *
 *   node eth0 ─┐
 *   node eth0 ─┴─ bridge br0 in "outside" (the router: 10.89.i.1, fd00:89:i::1)
 *                   └─ wan ── eth0 in "internet" (servers: 192.0.2.10, 2001:db8:i::10)
 */

export const namespace = (lab: string, member: string): string => `dslab.${lab}.${member}`
export const namespacePath = (lab: string, member: string): string => `/run/netns/${namespace(lab, member)}`

export const router = (i: number) => ({ ipv4: `10.89.${i}.1`, ipv6: `fd00:89:${i}::1` })
const internet = (i: number) => ({ ipv4: '192.0.2.10', ipv6: `2001:db8:${i}::10` })
const gateway = (i: number) => ({ ipv4: '192.0.2.1', ipv6: `2001:db8:${i}::1` })

/** The addresses of the n-th node (from 1). One that it makes itself is its MAC's, widened to 64 bits (RFC 4291, appendix A). */
export const nodeAddresses = (i: number, n: number, advertised?: Advertised) => ({
  ipv4: `10.89.${i}.${10 + n}`,
  ipv6:
    advertised === 'address'
      ? `fd00:89:${i}:0:89:${i.toString(16)}ff:fe00:${n.toString(16)}`
      : `fd00:89:${i}::${10 + n}`,
  mac: `02:89:${hex(i)}:00:00:${hex(n)}`,
})
const hex = (n: number): string => n.toString(16).padStart(2, '0')

/** What a load balancer may give to Services: on the nodes' link, and no node's. */
export const balancedRanges = (i: number): readonly string[] => [
  `10.89.${i}.200-10.89.${i}.249`,
  `fd00:89:${i}::200-fd00:89:${i}::249`,
]

const batch = (lab: string, member: string, lines: readonly string[]): Promise<string> =>
  must(['ip', '-n', namespace(lab, member), '-batch', '-'], { input: lines.join('\n') })

const sysctls = (lab: string, member: string, settings: Record<string, number>): Promise<string> =>
  must(['nsenter', `--net=${namespacePath(lab, member)}`, 'sh', '-eu'], {
    input: Object.entries(settings)
      .map(([key, value]) => `echo ${value} > /proc/sys/net/${key}`)
      .join('\n'),
  })

export async function createRouter(lab: LabState): Promise<void> {
  const { name, instance: i } = lab
  for (const member of ['outside', 'internet']) await must(['ip', 'netns', 'add', namespace(name, member)])
  await batch(name, 'outside', [
    'link set lo up',
    'link add br0 type bridge',
    'link set br0 up',
    `address add ${router(i).ipv4}/24 dev br0`,
    `address add ${router(i).ipv6}/64 dev br0 nodad`,
    `link add wan type veth peer name eth0 netns ${namespace(name, 'internet')}`,
    `address add ${gateway(i).ipv4}/24 dev wan`,
    `address add ${gateway(i).ipv6}/64 dev wan nodad`,
    'link set wan up',
  ])
  await batch(name, 'internet', [
    'link set lo up',
    `address add ${internet(i).ipv4}/24 dev eth0`,
    `address add ${internet(i).ipv6}/64 dev eth0 nodad`,
    'link set eth0 up',
    `route add default via ${gateway(i).ipv4}`,
    `route add default via ${gateway(i).ipv6}`,
  ])
  await sysctls(name, 'outside', { 'ipv4/ip_forward': 1, 'ipv6/conf/all/forwarding': 1 })
  // What the bridge carries between nodes is not the router's to filter.
  if (existsSync('/proc/sys/net/bridge')) {
    await sysctls(name, 'outside', {
      'bridge/bridge-nf-call-iptables': 0,
      'bridge/bridge-nf-call-ip6tables': 0,
    })
  }
}

/** A fresh network namespace for a node, with eth0 on the bridge: as after power-on, so also for each reboot. */
export async function connectNode(lab: LabState, node: NodeState): Promise<void> {
  const { name, instance: i } = lab
  await removeNamespace(name, node.name)
  await must(['ip', 'netns', 'add', namespace(name, node.name)])
  await batch(name, 'outside', [
    `link add ${node.name} type veth peer name eth0 address ${node.mac} netns ${namespace(name, node.name)}`,
    `link set ${node.name} master br0 up`,
  ])
  // A new namespace takes its defaults from the host's. A fresh machine forwards nothing, and hears advertisements until it does.
  await sysctls(name, node.name, {
    'ipv4/ip_forward': 0,
    'ipv6/conf/all/forwarding': 0,
    'ipv6/conf/eth0/accept_ra': 1,
    'ipv6/conf/eth0/autoconf': 1,
    'ipv6/conf/eth0/addr_gen_mode': 0, // the address follows from the MAC
    'ipv6/conf/eth0/use_tempaddr': 0,
  })
  const { advertised } = lab
  await batch(name, node.name, [
    'link set lo up',
    `address add ${node.ipv4}/24 dev eth0`,
    ...(advertised === 'address' ? [] : [`address add ${node.ipv6}/64 dev eth0 nodad`]),
    'link set eth0 up',
    `route add default via ${router(i).ipv4}`,
    ...(advertised === undefined ? [`route add default via ${router(i).ipv6}`] : []),
  ])
}

/** Its veth goes with it. */
export async function removeNamespace(lab: string, member: string): Promise<void> {
  const exists = existsSync(namespacePath(lab, member))
  if (exists) await must(['ip', 'netns', 'delete', namespace(lab, member)])
}

/** The members of a lab that have a network namespace, or, without a name, all labs' namespaces. */
export async function namespaces(lab?: string): Promise<string[]> {
  const prefix = lab === undefined ? 'dslab.' : namespace(lab, '')
  const names = await readdir('/run/netns').catch(() => [])
  const ours = names.filter(name => name.startsWith(prefix))
  return lab === undefined ? ours : ours.map(name => name.slice(prefix.length))
}

/** Who is in a network namespace, in whatever other namespaces. */
export async function namespaceProcesses(lab: string, member: string): Promise<number[]> {
  const { stdout } = await run(['ip', 'netns', 'pids', namespace(lab, member)])
  return stdout
    .trim()
    .split('\n')
    .map(Number)
    .filter(pid => pid > 0)
}

/** Names that the router's name server answers for: of both families, of one each, and what the sample's ExternalName points to. */
export function outsideNames(i: number): Readonly<Record<string, readonly string[]>> {
  const { ipv4, ipv6 } = internet(i)
  return {
    'server.lab': [ipv4, ipv6],
    'ipv4.server.lab': [ipv4],
    'ipv6.server.lab': [ipv6],
    'partner.example.com': [ipv4, ipv6],
  }
}

/** /etc/hosts of the nodes. cp.lab is the control-plane endpoint, as kubeadm's own guide does it. */
export function hostsFile(lab: LabState): string {
  const controlPlane = lab.server.slice(0, lab.server.lastIndexOf(':'))
  return [
    '127.0.0.1 localhost',
    '::1 localhost ip6-localhost ip6-loopback',
    `${controlPlane} cp.lab`,
    ...lab.nodes.map(node => `${node.ipv4} ${node.name}`),
    `${internet(lab.instance).ipv4} server.lab`,
    `${internet(lab.instance).ipv6} server.lab`,
    '',
  ].join('\n')
}

export const recordFile = (lab: string, member: string): string => `${labDir(lab)}/run/${member}.pid`

/** Who is bringing the lab up, as long as it is not. */
export const upRecord = 'up'
