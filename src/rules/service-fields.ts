import { a4, a6, create, ruleOf, update, validation, was4 } from './service-rule.ts'

/** What an API server demands of each field of a Service that has to do with addresses. */
const rule = ruleOf('service-fields')

export const serviceFieldRules = [
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
