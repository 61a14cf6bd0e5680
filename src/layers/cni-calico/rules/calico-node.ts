import { tryParseIP } from '../../../address/index.ts'
import { getField } from '../../../model/fields.ts'
import { listed } from '../../shared/families.ts'
import { type CalicoFacts, calicoRule } from './calico-rule.ts'
import { pod } from '../../../rules/example.ts'
import { calicoSituation } from './example.ts'

export const startup = 'projectcalico/calico:node/pkg/lifecycle/startup/startup.go'

export const object = 'DaemonSet calico-node'

/** Names of calico-node's environment, per family. */
export const names = {
  IPv4: { address: 'IP', method: 'IP_AUTODETECTION_METHOD', support: undefined },
  IPv6: { address: 'IP6', method: 'IP6_AUTODETECTION_METHOD', support: 'FELIX_IPV6SUPPORT' },
} as const

/** The method by which calico-node will look for addresses of the new family: the one that is set, else what the plan sets. */
export function methodOf({ calico, added }: CalicoFacts): string {
  const { address, method } = names[added]
  const set = calico.environment[method]
  if (set !== undefined && set !== '') return set
  return calico.environment[address] === 'autodetect' ? 'first-found' : 'kubernetes-internal-ip'
}

export const isByHand = ({ isOperated }: CalicoFacts): string | undefined =>
  isOperated ? 'the Tigera operator writes the environment of calico-node' : undefined

const routerId = calicoRule({
  id: 'calico-node/router-id',
  title: 'nodes with IPv4 take their router id from it',
  severity: 'warning',
  why: 'CALICO_ROUTER_ID=hash is for nodes that have no IPv4: on others it changes the router id of running sessions, and two nodes may get the same.',
  source: 'tigera/docs:calico/reference/configure-calico-node.mdx',
  covers: ['cni 2.2'],
  remedy: 'Take CALICO_ROUTER_ID out.',
  find: ({ calico, situation }) =>
    calico.environment['CALICO_ROUTER_ID'] === 'hash' && situation.goal?.families.includes('IPv4') !== false
      ? [{ object, field: 'CALICO_ROUTER_ID', message: 'it is hash, and the nodes have IPv4 addresses' }]
      : [],
  examples: {
    bad: [() => calicoSituation({ environment: { CALICO_ROUTER_ID: 'hash' } })],
    good: [() => calicoSituation({ environment: { CALICO_ROUTER_ID: '10.0.0.1' } })],
  },
})

const onDelete = calicoRule({
  id: 'calico-node/update-strategy',
  title: 'a change of calico-node reaches the nodes',
  severity: 'error',
  why: 'With the update strategy OnDelete the pods keep their old environment until somebody deletes them one by one.',
  source: 'kubernetes.io/docs/tasks/manage-daemon/update-daemon-set',
  covers: ['cni 2.2'],
  remedy: 'Set spec.updateStrategy.type to RollingUpdate.',
  find: ({ calico }) => {
    const type = getField(calico.daemonSet, ['spec', 'updateStrategy', 'type'])
    return type === 'OnDelete'
      ? [
          {
            object,
            field: 'spec.updateStrategy.type',
            message: 'it is OnDelete: a change would reach no node',
          },
        ]
      : []
  },
  examples: {
    bad: [() => calicoSituation({ strategy: 'OnDelete' })],
    good: [() => calicoSituation()],
  },
})

const backend = calicoRule({
  id: 'calico-node/policy-only',
  title: 'Calico does the networking of this cluster',
  severity: 'error',
  why: 'With the networking backend none another CNI gives pods their addresses (Canal: Flannel with Calico’s policies), and that one must be converted.',
  source: 'projectcalico/calico:manifests/canal.yaml',
  covers: ['cni 2.1', 'cni 2.2'],
  remedy: 'Convert the CNI that gives pods their addresses; Calico follows it.',
  unless: isByHand,
  find: ({ calico }) =>
    calico.backend === 'none'
      ? [
          {
            object,
            field: 'CALICO_NETWORKING_BACKEND',
            message: 'it is none: Calico only enforces policies here',
          },
        ]
      : [],
  examples: {
    bad: [() => calicoSituation({ backend: 'none' })],
    good: [() => calicoSituation()],
  },
})

