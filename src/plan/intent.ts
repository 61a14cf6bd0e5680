import { contains, formatCIDR, overlaps, parseCIDR, parseIP, parsePair, type CIDR } from '../address/index.ts'
import { type Family, families, otherFamily, type PerFamily } from '../address/family.ts'
import { RefusedError, UsageError } from '../base/errors.ts'
import type { Cluster } from '../model/cluster.ts'
import type { Goal } from '../model/goal.ts'
import { chooseNodeAddresses, type NodesFrom } from './node-addresses.ts'
import { observeRanges } from './observed.ts'
import { suggestPods, suggestServices } from './suggest.ts'

/** What a person may say; everything else is chosen. */
export interface Intent {
  readonly to?: 'dual' | 'single'
  /** In order, the primary first: it must be the cluster's own. */
  readonly families?: readonly Family[]
  /** Pod range of the new family; or both with a comma, of which the cluster's own must be as it is. */
  readonly pods?: string
  /** Service range of the new family; or both, as `pods`. */
  readonly services?: string
  /** Prefix length of a node's pod block in the new family. */
  readonly nodeMask?: number
  readonly blockSize?: number
  readonly encapsulation?: Goal['calico']['encapsulation']
  readonly natOutgoing?: boolean
  readonly nodeAddresses?: Readonly<Record<string, PerFamily<string>>>
  /** Where the new family's address of nodes that `nodeAddresses` does not name is to be found. */
  readonly nodesFrom?: NodesFrom
  readonly include?: Partial<Goal['include']>
}

const defaultMask: Readonly<Record<Family, number>> = { IPv4: 24, IPv6: 64 }
const defaultBlock: Readonly<Record<Family, number>> = { IPv4: 26, IPv6: 122 }

/** From what a person said and what the cluster is: what it shall be. Throws UsageError for a bad value, RefusedError where the cluster does not allow it. */
export function decide(cluster: Cluster, intent: Intent): Goal {
  const observed = observeRanges(cluster)
  const { primary } = observed
  const pods = primary === undefined ? undefined : observed.pods[primary]
  const services = primary === undefined ? undefined : observed.services[primary]
  if (primary === undefined || services === undefined) {
    throw new RefusedError(
      'cannot tell which service range this cluster runs',
      'intent.no-service-range',
      'The kube-apiserver manifest, ServiceCIDR kubernetes or ConfigMap kube-system/kubeadm-config must be readable.',
    )
  }
  if (pods === undefined) {
    throw new RefusedError(
      'cannot tell which pod range this cluster runs',
      'intent.no-pod-range',
      'Neither kube-controller-manager --cluster-cidr, kubeadm-config podSubnet nor an IPPool names one.',
    )
  }
  requirePrimary(primary, intent.families)
  const added = otherFamily(primary)
  const to = intent.to ?? 'dual'
  const nodeMask = {
    [primary]: observed.nodeMask[primary] ?? defaultMask[primary],
    [added]: intent.nodeMask ?? observed.nodeMask[added] ?? defaultMask[added],
  }
  const goal: Goal = {
    families: to === 'dual' ? [primary, added] : [primary],
    pods: {
      [primary]: pods,
      [added]: addedRange(cluster, added, 'pods', intent.pods, observed.pods, nodeMask),
    },
    services: {
      [primary]: services,
      [added]: addedRange(cluster, added, 'services', intent.services, observed.services, nodeMask),
    },
    nodeMask,
    blockSize: { ...defaultBlock, ...(intent.blockSize === undefined ? {} : { [added]: intent.blockSize }) },
    nodeAddresses: chooseNodeAddresses(cluster, to === 'dual' ? families : [primary], {
      given: intent.nodeAddresses,
      from: intent.nodesFrom,
      added,
    }),
    calico: { encapsulation: intent.encapsulation ?? 'None', natOutgoing: intent.natOutgoing ?? true },
    include: {
      barePods: false,
      jobs: false,
      onDelete: false,
      headlessServices: false,
      loadBalancerServices: false,
      ...intent.include,
    },
  }
  if (to === 'dual') check(cluster, goal, added)
  return goal
}

function requirePrimary(primary: Family, wanted: readonly Family[] | undefined): void {
  const [first] = wanted ?? []
  if (first === undefined || first === primary) return
  throw new RefusedError(
    `families ${(wanted ?? []).join(', ')}: the primary family of this cluster is ${primary}`,
    'intent.primary-family',
    `It is that of the first service range, and never changes on a running cluster. Write [${primary}, ${first}].`,
  )
}

