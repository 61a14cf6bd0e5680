import { type Family, families, type PerFamily } from '../address/family.ts'
import { tryParseCIDR, tryParseIP } from '../address/index.ts'
import { UsageError } from '../base/errors.ts'
import type { ComponentArguments, Ranges, WrittenRange } from '../model/rule.ts'

/** Minor versions of Kubernetes that are judged where none is named: dual-stack is GA, and rules know them. */
export const knownVersions: readonly string[] = Array.from({ length: 15 }, (_, index) => `1.${23 + index}`)

/** Values of `cidr check`, under the names that the components give them. Texts are as typed: malformed ones are findings, not errors. */
export interface CheckWords {
  readonly serviceClusterIpRange?: string
  /** The controller manager's own, where it is another one. */
  readonly controllerManagerServiceClusterIpRange?: string
  readonly clusterCidr?: string
  readonly kubeProxyClusterCidr?: string
  readonly nodeCidrMaskSize?: string
  readonly nodeCidrMaskSizeIpv4?: string
  readonly nodeCidrMaskSizeIpv6?: string
  /** Of Calico, one or one a family: 26, 122. */
  readonly blockSize?: readonly string[]
  readonly advertiseAddress?: string
  /** `n1=fd00::11`, or an address alone. */
  readonly nodeIp?: readonly string[]
  /** Networks that are there already. */
  readonly network?: readonly string[]
  readonly nodes?: string
  readonly pods?: string
  readonly services?: string
  readonly kubernetes?: readonly string[]
}

/** Texts of a pair by their family. One that cannot be read stands for the family it looks like, or for the one that is left. */
export function byFamily(pair: string | undefined): PerFamily<string> {
  const found: { [F in Family]?: string } = {}
  const unread: string[] = []
  for (const text of pair === undefined ? [] : pair.split(',').map(part => part.trim())) {
    const family = tryParseCIDR(text, { allowHostBits: true })?.family
    if (family === undefined) unread.push(text)
    else found[family] ??= text
  }
  for (const text of unread) {
    const looks: Family = text.includes(':') ? 'IPv6' : 'IPv4'
    const family = [looks, ...families].find(one => found[one] === undefined)
    if (family !== undefined) found[family] = text
  }
  return found
}

/** The family of the first range that can be read: the primary one. */
export const primaryOf = (...pairs: readonly (string | undefined)[]): Family | undefined =>
  pairs
    .flatMap(pair => pair?.split(',') ?? [])
    .map(text => tryParseCIDR(text.trim(), { allowHostBits: true })?.family)
    .find(family => family !== undefined)

/** The pairs as each component has them. */
export function writtenIn(words: CheckWords): readonly WrittenRange[] {
  const services = '--service-cluster-ip-range'
  const own = words.controllerManagerServiceClusterIpRange ?? words.serviceClusterIpRange
  const all: readonly (readonly [string, string, WrittenRange['of'], string | undefined])[] = [
    ['kube-apiserver', services, 'services', words.serviceClusterIpRange],
    ['kube-controller-manager', services, 'services', own],
    ['kube-controller-manager', '--cluster-cidr', 'pods', words.clusterCidr],
    ['kube-proxy', 'clusterCIDR', 'pods', words.kubeProxyClusterCidr ?? words.clusterCidr],
  ]
  return all.flatMap(([component, field, of, value]) =>
    value === undefined ? [] : [{ component, field, of, value }],
  )
}

