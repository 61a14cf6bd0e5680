import type { KubeObject } from '../model/cluster.ts'
import { getField } from '../model/fields.ts'
import { ruleThere } from './cluster-rule.ts'
import { situation } from './example.ts'

const deployments = { kind: 'list', resource: 'apps/v1/deployments' } as const
const nameOf = (kind: string, { metadata }: KubeObject): string =>
  `${kind} ${metadata.namespace ?? ''}/${metadata.name}`

/** Environment of all containers of a workload, plain values. */
function environmentOf(object: KubeObject): ReadonlyMap<string, string> {
  const containers = getField(object, ['spec', 'template', 'spec', 'containers'])
  const all = (Array.isArray(containers) ? containers : []).flatMap(container => {
    const env = getField(container, ['env'])
    return Array.isArray(env) ? env : []
  })
  return new Map(
    all.flatMap((one): [string, string][] => {
      const [name, value] = [getField(one, ['name']), getField(one, ['value'])]
      return typeof name === 'string' && typeof value === 'string' ? [[name, value]] : []
    }),
  )
}

const istio = ruleThere({
  id: 'bystanders/istio-single-stack',
  title: 'Istio takes both families',
  severity: 'warning',
  why: 'istiod serves one family unless ISTIO_DUAL_STACK is on: sidecars have no listeners and no mutual TLS for the other, so that its traffic passes by the mesh or fails under a strict policy.',
  source: 'istio.io/latest/docs/setup/additional-setup/dual-stack',
  covers: ['P34', 'practice service-meshes'],
  remedy:
    'Set ISTIO_DUAL_STACK=true on istiod (values: pilot.env and meshConfig.defaultConfig.proxyMetadata), and restart what has a sidecar after the conversion.',
  reads: [deployments],
  find: ({ cluster }) =>
    (cluster.objects['apps/v1/deployments'] ?? [])
      .filter(({ metadata }) => metadata.name === 'istiod' || metadata.labels?.['app'] === 'istiod')
      .filter(object => environmentOf(object).get('ISTIO_DUAL_STACK') !== 'true')
      .map(object => ({
        object: nameOf('Deployment', object),
        field: 'ISTIO_DUAL_STACK',
        message: 'it is not true: the mesh does one family',
      })),
  examples: {
    bad: [() => withDeployment('istiod', {})],
    good: [() => withDeployment('istiod', { ISTIO_DUAL_STACK: 'true' }), () => situation()],
  },
})

/** Meshes whose control plane is known by the name of a Deployment. */
const meshes: Readonly<Record<string, string>> = {
  'consul-connect-injector': 'Consul’s proxies take one family: the cluster’s first',
  'consul-consul-connect-injector': 'Consul’s proxies take one family: the cluster’s first',
  'osm-controller': 'Open Service Mesh is no longer kept, and does IPv4 alone',
}

const otherMesh = ruleThere({
  id: 'bystanders/mesh-of-one-family',
  title: 'no service mesh does one family alone',
  severity: 'warning',
  why: 'A mesh that redirects IPv4 alone lets the other family pass by its proxies, unencrypted and unchecked, or has no route for it.',
  source: 'openservicemesh/osm PR 298, developer.hashicorp.com/consul/docs',
  covers: ['P34', 'practice service-meshes'],
  remedy: 'Leave Services of the mesh single-stack: annotation kubectl-dualstack/leave=true.',
  reads: [deployments],
  find: ({ cluster }) =>
    (cluster.objects['apps/v1/deployments'] ?? []).flatMap(object => {
      const message = meshes[object.metadata.name]
      return message === undefined
        ? []
        : [{ object: nameOf('Deployment', object), field: 'metadata.name', message }]
    }),
  examples: {
    bad: [() => withDeployment('osm-controller', {})],
    good: [() => withDeployment('web', {})],
  },
})

const imageOf = (object: KubeObject): string => {
  const containers = getField(object, ['spec', 'template', 'spec', 'containers'])
  const images = (Array.isArray(containers) ? containers : []).map(one => getField(one, ['image']))
  return images.filter(one => typeof one === 'string').join(' ')
}

