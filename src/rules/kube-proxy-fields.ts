import { families } from '../address/family.ts'
import { isIPv6 } from 'node:net'
import type { ComponentArguments } from '../model/rule.ts'
import { argumentsRule } from './arguments-rule.ts'
import { argumentsOf } from './example.ts'
import { listOf, sloppyCIDR, sloppyIP } from './sloppy.ts'

/** The rest of kube-proxy's configuration: where it listens, which addresses NodePorts have, how it works. */
const component = 'kube-proxy'
const validation = 'k/k:pkg/proxy/apis/config/validation/validation.go'
const both = { IPv4: '10.0.0.11', IPv6: 'fd00:10::11' }
const given = (fields: Readonly<Record<string, string>>, version = 'v1.36.3', nodeAddress: object = both) =>
  argumentsOf(component, fields, { version, meets: { nodeAddress } })

/** As Go's net.SplitHostPort, then an address and a port from 1 on. */
function isHostPort(text: string): boolean {
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*)):(\d+)$/.exec(text) ?? []
  const host = bracketed ?? plain
  if (host === undefined || port === undefined || (bracketed === undefined && isIPv6(host))) return false
  return sloppyIP(host) !== undefined && Number(port) >= 1 && Number(port) <= 65535
}

const hostPort = argumentsRule({
  id: 'kube-proxy-fields/address-and-port',
  component,
  title: 'healthzBindAddress and metricsBindAddress are ADDRESS:PORT',
  why: 'kube-proxy exits on every node. An IPv6 address needs brackets there.',
  source: validation,
  covers: ['kubernetes 4.2'],
  remedy: 'Write 0.0.0.0:10256 or [::]:10256, or leave the field out.',
  line: 'must be IP:port',
  judge: ({ arguments: fields }) =>
    ['healthzBindAddress', 'metricsBindAddress']
      .filter(name => (fields[name] ?? '') !== '' && !isHostPort(fields[name] ?? ''))
      .map(field => ({ field })),
  examples: {
    bad: [
      () => given({ healthzBindAddress: ':::10256' }),
      () => given({ metricsBindAddress: '127.0.0.1' }),
      () => given({ healthzBindAddress: 'localhost:10256' }),
    ],
    good: [
      () => given({ healthzBindAddress: '[::]:10256', metricsBindAddress: '127.0.0.1:10249' }),
      () => given({ healthzBindAddress: '' }),
    ],
  },
})

const nodePorts = ({ arguments: fields }: ComponentArguments) => listOf(fields['nodePortAddresses'])

const malformed = argumentsRule({
  id: 'kube-proxy-fields/node-port-addresses-malformed',
  component,
  title: 'nodePortAddresses are CIDRs, or the word primary alone',
  why: 'kube-proxy exits on every node.',
  source: validation,
  covers: ['kubernetes 4.2'],
  remedy: 'Write CIDRs (an address alone needs /32 or /128), or primary and nothing else.',
  line: 'must be a valid CIDR',
  judge(input) {
    const texts = nodePorts(input)
    if (texts.length > 1 && texts.includes('primary'))
      return [{ field: 'nodePortAddresses', message: "can't use both 'primary' and CIDRs" }]
    return texts
      .filter(text => text !== 'primary' && sloppyCIDR(text) === undefined)
      .map(() => ({ field: 'nodePortAddresses' }))
  },
  examples: {
    bad: [
      () => given({ nodePortAddresses: '10.0.0.11' }),
      () => given({ nodePortAddresses: 'primary,10.0.0.0/24' }),
    ],
    good: [
      () => given({ nodePortAddresses: '10.0.0.0/24,fd00:10::/64' }),
      () => given({ nodePortAddresses: 'primary' }),
    ],
  },
})

const opens = argumentsRule({
  id: 'kube-proxy-fields/node-ports-open-family',
  component,
  severity: 'warning',
  title: 'nodePortAddresses limits NodePorts in both families, or in none',
  why: 'A family without an entry is not closed but open: NodePorts then answer on every address of it, also on those that face the world.',
  source: 'k/k:cmd/kube-proxy/app/server.go checkBadConfig',
  covers: ['kubernetes 4.3'],
  remedy:
    'Add a CIDR of the other family beside the ones there, before nodes get addresses of it; ::1/128 alone closes IPv6.',
  goesOn: true,
  line: 'cluster appears to be dual-stack but nodePortAddresses contains only * addresses; NodePort connections will be accepted on all local * IPs',
  judge(input) {
    const texts = nodePorts(input)
    const there = families.filter(family => texts.some(text => sloppyCIDR(text)?.family === family))
    const [only] = there
    if (only === undefined || there.length > 1) return []
    return families
      .filter(family => family !== only && input.meets?.nodeAddress?.[family] !== undefined)
      .map(family => ({ field: 'nodePortAddresses', values: [only, family] }))
  },
  examples: {
    bad: [
      () => given({ nodePortAddresses: '192.0.2.0/24' }),
      () => given({ nodePortAddresses: 'fd00:10::/64' }),
    ],
    good: [
      () => given({ nodePortAddresses: '192.0.2.0/24,fd00:10::/64' }),
      () => given({ nodePortAddresses: '192.0.2.0/24' }, 'v1.36.3', { IPv4: '10.0.0.11' }),
      () => given({ nodePortAddresses: 'primary' }),
    ],
  },
})

