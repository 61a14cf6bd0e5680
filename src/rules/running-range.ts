import { formatCIDR, sameCIDR, tryParseCIDR } from '../address/index.ts'
import { families } from '../address/family.ts'
import type { Ranges, Rule } from '../model/rule.ts'
import { ranges } from './example.ts'
import { ofRange, type RangeUse, readRanges } from './range-input.ts'

/** Every range that is another one than what the cluster runs in that family. */
const judgeChanged =
  (use: RangeUse): Rule<'ranges'>['judge'] =>
  input =>
    readRanges(input, use).flatMap(range => {
      const text = input.running?.[use][range.family]
      const cidr = text === undefined ? undefined : tryParseCIDR(text, { allowHostBits: true })
      return cidr === undefined || sameCIDR(cidr, range.cidr)
        ? []
        : [
            ofRange(
              range,
              `the cluster runs ${formatCIDR(cidr)} for ${range.family}, which cannot be changed on the way`,
              `Leave ${formatCIDR(cidr)}.`,
            ),
          ]
    })

const unknown = ({ running }: Ranges): string | undefined =>
  running === undefined ? 'what the cluster runs now is not known' : undefined

const running: NonNullable<Ranges['running']> = {
  pods: { IPv4: '10.244.0.0/16' },
  services: { IPv4: '10.96.0.0/16' },
}

const podsChanged: Rule<'ranges'> = {
  id: 'running-range/pods',
  on: 'ranges',
  title: 'a pod range that runs stays as it is',
  severity: 'error',
  why: 'Every Node holds a block of it for life: with another range the controller manager crashes on the first one, and pods keep addresses that no range has.',
  source: 'k/k:pkg/controller/nodeipam/ipam/range_allocator.go, KEP-563',
  covers: ['howto', 'kubernetes 1.3', 'kubernetes 3.2', 'K1', 'K2'],
  remedy: 'Leave the range that runs, and add one of the other family.',
  skip: unknown,
  judge: judgeChanged('pods'),
  examples: {
    bad: [() => ranges({ pods: { IPv4: '10.128.0.0/12', IPv6: 'fd00:244::/56' }, running })],
    good: [() => ranges({ running }), () => ranges({ running: { pods: {}, services: {} } })],
  },
}

const servicesChanged: Rule<'ranges'> = {
  id: 'running-range/services',
  on: 'ranges',
  title: 'a service range that runs stays as it is',
  severity: 'error',
  why: 'Services keep their addresses for life. From 1.33 the ServiceCIDR object holds the range, a pair of it cannot be changed, and new Services go on getting addresses of what it holds.',
  source:
    'k/k:pkg/controlplane/controller/defaultservicecidr/default_servicecidr_controller.go, k/k:test/integration/servicecidr/migration_test.go',
  covers: ['howto', 'kubernetes 1.3', 'kubernetes 2.2', 'kubernetes 2.3', 'kubernetes 2.4', 'K8'],
  remedy: 'Leave the range that runs, and add one of the other family.',
  says: [
    {
      component: 'kube-apiserver',
      line: 'The default ServiceCIDR * does not match the flag configurations *',
    },
    {
      component: 'kube-apiserver',
      line: 'The default ServiceCIDR * does not match the controller flag configurations *',
    },
    { component: 'kube-apiserver', line: 'the provided network does not match the current range' },
    {
      component: 'kube-apiserver',
      line: 'Cluster IP [*]: * is not within any configured Service CIDR; please recreate service',
    },
  ],
  skip: unknown,
  judge: judgeChanged('services'),
  examples: {
    bad: [
      () => ranges({ services: { IPv4: '10.96.0.0/12', IPv6: 'fd00:96::/112' }, running }),
      () => ranges({ running: { ...running, services: { IPv4: '10.96.0.0/16', IPv6: 'fd00:97::/112' } } }),
    ],
    good: [() => ranges({ running })],
  },
}

const primary: Rule<'ranges'> = {
  id: 'running-range/primary',
  on: 'ranges',
  title: 'the primary family is one that the cluster runs',
  severity: 'error',
  why: 'It is the family of the API server’s advertise address, of every Service that names none, and of the first address of every pod. It cannot be changed on a running cluster.',
  source: 'k/k:cmd/kube-apiserver/app/options/validation.go, kubernetes/kubernetes#131261',
  covers: ['kubernetes 1.2', 'kubernetes 1.3', 'K13', 'P43'],
  remedy: 'Put the family that the cluster runs first.',
  skip: unknown,
  judge: ({ families: [first], running: now, services }) =>
    first === undefined ||
    now === undefined ||
    Object.keys(now.services).length !== 1 ||
    now.services[first] !== undefined
      ? []
      : families
          .filter(family => now.services[family] !== undefined)
          .map(family => ({
            object: `primary family ${first}`,
            field: '--service-cluster-ip-range',
            message: `the cluster runs ${family}, ${now.services[family] ?? ''}; ${first} can only come second${services[first] === undefined ? '' : `, with ${services[first]}`}`,
          })),
  examples: {
    bad: [() => ranges({ families: ['IPv6', 'IPv4'], running })],
    good: [() => ranges({ running }), () => ranges({ running: { pods: {}, services: {} } })],
  },
}

/** What runs, and cannot be changed on the way to dual-stack. */
export const runningRangeRules = [podsChanged, servicesChanged, primary] as const
