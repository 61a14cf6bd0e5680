import type { KubeObject, NodeFacts } from '../../../model/cluster.ts'
import type { Situation } from '../../../model/rule.ts'
import { situation } from '../../../rules/example.ts'
import { manifestPath } from '../../shared/static-pod.ts'
import { component, rangeFlag } from '../read.ts'

/** What kubeadm reads of an API server's pod: address and port. */
export const annotation = 'kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint'

/** A manifest with this range, as kubeadm makes it. */
export const manifest = (range: string, more: readonly string[] = [], isAnnotated = true): string =>
  [
    'apiVersion: v1',
    'kind: Pod',
    'metadata:',
    ...(isAnnotated ? ['  annotations:', `    ${annotation}: 10.0.0.11:6443`] : []),
    '  name: kube-apiserver',
    'spec:',
    '  containers:',
    '  - command:',
    ...['kube-apiserver', `--${rangeFlag}=${range}`, ...more].map(word => `    - ${word}`),
    '    name: kube-apiserver',
    '',
  ].join('\n')

interface Example {
  /** The manifest of each node, n1 first. */
  readonly manifests: readonly string[]
  readonly objects?: Readonly<Record<string, readonly KubeObject[]>>
  readonly version?: string
}

/** A cluster with an API server a node. */
export function given({ manifests, objects = {}, version }: Example): Situation {
  const start = situation({ objects, ...(version === undefined ? {} : { version }) })
  const facts: NodeFacts = { files: {}, sysctls: {}, addresses: [], routes: [] }
  const nodes = manifests.map((text, at) => [
    `n${at + 1}`,
    { ...facts, files: { [manifestPath(component)]: { text } } },
  ])
  return { ...start, cluster: { ...start.cluster, nodes: Object.fromEntries(nodes) } }
}

export const single = '10.96.0.0/16'
export const pair = '10.96.0.0/16,fd00:96::/112'
