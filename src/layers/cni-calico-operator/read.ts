import { tryParseCIDR } from '../../address/index.ts'
import type { Family } from '../../address/family.ts'
import type { Json } from '../../base/json.ts'
import { findObject } from '../../model/changes.ts'
import type { Cluster, KubeObject } from '../../model/cluster.ts'
import { getField } from '../../model/fields.ts'
import { daemonSetResource } from '../cni-calico/read.ts'

export const installations = 'operator.tigera.io/v1/installations'
export const apiServers = 'operator.tigera.io/v1/apiservers'
export const tigeraStatuses = 'operator.tigera.io/v1/tigerastatuses'

/** The operator writes here what it renders; an edit of ours in its DaemonSet would be undone. */
const namespace = 'calico-system'
export const poolsPath = ['spec', 'calicoNetwork', 'ipPools'] as const

/** Which field tells calico-node to look for an address of a family (`pkg/render/node.go`). */
export const detection: Readonly<Record<Family, string>> = {
  IPv4: 'nodeAddressAutodetectionV4',
  IPv6: 'nodeAddressAutodetectionV6',
}
/** What the operator renders from it. */
export const addressVariable: Readonly<Record<Family, string>> = { IPv4: 'IP', IPv6: 'IP6' }

/** An entry of spec.calicoNetwork.ipPools: what the pools of the cluster are made from. */
export interface Entry {
  readonly value: Readonly<Record<string, Json>>
  readonly cidr: string
  readonly family: Family | undefined
  readonly name: string | undefined
}

/** Calico as the Tigera operator runs it: one Installation says all, the operator rolls everything out by itself. */
export interface OperatorCalico {
  readonly cluster: Cluster
  readonly namespace: string
  /** undefined: the DaemonSet is the operator's, and its Installation could not be read. */
  readonly installation: KubeObject | undefined
  /** undefined: the operator makes no pools, or leaves them to others. */
  readonly entries: readonly Entry[] | undefined
  readonly daemonSet: KubeObject | undefined
}

export function readOperatorCalico(cluster: Cluster): OperatorCalico | undefined {
  const installation = findObject(cluster, installations, undefined, 'default')
  const daemonSet = cluster.objects[daemonSetResource]?.find(
    ({ metadata }) =>
      metadata.name === 'calico-node' &&
      metadata.ownerReferences?.some(owner => owner.kind === 'Installation') === true,
  )
  if (installation === undefined && daemonSet === undefined) return undefined
  const pools = getField(installation, poolsPath)
  return {
    cluster,
    namespace: daemonSet?.metadata.namespace ?? namespace,
    installation,
    entries: Array.isArray(pools) ? (pools as readonly Json[]).map(entryOf) : undefined,
    daemonSet,
  }
}

function entryOf(pool: Json): Entry {
  const value = (pool ?? {}) as Readonly<Record<string, Json>>
  const cidr = typeof value['cidr'] === 'string' ? value['cidr'] : ''
  return {
    value,
    cidr,
    family: tryParseCIDR(cidr, { allowHostBits: true })?.family,
    name: typeof value['name'] === 'string' && value['name'] !== '' ? value['name'] : undefined,
  }
}

/** Does the Installation have calico-node look for this family? */
export const looksFor = ({ installation }: OperatorCalico, family: Family): boolean =>
  getField(installation, ['spec', 'calicoNetwork', detection[family]]) !== null

/** What calico-node of the operator's DaemonSet is told. */
export function environmentOf(daemonSet: KubeObject | undefined): Readonly<Record<string, string>> {
  const list = getField(daemonSet, ['spec', 'template', 'spec', 'containers', 'name=calico-node', 'env'])
  const found = (Array.isArray(list) ? list : []) as readonly { name?: string; value?: string }[]
  return Object.fromEntries(
    found.flatMap(({ name, value }) => (name === undefined || value === undefined ? [] : [[name, value]])),
  )
}
