import { families, type PerFamily } from '../address/family.ts'
import { familyOf, tryParseIP } from '../address/index.ts'
import { DualStackError, messageOf } from '../base/errors.ts'
import type { KubeObject } from '../model/cluster.ts'
import { getField, getText } from '../model/fields.ts'
import type { World } from '../world/ports.ts'
import type { Context, Exposed, VerifiedNode } from './context.ts'
import { defaultRouteOf, noRouteOf } from './default-routes.ts'
import { type Outward, quietly, readOutward } from './outward.ts'

const perFamily = (addresses: readonly string[]): PerFamily<string> =>
  Object.fromEntries(
    addresses.flatMap(address =>
      tryParseIP(address) === undefined ? [] : [[familyOf(address), address] as const],
    ),
  )

const textsAt = (object: KubeObject | undefined, ...path: string[]): readonly string[] => {
  const value = getField(object, path)
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : []
}

export const clusterIPsOf = (service: KubeObject | undefined): PerFamily<string> => {
  const all = textsAt(service, 'spec', 'clusterIPs')
  const one = getText(service, ['spec', 'clusterIP'])
  return perFamily(all.length > 0 || one === undefined ? all : [one])
}

export function exposed(service: KubeObject): Exposed {
  const nodePort = getField(service, ['spec', 'ports', 'name=http', 'nodePort'])
  return {
    name: service.metadata.name,
    clusterIPs: clusterIPsOf(service),
    ...(typeof nodePort === 'number' && nodePort > 0 ? { nodePort } : {}),
  }
}

/** Addresses of the Node object; and what the node itself says, where it can be asked. */
export async function nodeOf(world: World, node: KubeObject, signal?: AbortSignal): Promise<VerifiedNode> {
  const listed = (getField(node, ['status', 'addresses']) ?? []) as readonly {
    type?: string
    address?: string
  }[]
  const addresses = perFamily(
    listed.flatMap(({ type, address }) => (type === 'InternalIP' && address !== undefined ? [address] : [])),
  )
  const { name } = node.metadata
  try {
    const facts = await world.nodes.facts(name, { network: true }, signal)
    const mtus = families.flatMap(family => {
      const mtu = facts.addresses.find(({ address }) => address === addresses[family])?.mtu
      return mtu === undefined ? [] : [[family, mtu] as const]
    })
    const routes = families.flatMap(family => {
      const told = defaultRouteOf(facts, family)
      return told === undefined ? [] : [[family, told] as const]
    })
    return {
      name,
      addresses,
      mtu: Object.fromEntries(mtus),
      defaultRoute: Object.fromEntries(routes),
      noRoute: Object.fromEntries(families.map(family => [family, noRouteOf(facts, family, addresses)])),
    }
  } catch (error) {
    if (signal?.aborted === true || !(error instanceof DualStackError)) throw error
    return { name, addresses, unasked: messageOf(error) }
  }
}

/** DNS and API server; which CNI; and what leads in from outside. A list that we may not read has nothing in it. */
export async function others(
  { api }: World,
  signal?: AbortSignal,
): Promise<
  Pick<Context, 'apiServer' | 'cni'> & {
    readonly dns: PerFamily<string> | undefined
    readonly outward: Outward
  }
> {
  const get = (resource: string, namespace: string, name: string) =>
    quietly(() => api.get(resource, namespace, name, signal), undefined)
  const [dns, kubernetes, calico, operated, outward] = await Promise.all([
    get('v1/services', 'kube-system', 'kube-dns'),
    get('v1/services', 'default', 'kubernetes'),
    get('apps/v1/daemonsets', 'kube-system', 'calico-node'),
    get('apps/v1/daemonsets', 'calico-system', 'calico-node'),
    readOutward(api, signal),
  ])
  return {
    dns: dns === undefined ? undefined : clusterIPsOf(dns),
    apiServer: clusterIPsOf(kubernetes),
    outward,
    cni: calico !== undefined ? 'cni-calico' : operated !== undefined ? 'cni-calico-operator' : 'cni',
  }
}