const modes = ['', 'iptables', 'ipvs', 'nftables', 'kernelspace']
const mode = argumentsRule({
  id: 'kube-proxy-fields/mode-unknown',
  component,
  title: 'mode is one of those there are',
  why: 'kube-proxy exits on every node.',
  source: validation,
  covers: ['kubernetes 4.2'],
  remedy: 'Leave mode as it runs now: no mode needs changing for dual-stack.',
  line: 'must be iptables, ipvs, nftables or blank (blank means the best-available proxy [currently iptables])',
  judge: ({ arguments: fields }) => (modes.includes(fields['mode'] ?? '') ? [] : [{ field: 'mode' }]),
  examples: {
    bad: [() => given({ mode: 'userspace' }), () => given({ mode: 'iptable' })],
    good: [() => given({ mode: '' }), () => given({ mode: 'ipvs' })],
  },
})

const ipvs = argumentsRule({
  id: 'kube-proxy-fields/ipvs-deprecated',
  component,
  severity: 'info',
  title: 'mode is not ipvs',
  versions: '>=1.35',
  why: 'ipvs is deprecated since 1.35 and gets a gate with 1.37. It serves both families meanwhile.',
  source: 'k/k:CHANGELOG/CHANGELOG-1.35.md',
  covers: ['kubernetes 4.3', 'kubernetes 11'],
  remedy: 'Nothing for the conversion. Plan to go to nftables or iptables some other day.',
  judge: ({ arguments: fields }) =>
    fields['mode'] === 'ipvs'
      ? [{ field: 'mode', message: 'ipvs is deprecated (event IPVSDeprecation)' }]
      : [],
  examples: {
    bad: [() => given({ mode: 'ipvs' }, 'v1.35.0')],
    good: [() => given({ mode: 'nftables' }, 'v1.35.0')],
  },
})

const nftables = argumentsRule({
  id: 'kube-proxy-fields/nftables-restart',
  component,
  severity: 'warning',
  title: 'kube-proxy does not work in nftables mode, or its restart was tried',
  why: 'The plan starts kube-proxy anew on every node. In nftables mode that was seen to leave Services without rules for five minutes, without any conversion (1.36.3 with nft 1.0.6, Linux 6.18): pods of kube-proxy were ready meanwhile.',
  source: 'docs/lab.md, Proven, and not',
  covers: ['kubernetes 4.3'],
  remedy:
    'Delete the kube-proxy pod of one node that may be without Services for some minutes, and ask a Service from there. Where it answers all the time, go on; where not, go to iptables mode first.',
  judge: ({ arguments: fields }) =>
    fields['mode'] === 'nftables'
      ? [{ field: 'mode', message: 'a restart of kube-proxy may leave Services without rules for minutes' }]
      : [],
  examples: {
    bad: [() => given({ mode: 'nftables' })],
    good: [() => given({ mode: 'iptables' }), () => given({ mode: 'ipvs' }), () => given({ mode: '' })],
  },
})

const apiVersion = argumentsRule({
  id: 'kube-proxy-fields/api-version',
  component,
  title: 'the configuration is of kubeproxy.config.k8s.io/v1alpha1',
  why: 'It is the only version there is.',
  source: 'k/k:staging/src/k8s.io/kube-proxy/config/v1alpha1/types.go',
  covers: ['kubernetes 4.1'],
  remedy: 'Write apiVersion: kubeproxy.config.k8s.io/v1alpha1.',
  line: 'no kind "KubeProxyConfiguration" is registered for version "*"',
  judge({ arguments: { apiVersion: text } }) {
    return text === undefined || text === 'kubeproxy.config.k8s.io/v1alpha1'
      ? []
      : [{ field: 'apiVersion', values: [text] }]
  },
  examples: {
    bad: [() => given({ apiVersion: 'kubeproxy.config.k8s.io/v1' })],
    good: [() => given({ apiVersion: 'kubeproxy.config.k8s.io/v1alpha1' }), () => given({})],
  },
})

/** Names at the top of KubeProxyConfiguration in 1.20 to 1.37, those of Windows and of the past too. */
const known = new Set(
  (
    'apiVersion kind metadata featureGates clientConnection logging hostnameOverride bindAddress healthzBindAddress metricsBindAddress ' +
    'bindAddressHardFail enableProfiling showHiddenMetricsForVersion mode iptables ipvs nftables winkernel detectLocalMode detectLocal ' +
    'clusterCIDR nodePortAddresses oomScoreAdj conntrack configSyncPeriod portRange windowsRunAsService udpIdleTimeout'
  ).split(' '),
)

const unknownField = argumentsRule({
  id: 'kube-proxy-fields/unknown-field',
  component,
  severity: 'warning',
  title: 'every field of the configuration is one that kube-proxy knows',
  why: 'A mistyped field is no error: kube-proxy reads the file again, leniently, and runs without it.',
  source: 'k/k:cmd/kube-proxy/app/options.go',
  covers: ['kubernetes 4.1'],
  remedy: 'Correct the name, or take the field out.',
  goesOn: true,
  line: 'Using lenient decoding as strict decoding failed',
  judge: ({ arguments: fields }) =>
    [...new Set(Object.keys(fields).map(path => path.split('.')[0] ?? ''))]
      .filter(name => /^[a-z]\w*$/.test(name) && !known.has(name))
      .map(name => ({
        field: name,
        message: `${name} is no field of KubeProxyConfiguration, and is ignored`,
      })),
  examples: {
    bad: [() => given({ clusterCidr: '10.244.0.0/16,fd00:244::/56' }), () => given({ clusterCIDRs: 'x' })],
    good: [() => given({ clusterCIDR: '10.244.0.0/16', 'iptables.syncPeriod': '0s', 'cluster-cidr': 'x' })],
  },
})

export const kubeProxyFieldRules = [
  hostPort,
  malformed,
  opens,
  mode,
  ipvs,
  nftables,
  apiVersion,
  unknownField,
] as const
