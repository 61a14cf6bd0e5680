import {
  type CIDR,
  contains,
  formatCIDR,
  overlaps,
  parseCIDR,
  tryParseCIDR,
  tryParseIP,
} from '../../address/index.ts'
import { families, type PerFamily } from '../../address/family.ts'
import { readAnyCalico } from '../../layers/cni-calico/read.ts'
import type { Cluster, KubeObject } from '../../model/cluster.ts'
import { getField, getText } from '../../model/fields.ts'
import type { Goal } from '../../model/goal.ts'
import type { ComponentArguments, Ranges, WrittenRange } from '../../model/rule.ts'
import { observeRanges } from '../observed.ts'
import { argumentsOf, instances } from './components.ts'

/**
 * The ranges that a goal names, beside what the cluster has already. Without a goal: those of the cluster as it is.
 * @param configured the cluster whose components tell what is written where; the end of a plan, when there is one; undefined: nobody asks
 */
export function rangesOf(cluster: Cluster, goal: Goal | undefined, configured?: Cluster): Ranges {
  const observed = observeRanges(cluster)
  const primary = observed.primary
  return {
    version: cluster.version,
    families: goal?.families ?? (primary === undefined ? [] : [primary]),
    pods: goal?.pods ?? observed.pods,
    services: goal?.services ?? observed.services,
    nodeMask: goal?.nodeMask ?? observed.nodeMask,
    blockSize: readAnyCalico(cluster) === undefined ? {} : (goal?.blockSize ?? {}),
    nodeAddresses: goal?.nodeAddresses ?? {},
    networks: networksOnce(cluster, [observed.pods, observed.services]),
    running: { pods: observed.pods, services: observed.services },
    ...(configured !== undefined && { written: writtenIn(configured) }),
    counts: {
      nodes: (cluster.objects['v1/nodes'] ?? []).length,
      pods: cluster.pods.filter(pod => !pod.hostNetwork).length,
      services: (cluster.objects['v1/services'] ?? []).filter(service =>
        tryParseIP(getText(service, ['spec', 'clusterIP']) ?? ''),
      ).length,
    },
  }
}

/** Which fields of which component hold ranges. */
const fields: Readonly<
  Record<ComponentArguments['component'], readonly (readonly [string, WrittenRange['of']])[]>
> = {
  'kube-apiserver': [['service-cluster-ip-range', 'services']],
  'kube-controller-manager': [
    ['cluster-cidr', 'pods'],
    ['service-cluster-ip-range', 'services'],
  ],
  'kube-proxy': [['clusterCIDR', 'pods']],
  kubeadm: [
    ['networking.podSubnet', 'pods'],
    ['networking.serviceSubnet', 'services'],
  ],
  kubelet: [],
}

const isFlag = (component: ComponentArguments['component']): boolean =>
  component !== 'kube-proxy' && component !== 'kubeadm'

function writtenIn(cluster: Cluster): readonly WrittenRange[] {
  return instances(cluster)
    .filter(({ component }) => fields[component].length > 0)
    .flatMap(instance => argumentsOf(cluster, instance).slice(0, 1))
    .flatMap(({ component, arguments: given, where }) =>
      fields[component].flatMap(([field, of]) => {
        const value = given[field]
        if (value === undefined || value === '') return []
        return [{ component: where ?? component, field: isFlag(component) ? `--${field}` : field, of, value }]
      }),
    )
}

/** Asked for each range that is chosen, and once more when they are judged: of five thousand nodes that is a hundred thousand texts each time. */
const networks = new WeakMap<Cluster, Ranges['networks']>()

function networksOnce(cluster: Cluster, running: readonly PerFamily<string>[]): Ranges['networks'] {
  const found = networks.get(cluster) ?? networksOf(cluster, running)
  networks.set(cluster, found)
  return found
}

/**
 * Networks of the nodes and pools. What lies in a range that the cluster runs already is the cluster's own (a bridge of the pods, a route
 * to another node's block), unless it is the network that holds a node's own address: then the ranges do overlap.
 */
function networksOf(cluster: Cluster, running: readonly PerFamily<string>[]): Ranges['networks'] {
  const own = running.flatMap(ranges => families.flatMap(family => parsed(ranges[family]) ?? []))
  const reported = new Map(
    (cluster.objects['v1/nodes'] ?? []).map(node => [node.metadata.name, reportedBy(node)]),
  )
  const read = reader(own)
  const found = new Map<string, { readonly first: string; count: number }>()
  const add = (cidr: string, of: string): void => {
    const known = found.get(cidr)
    if (known === undefined) found.set(cidr, { first: of, count: 1 })
    else known.count += 1
  }
  for (const [node, facts] of Object.entries(cluster.nodes)) {
    const addresses = (reported.get(node) ?? []).flatMap(text => tryParseIP(text) ?? [])
    const seen = new Set<string>()
    const note = (text: string, name: string): void => {
      const network = read(text)
      if (network === undefined) return
      const { range, cidr, isOwn } = network
      const key = `${cidr} ${name}`
      if (seen.has(key) || (isOwn && !addresses.some(address => contains(range, address)))) return
      seen.add(key)
      add(cidr, `${name} of ${node}`)
    }
    for (const route of facts.routes)
      if (route.destination !== 'default') note(route.destination, route.interface)
    // A network that no route tells of: the interface is down, or the prefix has no route of its own.
    for (const address of facts.addresses) {
      const isHost = address.prefixLength === (address.family === 'IPv4' ? 32 : 128)
      if (!isHost && address.interface !== 'lo')
        note(`${address.address}/${address.prefixLength}`, address.interface)
    }
  }
  for (const pool of cluster.objects['crd.projectcalico.org/v1/ippools'] ?? []) {
    const range = parsed(getText(pool, ['spec', 'cidr']))
    if (range !== undefined && !own.some(mine => overlaps(mine, range)))
      add(formatCIDR(range), `IPPool ${pool.metadata.name}`)
  }
  // On many nodes the same network: named by the first.
  return [...found].map(([cidr, { first, count }]) => ({
    cidr,
    of: count === 1 ? first : `${first} and ${count - 1} more`,
  }))
}

interface Network {
  readonly range: CIDR
  readonly cidr: string
  /** Part of a range that the cluster runs. */
  readonly isOwn: boolean
}

/** Thousands of nodes say the same texts. undefined: no network, or one of the link alone. */
function reader(own: readonly CIDR[]): (text: string) => Network | undefined {
  const known = new Map<string, Network | undefined>()
  return text => {
    if (!known.has(text)) {
      const range = parsed(text)
      const counts = range !== undefined && !isLinkLocal(range)
      known.set(
        text,
        counts
          ? { range, cidr: formatCIDR(range), isOwn: own.some(mine => contains(mine, range)) }
          : undefined,
      )
    }
    return known.get(text)
  }
}

function reportedBy(node: KubeObject): readonly string[] {
  const list = getField(node, ['status', 'addresses'])
  return (Array.isArray(list) ? list : []).flatMap(item => getText(item, ['address']) ?? [])
}

const linkLocal = ['169.254.0.0/16', 'fe80::/10'].map(text => parseCIDR(text))
const isLinkLocal = (range: CIDR): boolean => linkLocal.some(block => contains(block, range))

const parsed = (text: string | undefined): CIDR | undefined =>
  text === undefined ? undefined : tryParseCIDR(text, { allowHostBits: true })
