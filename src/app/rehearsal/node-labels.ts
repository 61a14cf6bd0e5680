import { getField } from '../../model/fields.ts'
import type { Cluster, KubeObject } from '../../model/cluster.ts'
import { resourceOf } from '../../layers/workloads/read.ts'
import { byName } from './workload-units.ts'

/** Values of one label that are kept apart. With more it says which node, not what kind of node: only that it is there counts. */
const mostValues = 30
/** Each node has a value of its own, whatever chooses by it. */
const ofEach = 'kubernetes.io/hostname'
const zones = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region']

const template = ['spec', 'template', 'spec']
const inTemplate = ['nodeSelector', 'affinity', 'tolerations', 'topologySpreadConstraints']
/** Where something chooses nodes, by their labels or in spite of their taints. */
const places: readonly { readonly resources: readonly string[]; readonly paths: readonly string[][] }[] = [
  {
    resources: Object.values(resourceOf),
    paths: inTemplate.map(field => [...template, field]),
  },
  {
    resources: ['batch/v1/cronjobs'],
    paths: inTemplate.map(field => ['spec', 'jobTemplate', ...template, field]),
  },
  { resources: ['crd.projectcalico.org/v1/ippools'], paths: [['spec', 'nodeSelector']] },
  {
    resources: ['crd.projectcalico.org/v1/bgppeers'],
    paths: [
      ['spec', 'nodeSelector'],
      ['spec', 'peerSelector'],
    ],
  },
  // Of host endpoints that Calico makes by itself: they have the labels of their nodes.
  { resources: ['crd.projectcalico.org/v1/globalnetworkpolicies'], paths: [['spec', 'selector']] },
  { resources: ['operator.tigera.io/v1/installations'], paths: [['spec']] },
]

/**
 * What of a node's labels and taints something in the cluster chooses by: the label with its value, a taint's value where a toleration names
 * it. Selectors are not understood, only searched for names: one too many makes a kind more, no kind less.
 */
export function chosenLabels(cluster: Cluster): (node: KubeObject) => readonly (readonly unknown[])[] {
  const said = wordsOfSelectors(cluster)
  const values = new Map<string, Set<string>>()
  for (const { metadata } of cluster.objects['v1/nodes'] ?? [])
    for (const [key, value] of Object.entries(metadata.labels ?? {}))
      if (said.has(key) && key !== ofEach) values.set(key, (values.get(key) ?? new Set()).add(value))
  const counts = [...values]
    .map(([key, all]) => ({ key, isKept: all.size <= mostValues }))
    .toSorted((a, b) => byName(a.key, b.key))
  return ({ metadata: { labels = {} }, spec }) => {
    const taints = getField(spec, ['taints'])
    return [
      ...counts.flatMap(({ key, isKept }) =>
        labels[key] === undefined ? [] : [[key, isKept ? labels[key] : '']],
      ),
      ...(Array.isArray(taints) ? taints : []).flatMap(taint => {
        const value = getField(taint, ['value'])
        return typeof value === 'string' && said.has(value) ? [[getField(taint, ['key']), value]] : []
      }),
    ]
  }
}

function wordsOfSelectors({ objects }: Cluster): ReadonlySet<string> {
  const texts = new Set<string>()
  for (const { resources, paths } of places)
    for (const object of resources.flatMap(resource => objects[resource] ?? []))
      for (const path of paths) {
        const value = getField(object, path)
        if (value !== null) texts.add(JSON.stringify(value))
      }
  const words = new Set([...texts].flatMap(text => text.match(/[\w./-]+/g) ?? []))
  if ((objects['v1/services'] ?? []).some(prefersNear)) for (const zone of zones) words.add(zone)
  return words
}

/** Traffic stays in the zone where it can. https://kubernetes.io/docs/concepts/services-networking/topology-aware-routing/ */
const prefersNear = ({ metadata: { annotations = {} }, spec }: KubeObject): boolean =>
  getField(spec, ['trafficDistribution']) !== null ||
  'service.kubernetes.io/topology-mode' in annotations ||
  'service.kubernetes.io/topology-aware-hints' in annotations
