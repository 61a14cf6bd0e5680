import type { KubeObject, Pod } from '../model/cluster.ts'
import { getField } from '../model/fields.ts'
import type { Rule, Situation } from '../model/rule.ts'
import { pod, situation } from './example.ts'
import { knownVersions } from './kubernetes-version.ts'
import { minorOf } from '../base/version.ts'

const skew = 'https://kubernetes.io/releases/version-skew-policy/'
const tooOld: Rule<'cluster'> = {
  id: 'version-skew/too-old',
  on: 'cluster',
  severity: 'error',
  title: `the cluster is of Kubernetes 1.${knownVersions.oldest} or later`,
  versions: `<1.${knownVersions.oldest}`,
  why: `Before 1.${knownVersions.oldest} dual-stack Services had another form.`,
  source: 'KEP-563',
  covers: ['kubernetes 1.5', 'howto'],
  remedy: 'Upgrade the cluster first.',
  judge: ({ cluster }) =>
    minorOf(cluster.version) < knownVersions.oldest
      ? [{ object: 'cluster', field: 'version', message: `${cluster.version} cannot be converted` }]
      : [],
  examples: {
    bad: [() => situation({ version: 'v1.19.16' })],
    good: [() => situation({ version: 'v1.20.0' }), () => situation()],
  },
}

const newer: Rule<'cluster'> = {
  id: 'version-skew/newer-than-known',
  on: 'cluster',
  severity: 'error',
  title: `the cluster is not newer than Kubernetes 1.${knownVersions.newest}`,
  versions: `>1.${knownVersions.newest}`,
  why: `Rules and steps were read from sources up to 1.${knownVersions.newest}; what came later may change them.`,
  source: 'k/k:CHANGELOG',
  covers: ['kubernetes 11'],
  remedy: 'Look for a newer release of this tool; read the change log for IPv6, dual-stack and ServiceCIDR.',
  judge: ({ cluster }) =>
    minorOf(cluster.version) > knownVersions.newest
      ? [{ object: 'cluster', field: 'version', message: `${cluster.version} is newer than what is known` }]
      : [],
  examples: {
    bad: [() => situation({ version: 'v1.38.0' })],
    good: [() => situation({ version: 'v1.37.0-alpha.1' })],
  },
}

const node = (kubeletVersion: string, name = 'n1'): KubeObject => ({
  metadata: { name },
  status: { nodeInfo: { kubeletVersion } },
})
const nodes = (...versions: readonly string[]) => ({
  'v1/nodes': versions.map((version, index) => node(version, `n${index + 1}`)),
})

/** How many minor versions a kubelet may be behind: three since 1.28, two before. */
const mayLag = (minor: number): number => (minor >= 28 ? 3 : 2)

const kubelets: Rule<'cluster'> = {
  id: 'version-skew/kubelet',
  on: 'cluster',
  severity: 'warning',
  title: 'kubelets are not newer than the API server, and not much older',
  why: 'A conversion restarts kubelets: one that is out of the supported skew may fail then and not before.',
  source: skew,
  covers: ['kubernetes 11'],
  remedy: 'Bring the kubelet of that node to the version of the cluster first.',
  reads: [{ kind: 'list', resource: 'v1/nodes' }],
  judge({ cluster }) {
    const server = minorOf(cluster.version)
    return (cluster.objects['v1/nodes'] ?? []).flatMap(object => {
      const said = getField(object, ['status', 'nodeInfo', 'kubeletVersion'])
      const version = typeof said === 'string' ? said : ''
      const minor = minorOf(version)
      if (!(minor > server) && !(server - minor > mayLag(server))) return []
      const field = 'status.nodeInfo.kubeletVersion'
      return [
        {
          object: `Node ${object.metadata.name}`,
          field,
          message: `${version} beside an API server of ${cluster.version}`,
        },
      ]
    })
  },
  examples: {
    bad: [
      () => situation({ version: 'v1.36.3', objects: nodes('v1.37.0') }),
      () => situation({ version: 'v1.36.3', objects: nodes('v1.36.3', 'v1.32.0') }),
      () => situation({ version: 'v1.27.0', objects: nodes('v1.24.0') }),
    ],
    good: [
      () => situation({ version: 'v1.36.3', objects: nodes('v1.36.0', 'v1.33.9') }),
      () => situation({ version: 'v1.27.0', objects: nodes('v1.25.0') }),
    ],
  },
}

const mirror = (name: string, tag: string) =>
  pod({
    namespace: 'kube-system',
    name: `kube-apiserver-${name}`,
    uid: name,
    node: name,
    owner: { kind: 'Node', name },
    hostNetwork: true,
    labels: { component: 'kube-apiserver', tier: 'control-plane' },
    mirror: 'hash',
    image: `registry.k8s.io/kube-apiserver:${tag}`,
  })

const servers = ({ cluster }: Situation): readonly Pod[] =>
  cluster.pods.filter(pod => pod.mirror !== undefined && pod.labels['component'] === 'kube-apiserver')

const controlPlanes: Rule<'cluster'> = {
  id: 'version-skew/api-servers-differ',
  on: 'cluster',
  severity: 'warning',
  title: 'all API servers are of one minor version',
  why: 'In the middle of an upgrade API servers judge Services and ServiceCIDRs by different rules: one makes the ServiceCIDR object a pair, another knows no such object.',
  source: `${skew}, k/k:test/integration/servicecidr TestSkewAllocatorsRollout`,
  covers: ['kubernetes 2.1', 'kubernetes 2.6'],
  remedy: 'Finish the upgrade, then convert.',
  reads: [{ kind: 'list', resource: 'v1/pods' }],
  judge(input) {
    const tagged = servers(input).flatMap(pod => {
      const tag = /:(v1\.\d+[^@]*)/.exec(pod.image)?.[1]
      return tag === undefined ? [] : [{ pod, tag }]
    })
    const minors = new Set(tagged.map(({ tag }) => minorOf(tag)))
    if (minors.size < 2) return []
    return tagged.map(({ pod, tag }) => ({
      object: `kube-apiserver on ${pod.node}`,
      field: 'image',
      message: `runs ${tag}`,
    }))
  },
  examples: {
    bad: [() => situation({ pods: [mirror('n1', 'v1.36.3'), mirror('n2', 'v1.35.6')] })],
    good: [
      () => situation({ pods: [mirror('n1', 'v1.36.3'), mirror('n2', 'v1.36.1')] }),
      () => situation({ pods: [mirror('n1', 'latest')] }),
    ],
  },
}

export const versionSkewRules = [tooOld, newer, kubelets, controlPlanes] as const
