import { families, type Family } from '../address/family.ts'
import type { ComponentArguments } from '../model/rule.ts'
import { argumentsRule } from './arguments-rule.ts'
import { argumentsOf } from './example.ts'
import { listOf, rangesIn, sloppyCIDR, sloppyIP } from './sloppy.ts'

const component = 'kube-proxy'
const validation = 'k/k:pkg/proxy/apis/config/validation/validation.go'
const both = { IPv4: '10.0.0.11', IPv6: 'fd00:10::11' }
const given = (
  fields: Readonly<Record<string, string>>,
  meets: ComponentArguments['meets'] = { nodeAddress: both },
) => argumentsOf(component, fields, { meets })

/** Empty stands for ClusterCIDR. */
const localMode = ({ arguments: fields }: ComponentArguments): string =>
  fields['detectLocalMode'] || 'ClusterCIDR'
const familiesOfNode = ({ meets }: ComponentArguments): readonly Family[] =>
  families.filter(family => meets?.nodeAddress?.[family] !== undefined)
const lacks = (texts: readonly string[], family: Family): boolean =>
  texts.length > 0 && !texts.some(text => sloppyCIDR(text)?.family === family)

const malformed = argumentsRule({
  id: 'kube-proxy-config/cluster-cidr-malformed',
  component,
  title: 'each part of clusterCIDR is a CIDR',
  why: 'The field is one text, split at the comma and not trimmed. kube-proxy exits on every node.',
  source: validation,
  covers: ['kubernetes 4.1', 'kubernetes 4.2'],
  remedy: 'Write what --cluster-cidr of the controller manager says: 10.244.0.0/16,fd00:244::/56.',
  line: 'must be a valid CIDR block (e.g. 10.100.0.0/16 or fde4:8dba:82e1::/48)',
  judge(input) {
    const texts = listOf(input.arguments['clusterCIDR'])
    const isBroken = localMode(input) === 'ClusterCIDR' && texts.length <= 2
    return isBroken && texts.some(text => sloppyCIDR(text) === undefined) ? [{ field: 'clusterCIDR' }] : []
  },
  examples: {
    bad: [
      () => given({ clusterCIDR: '10.244.0.0/16, fd00:244::/56' }),
      () => given({ clusterCIDR: '10.244.0.0' }),
    ],
    good: [
      () => given({ clusterCIDR: '10.244.0.0/16,fd00:244::/56' }),
      () => given({ clusterCIDR: '' }),
      () => given({ clusterCIDR: 'nonsense', detectLocalMode: 'BridgeInterface' }),
    ],
  },
})

const notAPair = argumentsRule({
  id: 'kube-proxy-config/cluster-cidr-not-a-pair',
  component,
  title: 'clusterCIDR is one range, or one of each family',
  why: 'kube-proxy exits on every node.',
  source: validation,
  covers: ['kubernetes 4.2'],
  remedy: 'Write what --cluster-cidr of the controller manager says.',
  line: 'must be a either a single CIDR or dual-stack pair of CIDRs (e.g. [10.100.0.0/16, fde4:8dba:82e1::/48]',
  judge(input) {
    if (localMode(input) !== 'ClusterCIDR') return []
    const texts = listOf(input.arguments['clusterCIDR'])
    const [first, second] = texts.map(sloppyCIDR)
    const isBroken = texts.length > 2 || (first && second && first.family === second.family)
    return isBroken ? [{ field: 'clusterCIDR' }] : []
  },
  examples: {
    bad: [
      () => given({ clusterCIDR: '10.244.0.0/16,10.245.0.0/16' }),
      () => given({ clusterCIDR: '10.244.0.0/16,fd00:244::/56,fd00:245::/56' }),
    ],
    good: [
      () => given({ clusterCIDR: 'fd00:244::/56,10.244.0.0/16' }),
      () => given({ clusterCIDR: '10.244.0.0/16' }),
    ],
  },
})

