import { tryParseCIDR } from '../address/index.ts'
import type { Family } from '../address/family.ts'
import { RefusedError } from '../base/errors.ts'
import { configMapText } from '../model/changes.ts'
import type { Cluster, KubeObject } from '../model/cluster.ts'
import { getField } from '../model/fields.ts'
import type { Rule } from '../model/rule.ts'
import { readFlags } from '../text/manifest.ts'
import { getExtraArg, getScalar } from '../text/yaml-value.ts'
import { addedFamily, ruleThere } from './cluster-rule.ts'
import { situation } from './example.ts'

const folder = '/etc/kubernetes/manifests'
type Component = 'kube-apiserver' | 'kube-controller-manager'
const manifestReads = (component: Component) =>
  ({ kind: 'file', path: `${folder}/${component}.yaml`, on: 'control-planes' }) as const

/** What a text says; undefined where it cannot be read: other rules tell that. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof RefusedError) return undefined
    throw error
  }
}

/** A flag of a component by node, from its manifests. */
function flagsOf(cluster: Cluster, component: Component, flag: string): ReadonlyMap<string, string> {
  const found = Object.entries(cluster.nodes).flatMap(([node, { files }]): [string, string][] => {
    const text = files[`${folder}/${component}.yaml`]?.text
    const value = text === undefined ? undefined : attempt(() => readFlags(text, component).get(flag))
    return value === undefined ? [] : [[node, value]]
  })
  return new Map(found)
}

const has = (ranges: string, family: Family): boolean =>
  ranges.split(',').some(range => tryParseCIDR(range.trim(), { allowHostBits: true })?.family === family)

const allHave = (cluster: Cluster, component: Component, flag: string, family: Family): boolean => {
  const values = [...flagsOf(cluster, component, flag).values()]
  return values.length > 0 && values.every(value => has(value, family))
}

const services = ruleThere({
  id: 'left-behind/single-stack-services',
  title: 'Services of a dual-stack cluster have both families',
  severity: 'info',
  why: 'When API servers become dual-stack, Services that exist stay as they are: nothing gives them an address of the new family but a change of their policy and families.',
  source: 'KEP-563, kubernetes/website PR 25776',
  covers: ['kubernetes 1.4', 'P11'],
  remedy: 'The plan converts them, but for those that it names with a reason.',
  reads: [manifestReads('kube-apiserver'), { kind: 'list', resource: 'v1/services' }],
  find: ({ cluster }, added) => {
    if (!allHave(cluster, 'kube-apiserver', 'service-cluster-ip-range', added)) return []
    const left = new Map<string, number>()
    for (const service of cluster.objects['v1/services'] ?? []) {
      const { namespace = '', name } = service.metadata
      const families = getField(service, ['spec', 'ipFamilies'])
      if (!Array.isArray(families) || families.includes(added)) continue
      if (namespace === 'default' && name === 'kubernetes') continue
      left.set(namespace, (left.get(namespace) ?? 0) + 1)
    }
    return [...left].map(([namespace, count]) => ({
      object: `namespace ${namespace}`,
      field: 'spec.ipFamilies',
      message: `${count} Services have no ${added}, and the API servers have it`,
    }))
  },
  examples: {
    bad: [() => cluster({ server: '10.96.0.0/16,fd00:96::/112', services: [service(['IPv4'])] })],
    good: [
      () => cluster({ server: '10.96.0.0/16', services: [service(['IPv4'])] }),
      () => cluster({ server: '10.96.0.0/16,fd00:96::/112', services: [service(['IPv4', 'IPv6'])] }),
    ],
  },
})

/** What an upgrade of kubeadm would write, by manifest flag: extraArgs beat the networking fields. */
const written = [
  {
    component: 'kube-apiserver',
    part: 'apiServer',
    flag: 'service-cluster-ip-range',
    field: 'serviceSubnet',
  },
  {
    component: 'kube-controller-manager',
    part: 'controllerManager',
    flag: 'service-cluster-ip-range',
    field: 'serviceSubnet',
  },
  {
    component: 'kube-controller-manager',
    part: 'controllerManager',
    flag: 'cluster-cidr',
    field: 'podSubnet',
  },
] as const

