import { describe, expect, test } from 'vitest'
import type { ComponentArguments } from '../model/rule.ts'
import { fill } from './arguments-rule.ts'
import { argumentsOf } from './example.ts'
import { isOn } from './gates.ts'
import { rules } from './index.ts'
import { judge } from './judge.ts'
import { listOf, sloppyCIDR, sloppyIP } from './sloppy.ts'

/** Errors and warnings, by rule. */
const broken = (input: ComponentArguments): readonly string[] =>
  judge(rules, 'arguments', input)
    .filter(({ severity }) => severity === 'error' || severity === 'warning')
    .map(({ rule }) => rule)

const v4 = '10.96.0.0/16'
const v6 = 'fd00:96::/112'

describe('kube-apiserver', () => {
  test.each([
    ['v1.36.3', `${v4},${v6}`, []],
    ['v1.36.3', `${v6},${v4}`, []],
    ['v1.36.3', v4, []],
    // The size limit: always up to 1.33, by gate in 1.34, gone in 1.35.
    ['v1.33.9', `${v4},fc00::4:0:0/94`, ['api-server-flags/service-range-too-large']],
    ['v1.34.0', `${v4},fc00::4:0:0/94`, []],
    ['v1.35.0', `${v4},fc00::4:0:0/94`, []],
    ['v1.25.0', `${v4},fd00::/107`, ['api-server-flags/service-range-too-large']],
    ['v1.25.0', `${v4},fd00::/108`, []],
    ['v1.25.0', `10.0.0.0/11,${v6}`, ['api-server-flags/service-range-too-large']],
    ['v1.25.0', `10.0.0.0/12,${v6}`, []],
    // What the flag takes from 1.34 on, and the allocator does not.
    ['v1.34.0', `${v4},fd00::/63`, ['api-server-allocator/shorter-than-64']],
    ['v1.34.0', `${v4},fd00::/64`, ['api-server-allocator/exactly-64']],
    ['v1.35.0', `${v4},fd00::/64`, []],
    // 8 addresses for the first, nothing for the second.
    ['v1.36.3', `10.96.0.0/30,${v6}`, ['api-server-flags/service-range-too-small']],
    ['v1.36.3', `10.96.0.0/29,${v6}`, []],
    ['v1.36.3', 'fd00:96::/126', ['api-server-flags/service-range-too-small']],
    ['v1.36.3', `${v4},fd00:96::/125`, ['api-server-flags/second-range-too-small']],
    ['v1.36.3', `${v4}, ${v6}`, ['api-server-flags/second-range-not-a-cidr']],
    ['v1.36.3', `${v4},${v6},`, ['api-server-flags/more-than-two-ranges']],
    ['v1.36.3', `010.096.0.0/16,${v6}`, []],
  ])('%s with %s', (version, range, expected) => {
    expect(broken(argumentsOf('kube-apiserver', { 'service-cluster-ip-range': range }, { version }))).toEqual(
      expected,
    )
  })

  test.each([
    [`${v4},${v6}`, '10.0.0.11', []],
    [`${v4},${v6}`, 'fd00:10::11', ['advertise-address/family']],
    [`${v6},${v4}`, 'fd00:10::11', []],
    [`${v6},${v4}`, '10.0.0.11', ['advertise-address/family']],
    [`${v4},${v6}`, '10.0.0.11,fd00:10::11', ['advertise-address/one-address']],
  ])('%s advertised as %s', (range, address, expected) => {
    const flags = { 'service-cluster-ip-range': range, 'advertise-address': address }
    expect(broken(argumentsOf('kube-apiserver', flags))).toEqual(expected)
  })

  test('its words are filled in', () => {
    const input = argumentsOf(
      'kube-apiserver',
      { 'service-cluster-ip-range': `${v4},fc00::4:0:0/94` },
      { version: 'v1.29.0' },
    )
    expect(judge(rules, 'arguments', input).find(({ severity }) => severity === 'error')?.message).toBe(
      'specified --service-cluster-ip-range[1] is too large; for 128-bit addresses, the mask must be >= 108',
    )
  })
})

