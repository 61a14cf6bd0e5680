import { type Family, families } from '../address/family.ts'
import { tryParseIP } from '../address/index.ts'
import type { KubeObject, NodeFacts } from '../model/cluster.ts'
import { getField } from '../model/fields.ts'
import type { Rule } from '../model/rule.ts'
import { ruleThere } from './cluster-rule.ts'
import { situation } from './example.ts'

/** What nodes report, and what they really have. */
const nodes = { kind: 'list', resource: 'v1/nodes' } as const

const node = (...addresses: readonly string[]): KubeObject => ({
  metadata: { name: 'n1' },
  status: { addresses: addresses.map(address => ({ type: 'InternalIP', address })) },
})

/** Families of a Node's InternalIPs, in order. */
function reported(object: KubeObject): readonly Family[] {
  const list = getField(object, ['status', 'addresses'])
  return (Array.isArray(list) ? list : []).flatMap(item => {
    const address = getField(item, ['address'])
    if (getField(item, ['type']) !== 'InternalIP' || typeof address !== 'string') return []
    return tryParseIP(address)?.family ?? []
  })
}

const oneAddress = ruleThere({
  id: 'node-state/one-internal-ip',
  severity: 'info',
  title: 'every node reports an InternalIP of each family',
  why: 'Without two values in --node-ip a kubelet reports one address, always. Pods of the host network, NodePorts, kube-proxy and Calico’s kubernetes-internal-ip take their families from there; how-to pages leave it out.',
  source: 'k/k:pkg/kubelet/nodestatus/setters.go, test/e2e/network/dual_stack.go',
  covers: ['kubernetes 5.2', 'kubernetes 5.5', 'howto', 'P17', 'P18'],
  remedy: 'Nothing: the plan writes both addresses into --node-ip, the one that is reported now first.',
  reads: [nodes],
  find: ({ cluster }) =>
    (cluster.objects['v1/nodes'] ?? [])
      .filter(object => new Set(reported(object)).size === 1)
      .map(object => ({
        object: `Node ${object.metadata.name}`,
        field: 'status.addresses',
        message: `reports ${reported(object)[0] ?? ''} only`,
      })),
  examples: {
    bad: [() => situation({ objects: { 'v1/nodes': [node('10.0.0.11')] } })],
    good: [() => situation({ objects: { 'v1/nodes': [node('10.0.0.11', 'fd00:10::11')] } })],
  },
})

const otherFirst: Rule<'cluster'> = {
  id: 'node-state/other-family-first',
  on: 'cluster',
  severity: 'warning',
  title: 'nodes report the primary family first',
  why: 'The first InternalIP decides the first family of pods, of hostIP and of kube-proxy on that node. A node that has another order than the service ranges makes pods whose first address no Service of the cluster prefers.',
  source: 'k/k:pkg/kubelet/kubelet_pods.go, cmd/kube-proxy/app/server.go',
  covers: ['kubernetes 4.3', 'kubernetes 5.2'],
  remedy: 'Put the address of the primary family first in --node-ip, and restart the kubelet.',
  reads: [nodes],
  judge({ cluster, goal }) {
    const [primary] = goal?.families ?? []
    if (primary === undefined) return []
    return (cluster.objects['v1/nodes'] ?? []).flatMap(object => {
      const [first] = reported(object)
      if (first === undefined || first === primary) return []
      const message = `${first} comes first, and the primary family of the cluster is ${primary}`
      return [{ object: `Node ${object.metadata.name}`, field: 'status.addresses', message }]
    })
  },
  examples: {
    bad: [
      () => situation({ objects: { 'v1/nodes': [node('fd00:10::11', '10.0.0.11')] } }),
      () => situation({ objects: { 'v1/nodes': [node('10.0.0.11')] }, goal: { families: ['IPv6', 'IPv4'] } }),
    ],
    good: [
      () => situation({ objects: { 'v1/nodes': [node('10.0.0.11', 'fd00:10::11')] } }),
      () =>
        situation({
          objects: { 'v1/nodes': [node('fd00:10::11', '10.0.0.11')] },
          goal: { families: ['IPv6', 'IPv4'] },
        }),
    ],
  },
}

const address = (text: string): NodeFacts['addresses'][number] => ({
  interface: 'eth0',
  family: text.includes(':') ? 'IPv6' : 'IPv4',
  address: text,
  prefixLength: 64,
  scope: 'global',
  flags: [],
})

const notThere: Rule<'cluster'> = {
  id: 'node-state/address-not-there',
  on: 'cluster',
  severity: 'error',
  title: 'each address that a node is to report is on one of its interfaces',
  why: 'The kubelet looks through its interfaces. Where the address is not found it logs `Failed to set some node status fields` and runs on: the node stays Ready with its old addresses.',
  source: 'k/k:pkg/kubelet/kubelet_node_status.go validateNodeIP, pkg/kubelet/nodestatus/setters.go',
  covers: ['kubernetes 5.2'],
  remedy:
    'Give the node that address for good (not by hand with ip address add alone), or name one that it has.',
  says: [
    { component: 'kubelet', line: 'node IP: "*" not found in the host\'s network interfaces', goesOn: true },
  ],
  reads: [{ kind: 'network', on: 'all' }],
  judge({ cluster, goal }) {
    return Object.entries(goal?.nodeAddresses ?? {}).flatMap(([name, wanted]) => {
      const facts = cluster.nodes[name]
      // No address at all: they were not read.
      if (facts === undefined || facts.addresses.length === 0) return []
      const there = new Set(facts.addresses.map(one => keyOf(one.address)))
      return families.flatMap(family => {
        const text = wanted[family]
        if (text === undefined || !goal?.families.includes(family) || there.has(keyOf(text))) return []
        const message = `node IP: "${text}" not found in the host's network interfaces`
        return [{ object: `Node ${name}`, field: 'status.addresses', message }]
      })
    })
  },
  examples: {
    bad: [() => situation({ node: { addresses: [address('10.0.0.11'), address('fd00:10::12')] } })],
    good: [
      () => situation({ node: { addresses: [address('10.0.0.11'), address('fd00:10:0::11')] } }),
      () => situation(),
      () => situation({ node: { addresses: [address('10.0.0.11')] }, goal: { families: ['IPv4'] } }),
    ],
  },
}

/** One key for every spelling of an address. */
function keyOf(text: string): string {
  const ip = tryParseIP(text)
  return ip === undefined ? text : `${ip.family} ${ip.value}`
}

export const nodeStateRules = [oneAddress, otherFirst, notThere] as const