const otherFamilyOnly = argumentsRule({
  id: 'kube-proxy-config/cluster-cidr-other-family',
  component,
  title: 'clusterCIDR has a range of the family that the node has',
  why: 'Where the kernel of the node has one family that is fatal; where it has both, kube-proxy runs and cannot tell local traffic of the family that pods have. It finds the first family in the addresses of its Node.',
  source: 'k/k:cmd/kube-proxy/app/server.go checkBadIPConfig',
  covers: ['kubernetes 4.3'],
  remedy: 'Put the range of the pods that run now into clusterCIDR.',
  line: 'kube-proxy configuration is incorrect: cluster is *-only but clusterCIDRs contains only * addresses',
  judge(input) {
    const [only, second] = familiesOfNode(input)
    const texts = listOf(input.arguments['clusterCIDR'])
    if (localMode(input) !== 'ClusterCIDR' || only === undefined || second !== undefined) return []
    const other = rangesIn(input.arguments['clusterCIDR'])[0]?.family
    return lacks(texts, only) && other !== undefined ? [{ field: 'clusterCIDR', values: [only, other] }] : []
  },
  examples: {
    bad: [
      () => given({ clusterCIDR: 'fd00:244::/56' }, { nodeAddress: { IPv4: '10.0.0.11' } }),
      () => given({ clusterCIDR: '10.244.0.0/16' }, { nodeAddress: { IPv6: 'fd00:10::11' } }),
    ],
    good: [
      () => given({ clusterCIDR: '10.244.0.0/16' }, { nodeAddress: { IPv4: '10.0.0.11' } }),
      () => given({ clusterCIDR: 'fd00:244::/56' }, {}),
    ],
  },
})

const lacksFamily = argumentsRule({
  id: 'kube-proxy-config/cluster-cidr-lacks-family',
  component,
  severity: 'warning',
  title: 'clusterCIDR has a range of each family of the node',
  why: 'For a family without a range kube-proxy cannot tell local traffic from other: what comes from outside to a Service of it is not masqueraded. Only the first family is logged.',
  source: 'k/k:cmd/kube-proxy/app/server_linux.go getLocalDetectors',
  covers: ['kubernetes 4.3', 'K15'],
  remedy:
    'Write what --cluster-cidr of the controller manager says, then roll kube-proxy out: it reads its configuration only when it starts.',
  goesOn: true,
  line: 'Kube-proxy configuration may be incomplete or incorrect*cluster is * but clusterCIDRs contains only IPv* addresses',
  judge(input) {
    if (localMode(input) !== 'ClusterCIDR' || familiesOfNode(input).length < 2) return []
    return families
      .filter(family => lacks(listOf(input.arguments['clusterCIDR']), family))
      .map(family => ({
        field: 'clusterCIDR',
        message: `no ${family} range, and the node has an ${family} address`,
      }))
  },
  examples: {
    bad: [() => given({ clusterCIDR: '10.244.0.0/16' }), () => given({ clusterCIDR: 'fd00:244::/56' })],
    good: [
      () => given({ clusterCIDR: '10.244.0.0/16,fd00:244::/56' }),
      () => given({ clusterCIDR: '10.244.0.0/16', detectLocalMode: 'InterfaceNamePrefix' }),
      () => given({ clusterCIDR: '10.244.0.0/16' }, { nodeAddress: { IPv4: '10.0.0.11' } }),
    ],
  },
})