const upgrade = ruleThere({
  id: 'left-behind/upgrade-takes-it-back',
  title: 'kubeadm-config says what the manifests say',
  severity: 'warning',
  why: 'kubeadm upgrade writes the manifests anew from the ConfigMap kubeadm-config: flags that were changed in the manifests alone are gone after it.',
  source:
    'k/k:cmd/kubeadm/app/phases/controlplane/manifests.go, kubernetes/kubeadm#950, kubernetes/kubeadm#1015',
  covers: ['kubernetes 6.3', 'K17', 'P21', 'practice kubeadm-upgrade'],
  remedy:
    'Write the ranges into networking (or extraArgs) of kubeadm-config; the plan does. Do not upgrade before.',
  reads: [
    manifestReads('kube-apiserver'),
    manifestReads('kube-controller-manager'),
    { kind: 'config-map', namespace: 'kube-system', name: 'kubeadm-config' },
  ],
  find: ({ cluster }) => {
    const text = configMapText(cluster, 'kube-system', 'kubeadm-config', 'ClusterConfiguration')
    if (text === undefined) return []
    return written.flatMap(({ component, part, flag, field }) => {
      const said =
        attempt(() => getExtraArg(text, part, flag)) ??
        attempt(() => getScalar(text, ['networking', field], { kind: 'ClusterConfiguration' }))
      if (said === undefined) return []
      return [...flagsOf(cluster, component, flag)]
        .filter(([, running]) => !same(running, said))
        .map(([node, running]) => ({
          object: `${component} on ${node}`,
          field: `--${flag}`,
          message: `the manifest says ${running}, kubeadm-config ${said}: an upgrade writes that`,
        }))
    })
  },
  examples: {
    bad: [() => cluster({ server: '10.96.0.0/16,fd00:96::/112', config: '10.96.0.0/16' })],
    good: [
      () => cluster({ server: '10.96.0.0/16', config: '10.96.0.0/16' }),
      () => cluster({ server: '10.96.0.0/16' }),
    ],
  },
})

const same = (one: string, other: string): boolean => {
  const parts = (text: string): string =>
    text
      .split(',')
      .map(part => part.trim())
      .join()
  return parts(one) === parts(other)
}

const masks = ruleThere({
  id: 'left-behind/masks-not-written',
  title: 'a dual-stack controller manager has its node masks written down',
  severity: 'info',
  why: 'Defaults that nobody wrote down have changed between versions and distributions: a cluster that was converted fails at an upgrade months later.',
  source: 'k0sproject/k0s#7927, gardener/gardener#15448',
  covers: ['P45'],
  remedy:
    'Set --node-cidr-mask-size-ipv4 and --node-cidr-mask-size-ipv6, in the manifest and in extraArgs of kubeadm-config. The plan does.',
  reads: [manifestReads('kube-controller-manager')],
  find: ({ cluster }, added) => {
    const mask = `node-cidr-mask-size-${added.toLowerCase()}`
    const [ranges, hands, masksOf] = ['cluster-cidr', 'allocate-node-cidrs', mask].map(flag =>
      flagsOf(cluster, 'kube-controller-manager', flag),
    )
    return [...(ranges ?? [])]
      .filter(
        ([node, value]) =>
          has(value, added) &&
          value.includes(',') &&
          hands?.get(node) === 'true' &&
          masksOf?.has(node) !== true,
      )
      .map(([node]) => ({
        object: `kube-controller-manager on ${node}`,
        field: `--${mask}`,
        message: 'two ranges, and the mask of the new one is the default of this version',
      }))
  },
  examples: {
    bad: [
      () =>
        cluster({ manager: ['--allocate-node-cidrs=true', '--cluster-cidr=10.244.0.0/16,fd00:244::/56'] }),
    ],
    good: [
      () => cluster({ manager: ['--allocate-node-cidrs=true', '--cluster-cidr=10.244.0.0/16'] }),
      () =>
        cluster({
          manager: [
            '--allocate-node-cidrs=true',
            '--cluster-cidr=10.244.0.0/16,fd00:244::/56',
            '--node-cidr-mask-size-ipv6=64',
          ],
        }),
    ],
  },
})

