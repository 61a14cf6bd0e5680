import { type IP, isMapped } from '../address/ip.ts'
import { isLinkLocal, isLoopback, isMulticast } from '../address/scope.ts'
import type { ComponentArguments } from '../model/rule.ts'
import { argumentsRule, fill } from './arguments-rule.ts'
import { argumentsOf } from './example.ts'
import { isOn } from './gates.ts'
import { listOf, sloppyIP } from './sloppy.ts'
import { minorOf } from '../base/version.ts'

const component = 'kubelet'
const flag = 'node-ip'
const ips = 'k/k:staging/src/k8s.io/component-helpers/node/util/ips.go, cmd/kubelet/app/server.go'
const pair = '10.0.0.11,fd00:10::11'

const given = (nodeIP: string, version = 'v1.36.3', more: Readonly<Record<string, string>> = {}) =>
  argumentsOf(component, { [flag]: nodeIP, ...more }, { version })

/** Parts are trimmed here, unlike in every other flag. */
const texts = ({ arguments: flags }: ComponentArguments) => listOf(flags[flag]).map(text => text.trim())
const addresses = (input: ComponentArguments) => texts(input).flatMap(text => sloppyIP(text) ?? [])
const familyOf = (ip: IP) => (isMapped(ip) ? 'IPv4' : ip.family)
const isPair = (input: ComponentArguments): boolean => {
  const [first, second, third] = addresses(input)
  return (
    first !== undefined && second !== undefined && third === undefined && familyOf(first) !== familyOf(second)
  )
}

/** What the kubelet says before it exits; up to 1.26 the rest was worded on its own. */
const bad = (input: ComponentArguments, rest: string) =>
  fill('bad --node-ip "*": *', [input.arguments[flag] ?? '', rest])

const notAPair = argumentsRule({
  id: 'kubelet-flags/node-ip-not-a-pair',
  component,
  title: '--node-ip is one address, or one of each family',
  why: 'The kubelet exits otherwise, and the node goes NotReady.',
  source: ips,
  covers: ['kubernetes 5.1'],
  remedy: 'Write the address that the node reports now first, and one of the other family behind it.',
  line: 'bad --node-ip "*": must contain either a single IP or a dual-stack pair of IPs',
  judge(input) {
    const count = addresses(input).length
    if (count < 2 || isPair(input)) return []
    const says =
      minorOf(input.version) <= 26
        ? fill('bad --node-ip "*"; must contain either a single IP or a dual-stack pair of IPs', [
            input.arguments[flag] ?? '',
          ])
        : bad(input, 'must contain either a single IP or a dual-stack pair of IPs')
    return [{ field: `--${flag}`, message: says }]
  },
  examples: {
    bad: [
      () => given('10.0.0.11,10.0.0.12'),
      () => given('fd00:10::11,fd00:10::12', 'v1.25.0'),
      () => given('10.0.0.11,fd00:10::11,fd00:10::12'),
    ],
    good: [() => given(pair), () => given('fd00:10::11, 10.0.0.11'), () => given('10.0.0.11,nonsense')],
  },
})

const unreadable = argumentsRule({
  id: 'kubelet-flags/node-ip-unreadable',
  component,
  severity: 'warning',
  title: 'each part of --node-ip is an address',
  why: 'A part with a mistake is left out with a line in the log: the node then reports one family, and stays Ready.',
  source: ips,
  covers: ['kubernetes 5.1'],
  remedy: 'Write plain addresses, without prefix length, zone or brackets.',
  goesOn: true,
  line: 'Could not parse some node IP(s), ignoring them',
  judge: input =>
    texts(input)
      .filter(text => sloppyIP(text) === undefined)
      .map(text => ({ field: `--${flag}`, message: `'${text}' is no address, and is ignored` })),
  examples: {
    bad: [() => given('10.0.0.11,fd00:10::11/64'), () => given('10.0.0.11,[fd00:10::11]')],
    good: [() => given(pair), () => given('')],
  },
})

/** Which kubelet takes a pair with which --cloud-provider. */
function takesPair(input: ComponentArguments): boolean {
  const provider = input.arguments['cloud-provider'] ?? ''
  if (provider === '') return true
  if (provider !== 'external' || minorOf(input.version) <= 26) return false
  return !(minorOf(input.version) < 30) || isOn(input, 'CloudDualStackNodeIPs')
}

