import { tryParseIP } from '../address/index.ts'
import { formatCIDR } from '../address/cidr.ts'
import { isLinkLocal, isLoopback, isMulticast } from '../address/scope.ts'
import type { ComponentArguments } from '../model/rule.ts'
import { argumentsRule } from './arguments-rule.ts'
import { argumentsOf } from './example.ts'
import { rangesIn } from './sloppy.ts'

/** --advertise-address stays one address of the first family through a conversion: nothing about it is dual-stack. */
const component = 'kube-apiserver'
const flag = 'advertise-address'
const given = (
  address: string,
  range: string,
  version = 'v1.36.3',
  more: Readonly<Record<string, string>> = {},
) => argumentsOf(component, { [flag]: address, 'service-cluster-ip-range': range, ...more }, { version })

const reconciles = ({ arguments: flags }: ComponentArguments): boolean =>
  flags['endpoint-reconciler-type'] !== 'none'

/** pflag's IP value is trimmed. */
const addressOf = ({ arguments: flags }: ComponentArguments): string | undefined => flags[flag]?.trim()

const family = argumentsRule({
  id: 'advertise-address/family',
  component,
  title: 'the first service range is of the family of --advertise-address',
  why: 'The Service default/kubernetes has an address of the first range, and its endpoint is the advertised address: both must be of one family. So the order of the ranges is not free.',
  source:
    'k/k:cmd/kube-apiserver/app/options/validation.go (1.28 and later), k/k:pkg/controlplane/controller.go (1.25 to 1.27)',
  covers: ['kubernetes 1.2', 'kubernetes 1.3', 'K13'],
  remedy: 'Put the range of the family of the advertised address first: the one that runs now.',
  line: 'service IP family "*" must match public address family "*"',
  judge(input) {
    const address = addressOf(input)
    const ip = address === undefined ? undefined : tryParseIP(address)
    const [first] = rangesIn(input.arguments['service-cluster-ip-range'])
    if (address === undefined || ip === undefined || first === undefined) return []
    if (!reconciles(input) || ip.family === first.family) return []
    return [{ field: '--service-cluster-ip-range', values: [formatCIDR(first), address] }]
  },
  examples: {
    bad: [
      () => given('10.0.0.11', 'fd00:96::/112,10.96.0.0/16'),
      () => given('fd00:10::11', '10.96.0.0/16,fd00:96::/112'),
    ],
    good: [
      () => given('10.0.0.11', '10.96.0.0/16,fd00:96::/112'),
      () => given('fd00:10::11', 'fd00:96::/112,10.96.0.0/16'),
      () => given('10.0.0.11', 'fd00:96::/112', 'v1.36.3', { 'endpoint-reconciler-type': 'none' }),
    ],
  },
})

const oneAddress = argumentsRule({
  id: 'advertise-address/one-address',
  component,
  title: '--advertise-address is one address',
  why: 'An API server is advertised by one address of the first family. KEP-2438, which would change that, is provisional.',
  source: 'github.com/spf13/pflag ip.go, k/k:staging/src/k8s.io/apiserver/pkg/server/options',
  covers: ['kubernetes 1.2'],
  remedy: 'Keep the address that stands there now; the other family needs no place here.',
  line: 'invalid argument "*" for "--advertise-address" flag: failed to parse IP: "*"',
  judge(input) {
    const text = input.arguments[flag]
    const address = addressOf(input)
    if (text === undefined || address === undefined || tryParseIP(address) !== undefined) return []
    return [{ field: `--${flag}`, values: [text, text] }]
  },
  examples: {
    bad: [() => given('10.0.0.11,fd00:10::11', '10.96.0.0/16,fd00:96::/112')],
    good: [
      () => given('10.0.0.11', '10.96.0.0/16,fd00:96::/112'),
      () => given('fd00:10::11', 'fd00:96::/112'),
    ],
  },
})

const storable = argumentsRule({
  id: 'advertise-address/storable',
  component,
  title: '--advertise-address can stand in an EndpointSlice',
  versions: '>=1.37',
  why: 'The address is written into the endpoints of default/kubernetes, where loopback, link-local, multicast and unspecified addresses are not allowed. From 1.37 on it is asked at the start.',
  source: 'kubernetes/kubernetes#138102',
  covers: ['kubernetes 1.2', 'kubernetes 11'],
  remedy: 'Advertise an address that other nodes reach.',
  judge(input) {
    const address = addressOf(input)
    const ip = address === undefined ? undefined : tryParseIP(address)
    if (address === undefined || ip === undefined || !reconciles(input)) return []
    if (!isLoopback(ip) && !isLinkLocal(ip) && !isMulticast(ip)) return []
    return [{ field: `--${flag}`, message: `${address} cannot be an endpoint of default/kubernetes` }]
  },
  examples: {
    bad: [
      () => given('127.0.0.1', '10.96.0.0/16', 'v1.37.0'),
      () => given('fe80::1', 'fd00:96::/112', 'v1.37.0'),
    ],
    good: [() => given('10.0.0.11', '10.96.0.0/16', 'v1.37.0')],
  },
})

export const advertiseAddressRules = [family, oneAddress, storable] as const
