import type { KubeObject, Resource } from '../model/cluster.ts'
import { getText } from '../model/fields.ts'
import type { Violation } from '../model/rule.ts'
import { ruleThere } from './cluster-rule.ts'
import { situation } from './example.ts'

const list = (resource: Resource) => ({ kind: 'list', resource }) as const
const map = (name: string) => ({ kind: 'config-map', namespace: 'kube-system', name }) as const

/** What an object says of who applies it again, by label or annotation. Labels that anybody may set for order's sake are not among them. */
const marks: readonly (readonly [key: string, value: RegExp, manager: string])[] = [
  ['argocd.argoproj.io/tracking-id', /./, 'Argo CD'],
  ['argocd.argoproj.io/instance', /./, 'Argo CD'],
  ['kustomize.toolkit.fluxcd.io/name', /./, 'Flux (Kustomization)'],
  ['helm.toolkit.fluxcd.io/name', /./, 'Flux (HelmRelease)'],
  ['objectset.rio.cattle.io/id', /./, 'Rancher (Fleet)'],
  ['addonmanager.kubernetes.io/mode', /^Reconcile$/, 'the add-on manager'],
  ['olm.owner', /./, 'the Operator Lifecycle Manager'],
  ['meta.helm.sh/release-name', /./, 'Helm'],
]

const markOf = ({ metadata }: KubeObject): string | undefined => {
  const all = { ...metadata.labels, ...metadata.annotations }
  return marks.find(([key, value]) => Object.hasOwn(all, key) && value.test(all[key] ?? ''))?.[2]
}

/** What the conversion writes in these lists, by the name that a finding gives it. */
const written: readonly (readonly [Resource, string, (object: KubeObject) => boolean])[] = [
  [
    'v1/configmaps',
    'ConfigMap',
    ({ metadata }) =>
      metadata.namespace === 'kube-system' &&
      ['kube-proxy', 'kubeadm-config', 'calico-config', 'coredns', 'node-local-dns'].includes(metadata.name),
  ],
  [
    'apps/v1/daemonsets',
    'DaemonSet',
    ({ metadata }) => ['kube-proxy', 'calico-node', 'node-local-dns'].includes(metadata.name),
  ],
  ['crd.projectcalico.org/v1/ippools', 'IPPool', () => true],
  ['operator.tigera.io/v1/installations', 'Installation', () => true],
]

const configuration = ruleThere({
  id: 'managers/configuration',
  title: 'nobody applies again what the conversion changes in the configuration of the network',
  severity: 'warning',
  why: 'A manager that keeps these objects as its source has them takes the change back: at its next look (Argo CD with self-heal, Flux, Fleet, within minutes) or at its next upgrade (Helm). Pods then lose the new family half-way.',
  source: 'argo-cd.readthedocs.io (self-heal), fluxcd.io/flux/components/kustomize, helm.sh/docs',
  covers: ['P42', 'practice managers'],
  remedy:
    'Put the same change into the source (values, repository) first, or let the manager pause for the conversion: Argo CD without auto-sync, `flux suspend`; then bring the source up to date before it goes on.',
  reads: [
    ...['kube-proxy', 'kubeadm-config', 'calico-config', 'coredns'].map(map),
    ...written.slice(1).map(([resource]) => list(resource)),
  ],
  find: ({ cluster }) =>
    written.flatMap(([resource, kind, isMeant]) =>
      (cluster.objects[resource] ?? []).flatMap((object): readonly Violation[] => {
        const manager = isMeant(object) ? markOf(object) : undefined
        if (manager === undefined) return []
        const { namespace, name } = object.metadata
        return [
          {
            object: `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`,
            field: 'metadata',
            message: `is kept by ${manager}, which may take the change back`,
          },
        ]
      }),
    ),
  examples: {
    bad: [
      () => withObject('apps/v1/daemonsets', { annotations: { 'argocd.argoproj.io/tracking-id': 'x' } }),
      () => withObject('apps/v1/daemonsets', { labels: { 'helm.toolkit.fluxcd.io/name': 'calico' } }),
      () => withObject('apps/v1/daemonsets', { annotations: { 'meta.helm.sh/release-name': 'calico' } }),
    ],
    good: [
      () => withObject('apps/v1/daemonsets', { labels: { 'app.kubernetes.io/instance': 'calico' } }),
      () =>
        withObject('apps/v1/daemonsets', { labels: { 'addonmanager.kubernetes.io/mode': 'EnsureExists' } }),
      () => situation(),
    ],
  },
})