const linkerd = ruleThere({
  id: 'bystanders/linkerd-without-ipv6',
  title: 'Linkerd takes both families',
  severity: 'warning',
  why: 'Linkerd handles IPv6 from 2.16 on, and only with disableIPv6=false: before, its init container redirects IPv4 alone, and what comes over IPv6 passes by the proxy.',
  source: 'linkerd.io/2.16/features/ipv6',
  covers: ['P34', 'practice service-meshes'],
  remedy: 'Upgrade to 2.16 or later with disableIPv6=false, and restart what has a proxy.',
  reads: [deployments],
  find: ({ cluster }, added) =>
    added !== 'IPv6'
      ? []
      : (cluster.objects['apps/v1/deployments'] ?? [])
          .filter(({ metadata }) => metadata.name === 'linkerd-destination')
          .flatMap(object => {
            const [, minor] = /:stable-2\.(\d+)/.exec(imageOf(object)) ?? []
            return minor === undefined || Number(minor) >= 16
              ? []
              : [
                  {
                    object: nameOf('Deployment', object),
                    field: 'image',
                    message: `Linkerd 2.${minor} redirects IPv4 alone`,
                  },
                ]
          }),
  examples: {
    bad: [() => withDeployment('linkerd-destination', {}, 'cr.l5d.io/linkerd/controller:stable-2.14.10')],
    good: [() => withDeployment('linkerd-destination', {}, 'cr.l5d.io/linkerd/controller:edge-24.11.3')],
  },
})

const withDeployment = (
  name: string,
  environment: Readonly<Record<string, string>>,
  image = 'registry.example/x:1',
) =>
  situation({
    objects: {
      'apps/v1/deployments': [
        {
          metadata: { name, namespace: 'mesh' },
          spec: {
            template: {
              spec: {
                containers: [
                  {
                    name: 'c',
                    image,
                    env: Object.entries(environment).map(([key, value]) => ({ name: key, value })),
                  },
                ],
              },
            },
          },
        },
      ],
    },
  })

const windows = ruleThere({
  id: 'bystanders/windows-nodes',
  title: 'every node runs Linux',
  severity: 'error',
  why: 'Pods on Windows get two families in l2bridge networks alone, never in overlay ones, and Calico for Windows gives IPv4 only; this version can neither read nor change such a node.',
  source:
    'kubernetes.io/docs/concepts/services-networking/dual-stack (Windows), docs.tigera.io/calico/latest/getting-started/kubernetes/windows-calico/limitations',
  covers: ['practice windows'],
  remedy:
    'Convert without them: take the Windows nodes out of the cluster, or wait for a CNI that does both there.',
  reads: [{ kind: 'list', resource: 'v1/nodes' }],
  find: ({ cluster }) =>
    (cluster.objects['v1/nodes'] ?? [])
      .filter(({ metadata }) => metadata.labels?.['kubernetes.io/os'] === 'windows')
      .map(({ metadata }) => ({
        object: `Node ${metadata.name}`,
        field: 'kubernetes.io/os',
        message: 'it runs Windows',
      })),
  examples: {
    bad: [() => situation({ objects: { 'v1/nodes': [node('windows')] } })],
    good: [() => situation({ objects: { 'v1/nodes': [node('linux')] } })],
  },
})

const node = (os: string): KubeObject => ({ metadata: { name: 'n1', labels: { 'kubernetes.io/os': os } } })

/** Environment of kube-vip that names its address: `address` since 0.3, `vip_address` before. */
const addressNames = ['address', 'vip_address'] as const

const kubeVip = ruleThere({
  id: 'bystanders/kube-vip-of-one-family',
  title: 'it is known that the virtual address of the API has one family',
  severity: 'info',
  why: 'Clients from outside keep coming over the family of the virtual address; nothing in the conversion needs it to have both. kube-vip that also serves LoadBalancers gives them the families of its pool.',
  source: 'kube-vip/kube-vip-cloud-provider PR 71, siderolabs/talos#10525',
  covers: ['P38'],
  remedy:
    'Leave the API on its family. For LoadBalancers add a range of the new family to ConfigMap kubevip.',
  reads: [{ kind: 'list', resource: 'apps/v1/daemonsets' }],
  find: ({ cluster }, added) =>
    (cluster.objects['apps/v1/daemonsets'] ?? [])
      .filter(({ metadata }) => metadata.name.startsWith('kube-vip'))
      .flatMap(object => {
        const environment = environmentOf(object)
        const address = addressNames.map(name => environment.get(name)).find(value => value !== undefined)
        const isOfAdded = (one: string): boolean => one.includes(':') === (added === 'IPv6')
        return address === undefined || address.split(',').some(isOfAdded)
          ? []
          : [
              {
                object: nameOf('DaemonSet', object),
                field: 'address',
                message: `${address} has no ${added}: the API is reached over the family that it has`,
              },
            ]
      }),
  examples: {
    bad: [() => withVip('192.0.2.100')],
    good: [() => withVip('192.0.2.100,2001:db8::100'), () => situation()],
  },
})

const withVip = (value: string) =>
  situation({
    objects: {
      'apps/v1/daemonsets': [
        {
          metadata: { name: 'kube-vip-ds', namespace: 'kube-system' },
          spec: {
            template: { spec: { containers: [{ name: 'kube-vip', env: [{ name: 'address', value }] }] } },
          },
        },
      ],
    },
  })

export const bystanderRules = [istio, otherMesh, linkerd, windows, kubeVip] as const