describe('kube-controller-manager', () => {
  const masks = (
    range: string,
    more: Readonly<Record<string, string>> = {},
    podCIDRs?: readonly (readonly string[])[],
  ) =>
    broken(
      argumentsOf(
        'kube-controller-manager',
        { 'allocate-node-cidrs': 'true', 'cluster-cidr': range, ...more },
        podCIDRs === undefined ? {} : { meets: { podCIDRs } },
      ),
    )
  const m4 = 'node-cidr-mask-size-ipv4'
  const m6 = 'node-cidr-mask-size-ipv6'
  const old = 'node-cidr-mask-size'

  test.each([
    ['10.244.0.0/16,fd00:244::/48', {}, []],
    ['fd00:244::/48,10.244.0.0/16', {}, []],
    ['10.244.0.0/16,fd00:244::/47', {}, ['controller-manager-masks/more-than-16-bits']],
    ['10.244.0.0/16,fd00:244::/64', {}, []],
    ['10.244.0.0/16,fd00:244::/65', {}, ['controller-manager-masks/shorter-than-range']],
    ['10.128.0.0/12,fc00::8:0:0/94', { [m4]: '24', [m6]: '108' }, []],
    ['10.128.0.0/12,fc00::8:0:0/94', {}, ['controller-manager-masks/shorter-than-range']],
    ['10.128.0.0/12,fc00::8:0:0/94', { [m6]: '111' }, ['controller-manager-masks/more-than-16-bits']],
    ['10.0.0.0/8', { [m4]: '28' }, []],
    ['10.244.0.0/16', { [old]: '24' }, []],
    ['10.244.0.0/16,fd00:244::/56', { [old]: '24' }, ['controller-manager-masks/old-flag-on-dual']],
    ['10.244.0.0/16', { [old]: '24', [m4]: '24' }, ['controller-manager-masks/old-and-new-flag']],
    ['10.244.0.0/16', { [m6]: '64' }, ['controller-manager-masks/ipv6-mask-without-family']],
    ['fd00:244::/56', { [m4]: '24' }, ['controller-manager-masks/ipv4-mask-without-family']],
    ['fd00:244::/56', { [m6]: '64' }, []],
    // The way back with everything left behind, and without handing out ranges at all.
    ['10.244.0.0/16', { [m4]: '24', [m6]: '64' }, ['controller-manager-masks/ipv6-mask-without-family']],
    ['10.244.0.0/16', { [m6]: '64', 'allocate-node-cidrs': 'false' }, []],
  ])('%s %j', (range, more, expected) => {
    expect(masks(range, more)).toEqual(expected)
  })

  test.each([
    ['10.244.0.0/16,fd00:244::/56', [['10.244.0.0/24']], []],
    ['fd00:244::/56,10.244.0.0/16', [['fd00:244::/64']], []],
    ['fd00:244::/56,10.244.0.0/16', [['10.244.0.0/24']], ['node-ranges/outside-cluster-range']],
    ['10.244.0.0/16', [['10.244.0.0/24', 'fd00:244::/64']], ['node-ranges/more-than-cluster-ranges']],
    ['fd00:244::/56', [['fd00:244::/64', '10.244.0.0/24']], ['node-ranges/more-than-cluster-ranges']],
  ])('%s meets %j', (range, podCIDRs, expected) => {
    expect(masks(range, {}, podCIDRs)).toEqual(expected)
  })
})

describe('kubelet', () => {
  const pair = '10.0.0.11,fd00:10::11'
  const turned = 'fd00:10::11,10.0.0.11'
  const cloud = { 'cloud-provider': 'external' }
  const gate = { 'feature-gates': 'CloudDualStackNodeIPs=true' }
  const refused = 'kubelet-flags/node-ip-pair-with-cloud-provider'
  test.each([
    ['v1.25.0', pair, {}, []],
    ['v1.25.0', turned, {}, []],
    ['v1.26.9', pair, cloud, [refused]],
    ['v1.26.9', turned, { ...cloud, ...gate }, [refused]],
    ['v1.27.0', pair, cloud, [refused]],
    ['v1.28.9', pair, { ...cloud, ...gate }, []],
    ['v1.29.0', pair, cloud, []],
    ['v1.29.0', pair, { ...cloud, 'feature-gates': 'CloudDualStackNodeIPs=false' }, [refused]],
    ['v1.30.0', pair, { ...cloud, 'feature-gates': 'CloudDualStackNodeIPs=false' }, []],
    ['v1.36.3', turned, cloud, []],
    ['v1.32.0', pair, { ...cloud, ...gate }, ['feature-gates/removed']],
  ])('%s with %s %j', (version, nodeIP, more, expected) => {
    const found = broken(argumentsOf('kubelet', { 'node-ip': nodeIP, ...more }, { version }))
    expect(found.filter(rule => rule !== 'kubelet-flags/addresses-of-cloud-provider')).toEqual(expected)
  })
})

test.each([
  ['v1.26.0', 'MultiCIDRServiceAllocator', undefined, false],
  ['v1.33.0', 'MultiCIDRServiceAllocator', undefined, true],
  ['v1.33.0', 'MultiCIDRServiceAllocator', 'MultiCIDRServiceAllocator=false', false],
  ['v1.33.9', 'DisableAllocatorDualWrite', undefined, false],
  ['v1.34.0', 'DisableAllocatorDualWrite', 'Other=false', true],
  ['v1.20.0', 'IPv6DualStack', 'IPv6DualStack=false,IPv6DualStack=true', true],
] as const)('%s: %s with %s', (version, gate, flag, expected) => {
  const flags: Readonly<Record<string, string>> = flag === undefined ? {} : { 'feature-gates': flag }
  expect(isOn(argumentsOf('kube-apiserver', flags, { version }), gate)).toBe(expected)
})

test('ranges and addresses are read as the older parsers of Kubernetes do', () => {
  expect(sloppyCIDR('010.096.000.000/012')).toEqual(sloppyCIDR('10.96.0.0/12'))
  expect(sloppyCIDR('10.96.3.4/16')).toEqual(sloppyCIDR('10.96.0.0/16'))
  expect(sloppyCIDR(' 10.96.0.0/16')).toBeUndefined()
  expect(sloppyCIDR('10.96.0.0/33')).toBeUndefined()
  expect(sloppyIP('010.0.0.01')).toEqual(sloppyIP('10.0.0.1'))
  expect(sloppyIP('fd00::1%eth0')).toBeUndefined()
  expect([listOf(undefined), listOf(''), listOf('a,')]).toEqual([[], [], ['a', '']])
})

test('stars are filled in order, and those without a value stay', () => {
  expect(fill('* of *, *', ['a', 2])).toBe('a of 2, *')
})