const cloudProvider = argumentsRule({
  id: 'kubelet-flags/node-ip-pair-with-cloud-provider',
  component,
  title: 'a pair in --node-ip is one that this kubelet takes with its --cloud-provider',
  why: 'With a cloud provider a pair is refused up to 1.26; with an external one it needs the gate CloudDualStackNodeIPs in 1.27 and 1.28, has it in 1.29, and is always taken from 1.30 on.',
  source: ips,
  covers: ['kubernetes 5.1'],
  remedy:
    'Leave --node-ip to the cloud controller manager, which gives a node both addresses; or go to 1.30 or later.',
  line: 'bad --node-ip "*": dual-stack not supported in this configuration',
  judge(input) {
    if (!isPair(input) || takesPair(input)) return []
    const text = input.arguments[flag] ?? ''
    const message =
      minorOf(input.version) <= 26
        ? fill('dual-stack --node-ip "*" not supported when using a cloud provider', [text])
        : bad(input, 'dual-stack not supported in this configuration')
    return [{ field: `--${flag}`, message }]
  },
  examples: {
    bad: [
      () => given(pair, 'v1.26.15', { 'cloud-provider': 'external' }),
      () => given(pair, 'v1.28.0', { 'cloud-provider': 'external' }),
      () => given(pair, 'v1.36.3', { 'cloud-provider': 'aws' }),
    ],
    good: [
      () => given(pair, 'v1.25.0'),
      () =>
        given(pair, 'v1.27.0', {
          'cloud-provider': 'external',
          'feature-gates': 'CloudDualStackNodeIPs=true',
        }),
      () => given(pair, 'v1.29.0', { 'cloud-provider': 'external' }),
      () => given('10.0.0.11', 'v1.26.0', { 'cloud-provider': 'external' }),
    ],
  },
})

const unspecified = argumentsRule({
  id: 'kubelet-flags/node-ip-unspecified',
  component,
  title: 'a pair in --node-ip names real addresses',
  why: '0.0.0.0 and :: mean “any of this family”, which only stands for a choice where there is one value.',
  source: ips,
  covers: ['kubernetes 5.1', 'kubernetes 5.2'],
  remedy: 'Write the addresses themselves, those that the node has for good.',
  line: "bad --node-ip \"*\": dual-stack node IP cannot include '0.0.0.0' or '::'",
  judge(input) {
    if (!isPair(input) || !takesPair(input) || addresses(input).every(({ value }) => value !== 0n)) return []
    const text = input.arguments[flag] ?? ''
    const message =
      minorOf(input.version) <= 26
        ? fill("dual-stack --node-ip \"*\" cannot include '0.0.0.0' or '::'", [text])
        : bad(input, "dual-stack node IP cannot include '0.0.0.0' or '::'")
    return [{ field: `--${flag}`, message }]
  },
  examples: {
    bad: [() => given('0.0.0.0,::'), () => given('10.0.0.11,::', 'v1.25.0')],
    good: [() => given('::'), () => given(pair)],
  },
})

/** As kubelet_node_status.go validateNodeIP words it. */
const unusable: readonly (readonly [(ip: IP) => boolean, string])[] = [
  [isLoopback, "nodeIP can't be loopback address"],
  [isMulticast, "nodeIP can't be a multicast address"],
  [isLinkLocal, "nodeIP can't be a link-local unicast address"],
]

const notReportable = argumentsRule({
  id: 'kubelet-flags/node-ip-not-reportable',
  component,
  title: '--node-ip has no loopback, multicast or link-local address',
  why: 'The kubelet runs on and only logs `Failed to set some node status fields`: the node stays Ready with the addresses it had before.',
  source: 'k/k:pkg/kubelet/kubelet_node_status.go validateNodeIP',
  covers: ['kubernetes 5.2'],
  remedy: 'Name an address that other nodes reach: a global or unique local one.',
  goesOn: true,
  line: "nodeIP can't be a link-local unicast address",
  judge: input =>
    addresses(input).flatMap((ip, at) => {
      const found = unusable.find(([is]) => is(ip))
      return found === undefined
        ? []
        : [{ field: `--${flag}`, message: `${texts(input)[at] ?? ''}: ${found[1]}` }]
    }),
  examples: {
    bad: [() => given('10.0.0.11,fe80::1'), () => given('127.0.0.1'), () => given('ff02::1')],
    good: [() => given(pair), () => given('10.0.0.11,2001:db8::11')],
  },
})

const ownedByCloud = argumentsRule({
  id: 'kubelet-flags/addresses-of-cloud-provider',
  component,
  severity: 'warning',
  title: 'the kubelet itself decides which addresses the node reports',
  why: 'With --cloud-provider=external the kubelet writes --node-ip as annotation alpha.kubernetes.io/provided-node-ip; once a Node has addresses, the cloud controller manager alone changes them.',
  source: 'k/k:pkg/kubelet/nodestatus/setters.go',
  covers: ['kubernetes 5.2'],
  remedy:
    'Make the cloud controller manager report both addresses (its node instances must have them), and see that status.addresses does.',
  judge: ({ arguments: flags }) =>
    flags['cloud-provider'] === 'external'
      ? [
          {
            field: '--cloud-provider',
            message: 'external: addresses of a Node that has some come from the cloud controller manager',
          },
        ]
      : [],
  examples: {
    bad: [() => given(pair, 'v1.36.3', { 'cloud-provider': 'external' })],
    good: [() => given(pair)],
  },
})

export const kubeletFlagRules = [
  notAPair,
  unreadable,
  cloudProvider,
  unspecified,
  notReportable,
  ownedByCloud,
] as const