const set = (
  given: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> | undefined => {
  const entries = Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

/** What the components would be started with; one for which nothing was said is left out. */
export function componentsOf(words: CheckWords, version: string): readonly ComponentArguments[] {
  const services = words.serviceClusterIpRange
  const masks = {
    'node-cidr-mask-size': words.nodeCidrMaskSize,
    'node-cidr-mask-size-ipv4': words.nodeCidrMaskSizeIpv4,
    'node-cidr-mask-size-ipv6': words.nodeCidrMaskSizeIpv6,
  }
  const given: readonly (readonly [ComponentArguments['component'], ReturnType<typeof set>])[] = [
    [
      'kube-apiserver',
      services === undefined
        ? undefined
        : set({ 'service-cluster-ip-range': services, 'advertise-address': words.advertiseAddress }),
    ],
    [
      'kube-controller-manager',
      words.clusterCidr === undefined
        ? undefined
        : set({
            'allocate-node-cidrs': 'true',
            'cluster-cidr': words.clusterCidr,
            'service-cluster-ip-range': words.controllerManagerServiceClusterIpRange ?? services,
            ...masks,
          }),
    ],
    [
      'kubeadm',
      set({
        'networking.podSubnet': words.clusterCidr,
        'networking.serviceSubnet': services,
        ...Object.fromEntries(
          Object.entries(masks).map(([flag, value]) => [`controllerManager.extraArgs.${flag}`, value]),
        ),
      }),
    ],
    ['kube-proxy', set({ clusterCIDR: words.kubeProxyClusterCidr ?? words.clusterCidr })],
  ]
  return given.flatMap(([component, flags]) =>
    flags === undefined ? [] : [{ component, version, arguments: flags }],
  )
}

/** A number as a flag takes it; NaN where it is none, which the rules on masks say. */
const numberOf = (text: string): number => (/^\d{1,9}$/.test(text.trim()) ? Number(text) : Number.NaN)

export function masksOf(words: CheckWords, primary: Family | undefined): PerFamily<number> {
  const { nodeCidrMaskSize: old, nodeCidrMaskSizeIpv4: v4, nodeCidrMaskSizeIpv6: v6 } = words
  return {
    ...(old !== undefined && primary !== undefined && { [primary]: numberOf(old) }),
    ...(v4 !== undefined && { IPv4: numberOf(v4) }),
    ...(v6 !== undefined && { IPv6: numberOf(v6) }),
  }
}

/** Calico takes 20 to 32 for one family and 116 to 128 for the other: a number says for which it is meant. */
export const blocksOf = (words: CheckWords): PerFamily<number> =>
  Object.fromEntries(
    (words.blockSize ?? []).map(text => {
      const size = numberOf(text)
      return [size <= 32 ? 'IPv4' : 'IPv6', size]
    }),
  )

/** Addresses of nodes; one without a name is a node of its own. */
export function nodesOf(words: CheckWords): Ranges['nodeAddresses'] {
  const found = new Map<string, { [F in Family]?: string }>()
  for (const [index, text] of (words.nodeIp ?? []).entries()) {
    const equals = text.indexOf('=')
    const node = equals < 0 ? `${index + 1} of --node-ip` : text.slice(0, equals)
    const address = text.slice(equals + 1)
    const family = tryParseIP(address)?.family ?? (address.includes(':') ? 'IPv6' : 'IPv4')
    found.set(node, { ...found.get(node), [family]: address })
  }
  return Object.fromEntries(found)
}

/** How many there are or shall be; undefined: nothing was said. @throws UsageError */
export function countsOf(words: Pick<CheckWords, 'nodes' | 'pods' | 'services'>): Ranges['counts'] {
  const { nodes, pods, services } = words
  if (nodes === undefined && pods === undefined && services === undefined) return undefined
  return {
    nodes: countOf('--nodes', nodes),
    pods: countOf('--pods', pods),
    services: countOf('--services', services),
  }
}

function countOf(option: string, text = '0'): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new UsageError(`${option} ${JSON.stringify(text)} is not a number`, 'For instance 500.')
}

/** Minor versions to judge by: `1.36`, `v1.36.3`, `1.30-1.34`. @throws UsageError */
export function versionsOf(given: readonly string[]): readonly string[] {
  const versions = given.flatMap(text => {
    const match = /^v?1\.(\d{1,3})(?:\.\d+\S*)?(?:-v?1\.(\d{1,3}))?$/.exec(text)
    if (match === null)
      throw new UsageError(
        `--kubernetes does not know ${JSON.stringify(text)}`,
        'For instance 1.36, v1.36.3, or 1.30-1.34.',
      )
    const first = Number(match[1])
    const last = Number(match[2] ?? first)
    if (last - first > 100 || last < first)
      throw new UsageError(`--kubernetes ${text} names no versions`, 'The lower one comes first: 1.30-1.34.')
    return Array.from({ length: last - first + 1 }, (_, index) => `1.${first + index}`)
  })
  return [...new Set(versions)]
}
