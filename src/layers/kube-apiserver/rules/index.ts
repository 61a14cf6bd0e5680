import { families } from '../../../address/family.ts'
import { configMapText, fileOf } from '../../../model/changes.ts'
import type { KubeObject } from '../../../model/cluster.ts'
import type { AnyRule, Rule } from '../../../model/rule.ts'
import { byFamily } from '../../shared/pair.ts'
import { readService } from '../../shared/service.ts'
import { manifestPath, staticPodReads } from '../../shared/static-pod.ts'
import { component } from '../read.ts'
import { annotation, given, manifest, pair, single } from './example.ts'
import { rangeRules, rangesOf } from './ranges.ts'

const servers = staticPodReads(component)

const service = (spec: Readonly<Record<string, unknown>>): KubeObject => ({
  metadata: { name: 'web', namespace: 'demo' },
  spec: {
    type: 'ClusterIP',
    clusterIP: '10.96.0.20',
    selector: { app: 'web' },
    ipFamilies: ['IPv4', 'IPv6'],
    ...spec,
  },
})

const dualOnSingle: Rule<'cluster'> = {
  id: 'api-servers/dual-stack-service-on-single',
  on: 'cluster',
  severity: 'warning',
  title: 'no Service has a family that an API server does not have',
  why: 'Every update of such a RequireDualStack Service fails on that API server, a change of its labels too; one of PreferDualStack passes as long as nothing about its addresses changes. Headless Services without a selector may have both anywhere.',
  source: 'k/k:pkg/registry/core/service/storage/alloc.go',
  covers: ['kubernetes 7.1', 'kubernetes 7.3', 'P09'],
  remedy:
    'Finish the way there; or give such Services one family (ipFamilyPolicy: SingleStack), which works on a single-stack API server too.',
  says: [
    {
      component: 'kube-apiserver',
      line: 'this cluster is not configured for dual-stack services',
      goesOn: true,
    },
  ],
  reads: [...servers, { kind: 'list', resource: 'v1/services' }],
  judge(input) {
    const missing = families.filter(family =>
      rangesOf(input).some(({ range }) => byFamily(range)[family] === undefined),
    )
    return (input.cluster.objects['v1/services'] ?? []).map(readService).flatMap(one => {
      const isSelectorless = one.isHeadless && Object.keys(one.selector ?? {}).length === 0
      const family = one.families.find(candidate => missing.includes(candidate))
      if (isSelectorless || family === undefined) return []
      const message = `${one.policy ?? 'no policy'} with ${family}, which an API server does not have`
      return [{ object: `Service ${one.namespace}/${one.name}`, field: 'spec.ipFamilies', message }]
    })
  },
  examples: {
    bad: [
      () =>
        given({
          manifests: [manifest(single)],
          objects: { 'v1/services': [service({ ipFamilyPolicy: 'RequireDualStack' })] },
        }),
      () =>
        given({
          manifests: [manifest(pair), manifest(single)],
          objects: { 'v1/services': [service({ ipFamilyPolicy: 'PreferDualStack' })] },
        }),
    ],
    good: [
      () => given({ manifests: [manifest(pair)], objects: { 'v1/services': [service({})] } }),
      () =>
        given({
          manifests: [manifest(single)],
          objects: { 'v1/services': [service({ clusterIP: 'None', selector: {} })] },
        }),
      () =>
        given({
          manifests: [manifest(single)],
          objects: { 'v1/services': [service({ ipFamilies: ['IPv4'] })] },
        }),
    ],
  },
}

const configuration: KubeObject = {
  metadata: { name: 'kubeadm-config', namespace: 'kube-system' },
  data: { ClusterConfiguration: 'apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n' },
}
const ofKubeadm = { 'v1/configmaps': [configuration] }

const endpointAnnotation: Rule<'cluster'> = {
  id: 'api-servers/endpoint-annotation',
  on: 'cluster',
  severity: 'warning',
  title: 'manifests of API servers keep the annotation that kubeadm reads',
  why: 'kubeadm upgrade takes the address of an API server from an annotation of its mirror pod. A manifest that was written by hand without it stops the upgrade.',
  source: 'k/k:cmd/kubeadm/app/util/config/cluster.go',
  covers: ['kubernetes 6.3', 'K17'],
  remedy: `Put metadata.annotations["${annotation}"]: ADDRESS:PORT back into the manifest.`,
  says: [
    {
      component: 'kubeadm',
      line: "API server pod for node name * hasn't got a * annotation, cannot retrieve API endpoint",
    },
  ],
  reads: [...servers, { kind: 'config-map', namespace: 'kube-system', name: 'kubeadm-config' }],
  skip: ({ cluster }) =>
    configMapText(cluster, 'kube-system', 'kubeadm-config', 'ClusterConfiguration') === undefined
      ? 'there is no kubeadm-config'
      : undefined,
  judge: ({ cluster }) =>
    Object.keys(cluster.nodes).flatMap(node => {
      const text = fileOf(cluster, node, manifestPath(component))?.text
      if (text === undefined || text.includes(annotation)) return []
      const field = 'metadata.annotations'
      return [{ object: `kube-apiserver on ${node}`, field, message: `has no annotation ${annotation}` }]
    }),
  examples: {
    bad: [() => given({ manifests: [manifest(single, [], false)], objects: ofKubeadm })],
    good: [() => given({ manifests: [manifest(single)], objects: ofKubeadm })],
  },
}

/** What API servers say about Services together: each alone would start. */
export const apiServerRules: readonly AnyRule[] = [...rangeRules, dualOnSingle, endpointAnnotation]