function addedRange(
  cluster: Cluster,
  family: Family,
  what: 'pods' | 'services',
  given: string | undefined,
  observed: PerFamily<string>,
  nodeMask: PerFamily<number>,
): string {
  const standing = observed[family]
  if (given !== undefined) {
    const ranges = parsePair(given)
    const range = ranges.find(one => one.family === family)
    if (range === undefined) {
      throw new UsageError(
        `--${what} ${given} is ${otherFamily(family)}`,
        `This cluster's primary family is ${otherFamily(family)}: name a range of ${family}.`,
        'intent.wrong-family',
      )
    }
    for (const one of ranges) {
      const set = observed[one.family]
      if (set === undefined || formatCIDR(one) === formatCIDR(parseCIDR(set))) continue
      throw new RefusedError(
        `--${what} ${given}: this cluster already has ${set} for ${one.family}`,
        'intent.range-is-set',
        one.family === family
          ? `It was set by an earlier conversion and cannot be changed (the ServiceCIDR object and an IPPool's CIDR are immutable). Leave --${what} out.`
          : `The range that a cluster runs cannot be changed. Name that of ${family} alone.`,
      )
    }
    return formatCIDR(range)
  }
  if (standing !== undefined) return standing
  return what === 'pods'
    ? suggestPods(cluster, family, nodeMask[family] ?? defaultMask[family])
    : suggestServices(cluster, family)
}

/** The rules that a wrong range would break in a component's start-up (kubernetes.md 1.2, 3.1, 6.1). */
function check(cluster: Cluster, goal: Goal, family: Family): void {
  const pods = parseCIDR(goal.pods[family] ?? '')
  const services = parseCIDR(goal.services[family] ?? '')
  const mask = goal.nodeMask[family] ?? defaultMask[family]
  const block = goal.blockSize[family] ?? defaultBlock[family]
  const width = family === 'IPv4' ? 32 : 128
  if (width - services.prefix > 20 || width - services.prefix < 4) {
    throw new UsageError(
      `service range ${formatCIDR(services)}: the prefix length must be ${width - 20} to ${width - 4}`,
      'kubeadm refuses more than 20 host bits, and fewer than 10 addresses.',
      'intent.service-size',
    )
  }
  if (mask < pods.prefix || mask - pods.prefix > 16) {
    throw new UsageError(
      `pod range ${formatCIDR(pods)} with node mask ${mask}: the mask must be ${pods.prefix} to ${pods.prefix + 16}`,
      'kube-controller-manager does not start otherwise. Choose another --node-mask or --pods.',
      'intent.node-mask',
    )
  }
  if (block < pods.prefix || (family === 'IPv6' && (block < 116 || block > 128))) {
    throw new UsageError(
      `block size ${block} does not fit pod range ${formatCIDR(pods)}`,
      'Calico takes 116 to 128 for IPv6, 20 to 32 for IPv4.',
      'intent.block-size',
    )
  }
  const nodes = Object.keys(goal.nodeAddresses).length
  if (2 ** Math.min(mask - pods.prefix, 30) < nodes) {
    throw new UsageError(
      `pod range ${formatCIDR(pods)} holds ${2 ** (mask - pods.prefix)} nodes of /${mask}, this cluster has ${nodes}`,
      'Choose a larger --pods or a longer --node-mask.',
      'intent.too-few-nodes',
    )
  }
  checkOverlaps(cluster, goal, [
    { what: 'pod range', range: pods },
    { what: 'service range', range: services },
  ])
}

function checkOverlaps(cluster: Cluster, goal: Goal, ours: readonly { what: string; range: CIDR }[]): void {
  const [first, second] = ours
  if (first !== undefined && second !== undefined && overlaps(first.range, second.range)) {
    throw new UsageError(
      `${first.what} ${formatCIDR(first.range)} overlaps ${second.what} ${formatCIDR(second.range)}`,
      'Choose ranges that are apart.',
      'intent.overlap',
    )
  }
  for (const { what, range } of ours) {
    for (const [node, addresses] of Object.entries(goal.nodeAddresses)) {
      const address = addresses[range.family]
      if (address !== undefined && contains(range, parseIP(address))) {
        throw new UsageError(
          `${what} ${formatCIDR(range)} holds the address ${address} of node ${node}`,
          'Choose a range apart from the network of the nodes.',
          'intent.overlap',
        )
      }
    }
    for (const [node, facts] of Object.entries(cluster.nodes)) {
      const route = facts.routes.find(
        candidate =>
          candidate.destination !== 'default' &&
          candidate.protocol === 'kernel' &&
          candidate.family === range.family &&
          !candidate.destination.startsWith('fe80') &&
          overlaps(parseCIDR(candidate.destination, { allowHostBits: true }), range),
      )
      if (route !== undefined) {
        throw new UsageError(
          `${what} ${formatCIDR(range)} overlaps the network ${route.destination} of ${node} (${route.interface})`,
          'Choose a range apart from the networks of the nodes.',
          'intent.overlap',
        )
      }
    }
  }
}
