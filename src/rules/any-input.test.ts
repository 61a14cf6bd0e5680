import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Admission, ComponentArguments } from '../model/rule.ts'
import { rules } from './index.ts'
import { judge } from './judge.ts'

const components = ['kube-apiserver', 'kube-controller-manager', 'kubelet', 'kube-proxy', 'kubeadm'] as const
const names = [
  'service-cluster-ip-range',
  'cluster-cidr',
  'advertise-address',
  'node-cidr-mask-size',
  'node-cidr-mask-size-ipv4',
  'node-cidr-mask-size-ipv6',
  'allocate-node-cidrs',
  'feature-gates',
  'node-ip',
  'cloud-provider',
  'clusterCIDR',
  'nodePortAddresses',
  'bindAddress',
  'healthzBindAddress',
  'detectLocalMode',
  'networking.podSubnet',
  'networking.serviceSubnet',
  'controllerManager.extraArgs.node-cidr-mask-size-ipv6',
  'apiVersion',
]
const texts = fc.oneof(
  fc.string(),
  fc.constantFrom(
    '',
    ',',
    '10.244.0.0/16',
    'fd00:244::/56',
    '::/0',
    '0.0.0.0/0',
    '10.0.0.1',
    '::',
    '64',
    '-1',
    '1e9',
    'true',
    'external',
  ),
  fc
    .array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('10.0.0.0/8', 'fd00::/48', '::ffff:1.2.3.4')), {
      maxLength: 4,
    })
    .map(list => list.join()),
)
const versions = fc.constantFrom(
  'v1.20.0',
  'v1.26.1',
  'v1.29.0',
  'v1.33.0',
  'v1.34.2',
  'v1.36.3',
  'v1.37.0',
  '',
  'main',
)

/** Whatever is found has an object and words; nothing throws. */
function answered(found: ReturnType<typeof judge>): void {
  for (const { rule, object, message, severity } of found) {
    if (severity === 'ok' || severity === 'skipped') continue
    expect(`${rule} ${object}`).not.toBe(`${rule} `)
    expect(message).not.toBe('')
  }
}

test('whatever a component is given, every rule has an answer', () => {
  const inputs: fc.Arbitrary<ComponentArguments> = fc.record({
    component: fc.constantFrom(...components),
    version: versions,
    arguments: fc.dictionary(fc.constantFrom(...names), texts),
    meets: fc.record({
      nodeAddress: fc.constantFrom({}, { IPv4: '10.0.0.11' }, { IPv4: '10.0.0.11', IPv6: 'fd00:10::11' }),
      podCIDRs: fc.array(fc.array(texts, { maxLength: 3 }), { maxLength: 3 }),
    }),
  })
  fc.assert(
    fc.property(inputs, input => answered(judge(rules, 'arguments', input))),
    { numRuns: 300 },
  )
})

test('whatever is written, an API server has an answer, and the same write again changes nothing that is for life', () => {
  const lists = fc.oneof(
    fc.array(fc.oneof(texts, fc.constantFrom('IPv4', 'IPv6', 'None')), { maxLength: 3 }),
    fc.anything(),
  )
  const spec = fc.record(
    {
      type: fc.constantFrom('ClusterIP', 'LoadBalancer', 'ExternalName', '', 7),
      clusterIP: fc.oneof(texts, fc.constant('None'), fc.constant(null)),
      clusterIPs: lists,
      ipFamilies: lists,
      ipFamilyPolicy: fc.constantFrom('SingleStack', 'PreferDualStack', 'RequireDualStack', 'x', null),
      selector: fc.constantFrom({}, { app: 'web' }, null, 'x'),
      loadBalancerSourceRanges: lists,
      externalIPs: lists,
      cidrs: lists,
      podCIDRs: lists,
    },
    { requiredKeys: [] },
  )
  const object = spec.map(value => ({ metadata: { name: 'x' }, spec: value }))
  const writes: fc.Arbitrary<Admission> = fc
    .record({
      resource: fc.constantFrom('v1/services', 'v1/nodes', 'v1/pods', 'networking.k8s.io/v1/servicecidrs'),
      object,
      old: fc.option(object, { nil: undefined }),
      server: fc.record({
        version: versions,
        services: fc.constantFrom(['10.96.0.0/16'], ['fd00:96::/112'], ['10.96.0.0/16', 'fd00:96::/112'], []),
      }),
    })
    .map(({ old, ...write }) => (old === undefined ? write : { ...write, old }))
  fc.assert(
    fc.property(writes, write => {
      const found = judge(rules, 'admission', write)
      answered(found)
      // The very same write again, of an object that stands there, is never a change of what is for life.
      const again = judge(rules, 'admission', { ...write, old: write.object })
      expect(
        again.filter(({ severity, rule }) => severity === 'error' && rule.includes('-for-life')),
      ).toEqual([])
    }),
    { numRuns: 500 },
  )
})
