import { argumentsRule } from './arguments-rule.ts'
import { argumentsOf } from './example.ts'
import { minorOf } from '../base/version.ts'

/** Which kubeadm reads which configuration, and what beats what in it. */
const component = 'kubeadm'
const given = (fields: Readonly<Record<string, string>>, version = 'v1.36.3') =>
  argumentsOf(component, { apiVersion: 'kubeadm.k8s.io/v1beta3', ...fields }, { version })

/** Minor versions of kubeadm: the first that reads it, the first that does not any more. */
const spans: Readonly<Record<string, readonly [number, number]>> = {
  'kubeadm.k8s.io/v1beta1': [13, 22],
  'kubeadm.k8s.io/v1beta2': [15, 27],
  'kubeadm.k8s.io/v1beta3': [22, Number.POSITIVE_INFINITY],
  'kubeadm.k8s.io/v1beta4': [31, Number.POSITIVE_INFINITY],
}

const tooOld = argumentsRule({
  id: 'kubeadm-api/too-old',
  component,
  title: 'kubeadm still reads the apiVersion of its configuration',
  why: 'The next kubeadm upgrade stops at it. The conversion itself writes what is there in the version that is there.',
  source: 'k/k:cmd/kubeadm/app/util/config/common.go',
  covers: ['kubernetes 6.2'],
  remedy: 'kubeadm of 1.26 or earlier converts it: kubeadm config migrate.',
  line: 'your configuration file uses an old API spec: "*"*',
  judge({ arguments: { apiVersion = '' }, version }) {
    const until = spans[apiVersion]?.[1]
    return until !== undefined && minorOf(version) >= until
      ? [{ field: 'apiVersion', values: [apiVersion, ''] }]
      : []
  },
  examples: {
    bad: [() => given({ apiVersion: 'kubeadm.k8s.io/v1beta2' }, 'v1.27.0')],
    good: [() => given({ apiVersion: 'kubeadm.k8s.io/v1beta2' }, 'v1.26.15'), () => given({})],
  },
})

const tooNew = argumentsRule({
  id: 'kubeadm-api/too-new',
  component,
  title: 'kubeadm already reads the apiVersion of its configuration',
  why: 'kubeadm before 1.31 does not know v1beta4 (1.28 to 1.30 take it as an experiment only). Any upload by 1.31 or later writes it.',
  source: 'k/k:cmd/kubeadm/app/util/config/common.go',
  covers: ['kubernetes 6.2'],
  remedy: 'Use kubeadm of 1.31 or later, or write v1beta3 (extraArgs as a mapping).',
  line: 'experimental API spec: "*" is not allowed*',
  judge({ arguments: { apiVersion = '' }, version }) {
    const from = spans[apiVersion]?.[0]
    if (from === undefined || !(minorOf(version) < from)) return []
    return minorOf(version) >= 28
      ? [{ field: 'apiVersion', values: [apiVersion, ''] }]
      : [{ field: 'apiVersion', message: `${apiVersion} is not known to kubeadm of ${version}` }]
  },
  examples: {
    bad: [
      () => given({ apiVersion: 'kubeadm.k8s.io/v1beta4' }, 'v1.30.4'),
      () => given({ apiVersion: 'kubeadm.k8s.io/v1beta3' }, 'v1.21.0'),
    ],
    good: [() => given({ apiVersion: 'kubeadm.k8s.io/v1beta4' }, 'v1.31.0')],
  },
})

