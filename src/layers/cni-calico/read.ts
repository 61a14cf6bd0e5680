import { tryParseCIDR } from '../../address/index.ts'
import type { Family } from '../../address/family.ts'
import { configMapText } from '../../model/changes.ts'
import type { Cluster, KubeObject } from '../../model/cluster.ts'
import { isTestNamespace } from '../../model/test-namespace.ts'

export const poolResource = 'crd.projectcalico.org/v1/ippools'
export const blockResource = 'crd.projectcalico.org/v1/ipamblocks'
export const affinityResource = 'crd.projectcalico.org/v1/blockaffinities'
export const daemonSetResource = 'apps/v1/daemonsets'

/** An IPPool. https://docs.tigera.io/calico/latest/reference/resources/ippool */
export interface Pool {
  readonly object: KubeObject
  readonly name: string
  readonly cidr: string
  readonly family: Family | undefined
  readonly isDisabled: boolean
}

/** Calico as its manifest (calico.yaml) installs it: Kubernetes datastore, one DaemonSet, one ConfigMap. */
export interface Calico {
  readonly cluster: Cluster
  readonly daemonSet: KubeObject
  readonly namespace: string
  /** Environment of the container calico-node; only plain values. */
  readonly environment: Readonly<Record<string, string>>
  /** The ConfigMap key that the CNI configuration of every node is written from. */
  readonly source: { readonly name: string; readonly key: string } | undefined
  /** cni_network_config: JSON with placeholders. */
  readonly config: string | undefined
  /** What carries routes between nodes: `bird`, `vxlan` or `none`. */
  readonly backend: string
  /** Where install-cni writes. */
  readonly conflist: string
  readonly pools: readonly Pool[]
}

interface EnvVar {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: { readonly configMapKeyRef?: { readonly name: string; readonly key: string } }
}
interface Container {
  readonly name: string
  readonly env?: readonly EnvVar[]
}
interface PodSpec {
  readonly containers?: readonly Container[]
  readonly initContainers?: readonly Container[]
}

/** undefined: Calico is not here, or the Tigera operator runs it, which would write over whatever we change (its DaemonSet has an owner). */
export function readCalico(cluster: Cluster): Calico | undefined {
  const calico = readAnyCalico(cluster)
  return calico === undefined || isOperated(calico) ? undefined : calico
}

export const isOperated = ({ daemonSet }: Calico): boolean =>
  daemonSet.metadata.ownerReferences?.some(owner => owner.kind === 'Installation') === true

/** Calico however it was installed, for rules: they judge also what this layer does not convert. */
export function readAnyCalico(cluster: Cluster): Calico | undefined {
  const daemonSet = cluster.objects[daemonSetResource]?.find(
    ({ metadata }) => metadata.name === 'calico-node',
  )
  if (daemonSet === undefined) return undefined
  const namespace = daemonSet.metadata.namespace ?? 'kube-system'
  const spec = (daemonSet['spec'] as { template?: { spec?: PodSpec } } | undefined)?.template?.spec ?? {}
  const node = spec.containers?.find(({ name }) => name === 'calico-node')
  const install = spec.initContainers?.find(({ name }) => name === 'install-cni')
  const source = variable(install, 'CNI_NETWORK_CONFIG')?.valueFrom?.configMapKeyRef
  return {
    cluster,
    daemonSet,
    namespace,
    environment: Object.fromEntries(
      (node?.env ?? []).flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])),
    ),
    source: source && { name: source.name, key: source.key },
    config: source && configMapText(cluster, namespace, source.name, source.key),
    backend: resolve(cluster, namespace, variable(node, 'CALICO_NETWORKING_BACKEND')) ?? 'bird',
    conflist: `/etc/cni/net.d/${resolve(cluster, namespace, variable(install, 'CNI_CONF_NAME')) ?? '10-calico.conflist'}`,
    pools: (cluster.objects[poolResource] ?? []).map(readPool),
  }
}

const variable = (container: Container | undefined, name: string): EnvVar | undefined =>
  container?.env?.find(one => one.name === name)

function resolve(cluster: Cluster, namespace: string, one: EnvVar | undefined): string | undefined {
  const reference = one?.valueFrom?.configMapKeyRef
  return one?.value ?? (reference && configMapText(cluster, namespace, reference.name, reference.key))
}

function readPool(object: KubeObject): Pool {
  const spec = (object['spec'] ?? {}) as { cidr?: string; disabled?: boolean }
  const cidr = spec.cidr ?? ''
  return {
    object,
    name: object.metadata.name,
    cidr,
    family: tryParseCIDR(cidr, { allowHostBits: true })?.family,
    isDisabled: spec.disabled === true,
  }
}

/** Blocks of addresses of one family, with the objects that stand for each: the block itself, and what node it is of. */
export function blocksOf(
  cluster: Cluster,
  family: Family,
): { readonly blocks: readonly KubeObject[]; readonly affinities: readonly KubeObject[] } {
  const isOfFamily = (object: KubeObject): boolean =>
    tryParseCIDR(cidrOf(object), { allowHostBits: true })?.family === family
  return {
    blocks: (cluster.objects[blockResource] ?? []).filter(isOfFamily),
    affinities: (cluster.objects[affinityResource] ?? []).filter(isOfFamily),
  }
}

/** The range that a block, or what says whose it is, stands for. */
export const cidrOf = (object: KubeObject): string => ((object['spec'] ?? {}) as { cidr?: string }).cidr ?? ''

/** Addresses of a block that are given out, but for those of test pods: they end by themselves, and nobody waits for them. */
export function usedIn(block: KubeObject): number {
  const { allocations = [], attributes = [] } = block['spec'] as {
    allocations?: readonly (number | null)[]
    attributes?: readonly { readonly secondary?: { readonly namespace?: string } | null }[]
  }
  return allocations.filter(
    one => one !== null && one !== undefined && !isTestNamespace(attributes[one]?.secondary?.namespace),
  ).length
}
