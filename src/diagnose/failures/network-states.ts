import { type Family, families } from '../../address/family.ts'
import { tryParseCIDR, tryParseIP } from '../../address/index.ts'
import { readCalico } from '../../layers/cni-calico/read.ts'
import { forwardingKeys } from '../../layers/host/settings.ts'
import { attempt } from '../../layers/shared/edit.ts'
import { slicesByService } from '../../layers/shared/endpoints.ts'
import { groupBy } from '../../layers/shared/group.ts'
import { policyRules, policySelector } from '../../layers/shared/policy-blocks.ts'
import { selects } from '../../layers/shared/selector.ts'
import { readService } from '../../layers/shared/service.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { Failure } from '../../model/failure.ts'
import { getField, getText } from '../../model/fields.ts'
import type { Violation } from '../../model/rule.ts'
import { observeRanges } from '../../plan/observed.ts'
import { failures, state } from './define.ts'

/** Pods with addresses of their own stand on the node, and the node does not forward their family. */
function forwardingOff(cluster: Cluster): readonly Violation[] {
  return Object.entries(cluster.nodes).flatMap(([node, { sysctls }]) => {
    const own = cluster.pods.filter(pod => pod.node === node && !pod.hostNetwork)
    return families
      .filter(family => own.some(pod => pod.families.includes(family)))
      .flatMap(family =>
        forwardingKeys[family]
          .filter(key => sysctls[key] === '0')
          .map(field => ({
            object: `Node ${node}`,
            field,
            message: `is 0, and pods of the node have ${family} addresses`,
          })),
      )
  })
}

/** The ranges from which pods of each node get their addresses: Calico's blocks, and podCIDRs. */
function rangesOfNodes(cluster: Cluster): ReadonlyMap<string, readonly string[]> {
  const blocks = (cluster.objects['crd.projectcalico.org/v1/ipamblocks'] ?? []).flatMap(block => {
    const node = /^host:(.+)$/.exec(getText(block, ['spec', 'affinity']) ?? '')?.[1]
    const cidr = getText(block, ['spec', 'cidr'])
    return node === undefined || cidr === undefined ? [] : [{ node, cidr }]
  })
  const ranges = (cluster.objects['v1/nodes'] ?? []).flatMap(node => {
    const all = getField(node, ['spec', 'podCIDRs'])
    return (Array.isArray(all) ? all : []).map(cidr => ({ node: node.metadata.name, cidr: String(cidr) }))
  })
  const byNode = groupBy([...blocks, ...ranges], ({ node }) => node)
  return new Map([...byNode].map(([node, all]) => [node, all.map(({ cidr }) => cidr)]))
}

const familyOfRange = (range: string): Family | undefined => tryParseCIDR(range)?.family

/**
 * A node has a route to the pods of another in one family, and none in the other: it is compared, as CNIs differ in whether and how they
 * set routes, and not in this.
 */
function routesOfOneFamily(cluster: Cluster): readonly Violation[] {
  const ranges = rangesOfNodes(cluster)
  return Object.entries(cluster.nodes).flatMap(([node, { routes }]) => {
    const destinations = new Set(routes.map(({ destination }) => destination))
    return [...ranges]
      .filter(([other]) => other !== node)
      .flatMap(([other, all]) => {
        const of = (family: Family): readonly string[] => all.filter(range => familyOfRange(range) === family)
        const reached = families.filter(family => of(family).some(range => destinations.has(range)))
        if (reached.length === 0) return []
        return families
          .filter(family => of(family).length > 0 && !reached.includes(family))
          .map(family => ({
            object: `Node ${node}`,
            field: `${family} routes`,
            message: `none to the pods of ${other} (${of(family).slice(0, 3).join(', ')}), and one in ${reached.join()}`,
          }))
      })
  })
}

/** A Service of two families whose pods a policy opens by blocks of one. */
function behindPolicy(cluster: Cluster): readonly Violation[] {
  const policies = groupBy(
    cluster.objects['networking.k8s.io/v1/networkpolicies'] ?? [],
    policy => policy.metadata.namespace ?? '',
  )
  const slices = slicesByService(cluster)
  return (cluster.objects['v1/services'] ?? []).map(readService).flatMap(service => {
    if (service.families.length < 2) return []
    const names = new Set(
      slices(`${service.namespace}/${service.name}`).flatMap(({ endpoints }) =>
        endpoints.flatMap(({ pod }) => pod ?? []),
      ),
    )
    const pods = cluster.pods.filter(pod => pod.namespace === service.namespace && names.has(pod.name))
    return (policies.get(service.namespace) ?? [])
      .filter(policy => pods.some(pod => selects(policySelector(policy), pod.labels)))
      .flatMap(policy =>
        policyRules(policy)
          .filter(({ way, families: has }) => way === 'ingress' && has.size === 1)
          .map(({ blocks }) => ({
            object: `Service ${service.namespace}/${service.name}`,
            field: `NetworkPolicy ${policy.metadata.name}`,
            message: `has both families, and its pods are opened for ${blocks.join(', ')} alone`,
          })),
      )
  })
}

