import {
  a4,
  a6,
  alloc,
  create,
  reversed,
  ruleOf,
  single,
  update,
  validation,
  was4,
  wasDual,
} from './service-rule.ts'

/** What an API server says to the families of a Service, a rule for each sentence. The order of its stages is in service-write.ts. */
const rule = ruleOf('service-admission')

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
] as const
