import type { KubeObject } from '../../../model/cluster.ts'
import type { Rule, Situation } from '../../../model/rule.ts'
import { fileOf } from '../../../model/changes.ts'
import { readFlags } from '../../../text/manifest.ts'
import { attempt } from '../../shared/edit.ts'
import { sameList } from '../../shared/pair.ts'
import { manifestPath, staticPodReads } from '../../shared/static-pod.ts'
import { component, rangeFlag, readAPIServers, serviceCIDRs } from '../read.ts'
import { given, manifest, pair, single } from './example.ts'

const servers = staticPodReads(component)

/** --service-cluster-ip-range of each API server: as it runs, else as its manifest says. */
export const rangesOf = ({ cluster }: Situation) =>
  (readAPIServers(cluster)?.instances ?? []).flatMap(({ node, running, configured }) => {
    const range = running ?? configured
    return range === undefined ? [] : [{ node, range }]
  })

const differ: Rule<'cluster'> = {
  id: 'api-servers/ranges-differ',
  on: 'cluster',
  severity: 'warning',
  title: 'all API servers have the same service ranges',
  why: 'A Service of two families that one makes, the other refuses to change; the repair controller of the older kind complains of it every three minutes. It is a state to pass through, not one to stay in.',
  source: 'k/k:pkg/registry/core/service/ipallocator/controller/repair.go, KEP-563',
  covers: ['kubernetes 2.6', 'kubernetes 7.3', 'P37'],
  remedy:
    'Finish the way there (apply) or back (rollback): both bring every API server to the same ranges before Services change.',
  says: [
    {
      component: 'kube-apiserver',
      line: 'Cluster IP *(*) is of ip family that is no longer configured on cluster; please recreate service',
      goesOn: true,
    },
  ],
  reads: servers,
  judge(input) {
    const [first, ...others] = rangesOf(input)
    if (first === undefined || others.every(({ range }) => sameList(range, first.range))) return []
    return [first, ...others].map(({ node, range }) => ({
      object: `kube-apiserver on ${node}`,
      field: `--${rangeFlag}`,
      message: range,
    }))
  },
  examples: {
    bad: [() => given({ manifests: [manifest(pair), manifest(single)] })],
    good: [
      () => given({ manifests: [manifest(pair), manifest(pair)] }),
      () => given({ manifests: [manifest(pair), manifest('10.96.0.0/16,fd00:96:0::/112')] }),
      () => given({ manifests: [manifest(single)] }),
    ],
  },
}

const object = (...cidrs: readonly string[]): KubeObject => ({
  metadata: { name: 'kubernetes' },
  spec: { cidrs },
})
const withObject = (cidrs: readonly string[], ...manifests: readonly string[]) =>
  given({ manifests, objects: { [serviceCIDRs]: [object(...cidrs)] } })

const pairWithoutFlag: Rule<'cluster'> = {
  id: 'api-servers/range-without-flag',
  on: 'cluster',
  severity: 'info',
  title: 'ServiceCIDR kubernetes has no range that no API server has',
  versions: '>=1.33',
  why: 'After a way back the object stays a pair, Ready, and does no harm. It may also come from an edit by hand before the flags were changed, which nothing repairs (kubernetes/kubernetes#133031). A range in it says which one the next way there must use.',
  source: 'k/k:test/integration/servicecidr/migration_test.go',
  covers: ['kubernetes 2.2', 'kubernetes 2.3', 'kubernetes 2.4', 'K8', 'K9', 'K10'],
  remedy: 'Leave it; the plan takes its range. Do not delete the object.',
  reads: [...servers, { kind: 'list', resource: serviceCIDRs }],
  judge(input) {
    const second = readAPIServers(input.cluster)?.serviceCIDR?.[1]
    const ranges = rangesOf(input)
    if (second === undefined || ranges.length === 0) return []
    if (ranges.some(({ range }) => range.split(',').some(text => sameList(text, second)))) return []
    return [
      {
        object: 'ServiceCIDR kubernetes',
        field: 'spec.cidrs[1]',
        message: `${second}, and no API server has it`,
      },
    ]
  },
  examples: {
    bad: [() => withObject(['10.96.0.0/16', 'fd00:96::/112'], manifest(single))],
    good: [
      () => withObject(['10.96.0.0/16', 'fd00:96::/112'], manifest(pair)),
      () => withObject(['10.96.0.0/16'], manifest(single)),
    ],
  },
}

const old = 'networking.k8s.io/v1beta1/servicecidrs'
const older = 'networking.k8s.io/v1alpha1/servicecidrs'
const gate = '--feature-gates=MultiCIDRServiceAllocator=true'

const noObjectOfFamily: Rule<'cluster'> = {
  id: 'api-servers/gate-without-automatic-range',
  on: 'cluster',
  severity: 'warning',
  title: 'where ServiceCIDR objects are on, the API server makes the default one a pair by itself',
  versions: '>=1.29 <1.33',
  why: 'With the gate MultiCIDRServiceAllocator these versions take addresses from ServiceCIDR objects and never change the default one: the flag alone gives no Service a second address.',
  source: 'k/k:pkg/controlplane/controller/defaultservicecidr/default_servicecidr_controller.go',
  covers: ['kubernetes 2.1', 'kubernetes 2.2', 'kubernetes 2.5'],
  remedy:
    'Go to 1.33 or later first; or make a ServiceCIDR object of the new range by hand once the API servers have the pair.',
  says: [
    {
      component: 'kube-apiserver',
      line: 'failed to allocate a serviceIP for Service *: range is full',
      goesOn: true,
    },
  ],
  reads: servers,
  judge: ({ cluster, goal }) =>
    (goal?.families.length ?? 0) < 2
      ? []
      : (readAPIServers(cluster)?.instances ?? []).flatMap(({ node }) => {
          const text = fileOf(cluster, node, manifestPath(component))?.text
          const flags = attempt(node, () =>
            text === undefined ? undefined : readFlags(text, component),
          ).value
          const isOn = /\bMultiCIDRServiceAllocator=(1|t|true)\b/i.test(flags?.get('feature-gates') ?? '')
          const listed = [...(cluster.objects[old] ?? []), ...(cluster.objects[older] ?? [])]
          if (!isOn || listed.some(({ metadata }) => metadata.name !== 'kubernetes')) return []
          const message = 'MultiCIDRServiceAllocator is on, and the default ServiceCIDR stays of one family'
          return [{ object: `kube-apiserver on ${node}`, field: '--feature-gates', message }]
        }),
  examples: {
    bad: [() => given({ manifests: [manifest(single, [gate])], version: 'v1.31.4' })],
    good: [
      () => given({ manifests: [manifest(single)], version: 'v1.31.4' }),
      () =>
        given({
          manifests: [manifest(single, [gate])],
          version: 'v1.31.4',
          objects: { [old]: [{ metadata: { name: 'second' }, spec: { cidrs: ['fd00:96::/112'] } }] },
        }),
    ],
  },
}

export const rangeRules = [differ, pairWithoutFlag, noObjectOfFamily] as const
