import { UnreachableError } from '../base/errors.ts'
import { systemClock } from '../base/clock.ts'
import { silentLogger } from '../base/logger.ts'
import type { KubeObject, NodeFacts, Resource } from '../model/cluster.ts'
import { apiError } from '../world/api/api-error.ts'
import type { KubeApi, NodeAccess, NodeRead, World } from '../world/ports.ts'
import { selects } from './selector.ts'

/** A cluster for tests of reading: what it holds, what it refuses, who is away, and what was asked of it. */
export interface FakeCluster {
  version: string
  objects: Record<Resource, KubeObject[]>
  nodes: Record<string, NodeFacts>
  refused: Set<Resource>
  away: Set<string>
  readonly asked: { lists: string[]; facts: { node: string; read: NodeRead }[] }
}

export const fakeCluster = (given: Partial<FakeCluster> = {}): FakeCluster => ({
  version: 'v1.36.3',
  objects: {},
  nodes: {},
  refused: new Set(),
  away: new Set(),
  ...given,
  asked: { lists: [], facts: [] },
})

const never = (): never => {
  throw new Error('a reading must not change anything')
}

/** The ports over a FakeCluster. Anything that would change the cluster throws. */
export function fakeWorld(cluster: FakeCluster): World {
  const refuse = (verb: string, resource: Resource): void => {
    if (cluster.refused.has(resource))
      throw apiError(403, JSON.stringify({ kind: 'Status', reason: 'Forbidden', message: 'no' }), {
        verb,
        resource,
      })
  }
  const api: KubeApi = {
    server: 'https://fake:6443',
    version: async () => cluster.version,
    async *list(resource, { namespace, labelSelector, signal } = {}) {
      cluster.asked.lists.push(resource)
      for (const object of cluster.objects[resource] ?? []) {
        signal?.throwIfAborted()
        await Promise.resolve()
        refuse('list', resource)
        if (namespace !== undefined && object.metadata.namespace !== namespace) continue
        if (selects(labelSelector, object.metadata.labels)) yield object
      }
      refuse('list', resource)
    },
    get: async (resource, namespace, name) => {
      refuse('get', resource)
      return cluster.objects[resource]?.find(
        ({ metadata }) => metadata.name === name && metadata.namespace === namespace,
      )
    },
    create: never,
    replace: never,
    delete: never,
    evict: never,
    exec: never,
  }
  const facts: NodeAccess['facts'] = async (node, read) => {
    cluster.asked.facts.push({ node, read })
    const known = cluster.nodes[node]
    if (cluster.away.has(node) || !known)
      throw new UnreachableError(
        `node ${node}: connection timed out`,
        'node.unreachable',
        'Try `ssh` by hand.',
      )
    return known
  }
  const nodes: NodeAccess = {
    facts,
    read: never,
    write: never,
    setSysctl: never,
    restartUnit: never,
    swapStaticPod: never,
    guard: never,
    confirm: never,
    revert: never,
    settle: never,
    prune: never,
    logs: never,
    containers: never,
  }
  return { api, nodes, clock: systemClock, logger: silentLogger }
}

export const object = (name: string, namespace?: string, rest: Record<string, unknown> = {}): KubeObject => {
  const { labels, annotations, ...fields } = rest as {
    labels?: Record<string, string>
    annotations?: Record<string, string>
  }
  const metadata = {
    name,
    ...(namespace !== undefined && { namespace }),
    uid: `uid-${namespace ?? ''}-${name}`,
    ...(labels && { labels }),
    ...(annotations && { annotations }),
  }
  return { metadata, ...fields }
}

export const controlPlane = (name: string): KubeObject =>
  object(name, undefined, { labels: { 'node-role.kubernetes.io/control-plane': '' } })

export const facts = (given: Partial<NodeFacts> = {}): NodeFacts => ({
  files: {},
  sysctls: {},
  addresses: [],
  routes: [],
  ...given,
})

/** Two nodes and something of everything that a reading has to carry. */
export function smallCluster(): FakeCluster {
  const pod = (name: string, node: string, ip: string, labels: Record<string, string> = {}): KubeObject =>
    object(name, 'default', {
      labels,
      spec: { nodeName: node, containers: [{ name: 'web', image: 'web:1' }] },
      status: { phase: 'Running', podIPs: [{ ip }], conditions: [{ type: 'Ready', status: 'True' }] },
    })
  return fakeCluster({
    objects: {
      'v1/namespaces': [object('default'), object('kube-system')],
      'v1/nodes': [controlPlane('n1'), object('n2')],
      'v1/pods': [pod('a', 'n1', '10.244.0.2', { app: 'a' }), pod('b', 'n2', '10.244.1.2', { app: 'b' })],
      'v1/services': [object('web', 'default', { spec: { ipFamilies: ['IPv4'] } })],
      'v1/configmaps': [
        object('kubeadm-config', 'kube-system', {
          data: { ClusterConfiguration: 'kind: ClusterConfiguration\n' },
        }),
      ],
    },
    nodes: {
      n1: facts({
        files: {
          '/etc/kubernetes/manifests/kube-apiserver.yaml': {
            text: 'spec:\r\n  hostNetwork: true # no end',
            mode: 0o600,
            owner: '0:0',
          },
          '/etc/default/kubelet': null,
        },
        sysctls: { 'net.ipv4.ip_forward': '1', 'net.ipv6.conf.all.forwarding': '0' },
        addresses: [
          {
            interface: 'lo',
            family: 'IPv4',
            address: '127.0.0.1',
            prefixLength: 8,
            scope: 'host',
            flags: [],
          },
          {
            interface: 'eth0',
            family: 'IPv4',
            address: '10.0.0.1',
            prefixLength: 24,
            scope: 'global',
            flags: [],
          },
          {
            interface: 'eth0',
            family: 'IPv6',
            address: 'fd00::1',
            prefixLength: 64,
            scope: 'global',
            flags: ['dynamic', 'mngtmpaddr'],
          },
        ],
        routes: [
          {
            family: 'IPv4',
            destination: 'default',
            interface: 'eth0',
            gateway: '10.0.0.254',
            protocol: 'static',
          },
          { family: 'IPv6', destination: 'fd00::/64', interface: 'eth0', protocol: 'kernel' },
        ],
        kubeletArguments: ['--config=/var/lib/kubelet/config.yaml', '--node-ip=10.0.0.1'],
        manifests: ['/etc/kubernetes/manifests/kube-apiserver.yaml'],
        kernel: '6.1.0-13-amd64',
      }),
      n2: facts({ manifests: [] }),
    },
  })
}
