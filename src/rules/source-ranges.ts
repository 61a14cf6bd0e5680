import { getField, getTexts } from '../model/fields.ts'
import type { KubeObject } from '../model/cluster.ts'
import { admissionRule } from './admission-rule.ts'
import { admission } from './example.ts'
import { addressErrors, rangeErrors } from './field-address.ts'
import { forbidden } from './field-error.ts'

/** Other addresses of a Service: who may come to a LoadBalancer, and what it has from outside. */
const validation = 'k/k:pkg/apis/core/validation/validation.go validateService'
const service = (spec: Readonly<Record<string, unknown>>) => ({
  metadata: { name: 'web', namespace: 'demo' },
  spec: { type: 'LoadBalancer', ...spec },
})
/** What is no text the API server does not even decode. */
const textsOf = (object: KubeObject | undefined, field: string): readonly string[] =>
  getTexts(object, ['spec', field]).map(text => text.trim())
const old = { version: 'v1.35.0', services: ['10.96.0.0/16'] }

const onlyLoadBalancers = admissionRule({
  id: 'source-ranges/only-load-balancers',
  title: 'only a LoadBalancer has loadBalancerSourceRanges',
  why: 'The ranges may be of both families; nothing else has such a filter.',
  source: validation,
  covers: ['kubernetes 7.4'],
  remedy: 'Take the ranges out together with the type.',
  line: "may only be used when `type` is 'LoadBalancer'",
  judge: ({ resource, object }) =>
    resource === 'v1/services' &&
    getField(object, ['spec', 'type']) !== 'LoadBalancer' &&
    textsOf(object, 'loadBalancerSourceRanges').length > 0
      ? [forbidden('spec.LoadBalancerSourceRanges', "may only be used when `type` is 'LoadBalancer'")]
      : [],
  examples: {
    bad: [() => admission(service({ type: 'ClusterIP', loadBalancerSourceRanges: ['192.0.2.0/24'] }))],
    good: [() => admission(service({ loadBalancerSourceRanges: ['192.0.2.0/24', '2001:db8::/32'] }))],
  },
})

const wellFormed = admissionRule({
  id: 'source-ranges/well-formed',
  title: 'loadBalancerSourceRanges are CIDRs without host bits',
  why: 'From 1.36 on new values are read strictly: no host bits, no leading zeros, no IPv4-mapped addresses. Those that stood there before are kept.',
  source: 'k/k:staging/src/k8s.io/apimachinery/pkg/util/validation/ip.go',
  covers: ['kubernetes 7.4', 'kubernetes 11'],
  remedy: 'Write the network itself: 192.0.2.0/24, 2001:db8::/32.',
  line: 'must not have bits set beyond the prefix length',
  judge: ({ resource, object, old: before, server }) =>
    resource === 'v1/services'
      ? textsOf(object, 'loadBalancerSourceRanges').flatMap((text, at) =>
          rangeErrors(`spec.LoadBalancerSourceRanges[${at}]`, text, server.version, {
            before: textsOf(before, 'loadBalancerSourceRanges'),
          }),
        )
      : [],
  examples: {
    bad: [
      () => admission(service({ loadBalancerSourceRanges: ['192.168.0.5/24'] })),
      () => admission(service({ loadBalancerSourceRanges: ['nonsense'] }), { server: old }),
    ],
    good: [
      () => admission(service({ loadBalancerSourceRanges: [' 192.168.0.0/24 '] })),
      () => admission(service({ loadBalancerSourceRanges: ['192.168.0.5/24'] }), { server: old }),
      () =>
        admission(service({ loadBalancerSourceRanges: ['192.168.0.5/24'] }), {
          old: service({ loadBalancerSourceRanges: ['192.168.0.5/24'] }),
        }),
    ],
  },
})

const externalIPs = admissionRule({
  id: 'source-ranges/external-ips',
  title: 'externalIPs are addresses',
  why: 'They may be of both families; each family of the Service uses its own. From 1.36 on new values are read strictly.',
  source: validation,
  covers: ['kubernetes 7.4', 'kubernetes 11'],
  remedy: 'Write plain addresses. The field is deprecated from 1.36 on.',
  line: 'must not be an IPv4-mapped IPv6 address',
  judge: ({ resource, object, old: before, server }) =>
    resource === 'v1/services'
      ? textsOf(object, 'externalIPs').flatMap((text, at) =>
          addressErrors(`spec.externalIPs[${at}]`, text, server.version, textsOf(before, 'externalIPs')),
        )
      : [],
  examples: {
    bad: [() => admission(service({ externalIPs: ['::ffff:192.0.2.1'] }))],
    good: [
      () => admission(service({ externalIPs: ['192.0.2.1', '2001:db8::1'] })),
      () => admission(service({ externalIPs: ['::ffff:192.0.2.1'] }), { server: old }),
    ],
  },
})

export const sourceRangeRules = [onlyLoadBalancers, wellFormed, externalIPs] as const