const nodeCIDR = argumentsRule({
  id: 'kube-proxy-config/node-cidr-lacks-family',
  component,
  severity: 'warning',
  title: 'with detectLocalMode NodeCIDR each node has podCIDRs of both families',
  why: 'A node that joined before keeps one podCIDR, so kube-proxy there knows no local traffic of the other family. A change of podCIDRs ends the process, and a node without any keeps it waiting for five minutes.',
  source: 'k/k:cmd/kube-proxy/app/server_linux.go, pkg/proxy/node.go',
  covers: ['kubernetes 4.3'],
  remedy: 'Set detectLocalMode to ClusterCIDR and clusterCIDR to both pod ranges.',
  judge(input) {
    if (localMode(input) !== 'NodeCIDR' || familiesOfNode(input).length < 2) return []
    const short = (input.meets?.podCIDRs ?? []).filter(list => list.length < 2).length
    return short === 0
      ? []
      : [
          {
            field: 'detectLocalMode',
            message: `NodeCIDR, and ${short} of the nodes have no podCIDRs of both families`,
          },
        ]
  },
  examples: {
    bad: [() => given({ detectLocalMode: 'NodeCIDR' }, { nodeAddress: both, podCIDRs: [['10.244.0.0/24']] })],
    good: [
      () =>
        given(
          { detectLocalMode: 'NodeCIDR' },
          { nodeAddress: both, podCIDRs: [['10.244.0.0/24', 'fd00:244::/64']] },
        ),
      () => given({}, { nodeAddress: both, podCIDRs: [['10.244.0.0/24']] }),
    ],
  },
})

const localModes = ['ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix', '']
const unknownLocalMode = argumentsRule({
  id: 'kube-proxy-config/detect-local-mode-unknown',
  component,
  title: 'detectLocalMode is one of those there are',
  why: 'kube-proxy exits on every node.',
  source: validation,
  covers: ['kubernetes 4.1'],
  remedy: 'ClusterCIDR serves both families as soon as clusterCIDR has both.',
  line: 'Unsupported value: "*": supported values: "ClusterCIDR", "NodeCIDR", "BridgeInterface", "InterfaceNamePrefix", ""',
  judge({ arguments: { detectLocalMode = '' } }) {
    return localModes.includes(detectLocalMode)
      ? []
      : [{ field: 'detectLocalMode', values: [detectLocalMode] }]
  },
  examples: {
    bad: [() => given({ detectLocalMode: 'clusterCIDR' })],
    good: [() => given({ detectLocalMode: 'NodeCIDR' }), () => given({})],
  },
})

const bindAddress = argumentsRule({
  id: 'kube-proxy-config/bind-address-malformed',
  component,
  title: 'bindAddress is one address',
  why: 'kube-proxy exits on every node. There is no pair here: 0.0.0.0 and :: both mean every address of both families.',
  source: validation,
  covers: ['kubernetes 4.2', 'kubernetes 4.3'],
  remedy: 'Leave 0.0.0.0, as kubeadm writes it.',
  line: 'not a valid textual representation of an IP address',
  judge({ arguments: { bindAddress: text = '' } }) {
    return text === '' || sloppyIP(text) !== undefined ? [] : [{ field: 'bindAddress' }]
  },
  examples: {
    bad: [() => given({ bindAddress: '0.0.0.0,::' })],
    good: [() => given({ bindAddress: '0.0.0.0' }), () => given({ bindAddress: '::' }), () => given({})],
  },
})

const specificBindAddress = argumentsRule({
  id: 'kube-proxy-config/bind-address-specific',
  component,
  severity: 'warning',
  title: 'bindAddress leaves the primary family to the node',
  why: 'A particular address decides which family kube-proxy takes as the first one, over what its Node says; and one configuration serves all nodes.',
  source: 'k/k:cmd/kube-proxy/app/server.go, cmd/kubeadm/app/componentconfigs/kubeproxy.go',
  covers: ['kubernetes 4.3'],
  remedy: 'Set bindAddress to 0.0.0.0 (:: on a cluster whose first family is IPv6).',
  judge({ arguments: { bindAddress: text = '' } }) {
    const ip = sloppyIP(text)
    return ip === undefined || ip.value === 0n
      ? []
      : [{ field: 'bindAddress', message: `${text} makes ${ip.family} the first family of every node` }]
  },
  examples: {
    bad: [() => given({ bindAddress: 'fd00:10::11' })],
    good: [() => given({ bindAddress: '0.0.0.0' }), () => given({})],
  },
})

export const kubeProxyConfigRules = [
  malformed,
  notAPair,
  otherFamilyOnly,
  lacksFamily,
  nodeCIDR,
  unknownLocalMode,
  bindAddress,
  specificBindAddress,
] as const
