import type { Cluster, KubeObject, NodeFacts, Pod, Resource } from '../model/cluster.ts'
import { type Goal, nothingIncluded } from '../model/goal.ts'
import type { Admission, ComponentArguments, Ranges, Situation } from '../model/rule.ts'

/** Small, healthy inputs for the examples of rules: say only what matters. */
export const ranges = (more: Partial<Ranges> = {}): Ranges => ({
  version: 'v1.36.3',
  families: ['IPv4', 'IPv6'],
  pods: { IPv4: '10.244.0.0/16', IPv6: 'fd00:244::/56' },
  services: { IPv4: '10.96.0.0/16', IPv6: 'fd00:96::/112' },
  nodeMask: { IPv4: 24, IPv6: 64 },
  blockSize: { IPv4: 26, IPv6: 122 },
  nodeAddresses: { n1: { IPv4: '10.0.0.11', IPv6: 'fd00:10::11' } },
  networks: [],
  ...more,
})

export const argumentsOf = (
  component: ComponentArguments['component'],
  given: Readonly<Record<string, string>>,
  more: Partial<ComponentArguments> = {},
): ComponentArguments => ({ component, version: 'v1.36.3', arguments: given, ...more })

export const admission = (object: KubeObject, more: Partial<Admission> = {}): Admission => ({
  resource: 'v1/services',
  object,
  server: { version: 'v1.36.3', services: ['10.96.0.0/16', 'fd00:96::/112'] },
  ...more,
})

const goal: Goal = {
  families: ['IPv4', 'IPv6'],
  pods: { IPv4: '10.244.0.0/16', IPv6: 'fd00:244::/56' },
  services: { IPv4: '10.96.0.0/16', IPv6: 'fd00:96::/112' },
  nodeMask: { IPv4: 24, IPv6: 64 },
  blockSize: { IPv4: 26, IPv6: 122 },
  nodeAddresses: { n1: { IPv4: '10.0.0.11', IPv6: 'fd00:10::11' } },
  calico: { encapsulation: 'None', natOutgoing: true },
  include: nothingIncluded,
}

/** A pod that runs on n1, is ready and belongs to nobody; its families are those of its addresses. */
export const pod = (more: Partial<Pod> = {}): Pod => ({
  namespace: 'demo',
  name: 'pod',
  uid: 'uid',
  node: 'n1',
  owner: undefined,
  ips: [],
  families: (more.ips ?? []).map(ip => (ip.includes(':') ? 'IPv6' : 'IPv4')),
  hostNetwork: false,
  phase: 'Running',
  ready: true,
  deleting: false,
  labels: {},
  mirror: undefined,
  commands: undefined,
  created: '2026-01-01T00:00:00Z',
  image: '',
  revision: undefined,
  annotations: undefined,
  ...more,
})

const facts: NodeFacts = { files: {}, sysctls: {}, addresses: [], routes: [] }

/** A cluster of one node with the given objects, files and facts of that node, on its way to dual-stack. */
export function situation(
  more: {
    readonly objects?: Readonly<Record<Resource, readonly KubeObject[]>>
    readonly pods?: Cluster['pods']
    readonly node?: Partial<NodeFacts>
    readonly version?: string
    readonly goal?: Partial<Goal>
    readonly now?: string
  } = {},
): Situation {
  return {
    now: more.now ?? '2026-06-01T00:00:00Z',
    goal: { ...goal, ...more.goal },
    cluster: {
      uid: '6fb1c1a2-0000-4000-8000-000000000001',
      version: more.version ?? 'v1.36.3',
      objects: { 'v1/nodes': [{ metadata: { name: 'n1' } }], ...more.objects },
      pods: more.pods ?? [],
      nodes: { n1: { ...facts, ...more.node } },
      unread: {},
    },
  }
}