const back = (input: Parameters<Rule<'cluster'>['judge']>[0]): string | undefined =>
  addedFamily(input) === undefined ? undefined : 'matters only on the way back'

const podCIDRsOf = (node: KubeObject): readonly unknown[] => {
  const cidrs = getField(node, ['spec', 'podCIDRs'])
  return Array.isArray(cidrs) ? cidrs : []
}

const twoPodCIDRs: Rule<'cluster'> = {
  id: 'left-behind/two-pod-cidrs',
  on: 'cluster',
  title: 'on the way back no Node holds two podCIDRs',
  severity: 'error',
  why: 'A controller manager with one cluster range ends itself at every start while a Node has two: podCIDRs cannot be taken away, only the Node object as a whole.',
  source: 'k/k:pkg/controller/nodeipam/ipam/range_allocator.go',
  covers: ['kubernetes 3.2', 'K3', 'P10'],
  remedy:
    'Delete these Nodes and register them anew (save labels, taints and annotations, drain before), or set --allocate-node-cidrs=false, which Calico’s own IPAM does not need.',
  says: [
    {
      component: 'kube-controller-manager',
      line: '*has an allocated cidr: * at index:1 that does not exist in cluster cidrs configuration*',
    },
  ],
  reads: [{ kind: 'list', resource: 'v1/nodes' }, manifestReads('kube-controller-manager')],
  skip: back,
  judge: ({ cluster: found }) => {
    const hands = [...flagsOf(found, 'kube-controller-manager', 'allocate-node-cidrs').values()]
    if (hands.length > 0 && !hands.includes('true')) return []
    return (found.objects['v1/nodes'] ?? [])
      .filter(node => podCIDRsOf(node).length > 1)
      .map(node => ({
        object: `Node ${node.metadata.name}`,
        field: 'spec.podCIDRs',
        message: `${podCIDRsOf(node).join(', ')}: a single-stack controller manager does not start with it`,
      }))
  },
  examples: {
    bad: [() => onItsWayBack(['10.244.0.0/24', 'fd00:244::/64'])],
    good: [() => onItsWayBack(['10.244.0.0/24'])],
  },
}

const servicePair: Rule<'cluster'> = {
  id: 'left-behind/service-cidr-stays',
  on: 'cluster',
  title: 'it is known that the ServiceCIDR object stays a pair',
  severity: 'info',
  versions: '>=1.33',
  why: 'Two ranges never become one again. Deleting the object waits for every Service address and stops that new Services get any; a later way there must take the same range.',
  source:
    'k/k:pkg/apis/networking/validation/validation.go, k/k:pkg/controlplane/controller/defaultservicecidr/default_servicecidr_controller.go',
  covers: ['kubernetes 2.4', 'K8', 'P10'],
  remedy: 'Leave it. It does no harm beside a single-stack API server.',
  reads: [{ kind: 'list', resource: 'networking.k8s.io/v1/servicecidrs' }],
  skip: back,
  judge: ({ cluster: found }) =>
    (found.objects['networking.k8s.io/v1/servicecidrs'] ?? []).flatMap(object => {
      const cidrs = getField(object, ['spec', 'cidrs'])
      return object.metadata.name === 'kubernetes' && Array.isArray(cidrs) && cidrs.length > 1
        ? [{ object: 'ServiceCIDR kubernetes', field: 'spec.cidrs', message: `${cidrs.join(', ')} stay` }]
        : []
    }),
  examples: {
    bad: [() => onItsWayBack([], ['10.96.0.0/16', 'fd00:96::/112'])],
    good: [() => onItsWayBack([], ['10.96.0.0/16'])],
  },
}