const datastore = calicoRule({
  id: 'calico-node/datastore',
  title: 'Calico keeps its data in the Kubernetes API',
  severity: 'error',
  why: 'With a datastore of its own (etcd) its pools are no objects of this cluster, and cannot be read or changed here.',
  source: 'tigera/docs:calico/reference/configure-calico-node.mdx',
  covers: ['cni 2.2'],
  remedy: 'Make the IPPool with calicoctl; this version converts the Kubernetes datastore only.',
  unless: isByHand,
  find: ({ calico: { environment } }) => {
    const type = environment['DATASTORE_TYPE']
    return type === undefined || type === 'kubernetes'
      ? []
      : [{ object, field: 'DATASTORE_TYPE', message: `it is ${type}` }]
  },
  examples: {
    bad: [() => calicoSituation({ environment: { DATASTORE_TYPE: 'etcdv3' } })],
    good: [() => calicoSituation({ environment: { DATASTORE_TYPE: 'kubernetes' } })],
  },
})

/**
 * On a node that a conversion has left (it was dead), calico-node waits for the very address that the rest of the conversion gives its Node:
 * nothing that anybody could mend first.
 */
function waitsForAddress(facts: CalicoFacts, node: string): boolean {
  const { calico, added, cluster } = facts
  const asks = calico.environment[names[added].address] === 'autodetect'
  if (!asks || methodOf(facts) !== 'kubernetes-internal-ip') return false
  const object = cluster.objects['v1/nodes']?.find(({ metadata }) => metadata.name === node)
  const addresses = getField(object, ['status', 'addresses'])
  return !(Array.isArray(addresses) ? addresses : []).some(one => {
    const address = getField(one, ['address'])
    return (
      getField(one, ['type']) === 'InternalIP' &&
      typeof address === 'string' &&
      tryParseIP(address)?.family === added
    )
  })
}

const unready = calicoRule({
  id: 'calico-node/not-ready',
  title: 'calico-node is ready everywhere before its roll-out',
  severity: 'error',
  why: 'A roll-out takes down one more at a time: where one is down already it does not begin, or it leaves nodes without routes.',
  source: 'kubernetes.io/docs/tasks/manage-daemon/update-daemon-set',
  covers: ['P22', 'P27'],
  remedy: 'Mend the pods that are not ready first: kubectl -n kube-system get pods -l k8s-app=calico-node.',
  reads: [{ kind: 'list', resource: 'v1/pods' }],
  find: facts => {
    const pods = facts.cluster.pods.filter(
      pod =>
        pod.labels['k8s-app'] === 'calico-node' &&
        !pod.ready &&
        !pod.deleting &&
        !waitsForAddress(facts, pod.node),
    )
    return pods.length === 0
      ? []
      : [
          {
            object,
            field: 'status',
            message: `${pods.length} of its pods are not ready: ${listed(
              pods.map(({ name, node }) => `${name} on ${node}`),
              3,
            )}`,
          },
        ]
  },
  examples: {
    bad: [() => calicoSituation({ pods: [agent(false)] })],
    good: [
      () => calicoSituation({ pods: [agent(true)] }),
      () => calicoSituation(),
      () =>
        calicoSituation({
          pods: [agent(false)],
          environment: { IP6: 'autodetect', IP6_AUTODETECTION_METHOD: 'kubernetes-internal-ip' },
        }),
    ],
  },
})

const agent = (ready: boolean) =>
  pod({
    namespace: 'kube-system',
    name: 'calico-node-x',
    owner: { kind: 'DaemonSet', name: 'calico-node' },
    ips: ['10.0.0.11'],
    hostNetwork: true,
    ready,
    labels: { 'k8s-app': 'calico-node' },
  })

export const nodeRules = [routerId, onDelete, backend, datastore, unready] as const
