import { tryParseCIDR } from '../address/index.ts'
import type { Family } from '../address/family.ts'
import type { Ranges, Rule, Violation, WrittenRange } from '../model/rule.ts'
import { ranges } from './example.ts'

const partsOf = (written: WrittenRange): readonly string[] => written.value.split(',')
const familiesOf = (written: WrittenRange): readonly (Family | undefined)[] =>
  partsOf(written).map(part => tryParseCIDR(part.trim(), { allowHostBits: true })?.family)
const canonical = (written: WrittenRange): string =>
  partsOf(written)
    .map(part => {
      const cidr = tryParseCIDR(part.trim(), { allowHostBits: true })
      return cidr === undefined ? part : `${cidr.value}/${cidr.prefix}`
    })
    .join(',')

const at = ({ component, field, value }: WrittenRange, message: string, remedy?: string): Violation => ({
  object: component,
  field,
  message: `${JSON.stringify(value)}: ${message}`,
  ...(remedy !== undefined && { remedy }),
})

const api = (value: string): WrittenRange => ({
  component: 'kube-apiserver',
  field: '--service-cluster-ip-range',
  of: 'services',
  value,
})
const manager = (value: string): WrittenRange => ({ ...api(value), component: 'kube-controller-manager' })
const proxy = (value: string): WrittenRange => ({
  component: 'kube-proxy',
  field: 'clusterCIDR',
  of: 'pods',
  value,
})
const pods = (value: string): WrittenRange => ({
  component: 'kube-controller-manager',
  field: '--cluster-cidr',
  of: 'pods',
  value,
})
const written = (...more: WrittenRange[]): Ranges => ranges({ written: more })

const spaces: Rule<'ranges'> = {
  id: 'range-pair/space',
  on: 'ranges',
  title: 'no space stands in a pair',
  severity: 'error',
  why: 'Kubernetes splits at the comma and does not trim: the second range begins with the space and cannot be parsed. Calico reads podSubnet the same way and loses the second range without a word.',
  source:
    'k/k:cmd/kube-apiserver/app/options/completion.go, calico:node/pkg/lifecycle/startup/startup.go extractKubeadmCIDRs',
  covers: ['kubernetes 1.1', 'kubernetes 3.1', 'kubernetes 4.1', 'kubernetes 6.1', 'cni 2.2'],
  remedy: 'Write the pair without a space.',
  says: [{ component: 'kube-apiserver', line: 'service-cluster-ip-range[1] is not an ip net' }],
  judge: ({ written: all = [] }) =>
    all.flatMap(one =>
      partsOf(one).some(part => part !== part.trim())
        ? [
            at(
              one,
              'it holds a space',
              `Write ${partsOf(one)
                .map(part => part.trim())
                .join(',')}.`,
            ),
          ]
        : [],
    ),
  examples: {
    bad: [() => written(api('10.96.0.0/16, fd00:96::/112'))],
    good: [() => ranges(), () => written(api('10.96.0.0/16,fd00:96::/112'))],
  },
}

const tooMany: Rule<'ranges'> = {
  id: 'range-pair/more-than-two',
  on: 'ranges',
  title: 'one range, or one of each family',
  severity: 'error',
  why: 'API server, controller manager and kubeadm take two ranges at most, of two families.',
  source:
    'k/k:cmd/kube-apiserver/app/options/validation.go, k/k:cmd/kube-controller-manager/app/core.go, k/k:cmd/kubeadm/app/apis/kubeadm/validation/validation.go',
  covers: ['kubernetes 1.2', 'kubernetes 3.1', 'kubernetes 6.1'],
  remedy: 'Name one range, or one of IPv4 and one of IPv6.',
  says: [
    {
      component: 'kube-apiserver',
      line: '--service-cluster-ip-range must not contain more than two entries',
    },
    {
      component: 'kube-apiserver',
      line: '--service-cluster-ip-range[0] and --service-cluster-ip-range[1] must be of different IP family',
    },
    { component: 'kube-controller-manager', line: 'length of clusterCIDRs is:* more than max allowed of 2' },
    {
      component: 'kube-controller-manager',
      line: 'len of ClusterCIDRs==* and they are not configured as dual stack (at least one from each IPFamily',
    },
    {
      component: 'kube-controller-manager',
      line: '--service-cluster-ip-range can not contain more than two entries',
    },
    {
      component: 'kube-controller-manager',
      line: 'serviceCIDR and secondaryServiceCIDR are not dualstack (from different IPfamiles)',
    },
    {
      component: 'kubeadm',
      line: 'expected one (IPv4 or IPv6) CIDR or two CIDRs from each family for dual-stack networking',
    },
    { component: 'kube-proxy', line: 'must be a either a single CIDR or dual-stack pair of CIDRs *' },
  ],
  judge: ({ written: all = [] }) =>
    all.flatMap(one => {
      const parts = partsOf(one)
      if (parts.length > 2) return [at(one, `it has ${parts.length} ranges`)]
      const [first, second] = familiesOf(one)
      return first !== undefined && first === second ? [at(one, `both ranges are ${first}`)] : []
    }),
  examples: {
    bad: [
      () => written(api('10.96.0.0/16,10.97.0.0/16')),
      () => written(pods('10.244.0.0/16,fd00:244::/56,fd01:244::/56')),
    ],
    good: [() => ranges(), () => written(api('fd00:96::/112'), pods('10.244.0.0/16,fd00:244::/56'))],
  },
}