const onItsWayBack = (podCIDRs: readonly string[], cidrs: readonly string[] = []) =>
  situation({
    goal: { families: ['IPv4'] },
    objects: {
      'v1/nodes': [{ metadata: { name: 'n1' }, spec: { podCIDRs } }],
      'networking.k8s.io/v1/servicecidrs': [{ metadata: { name: 'kubernetes' }, spec: { cidrs } }],
    },
  })

const nodesReady = ruleThere({
  id: 'left-behind/not-ready',
  title: 'every node is ready before anything is changed',
  severity: 'error',
  why: 'Control planes and kubelets are changed one at a time, each when all before it stand again. A node that is down already stops the run there, and with one more etcd or the API may be gone.',
  source: 'etcd.io/docs/v3.5/faq (failure tolerance)',
  covers: ['P44'],
  remedy: 'Mend the node, or take it out of the cluster.',
  reads: [
    { kind: 'list', resource: 'v1/nodes' },
    { kind: 'list', resource: 'v1/pods' },
  ],
  find: ({ cluster: found }) => [
    ...(found.objects['v1/nodes'] ?? []).flatMap(node => {
      const conditions = getField(node, ['status', 'conditions'])
      const ready = (Array.isArray(conditions) ? conditions : []).find(
        one => getField(one, ['type']) === 'Ready',
      )
      const status = getField(ready, ['status'])
      return ready === undefined || status === 'True'
        ? []
        : [
            {
              object: `Node ${node.metadata.name}`,
              field: 'status.conditions',
              message: `Ready is ${typeof status === 'string' ? status : 'not said'}`,
            },
          ]
    }),
    ...found.pods
      .filter(pod => pod.mirror !== undefined && !pod.ready && !pod.deleting)
      .map(pod => ({
        object: `Pod ${pod.namespace}/${pod.name}`,
        field: 'status.conditions',
        message: `a static pod of ${pod.node} is not ready${pod.waiting === undefined ? '' : `: ${pod.waiting}`}`,
      })),
  ],
  examples: {
    bad: [() => withReady('False'), () => withReady('Unknown')],
    good: [() => withReady('True'), () => situation()],
  },
})

const withReady = (status: string) =>
  situation({
    objects: {
      'v1/nodes': [{ metadata: { name: 'n1' }, status: { conditions: [{ type: 'Ready', status }] } }],
    },
  })

const manifest = (component: string, flags: readonly string[]): string =>
  [
    'apiVersion: v1',
    'kind: Pod',
    `metadata: {name: ${component}}`,
    'spec:',
    '  containers:',
    `  - name: ${component}`,
    '    command:',
    `    - ${component}`,
    ...flags.map(flag => `    - ${flag}`),
    '',
  ].join('\n')

function cluster(given: {
  readonly server?: string
  readonly manager?: readonly string[]
  readonly config?: string
  readonly services?: readonly KubeObject[]
}) {
  const { server = '10.96.0.0/16', manager = [], config, services: list = [] } = given
  const text = `kind: ClusterConfiguration\nnetworking:\n  serviceSubnet: ${config ?? ''}\n`
  const map = { metadata: { name: 'kubeadm-config', namespace: 'kube-system' } }
  return situation({
    node: {
      files: {
        [`${folder}/kube-apiserver.yaml`]: {
          text: manifest('kube-apiserver', [`--service-cluster-ip-range=${server}`]),
        },
        [`${folder}/kube-controller-manager.yaml`]: { text: manifest('kube-controller-manager', manager) },
      },
    },
    objects: {
      'v1/services': list,
      'v1/configmaps': config === undefined ? [] : [{ ...map, data: { ClusterConfiguration: text } }],
    },
  })
}

const service = (ipFamilies: readonly string[]): KubeObject => ({
  metadata: { name: 'web', namespace: 'demo' },
  spec: { ipFamilies },
})

export const leftBehindRules = [services, upgrade, masks, twoPodCIDRs, servicePair, nodesReady] as const
