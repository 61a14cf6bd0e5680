import type { Json } from '../../../base/json.ts'
import type { KubeObject, NodeFacts, Pod, Resource } from '../../../model/cluster.ts'
import type { Goal } from '../../../model/goal.ts'
import type { Situation } from '../../../model/rule.ts'
import { situation } from '../../../rules/example.ts'
import { poolResource } from '../read.ts'
import { bgpConfigurationResource, felixResource } from './calico-rule.ts'

type Fields = Readonly<Record<string, Json>>

/** What the examples of Calico's rules say; everything else is as calico.yaml has it, on one healthy node. */
export interface CalicoExample {
  readonly environment?: Readonly<Record<string, string>>
  readonly image?: string
  readonly backend?: string
  readonly strategy?: string
  /** `cni_network_config`'s ipam. */
  readonly ipam?: Fields
  readonly mtu?: string
  readonly pools?: readonly Fields[]
  readonly felix?: Fields
  readonly bgp?: Fields
  readonly objects?: Readonly<Record<Resource, readonly KubeObject[]>>
  readonly nodes?: readonly KubeObject[]
  readonly facts?: Readonly<Record<string, Partial<NodeFacts>>>
  readonly pods?: readonly Pod[]
  readonly goal?: Partial<Goal>
  readonly operated?: boolean
}

export const named = (name: string, spec: Fields = {}, namespace?: string): KubeObject => ({
  metadata: namespace === undefined ? { name } : { name, namespace },
  spec,
})

export const pool4: Fields = { cidr: '10.244.0.0/16', blockSize: 26, ipipMode: 'Always' }
export const pool6: Fields = { cidr: 'fd00:244::/56', blockSize: 122, natOutgoing: true }

const address = (family: 'IPv4' | 'IPv6', text: string, prefixLength: number) => ({
  interface: 'eth0',
  family,
  address: text,
  prefixLength,
  scope: 'global',
  flags: [],
})

export const healthyNode: NodeFacts = {
  files: {},
  sysctls: {},
  addresses: [address('IPv4', '10.0.0.11', 24), address('IPv6', 'fd00:10::11', 64)],
  routes: [],
  kernel: '6.1.0-13-amd64',
}

export function calicoSituation(example: CalicoExample = {}): Situation {
  const { pools = [pool4], nodes = [{ metadata: { name: 'n1' } }] } = example
  const base = situation({ objects: { 'v1/nodes': nodes }, pods: example.pods, goal: example.goal })
  return {
    ...base,
    cluster: {
      ...base.cluster,
      nodes: Object.fromEntries(
        nodes.map(({ metadata: { name } }) => [name, { ...healthyNode, ...example.facts?.[name] }]),
      ),
      objects: {
        ...base.cluster.objects,
        'apps/v1/daemonsets': [daemonSet(example)],
        'v1/configmaps': [calicoConfig(example)],
        [poolResource]: pools.map((spec, index) => named(`pool-${index}`, spec)),
        [felixResource]: [named('default', example.felix)],
        [bgpConfigurationResource]: [named('default', example.bgp)],
        ...example.objects,
      },
    },
  }
}

function daemonSet({ environment = {}, image, strategy, operated }: CalicoExample): KubeObject {
  const reference = (name: string, key: string) => ({
    name,
    valueFrom: { configMapKeyRef: { name: 'calico-config', key } },
  })
  return {
    metadata: {
      name: 'calico-node',
      namespace: 'kube-system',
      ...(operated === true && {
        ownerReferences: [
          { apiVersion: 'operator.tigera.io/v1', kind: 'Installation', name: 'default', uid: 'u' },
        ],
      }),
    },
    spec: {
      updateStrategy: { type: strategy ?? 'RollingUpdate' },
      template: {
        spec: {
          initContainers: [
            { name: 'install-cni', env: [reference('CNI_NETWORK_CONFIG', 'cni_network_config')] },
          ],
          containers: [
            {
              name: 'calico-node',
              image: image ?? 'docker.io/calico/node:v3.28.0',
              env: [
                reference('CALICO_NETWORKING_BACKEND', 'calico_backend'),
                ...Object.entries(environment).map(([name, value]) => ({ name, value })),
              ],
            },
          ],
        },
      },
    },
  }
}

function calicoConfig({ ipam = {}, backend, mtu }: CalicoExample): KubeObject {
  const config = {
    name: 'k8s-pod-network',
    cniVersion: '0.3.1',
    plugins: [
      { type: 'calico', mtu: '__CNI_MTU__', ipam: { type: 'calico-ipam', ...ipam } },
      { type: 'portmap', snat: true, capabilities: { portMappings: true } },
    ],
  }
  return {
    metadata: { name: 'calico-config', namespace: 'kube-system' },
    data: {
      calico_backend: backend ?? 'bird',
      veth_mtu: mtu ?? '0',
      cni_network_config: JSON.stringify(config, undefined, 2),
    },
  }
}