const order: Rule<'ranges'> = {
  id: 'range-pair/order',
  on: 'ranges',
  title: 'every pair has the primary family first',
  severity: 'error',
  why: 'The first range decides the primary family, and podCIDRs are matched with the pod ranges by their place: with the new family first the API server does not start beside its advertise address, and the controller manager crashes on the first Node.',
  source:
    'k/k:pkg/controller/nodeipam/ipam/range_allocator.go, k/k:cmd/kube-apiserver/app/options/validation.go, k0sproject/k0s#7186',
  covers: ['kubernetes 1.2', 'kubernetes 1.3', 'kubernetes 3.2', 'K2', 'K13', 'P02', 'P43'],
  remedy: 'Put the range of the primary family first.',
  says: [
    { component: 'kube-apiserver', line: 'service IP family * must match public address family *' },
    {
      component: 'kube-controller-manager',
      line: 'failed to mark cidr[*] at idx [*] as occupied for node: *: cidr * is out the range of cluster cidr *',
    },
  ],
  judge: ({ written: all = [], families: [primary] }) =>
    all.flatMap(one => {
      const [first] = familiesOf(one)
      return primary === undefined || first === undefined || first === primary
        ? []
        : [at(one, `${first} comes first, and the primary family is ${primary}`)]
    }),
  examples: {
    bad: [() => written(pods('fd00:244::/56,10.244.0.0/16')), () => written(api('fd00:96::/112'))],
    good: [() => ranges(), () => written(pods('10.244.0.0/16,fd00:244::/56'))],
  },
}

/** Components that were told different ranges for the same use. */
const differing = (use: WrittenRange['of'], all: readonly WrittenRange[]): readonly Violation[] => {
  const [first, ...rest] = all.filter(one => one.of === use)
  if (first === undefined) return []
  return rest
    .filter(one => canonical(one) !== canonical(first))
    .map(one => at(one, `${first.component} has ${JSON.stringify(first.value)} in ${first.field}`))
}

const servicesDiffer: Rule<'ranges'> = {
  id: 'range-pair/services-differ',
  on: 'ranges',
  title: 'API server and controller manager have the same service ranges',
  severity: 'error',
  why: 'The API server hands out addresses of its own range; the controller manager keeps its own one free of pods, and no other. API servers that differ answer the same request differently.',
  source: 'k/k:pkg/controller/nodeipam/node_ipam_controller.go, k0sproject/k0s#1319',
  covers: ['howto', 'K14', 'P37'],
  remedy: 'Give every component the same --service-cluster-ip-range.',
  judge: ({ written: all = [] }) => differing('services', all),
  examples: {
    bad: [() => written(api('10.96.0.0/12,fc00::/108'), manager('10.96.0.0/12,fc00::4:0:0/94'))],
    good: [
      () => ranges(),
      () => written(api('10.96.0.0/12,fd00:96::/112'), manager('10.96.0.0/12,fd00:0096::/112')),
    ],
  },
}

const podsDiffer: Rule<'ranges'> = {
  id: 'range-pair/pods-differ',
  on: 'ranges',
  title: 'controller manager and kube-proxy have the same pod ranges',
  severity: 'error',
  why: 'kube-proxy takes what is outside its range for traffic from outside: with another one it starts, and masquerades wrongly without a word.',
  source: 'k/k:cmd/kube-proxy/app/server_linux.go',
  covers: ['kubernetes 4.3', 'K14', 'K15', 'P19'],
  remedy:
    'Give clusterCIDR of ConfigMap kube-system/kube-proxy the value of --cluster-cidr, and restart kube-proxy.',
  says: [
    { component: 'kube-proxy', line: 'cluster is * but clusterCIDRs contains only IPv* addresses' },
    { component: 'kube-proxy', line: 'Kube-proxy configuration may be incomplete or incorrect' },
  ],
  judge: ({ written: all = [] }) => differing('pods', all),
  examples: {
    bad: [() => written(pods('10.244.0.0/16,fd00:244::/56'), proxy('10.244.0.0/16'))],
    good: [
      () => ranges(),
      () => written(pods('10.244.0.0/16,fd00:244::/56'), proxy('10.244.0.0/16,fd00:244::/56')),
    ],
  },
}

/** What is about the pair, and about the components that have it. */
export const rangePairRules = [spaces, tooMany, order, servicesDiffer, podsDiffer] as const
