import { formatCIDR, parseCIDR, parsePair } from '../address/index.ts'
import { type Family, families, otherFamily, type PerFamily } from '../address/family.ts'
import { RefusedError, UsageError } from '../base/errors.ts'
import type { Cluster } from '../model/cluster.ts'
import { type Goal, nothingIncluded } from '../model/goal.ts'
import { likeTheOther } from './encapsulation.ts'
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

/**
 * From what a person said and what the cluster is: what it shall be. Whether its ranges would work is for the rules: `requireRanges`.
 * @throws UsageError for a bad value, RefusedError where the cluster does not allow it
 */
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
  const nodeAddresses = chooseNodeAddresses(cluster, to === 'dual' ? families : [primary], {
    given: intent.nodeAddresses,
    from: intent.nodesFrom,
    added,
  })
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
    nodeAddresses,
    calico: {
      encapsulation: intent.encapsulation ?? likeTheOther(cluster, primary, added, nodeAddresses),
      natOutgoing: intent.natOutgoing ?? true,
    },
    include: { ...nothingIncluded, ...intent.include },
  }
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
