import { type Family, otherFamily } from '../../address/family.ts'
import type { Cluster, Pod } from '../../model/cluster.ts'
import type { FreshRead } from '../../model/read.ts'
import {
  endpointAddresses,
  type Listener,
  podsByName,
  readyCount,
  type Slice,
  sliceResource,
  slicesByService,
} from './endpoints.ts'
import { listed } from './families.ts'
import { gateKind, holds, waits } from './gate.ts'
import { groupBy } from './group.ts'
import { nodeNames } from '../../model/changes.ts'
import { policySelector } from './policy-blocks.ts'
import { selects } from './selector.ts'
import { readService, serviceKey } from './service.ts'

export interface EndpointsArgs {
  /** `namespace/name` */
  readonly services: readonly string[]
  readonly families: readonly Family[]
}

/** Endpoints tried of each Service: one that answers shows the listener, a second one a path to another node. */
const endpointsEach = 2
/** With very many Services one endpoint each is enough of a sample of paths. */
const servicesForTwo = 500

interface Attempt extends Listener {
  readonly node: string
}

/**
 * What is tried, and from which node: Services take the nodes in turn, so that many pairs of nodes are tried and no node does all. A pod that
 * some policy guards is asked from its own node, whose kubelet may always reach it (it probes there): what the policy says of others is
 * not what is asked here.
 */
function targets(cluster: Cluster, { services, families }: EndpointsArgs) {
  const slices = slicesByService(cluster)
  const pods = podsByName(cluster)
  const nodes = nodeNames(cluster).filter(node => cluster.nodes[node] !== undefined)
  const most = services.length > servicesForTwo ? 1 : endpointsEach
  const isGuarded = guardedBy(cluster)
  return services.map((service, index) => {
    const own: readonly Slice[] = slices(service)
    const found = families.map(family => endpointAddresses(own, pods, family))
    const turn = nodes[index % nodes.length] ?? ''
    return {
      service,
      attempts: found.flatMap(({ addresses }) =>
        spread(addresses, most).map(
          (one): Attempt => ({ ...one, node: isGuarded(one.pod) ? one.pod.node : turn }),
        ),
      ),
      lacking: found.flatMap(({ lacking }) => lacking),
    }
  })
}

/** Is a pod selected by a NetworkPolicy that limits who may come in? */
function guardedBy(cluster: Cluster): (pod: Pod) => boolean {
  const policies = groupBy(
    cluster.objects['networking.k8s.io/v1/networkpolicies'] ?? [],
    policy => policy.metadata.namespace ?? '',
  )
  return pod =>
    (policies.get(pod.namespace) ?? []).some(policy => selects(policySelector(policy), pod.labels))
}

/** The first and the last: slices list a pod's ports, and pods of a node, next to each other. */
const spread = <T>(addresses: readonly T[], most: number): readonly T[] =>
  addresses.length <= most ? addresses : [...addresses.slice(0, most - 1), ...addresses.slice(-1)]

const inNamespaces = (
  services: readonly string[],
  read: (namespace: string | undefined) => readonly FreshRead[],
) => {
  const namespaces = [...new Set(services.map(service => service.slice(0, service.indexOf('/'))))]
  return namespaces.length > 10 ? read(undefined) : namespaces.flatMap(read)
}

/**
 * A connection over the new family to pods behind each Service, before it gets an address of it. Only a failure says something: what
 * listens on 0.0.0.0 alone, a policy with IPv4 blocks only, a path that is not there.
 */
export const reachableGate = gateKind<EndpointsArgs>({
  reads(args, cluster) {
    const byNode = groupBy(
      targets(cluster, args).flatMap(({ attempts }) => attempts),
      ({ node }) => node,
    )
    return [
      ...inNamespaces(args.services, namespace => [
        { kind: 'pods', namespace },
        { kind: 'list', resource: sliceResource, namespace },
      ]),
      ...[...byNode].map(
        ([node, group]): FreshRead => ({
          kind: 'reach',
          node,
          addresses: group.map(({ address }) => address),
        }),
      ),
    ]
  },
  judge(cluster, args) {
    const all = targets(cluster, args)
    const silent = all.flatMap(({ service, attempts, lacking }) => {
      if (lacking.length > 0) return [`${service}: ${listed(lacking, 2)} without an address`]
      const failed = attempts.find(({ node, address }) => cluster.nodes[node]?.reach?.[address] !== true)
      return failed === undefined ? [] : [`${service}: ${failed.address} does not answer ${failed.node}`]
    })
    const tried = all.filter(({ attempts }) => attempts.length > 0).length
    const seen = `${tried} of ${all.length} Services have pods that answer over ${args.families.join(' and ')}`
    if (silent.length === 0) return holds(seen)
    return waits(
      `${silent.length} of ${all.length} Services: ${listed(silent, 3)}. Does it listen on all addresses (::, not 0.0.0.0)? A Service that shall stay as it is: kubectl annotate service NAME kubectl-dualstack/leave=true, then plan again`,
    )
  },
})

/** Each Service has exactly these families, and in each as many ready endpoints as in its first; none in others. */
export const endpointsGate = gateKind<EndpointsArgs>({
  reads: ({ services }) =>
    inNamespaces(services, namespace => [
      { kind: 'list', resource: 'v1/services', namespace },
      { kind: 'list', resource: sliceResource, namespace },
    ]),
  judge(cluster, { services, families }) {
    const slices = slicesByService(cluster)
    const known = new Map(
      (cluster.objects['v1/services'] ?? []).map(readService).map(one => [serviceKey(one), one]),
    )
    const waiting = services.flatMap(name => {
      const service = known.get(name)
      // Deleted meanwhile: nothing to wait for.
      if (service === undefined) return []
      const [first] = service.families
      const isExact =
        service.families.length === families.length && families.every(f => service.families.includes(f))
      if (!isExact || first === undefined) return [`${name}: ${service.families.join(' and ')}`]
      const own = slices(name)
      const expected = readyCount(own, first)
      for (const family of families) {
        const ready = readyCount(own, family)
        if (ready < expected) return [`${name}: ${ready} of ${expected} endpoints with ${family}`]
      }
      const gone = otherFamily(first)
      const left = families.includes(gone) ? 0 : readyCount(own, gone)
      return left > 0 ? [`${name}: ${left} endpoints left with ${gone}`] : []
    })
    if (waiting.length === 0)
      return holds(`${services.length} Services have endpoints of ${families.join(' and ')}`)
    return waits(`${waiting.length} of ${services.length} Services still to come: ${listed(waiting, 3)}`)
  },
})
