import { familyOf, tryParseCIDR } from '../address/index.ts'
import { type Family, families, type PerFamily } from '../address/family.ts'
import { editing } from '../layers/shared/edit.ts'
import type { Cluster } from '../model/cluster.ts'
import { getField } from '../model/fields.ts'
import { readFlags } from '../text/manifest.ts'
import { getExtraArg, getScalar } from '../text/yaml-value.ts'

/** What the cluster says of itself, wherever it says it. The first place that knows a family wins; the places are in order of who decides. */
export interface Observed {
  /** Family of the first service range: it never changes on a running cluster. undefined: no place says it. */
  readonly primary: Family | undefined
  readonly services: PerFamily<string>
  readonly pods: PerFamily<string>
  readonly nodeMask: PerFamily<number>
}

const manifest = (component: string) => `/etc/kubernetes/manifests/${component}.yaml`

export function observeRanges(cluster: Cluster): Observed {
  const config = clusterConfiguration(cluster)
  const servicePlaces = [
    ...flagOfAll(cluster, 'kube-apiserver', 'service-cluster-ip-range'),
    ...(cluster.objects['networking.k8s.io/v1/servicecidrs'] ?? [])
      .filter(object => object.metadata.name === 'kubernetes')
      .map(object => ((getField(object, ['spec', 'cidrs']) ?? []) as readonly string[]).join(',')),
    config === undefined ? undefined : getScalar(config, ['networking', 'serviceSubnet']),
  ]
  const podPlaces = [
    ...flagOfAll(cluster, 'kube-controller-manager', 'cluster-cidr'),
    config === undefined ? undefined : getScalar(config, ['networking', 'podSubnet']),
    ...(cluster.objects['crd.projectcalico.org/v1/ippools'] ?? [])
      .map(pool => getField(pool, ['spec', 'cidr']))
      .filter(cidr => typeof cidr === 'string'),
  ]
  const services = ranges(servicePlaces)
  return {
    primary: services.order[0],
    services: services.found,
    pods: ranges(podPlaces).found,
    nodeMask: masks(cluster, config),
  }
}

function clusterConfiguration(cluster: Cluster): string | undefined {
  const map = cluster.objects['v1/configmaps']?.find(
    object => object.metadata.namespace === 'kube-system' && object.metadata.name === 'kubeadm-config',
  )
  const text = getField(map, ['data', 'ClusterConfiguration'])
  return typeof text === 'string' ? text : undefined
}

function flagOfAll(cluster: Cluster, component: string, flag: string): readonly (string | undefined)[] {
  return Object.keys(cluster.nodes)
    .sort()
    .map(node => {
      const path = manifest(component)
      const text = cluster.nodes[node]?.files[path]?.text
      return text === undefined
        ? undefined
        : editing(`${node}:${path}`, () => readFlags(text, component).get(flag))
    })
}

function ranges(places: readonly (string | undefined)[]): {
  order: readonly Family[]
  found: PerFamily<string>
} {
  const found: { [F in Family]?: string } = {}
  const order: Family[] = []
  for (const place of places) {
    for (const cidr of place === undefined || place === '' ? [] : place.split(',')) {
      const family = familyOf(cidr)
      if (found[family] !== undefined) continue
      found[family] = cidr
      order.push(family)
    }
  }
  return { order, found }
}

function masks(cluster: Cluster, config: string | undefined): PerFamily<number> {
  const found: { [F in Family]?: number } = {}
  const old = flagOfAll(cluster, 'kube-controller-manager', 'node-cidr-mask-size')
  for (const family of families) {
    const flag = `node-cidr-mask-size-${family.toLowerCase()}`
    const places = [
      ...flagOfAll(cluster, 'kube-controller-manager', flag),
      config === undefined ? undefined : getExtraArg(config, 'controllerManager', flag),
    ]
    const value = places.find(place => place !== undefined && /^\d+$/.test(place))
    if (value !== undefined) found[family] = Number(value)
  }
  const single = old.find(place => place !== undefined && /^\d+$/.test(place))
  const primary = primaryOf(cluster)
  if (single !== undefined && primary !== undefined && found[primary] === undefined)
    found[primary] = Number(single)
  return found
}

function primaryOf(cluster: Cluster): Family | undefined {
  const range = flagOfAll(cluster, 'kube-apiserver', 'service-cluster-ip-range').find(
    place => place !== undefined,
  )
  // What an argument says may be no range at all: that is for a rule to tell.
  return range === undefined ? undefined : tryParseCIDR(range.split(',')[0] ?? '')?.family
}