const services = ruleThere({
  id: 'managers/services',
  title: 'it is known whose Services a manager would take back to one family',
  severity: 'info',
  why: 'Services that a manager or an operator applies anew keep a second family only where their source says so, or says nothing of families: then the API server leaves them as they are. Three-way merges of Helm leave what the chart does not name.',
  source: 'kubernetes.io/docs/concepts/services-networking/dual-stack, helm.sh/docs/faq/changes_since_helm2',
  covers: ['P42', 'practice managers'],
  remedy:
    'Look whether the source names ipFamilies or ipFamilyPolicy; if so change it there, or leave these Services single-stack: annotation kubectl-dualstack/leave=true.',
  reads: [list('v1/services')],
  find: ({ cluster }) => {
    // One line for a manager in a namespace: whole clusters are kept by one.
    const counts = new Map<string, { namespace: string; manager: string; count: number }>()
    for (const service of cluster.objects['v1/services'] ?? []) {
      const { namespace = '' } = service.metadata
      const manager = markOf(service) ?? operatorOf(service)
      if (manager === undefined) continue
      const key = `${namespace} ${manager}`
      counts.set(key, { namespace, manager, count: (counts.get(key)?.count ?? 0) + 1 })
    }
    return [...counts.values()].map(({ namespace, manager, count }) => ({
      object: `namespace ${namespace}`,
      field: 'metadata',
      message: `${count === 1 ? '1 Service is' : `${count} Services are`} kept by ${manager}`,
    }))
  },
  examples: {
    bad: [
      () => withObject('v1/services', { labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps' } }),
      () =>
        withObject('v1/services', {
          ownerReferences: [
            { apiVersion: 'x.example/v1', kind: 'Database', name: 'db', uid: '1', controller: true },
          ],
        }),
    ],
    good: [() => withObject('v1/services', {}), () => situation()],
  },
})

const operatorOf = ({ metadata }: KubeObject): string | undefined => {
  const owner = metadata.ownerReferences?.find(reference => reference.controller === true)
  return owner === undefined ? undefined : `the controller of ${owner.kind}`
}

const withObject = (resource: Resource, metadata: Partial<KubeObject['metadata']>) =>
  situation({
    objects: { [resource]: [{ metadata: { name: 'calico-node', namespace: 'kube-system', ...metadata } }] },
  })

/** Who made the nodes, and makes them again as its own source says: by annotation or label of a Node. */
const makers: readonly (readonly [RegExp, string])[] = [
  [
    /^cluster\.x-k8s\.io\/(?:machine|cluster-name)$/,
    'Cluster API: machines that it makes anew come with the old ranges, and KubeadmControlPlane lets nobody change them',
  ],
  [
    /^(?:rke\.cattle\.io\/|rke2\.io\/|k3s\.io\/)/,
    'Rancher (RKE): it writes manifests and kubelet arguments itself',
  ],
  [/^kops\.k8s\.io\//, 'kOps: it writes manifests and kubelet arguments itself'],
  [
    /^(?:cloud\.google\.com\/gke-|eks\.amazonaws\.com\/|kubernetes\.azure\.com\/)/,
    'a cloud: nodes are its own',
  ],
]

const nodes = ruleThere({
  id: 'managers/nodes',
  title: 'nobody makes nodes anew with single-stack settings',
  severity: 'warning',
  why: 'Files of nodes and of the control plane belong to who made them. It writes them again at its next upgrade or when it replaces a machine; a replaced control plane with one range beside others with two is a cluster that disagrees with itself.',
  source: 'kubernetes-sigs/cluster-api#6951, rancher/rke, kubernetes/kops',
  covers: ['P42', 'practice managers'],
  remedy:
    'Change its own source as well, before it makes or upgrades a node (`dualstack plan` tells the values for nodes that join later); pause it meanwhile (Cluster API: spec.paused).',
  reads: [list('v1/nodes')],
  find: ({ cluster }) => {
    const counts = new Map<string, number>()
    for (const { metadata } of cluster.objects['v1/nodes'] ?? []) {
      const keys = Object.keys({ ...metadata.labels, ...metadata.annotations })
      const maker = makers.find(([pattern]) => keys.some(key => pattern.test(key)))?.[1]
      if (maker !== undefined) counts.set(maker, (counts.get(maker) ?? 0) + 1)
    }
    return [...counts].map(([maker, count]) => ({
      object: count === 1 ? '1 Node' : `${count} Nodes`,
      field: 'metadata',
      message: maker,
    }))
  },
  examples: {
    bad: [
      () => withNode({ annotations: { 'cluster.x-k8s.io/machine': 'm1' } }),
      () => withNode({ annotations: { 'rke.cattle.io/internal-ip': '10.0.0.1' } }),
    ],
    good: [
      () => withNode({ annotations: { 'management.cattle.io/pod-limits': '{}' } }),
      () => withNode({ labels: { 'kubernetes.io/os': 'linux' } }),
    ],
  },
})

const withNode = (metadata: Partial<KubeObject['metadata']>) =>
  situation({ objects: { 'v1/nodes': [{ metadata: { name: 'n1', ...metadata } }] } })

const cloud = ruleThere({
  id: 'managers/cloud-controller',
  title: 'it is known that a cloud controller looks after nodes',
  severity: 'info',
  why: 'A Node with a providerID is looked after by a cloud controller manager: it reports addresses and sets up routes and load balancers for the families that it knows.',
  source: 'kubernetes.io/docs/concepts/architecture/cloud-controller',
  covers: ['practice managers'],
  remedy:
    'See that the instances have an address of the new family there, and that the controller is told of both (--cluster-cidr where it makes routes).',
  reads: [list('v1/nodes')],
  find: ({ cluster }) => {
    const kinds = new Map<string, number>()
    for (const node of cluster.objects['v1/nodes'] ?? []) {
      // kind, and machines without a cloud, have one too: nobody looks after their addresses.
      const kind = /^([a-z0-9-]+):\/\//.exec(getText(node, ['spec', 'providerID']) ?? '')?.[1]
      if (kind !== undefined && kind !== 'kind' && kind !== 'k3s') kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    }
    return [...kinds].map(([kind, count]) => ({
      object: count === 1 ? '1 Node' : `${count} Nodes`,
      field: 'spec.providerID',
      message: `a cloud controller (${kind}) looks after them`,
    }))
  },
  examples: {
    bad: [
      () =>
        situation({
          objects: { 'v1/nodes': [{ metadata: { name: 'n1' }, spec: { providerID: 'openstack:///1' } }] },
        }),
    ],
    good: [
      () => situation(),
      () =>
        situation({
          objects: {
            'v1/nodes': [{ metadata: { name: 'n1' }, spec: { providerID: 'kind://docker/kind/n1' } }],
          },
        }),
    ],
  },
})

const installers: readonly (readonly [namespace: string, manager: string])[] = [
  [
    'kubesphere-system',
    'KubeSphere (its KubeKey keeps ranges and node addresses in the config of the cluster)',
  ],
  ['capi-system', 'Cluster API (this is a management cluster, or one that manages itself)'],
  ['cattle-system', 'Rancher'],
]
const kubesprayFile = '/etc/kubernetes/kubelet.env'

const installed = ruleThere({
  id: 'managers/installer',
  title: 'it is known which installer would write these files again',
  severity: 'info',
  why: 'kubespray, KubeKey and the like write kubelet flags, manifests and kubeadm-config from their inventory each time they run: an upgrade or a new node with the old inventory takes the change back.',
  source: 'kubespray:roles/kubernetes/node/templates, kubekey:builtin/core/roles',
  covers: ['P42', 'practice managers'],
  remedy:
    'Put the values that `dualstack plan` names for nodes that join later into its inventory before it runs again.',
  reads: [list('v1/namespaces'), { kind: 'file', path: kubesprayFile, on: 'all' }],
  find: ({ cluster }) => {
    const there = new Set((cluster.objects['v1/namespaces'] ?? []).map(({ metadata }) => metadata.name))
    const made = Object.values(cluster.nodes).filter(({ files }) => files[kubesprayFile]).length
    return [
      ...installers
        .filter(([namespace]) => there.has(namespace))
        .map(([namespace, manager]) => ({
          object: `namespace ${namespace}`,
          field: 'metadata.name',
          message: manager,
        })),
      ...(made === 0
        ? []
        : [
            {
              object: made === 1 ? '1 Node' : `${made} Nodes`,
              field: kubesprayFile,
              message: 'were made by kubespray',
            },
          ]),
    ]
  },
  examples: {
    bad: [
      () => situation({ objects: { 'v1/namespaces': [{ metadata: { name: 'kubesphere-system' } }] } }),
      () => situation({ node: { files: { [kubesprayFile]: { text: 'KUBELET_ARGS=""\n' } } } }),
    ],
    good: [() => situation({ node: { files: { [kubesprayFile]: null } } }), () => situation()],
  },
})

export const managerRules = [configuration, services, nodes, cloud, installed] as const
