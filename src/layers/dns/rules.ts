import { tryParseIP } from '../../address/index.ts'
import { findObject } from '../../model/changes.ts'
import type { Cluster, KubeObject, Pod } from '../../model/cluster.ts'
import { getField } from '../../model/fields.ts'
import type { AnyRule } from '../../model/rule.ts'
import { ruleThere } from '../../rules/cluster-rule.ts'
import { pod, situation } from '../../rules/example.ts'
import { isDNSService } from '../shared/dns.ts'
import { listed } from '../shared/families.ts'
import { selectsByMap } from '../shared/selector.ts'
import { readService } from '../shared/service.ts'
import { textsIn } from '../shared/yaml-texts.ts'

const kubeletConfig = '/var/lib/kubelet/config.yaml'
const reads = ['v1/services', 'v1/pods'].map(resource => ({ kind: 'list', resource }) as const)

const dnsService = (cluster: Cluster): KubeObject | undefined =>
  cluster.objects['v1/services']?.find(isDNSService)

function serversOf(cluster: Cluster, service: KubeObject): readonly Pod[] {
  const { selector, namespace } = readService(service)
  return cluster.pods.filter(
    pod => pod.namespace === namespace && !pod.deleting && selectsByMap(selector, pod.labels),
  )
}

const objectOf = ({ metadata }: KubeObject): string => `Service ${metadata.namespace ?? ''}/${metadata.name}`

const early = ruleThere({
  id: 'dns/service-before-servers',
  title: 'the DNS Service has no family that its servers lack',
  severity: 'error',
  why: 'A DNS Service with an address of a family in which no server listens refuses queries there: of two name servers every second query waits for its timeout.',
  source: 'gardener/gardener PR 12816',
  covers: ['kubernetes 7.5', 'P14'],
  remedy:
    'Make the DNS pods again (kubectl -n kube-system rollout restart deployment coredns), or take the family from the Service until they have it.',
  reads,
  find: ({ cluster }, added) => {
    const service = dnsService(cluster)
    if (service === undefined || !readService(service).families.includes(added)) return []
    const lacking = serversOf(cluster, service).filter(
      ({ families, phase }) => phase === 'Running' && families.length > 0 && !families.includes(added),
    )
    return lacking.length === 0
      ? []
      : [
          {
            object: objectOf(service),
            field: 'spec.ipFamilies',
            message: `it has ${added}, and ${listed(
              lacking.map(({ name }) => name),
              3,
            )} have not`,
          },
        ]
  },
  examples: {
    bad: [() => withDNS(['IPv4', 'IPv6'], ['10.244.0.2'])],
    good: [
      () => withDNS(['IPv4', 'IPv6'], ['10.244.0.2', 'fd00:244::2']),
      () => withDNS(['IPv4'], ['10.244.0.2']),
    ],
  },
})

const unready = ruleThere({
  id: 'dns/not-ready',
  title: 'cluster DNS is ready before anything is changed',
  severity: 'error',
  why: 'CoreDNS becomes ready only when it reaches the API server from its pod. Where it does not now, it will not after its pods were made again, and nothing resolves a name.',
  source: 'kubernetes/kubernetes#106709, coredns.io/plugins/ready',
  covers: ['P16'],
  remedy: 'Look at the logs of the DNS pods and at the way from pods to the Service kubernetes first.',
  says: [{ component: 'coredns', line: '*plugin/ready: Still waiting on: "kubernetes"*' }],
  reads,
  find: ({ cluster }) => {
    const service = dnsService(cluster)
    const servers = service === undefined ? [] : serversOf(cluster, service)
    const down = servers.filter(({ ready }) => !ready)
    return service === undefined || down.length === 0
      ? []
      : [
          {
            object: objectOf(service),
            field: 'pods',
            message: `${listed(
              down.map(({ name }) => name),
              3,
            )}: not ready`,
          },
        ]
  },
  examples: {
    bad: [() => withDNS(['IPv4'], ['10.244.0.2'], { ready: false })],
    good: [() => withDNS(['IPv4'], ['10.244.0.2']), () => situation()],
  },
})

const dead = ruleThere({
  id: 'dns/name-server-nobody-serves',
  title: 'name servers that kubelets give to pods answer',
  severity: 'error',
  why: 'A kubelet writes clusterDNS into every pod it makes. An address of the new family that the DNS Service does not have (yet) makes each query wait for a timeout.',
  source: 'gardener/gardener PR 13601',
  covers: ['P15'],
  remedy: 'Take that address out of clusterDNS; the DNS Service gets its second address last.',
  reads: [...reads, { kind: 'file', path: kubeletConfig, on: 'all' }],
  find: ({ cluster }, added) => {
    const service = dnsService(cluster)
    // With NodeLocal DNSCache addresses of its own stand there.
    const isLocal = findObject(cluster, 'apps/v1/daemonsets', 'kube-system', 'node-local-dns') !== undefined
    if (service === undefined || isLocal) return []
    const listedIPs = getField(service, ['spec', 'clusterIPs'])
    const own = (Array.isArray(listedIPs) ? listedIPs : []).map(one => tryParseIP(String(one))?.value)
    return Object.entries(cluster.nodes).flatMap(([node, { files }]) =>
      textsIn(files[kubeletConfig]?.text ?? '', 'clusterDNS')
        .filter(text => {
          const ip = tryParseIP(text)
          return ip?.family === added && !own.includes(ip.value)
        })
        .map(text => ({
          object: `Node ${node}`,
          field: `${kubeletConfig} clusterDNS`,
          message: `${text} is no address of ${objectOf(service)}`,
        })),
    )
  },
  examples: {
    bad: [() => withDNS(['IPv4'], ['10.244.0.2'], {}, 'clusterDNS:\n- 10.96.0.10\n- fd00:96::a\n')],
    good: [
      () => withDNS(['IPv4'], ['10.244.0.2'], {}, 'clusterDNS:\n- 10.96.0.10\n'),
      () =>
        withDNS(
          ['IPv4', 'IPv6'],
          ['10.244.0.2', 'fd00:244::2'],
          {},
          'clusterDNS: [10.96.0.10, "fd00:96::0a"]\n',
        ),
    ],
  },
})

function withDNS(
  ipFamilies: readonly ('IPv4' | 'IPv6')[],
  ips: readonly string[],
  more: Partial<Pod> = {},
  config = 'kind: KubeletConfiguration\n',
) {
  const server = pod({
    namespace: 'kube-system',
    name: 'coredns-x',
    owner: { kind: 'ReplicaSet', name: 'coredns-1' },
    ips,
    labels: { 'k8s-app': 'kube-dns' },
    ...more,
  })
  return situation({
    pods: [server],
    node: { files: { [kubeletConfig]: { text: config } } },
    objects: {
      'v1/services': [
        {
          metadata: { name: 'kube-dns', namespace: 'kube-system' },
          spec: {
            selector: { 'k8s-app': 'kube-dns' },
            ipFamilies,
            clusterIPs: ipFamilies.map(family => (family === 'IPv6' ? 'fd00:96::a' : '10.96.0.10')),
          },
        },
      ],
    },
  })
}

export const dnsRules: readonly AnyRule[] = [early, unready, dead]