const deprecated = argumentsRule({
  id: 'kubeadm-api/deprecated',
  component,
  severity: 'info',
  title: 'the configuration is of kubeadm.k8s.io/v1beta4',
  versions: '>=1.31',
  why: 'v1beta3 is still read in 1.36. The next upload by kubeadm writes v1beta4, in which extraArgs are a list.',
  source: 'k/k:cmd/kubeadm/app/util/config/common.go',
  covers: ['kubernetes 6.2'],
  remedy: 'Nothing: it is edited in the form it has.',
  goesOn: true,
  line: 'your configuration file uses a deprecated API spec: "*"*',
  judge: ({ arguments: { apiVersion } }) =>
    apiVersion === 'kubeadm.k8s.io/v1beta3' ? [{ field: 'apiVersion', values: [apiVersion, ''] }] : [],
  examples: {
    bad: [() => given({}, 'v1.31.0')],
    good: [() => given({ apiVersion: 'kubeadm.k8s.io/v1beta4' }, 'v1.36.3')],
  },
})

/** extraArgs that say the same as a field of networking, and win. */
const overrides = [
  { arg: 'apiServer.extraArgs.service-cluster-ip-range', field: 'networking.serviceSubnet' },
  { arg: 'controllerManager.extraArgs.service-cluster-ip-range', field: 'networking.serviceSubnet' },
  { arg: 'controllerManager.extraArgs.cluster-cidr', field: 'networking.podSubnet' },
] as const

const overridden = argumentsRule({
  id: 'kubeadm-api/extra-args-override',
  component,
  severity: 'warning',
  title: 'extraArgs say of the ranges what networking says',
  why: 'A flag in extraArgs beats what kubeadm makes of networking, by its name: a pair in podSubnet alone does not reach the manifest.',
  source: 'k/k:cmd/kubeadm/app/phases/controlplane/manifests.go, util/arguments.go',
  covers: ['kubernetes 6.2', 'kubernetes 6.3'],
  remedy: 'Write the same value in both, or take the extraArg out.',
  judge: ({ arguments: fields }) =>
    overrides.flatMap(({ arg, field }) => {
      const [own, made] = [fields[arg], fields[field]]
      if (own === undefined || made === undefined || own === made) return []
      return [{ field: arg, message: `${own} beats ${made} of ${field}` }]
    }),
  examples: {
    bad: [
      () =>
        given({
          'networking.podSubnet': '10.244.0.0/16,fd00:244::/56',
          'controllerManager.extraArgs.cluster-cidr': '10.244.0.0/16',
        }),
    ],
    good: [
      () => given({ 'networking.podSubnet': '10.244.0.0/16' }),
      () => given({ 'controllerManager.extraArgs.cluster-cidr': '10.244.0.0/16' }),
    ],
  },
})

const oldMaskKept = argumentsRule({
  id: 'kubeadm-api/old-mask-in-extra-args',
  component,
  title: 'extraArgs have no node-cidr-mask-size beside two pod ranges',
  why: 'kubeadm does not look at it, writes it into the manifest at the next upgrade, and the controller manager exits.',
  source: 'k/k:cmd/kubeadm/app/apis/kubeadm/validation/validation.go getClusterNodeMask',
  covers: ['kubernetes 3.1', 'kubernetes 6.1', 'kubernetes 6.3'],
  remedy: 'Replace it by node-cidr-mask-size-ipv4 and node-cidr-mask-size-ipv6.',
  judge({ arguments: fields }) {
    const arg = 'controllerManager.extraArgs.node-cidr-mask-size'
    const isDual = (fields['networking.podSubnet'] ?? '').includes(',')
    return isDual && fields[arg] !== undefined
      ? [{ field: arg, message: `${fields[arg] ?? ''}: not allowed with dual-stack clusters` }]
      : []
  },
  examples: {
    bad: [
      () =>
        given({
          'networking.podSubnet': '10.244.0.0/16,fd00:244::/56',
          'controllerManager.extraArgs.node-cidr-mask-size': '24',
        }),
    ],
    good: [
      () =>
        given({
          'networking.podSubnet': '10.244.0.0/16',
          'controllerManager.extraArgs.node-cidr-mask-size': '24',
        }),
    ],
  },
})

export const kubeadmAPIRules = [tooOld, tooNew, deprecated, overridden, oldMaskKept] as const
