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

const at = ({ component, field, value }: WrittenRange, message: string): Violation => ({
  object: component,
  field,
  message: `${JSON.stringify(value)}: ${message}`,
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

/** kubeadm's own note of the ranges: nothing runs by it until the next upgrade, and left-behind/upgrade-takes-it-back looks at it. */
const isNote = ({ field }: WrittenRange): boolean => field.startsWith('networking.')

/** Components that were told different ranges for the same use. */
const differing = (use: WrittenRange['of'], all: readonly WrittenRange[]): readonly Violation[] => {
  const [first, ...rest] = all.filter(one => one.of === use && !isNote(one))
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
  judge: ({ written: all = [] }) => differing('pods', all),
  examples: {
    bad: [() => written(pods('10.244.0.0/16,fd00:244::/56'), proxy('10.244.0.0/16'))],
    good: [
      () => ranges(),
      () =>
        written(pods('10.244.0.0/16,fd00:244::/56'), {
          component: 'ConfigMap kube-system/kubeadm-config',
          field: 'networking.podSubnet',
          of: 'pods',
          value: '10.244.0.0/16',
        }),
      () => written(pods('10.244.0.0/16,fd00:244::/56'), proxy('10.244.0.0/16,fd00:244::/56')),
    ],
  },
}

/** What is about the pair, and about the components that have it. */
export const rangePairRules = [order, servicesDiffer, podsDiffer] as const