/** An open pool of a family of which neither the controller manager nor kubeadm knows a range. */
function poolOfOtherFamily(cluster: Cluster): readonly Violation[] {
  const calico = readCalico(cluster)
  const { 'crd.projectcalico.org/v1/ippools': _pools, ...rest } = cluster.objects
  const known = attempt('the cluster', () => observeRanges({ ...cluster, objects: rest })).value?.pods
  if (calico === undefined || known === undefined || families.every(family => known[family] === undefined))
    return []
  return calico.pools
    .filter(({ family, isDisabled }) => !isDisabled && family !== undefined && known[family] === undefined)
    .map(({ name, cidr, family }) => ({
      object: `IPPool ${name}`,
      field: 'spec.cidr',
      message: `${cidr}, and the cluster has no pod range of ${family ?? 'it'}`,
    }))
}

/** A node reports an address that the kernel does not use: somebody else of its network has it. */
function duplicateAddress(cluster: Cluster): readonly Violation[] {
  return Object.entries(cluster.nodes).flatMap(([node, { addresses }]) =>
    addresses
      .filter(({ flags, address }) => flags.includes('dadfailed') && tryParseIP(address) !== undefined)
      .map(one => ({
        object: `Node ${node}`,
        field: one.interface,
        message: `${one.address} is not used: duplicate address detection found another machine with it`,
      })),
  )
}

/** What is read from states of the network and of what leads traffic. */
export const networkStates: readonly Failure[] = failures('state', 'host', {
  'forwarding-off': {
    title: 'a node does not forward a family that its pods have',
    cause:
      'net.ipv6.conf.all.forwarding (or net.ipv4.ip_forward) is 0 there: the kernel drops what comes for pods of the node and what they send, but for what stays on the node. A file in /etc/sysctl.d was applied anew, or a network manager set it.',
    fix: 'On that node: `sysctl -w` the named setting to 1, and find the file or program that says otherwise (`grep -r forward /etc/sysctl.conf /etc/sysctl.d /usr/lib/sysctl.d`).',
    source: 'Linux Documentation/networking/ip-sysctl.rst',
    covers: ['kubernetes 5.5'],
    signs: [state('a family that is not forwarded', forwardingOff)],
  },
  'duplicate-address': {
    title: 'another machine of the network has the IPv6 address of a node',
    cause:
      'Duplicate address detection found somebody with it when the address was set: a cloned machine, or a virtual address. The kernel holds it and does not use it.',
    fix: 'Give one of the two another address; then set it anew (`ip -6 address` must not show dadfailed), and restart the kubelet.',
    source: 'RFC 4862 5.4; Linux net/ipv6/addrconf.c',
    covers: ['P22'],
    signs: [state('an address with dadfailed', duplicateAddress)],
  },
  'pod-routes-of-one-family': {
    layer: 'cni',
    title: 'a node has routes to pods of another node in one family only',
    cause:
      'What carries routes does so in one family: no BGP session of the other (TCP 179 closed in it, no address of it in the Calico Node), or whoever sets routes left it out.',
    fix: 'On that node: `birdcl -s /var/run/calico/bird6.ctl show protocols` in its calico-node pod (bird.ctl for IPv4); open TCP 179 between all nodes in both families; each Calico Node needs bgp.ipv6Address.',
    source: 'calico:confd/etc/calico/confd/templates/bird6.cfg.template',
    covers: ['P27', 'practice mesh'],
    signs: [state('routes to pods in one family', routesOfOneFamily)],
  },
  'pool-of-other-family': {
    layer: 'cni',
    title: 'Calico has a pool of a family that the cluster has no pod range of',
    cause:
      'calico-node made it by itself: with IP6 set and no range named it makes a pool with a random prefix. Nobody else knows that range: neither the controller manager nor kube-proxy.',
    fix: 'Delete the pool before pods get addresses from it (`kubectl delete ippools NAME`), set NO_DEFAULT_POOLS or a range, then convert the cluster: `dualstack plan`.',
    source: 'calico:node/pkg/lifecycle/startup/startup.go',
    covers: ['P24', 'cni 2.2'],
    signs: [state('a pool that nobody planned', poolOfOtherFamily, 'likely')],
  },
  'policy-of-one-family': {
    layer: 'services',
    title: 'a Service has both families, and a NetworkPolicy opens its pods for blocks of one',
    cause:
      'A block lets its own family through alone: 0.0.0.0/0 does not cover IPv6. The Service’s name gives addresses of both, and clients that try the other one wait until they give up.',
    fix: 'Add ipBlocks of the other family to the policy’s rule (::/0 beside 0.0.0.0/0), or make the Service SingleStack until then.',
    source: 'kubernetes.io/docs/concepts/services-networking/network-policies',
    covers: ['P30', 'P31'],
    signs: [state('a policy with blocks of one family', behindPolicy, 'likely')],
  },
})
