import type { Family, PerFamily } from '../address/family.ts'

/** What the cluster shall be: everything that a person or `intent` decided. Layers derive their steps from it and from what is configured. */
export interface Goal {
  /** In order: the first is the primary family, which never changes on a running cluster. One entry: single-stack. */
  readonly families: readonly Family[]
  /** podSubnet of each family, canonical CIDRs. On the way back it still names both: a layer needs to know what to take away. */
  readonly pods: PerFamily<string>
  /** Service range of each family, canonical CIDRs. */
  readonly services: PerFamily<string>
  /** Prefix length of a node's pod block, as kube-controller-manager's --node-cidr-mask-size-<family>. */
  readonly nodeMask: PerFamily<number>
  /** Prefix length of a Calico IPAM block. */
  readonly blockSize: PerFamily<number>
  /** Address of each node in each family, as it goes into kubelet's --node-ip. */
  readonly nodeAddresses: Readonly<Record<string, PerFamily<string>>>
  readonly calico: {
    /** Of the new family's pool. IPIP is IPv4 only. */
    readonly encapsulation: 'None' | 'VXLAN' | 'VXLANCrossSubnet'
    readonly natOutgoing: boolean
  }
  /** Pods that nobody makes again on his own: left unless asked. */
  readonly include: {
    readonly barePods: boolean
    readonly jobs: boolean
    readonly onDelete: boolean
    /** Headless, StatefulSet and LoadBalancer Services: held back unless asked. */
    readonly headlessServices: boolean
    readonly loadBalancerServices: boolean
  }
}

/** What is left alone unless asked: everything of `include`. */
export const nothingIncluded: Goal['include'] = {
  barePods: false,
  jobs: false,
  onDelete: false,
  headlessServices: false,
  loadBalancerServices: false,
}

/** Is the cluster meant to carry this family? */
export const wants = (goal: Goal, family: Family): boolean => goal.families.includes(family)

/** The pair or single value in the order of the goal's families, joined as Kubernetes' flags want it: no space after the comma. */
export function joined(goal: Goal, values: PerFamily<string>): string {
  return goal.families
    .map(family => values[family] ?? '')
    .filter(value => value !== '')
    .join(',')
}
