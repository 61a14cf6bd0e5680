import { type Family, otherFamily, type PerFamily } from '../../address/family.ts'
import { parseCIDR } from '../../address/index.ts'
import type { KubeObject } from '../../model/cluster.ts'
import { readFlags } from '../../text/manifest.ts'
import type { World } from '../../world/ports.ts'
import { BrokenContract, type Need } from './case.ts'
import { collect, field } from './trial.ts'

export const manifest = (component: string): string => `/etc/kubernetes/manifests/${component}.yaml`

/** What the suite knows of a cluster before its first case. */
export interface Place {
  readonly primary: Family
  readonly secondary: Family
  /** Service range of each family; the secondary one is what the API servers will be given. */
  readonly services: PerFamily<string>
  /** Pod range of the primary family. */
  readonly pods: string
  readonly controlPlanes: readonly string[]
  readonly workers: readonly string[]
  /** A container that runs on these nodes without a pull, as a pod template holds it. */
  readonly container: Readonly<Record<string, unknown>> | undefined
  /** Namespace and name of Deployment, Service and PodDisruptionBudget of the sample workload. */
  readonly has: (need: Need) => boolean
}

/** Service ranges that no captured cluster uses. */
const spare: Readonly<Record<Family, string>> = { IPv4: '10.201.0.0/16', IPv6: 'fd00:c0de:5eed:ffff::/112' }

/** Looks at a cluster. @throws BrokenContract for one that is dual-stack already */
export async function lookAround(world: World): Promise<Place> {
  const nodes = await collect(world.api, 'v1/nodes')
  const role = 'node-role.kubernetes.io/control-plane'
  const isControlPlane = (node: KubeObject): boolean => node.metadata.labels?.[role] !== undefined
  const controlPlanes = nodes.filter(isControlPlane).map(node => node.metadata.name)
  const workers = nodes.filter(node => !isControlPlane(node)).map(node => node.metadata.name)
  const [range, ...more] = (
    await flagOf(world, controlPlanes[0], 'kube-apiserver', 'service-cluster-ip-range')
  ).split(',')
  if (range === undefined || more.length > 0) throw new BrokenContract('the cluster is not single-stack')
  const { family: primary } = parseCIDR(range)
  const secondary = otherFamily(primary)
  const pools = await collect(world.api, 'crd.projectcalico.org/v1/ippools')
  const web = await world.api.get('apps/v1/deployments', 'demo', 'web')
  const container = field<readonly Record<string, unknown>[]>(
    web,
    'spec',
    'template',
    'spec',
    'containers',
  )?.[0]
  const met: Readonly<Record<Need, boolean>> = {
    calico: pools.length > 0,
    workload: container !== undefined,
    worker: workers.length > 0,
    'one-control-plane': controlPlanes.length === 1,
  }
  return {
    primary,
    secondary,
    services: { [primary]: range, [secondary]: spare[secondary] },
    pods: await flagOf(world, controlPlanes[0], 'kube-controller-manager', 'cluster-cidr'),
    controlPlanes,
    workers,
    container,
    has: need => met[need],
  }
}

async function flagOf(
  world: World,
  node: string | undefined,
  component: string,
  flag: string,
): Promise<string> {
  const file = node === undefined ? null : await world.nodes.read(node, manifest(component))
  const value = file === null ? undefined : readFlags(file.text, component).get(flag)
  if (value !== undefined) return value
  throw new BrokenContract(`${node ?? 'no node'}: ${manifest(component)} has no --${flag}`)
}
