import type { Admission, Rule } from '../model/rule.ts'
import { admissionRule } from './admission-rule.ts'
import { admission } from './example.ts'
import { serviceRefusals } from './service-update.ts'

/** What an API server says to the families of a Service, a rule for each sentence. The order of its stages is in service-write.ts. */
const alloc = 'k/k:pkg/registry/core/service/storage/alloc.go'
const validation = 'k/k:pkg/apis/core/validation/validation.go'
const single = { server: { version: 'v1.36.3', services: ['10.96.0.0/16'] } }
const reversed = { server: { version: 'v1.36.3', services: ['fd00:96::/112', '10.96.0.0/16'] } }
const a4 = '10.96.0.20'
const a6 = 'fd00:96::20'

const service = (spec: Readonly<Record<string, unknown>>) => ({
  metadata: { name: 'web', namespace: 'demo' },
  spec: { selector: { app: 'web' }, ...spec },
})
const create = (spec: Readonly<Record<string, unknown>>, more: Partial<Admission> = {}) =>
  admission(service(spec), more)
const update = (
  from: Readonly<Record<string, unknown>>,
  to: Readonly<Record<string, unknown>>,
  more: Partial<Admission> = {},
) => admission(service(to), { old: service(from), ...more })

const was4 = { clusterIP: a4, clusterIPs: [a4], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' }
const wasDual = {
  clusterIP: a4,
  clusterIPs: [a4, a6],
  ipFamilies: ['IPv4', 'IPv6'],
  ipFamilyPolicy: 'RequireDualStack',
}

interface Declared extends Omit<Rule<'admission'>, 'id' | 'on' | 'severity' | 'says' | 'judge' | 'covers'> {
  readonly line: string
  readonly covers?: readonly string[]
}

/** The rule of one code of service-write.ts and service-update.ts. */
const rule = (code: string, declared: Declared): Rule<'admission'> =>
  admissionRule({
    covers: ['kubernetes 7.2'],
    ...declared,
    id: `service-admission/${code}`,
    judge: write => serviceRefusals(write).filter(refusal => refusal.code === code),
  })

export const serviceAdmissionRules = [
  rule('dual-stack-configured', {
    title: 'RequireDualStack is written to API servers with two service ranges only',
    why: 'A single-stack API server refuses it, and every later update of such a Service too. So Services change after all API servers on the way there, and before any of them on the way back.',
    source: alloc,
    covers: ['kubernetes 2.5', 'kubernetes 7.3'],
    remedy: 'Use PreferDualStack, or give every API server both ranges first.',
    line: 'this cluster is not configured for dual-stack services',
    examples: {
      bad: [
        () => create({ ipFamilyPolicy: 'RequireDualStack' }, single),
        () => update(was4, { ...was4, ipFamilyPolicy: 'RequireDualStack' }, single),
      ],
      good: [
        () => create({ ipFamilyPolicy: 'RequireDualStack' }),
        () => create({ ipFamilyPolicy: 'PreferDualStack' }, single),
        // Headless without a selector may have two families anywhere.
        () => create({ clusterIP: 'None', selector: {}, ipFamilyPolicy: 'RequireDualStack' }, single),
      ],
    },
  }),
  rule('family-configured', {
    title: 'a Service asks for families only that the API server has a range of',
    why: 'Each family of ipFamilies needs a service range.',
    source: alloc,
    covers: ['kubernetes 2.5', 'kubernetes 7.3'],
    remedy: 'Give every API server a range of that family first, or leave ipFamilies out.',
    line: 'not configured on this cluster',
    examples: {
      bad: [
        () => create({ ipFamilies: ['IPv6'] }, single),
        () => create({ ipFamilyPolicy: 'PreferDualStack', ipFamilies: ['IPv4', 'IPv6'] }, single),
      ],
      good: [() => create({ ipFamilies: ['IPv6'] }), () => create({ ipFamilies: ['IPv4'] }, single)],
    },
  }),
  rule('address-configured', {
    title: 'a chosen clusterIP is of a family that the API server has a range of',
    why: 'Families that are left out follow the addresses.',
    source: alloc,
    covers: ['kubernetes 2.5'],
    remedy: 'Choose an address of a configured range, or none.',
    line: '* is not configured on this cluster',
    examples: {
      bad: [() => create({ clusterIP: a6, clusterIPs: [a6] }, single)],
      good: [() => create({ clusterIP: a4, clusterIPs: [a4] }, single)],
    },
  }),
  rule('release-needs-single', {
    title: 'the second address or family of a Service is given up with SingleStack only',
    why: 'A list that became shorter might be a mistake of a client; the policy says that it is meant.',
    source: alloc,
    covers: ['kubernetes 7.1'],
    remedy:
      'Set ipFamilyPolicy: SingleStack and leave both lists as they are: the second of each is then released.',
    line: "must be 'SingleStack' to release the secondary *",
    examples: {
      bad: [
        () => update(wasDual, { ...wasDual, clusterIPs: [a4] }),
        () => update(wasDual, { ...wasDual, ipFamilies: ['IPv4'] }),
      ],
      good: [
        () => update(wasDual, { ...wasDual, ipFamilyPolicy: 'SingleStack' }),
        () => update(wasDual, { ...wasDual, ipFamilyPolicy: 'SingleStack' }, single),
        () => update(wasDual, {}),
      ],
    },
  }),
  rule('two-need-dual', {
    title: 'a Service with two addresses or families is no SingleStack',
    why: 'The policy decides; lists that say otherwise are refused.',
    source: alloc,
    remedy: 'Set ipFamilyPolicy to PreferDualStack.',
    line: "must be 'RequireDualStack' or 'PreferDualStack' when multiple * are specified",
    examples: {
      bad: [
        () => create({ ipFamilies: ['IPv4', 'IPv6'] }),
        () => create({ ipFamilyPolicy: 'SingleStack', clusterIP: a4, clusterIPs: [a4, a6] }),
        () => update(was4, { ...was4, ipFamilies: ['IPv4', 'IPv6'] }),
      ],
      good: [
        () => create({ ipFamilyPolicy: 'PreferDualStack', ipFamilies: ['IPv4', 'IPv6'] }),
        () => update(was4, { ...was4, ipFamilyPolicy: 'PreferDualStack', ipFamilies: ['IPv4', 'IPv6'] }),
      ],
    },
  }),
  rule('address-for-life', {
    title: 'the first clusterIP of a Service never changes',
    why: 'Clients know it. Another first family needs another Service.',
    source: validation,
    remedy: 'Leave clusterIP and clusterIPs[0] as they are; make the Service again where another is wanted.',
    line: 'may not change once set',
    examples: {
      bad: [
        () => update(was4, { ...was4, clusterIP: '10.96.0.21', clusterIPs: ['10.96.0.21'] }),
        () => update(wasDual, { ...wasDual, clusterIPs: [a4, 'fd00:96::21'] }),
      ],
      good: [
        () => update(was4, { ...was4, ipFamilyPolicy: 'PreferDualStack', clusterIPs: [a4, a6] }),
        () => update(was4, {}),
      ],
    },
  }),
  rule('families-for-life', {
    title: 'the order of a Service’s ipFamilies never changes',
    why: 'The first family goes with the first address.',
    source: validation,
    remedy:
      'Add the other family behind the one there. [IPv6, IPv4] on a Service of IPv4 needs a new Service.',
    line: 'may not change once set',
    examples: {
      bad: [
        () =>
          update(
            { ...was4, clusterIP: '', clusterIPs: [] },
            {
              ipFamilyPolicy: 'PreferDualStack',
              ipFamilies: ['IPv6', 'IPv4'],
              clusterIP: '',
              clusterIPs: [],
            },
          ),
      ],
      good: [
        () => update(was4, { ...was4, ipFamilyPolicy: 'PreferDualStack', ipFamilies: ['IPv4', 'IPv6'] }),
        () => update(wasDual, wasDual, reversed),
      ],
    },
  }),
  rule('cluster-ip-family', {
    title: 'each clusterIP is of the family at its place in ipFamilies',
    why: 'Both lists go by place.',
    source: validation,
    remedy: 'Put both lists into one order: that of the first address.',
    line: 'expected an * value as indicated by `ipFamilies[*]`',
    examples: {
      bad: [
        () => update(was4, { ...was4, ipFamilyPolicy: 'PreferDualStack', ipFamilies: ['IPv6', 'IPv4'] }),
        () => create({ clusterIP: a4, clusterIPs: [a4], ipFamilies: ['IPv6'] }),
      ],
      good: [() => create({ clusterIP: a4, clusterIPs: [a4], ipFamilies: ['IPv4'] })],
    },
  }),
  rule('cluster-ip-first', {
    title: 'clusterIP is the first of clusterIPs',
    why: 'The two fields say the same thing twice.',
    source: validation,
    remedy: 'Write both, or clusterIP alone.',
    line: 'first value must match `clusterIP`',
    examples: {
      bad: [
        () => create({ clusterIP: a4, clusterIPs: [a6, a4], ipFamilyPolicy: 'PreferDualStack' }),
        () => create({ clusterIPs: [a4] }),
      ],
      good: [() => create({ clusterIP: a4 }), () => create({})],
    },
  }),
  rule('cluster-ips-one-family', {
    title: 'two clusterIPs are of different families',
    why: 'One address a family.',
    source: validation,
    remedy: 'Take the second out: an address of the other family is chosen.',
    line: 'may specify no more than one IP for each IP family',
    examples: {
      bad: [
        () => create({ clusterIP: a4, clusterIPs: [a4, '10.96.0.21'], ipFamilyPolicy: 'PreferDualStack' }),
      ],
      good: [() => create({ clusterIP: a6, clusterIPs: [a6, a4], ipFamilyPolicy: 'PreferDualStack' })],
    },
  }),
  rule('cluster-ips-two', {
    title: 'a Service has two clusterIPs at most',
    why: 'One address a family, and there are two families.',
    source: validation,
    remedy: 'Keep the first two.',
    line: 'may only hold up to 2 values',
    examples: {
      bad: [
        () =>
          create({ clusterIP: a4, clusterIPs: [a4, a6, '10.96.0.21'], ipFamilyPolicy: 'PreferDualStack' }),
      ],
      good: [() => create({ clusterIP: a4, clusterIPs: [a4, a6], ipFamilyPolicy: 'PreferDualStack' })],
    },
  }),
  rule('cluster-ip-address', {
    title: 'each clusterIP is an address',
    why: 'From 1.36 on new values may have neither leading zeros nor be IPv4-mapped; old ones stay as they are.',
    source: 'k/k:staging/src/k8s.io/apimachinery/pkg/util/validation/ip.go',
    covers: ['kubernetes 7.2', 'kubernetes 7.4', 'kubernetes 11'],
    remedy: 'Write plain addresses.',
    line: 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    examples: {
      bad: [
        () => create({ clusterIP: '10.96.0', clusterIPs: ['10.96.0'] }),
        () => create({ clusterIP: '10.96.0.020', clusterIPs: ['10.96.0.020'] }),
      ],
      good: [
        () =>
          create(
            { clusterIP: '10.96.0.020', clusterIPs: ['10.96.0.020'] },
            { server: { version: 'v1.35.0', services: ['10.96.0.0/16'] } },
          ),
        () => create({ clusterIP: 'None', clusterIPs: ['None'] }),
      ],
    },
  }),
  rule('none-alone', {
    title: 'a headless Service has None as its only clusterIP',
    why: 'None means that there is no address, of any family; ipFamilies still says which records DNS has.',
    source: validation,
    remedy: 'Write clusterIPs: [None], and both families in ipFamilies.',
    line: "'None' must be the first and only value",
    examples: {
      bad: [
        () => create({ clusterIP: 'None', clusterIPs: ['None', 'None'], ipFamilyPolicy: 'PreferDualStack' }),
      ],
      good: [() => create({ clusterIP: 'None', clusterIPs: ['None'], ipFamilyPolicy: 'PreferDualStack' })],
    },
  }),
  rule('families-known', {
    title: 'ipFamilies has IPv4 and IPv6 only',
    why: 'Spelled exactly so.',
    source: validation,
    remedy: 'Write IPv4 or IPv6.',
    line: 'Unsupported value: "*": supported values: "IPv4", "IPv6"',
    examples: {
      bad: [() => create({ ipFamilies: ['ipv4'] })],
      good: [() => create({ ipFamilies: ['IPv4'] })],
    },
  }),
  rule('families-once', {
    title: 'ipFamilies has each family once',
    why: 'One address a family.',
    source: validation,
    remedy: 'Take the second out.',
    line: 'Duplicate value: "*"',
    examples: {
      bad: [() => create({ ipFamilies: ['IPv4', 'IPv4'], ipFamilyPolicy: 'PreferDualStack' })],
      good: [() => create({ ipFamilies: ['IPv6', 'IPv4'], ipFamilyPolicy: 'PreferDualStack' })],
    },
  }),
  rule('policy-known', {
    title: 'ipFamilyPolicy is one of three',
    why: 'Spelled exactly so.',
    source: validation,
    remedy: 'Write SingleStack, PreferDualStack or RequireDualStack.',
    line: 'Unsupported value: "*": supported values: "PreferDualStack", "RequireDualStack", "SingleStack"',
    examples: {
      bad: [() => create({ ipFamilyPolicy: 'DualStack' })],
      good: [() => create({ ipFamilyPolicy: 'SingleStack' })],
    },
  }),
  rule('headless-type', {
    title: 'a headless Service is of type ClusterIP',
    why: 'NodePort and LoadBalancer need an address to translate to.',
    source: validation,
    remedy: 'Take type or clusterIP: None out.',
    line: "may not be set to 'None' for * services",
    examples: {
      bad: [
        () => create({ type: 'LoadBalancer', clusterIP: 'None', clusterIPs: ['None'] }),
        () => create({ type: 'NodePort', clusterIP: 'None', clusterIPs: ['None'] }),
      ],
      good: [
        () => create({ type: 'LoadBalancer' }),
        () => create({ clusterIP: 'None', clusterIPs: ['None'] }),
      ],
    },
  }),
  rule('external-name', {
    title: 'an ExternalName Service has neither addresses nor families',
    why: 'It is a name for another name.',
    source: validation,
    covers: ['kubernetes 7.1', 'kubernetes 7.2'],
    remedy: 'Leave such Services alone.',
    line: 'may not be set for ExternalName services',
    examples: {
      bad: [
        () =>
          create({ type: 'ExternalName', externalName: 'example.com', ipFamilyPolicy: 'PreferDualStack' }),
        () => create({ type: 'ExternalName', externalName: 'example.com', ipFamilies: ['IPv4'] }),
      ],
      good: [
        () => create({ type: 'ExternalName', externalName: 'example.com' }),
        () => update(was4, { ...was4, type: 'ExternalName', externalName: 'example.com' }),
      ],
    },
  }),
] as const
