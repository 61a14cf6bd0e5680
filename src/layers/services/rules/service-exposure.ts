import { tryParseIP } from '../../../address/index.ts'
import type { KubeObject } from '../../../model/cluster.ts'
import { getField } from '../../../model/fields.ts'
import { ruleThere } from '../../../rules/cluster-rule.ts'
import { situation } from '../../../rules/example.ts'
import { readService } from '../../shared/service.ts'
import { familiesIn } from '../../shared/policy-blocks.ts'

const reads = [{ kind: 'list', resource: 'v1/services' } as const]
const nameOf = ({ metadata }: KubeObject): string => `Service ${metadata.namespace ?? ''}/${metadata.name}`
const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []

const sourceRanges = ruleThere({
  id: 'service-exposure/source-ranges',
  title: 'source ranges of load balancers stand in both families',
  severity: 'warning',
  why: 'kube-proxy filters each family by the ranges of that family; one without any is not filtered at all. A Service that was closed to all but some networks is open to everybody over the new family.',
  source: 'k/k:pkg/proxy/serviceport.go',
  covers: ['kubernetes 7.4', 'P13', 'practice source-ranges'],
  remedy:
    'Add ranges of the new family to spec.loadBalancerSourceRanges before the Service gets that family.',
  reads,
  find: ({ cluster }, added) =>
    (cluster.objects['v1/services'] ?? []).flatMap(service => {
      if (readService(service).type !== 'LoadBalancer') return []
      const ranges = texts(getField(service, ['spec', 'loadBalancerSourceRanges']))
      return ranges.length === 0 || familiesIn(ranges.map(range => range.trim())).has(added)
        ? []
        : [
            {
              object: nameOf(service),
              field: 'spec.loadBalancerSourceRanges',
              message: `${ranges.join(', ')}: over ${added} it would be open to all`,
            },
          ]
    }),
  examples: {
    bad: [() => withService({ type: 'LoadBalancer', loadBalancerSourceRanges: ['10.0.0.0/8'] })],
    good: [
      () => withService({ type: 'LoadBalancer', loadBalancerSourceRanges: ['10.0.0.0/8', '2001:db8::/32'] }),
      () => withService({ type: 'LoadBalancer' }),
    ],
  },
})

/** By which controllers of load balancers are asked for certain addresses. */
const addressAnnotations = [
  'metallb.io/loadBalancerIPs',
  'metallb.universe.tf/loadBalancerIPs',
  'kube-vip.io/loadbalancerIPs',
]

const pinned = ruleThere({
  id: 'service-exposure/pinned-address',
  title: 'load balancers whose address is asked for ask for one of each family',
  severity: 'warning',
  why: 'spec.loadBalancerIP holds one address. A dual-stack Service with it is refused by some controllers, and others give its address back and assign another pair.',
  source:
    'metallb/metallb#1156, metallb/metallb#2482, k/k:pkg/apis/core/types.go (loadBalancerIP is deprecated since 1.24)',
  covers: ['kubernetes 7.4', 'P13'],
  remedy:
    'Ask by the controller’s annotation for an address of each family, or leave the Service single-stack.',
  reads,
  find: ({ cluster }, added) =>
    (cluster.objects['v1/services'] ?? []).flatMap(service => {
      if (readService(service).type !== 'LoadBalancer') return []
      const ip = getField(service, ['spec', 'loadBalancerIP'])
      const annotation = addressAnnotations.find(name => service.metadata.annotations?.[name] !== undefined)
      const asked = service.metadata.annotations?.[annotation ?? ''] ?? (typeof ip === 'string' ? ip : '')
      const addresses = asked.split(',').map(one => tryParseIP(one.trim()))
      return asked === '' || addresses.some(one => one?.family === added)
        ? []
        : [
            {
              object: nameOf(service),
              field: annotation ?? 'spec.loadBalancerIP',
              message: `it asks for ${asked}, and for no ${added} address`,
            },
          ]
    }),
  examples: {
    bad: [
      () => withService({ type: 'LoadBalancer', loadBalancerIP: '192.0.2.10' }),
      () => withService({ type: 'LoadBalancer' }, { 'metallb.io/loadBalancerIPs': '192.0.2.10' }),
    ],
    good: [
      () =>
        withService({ type: 'LoadBalancer' }, { 'metallb.io/loadBalancerIPs': '192.0.2.10,2001:db8::10' }),
      () => withService({ type: 'LoadBalancer' }),
    ],
  },
})

const localPolicy = ruleThere({
  id: 'service-exposure/client-address',
  title: 'Services that keep the client’s address are looked at afterwards',
  severity: 'info',
  why: 'externalTrafficPolicy Local keeps the client’s address; over the new family some CNIs and load balancers were seen to translate it all the same.',
  source: 'kubernetes/kubernetes#102527, kubernetes/kubernetes#128198',
  covers: ['P36'],
  remedy:
    'Ask the Service over the new family from outside after the conversion, and look at the address that arrives.',
  reads,
  find: ({ cluster }) =>
    (cluster.objects['v1/services'] ?? [])
      .filter(service => getField(service, ['spec', 'externalTrafficPolicy']) === 'Local')
      .map(service => ({
        object: nameOf(service),
        field: 'spec.externalTrafficPolicy',
        message: 'it is Local: see that the client’s address arrives over the new family too',
      })),
  examples: {
    bad: [() => withService({ type: 'NodePort', externalTrafficPolicy: 'Local' })],
    good: [() => withService({ type: 'NodePort', externalTrafficPolicy: 'Cluster' })],
  },
})

const externalIPs = ruleThere({
  id: 'service-exposure/external-ips',
  title: 'Services with external addresses have them in both families',
  severity: 'info',
  why: 'kube-proxy serves externalIPs per family; clients that come by these addresses stay with the family they have.',
  source: 'k/k:pkg/proxy/serviceport.go',
  covers: ['kubernetes 7.4'],
  remedy: 'Add an address of the new family that is routed to the nodes, where clients are to have it.',
  reads,
  find: ({ cluster }, added) =>
    (cluster.objects['v1/services'] ?? []).flatMap(service => {
      const addresses = texts(getField(service, ['spec', 'externalIPs']))
      return addresses.length === 0 || addresses.some(one => tryParseIP(one)?.family === added)
        ? []
        : [
            {
              object: nameOf(service),
              field: 'spec.externalIPs',
              message: `${addresses.join(', ')}: none is of ${added}`,
            },
          ]
    }),
  examples: {
    bad: [() => withService({ externalIPs: ['192.0.2.10'] })],
    good: [() => withService({ externalIPs: ['192.0.2.10', '2001:db8::10'] }), () => withService({})],
  },
})

const poolResource = 'metallb.io/v1beta1/ipaddresspools'
/** `10.0.0.0/24` or `10.0.0.1-10.0.0.9` */
const familiesOfPool = (pool: KubeObject): ReadonlySet<string> =>
  new Set(
    texts(getField(pool, ['spec', 'addresses'])).flatMap(
      range => tryParseIP(range.split(/[-/]/)[0]?.trim() ?? '')?.family ?? [],
    ),
  )

const metallb = ruleThere({
  id: 'service-exposure/metallb-pool',
  title: 'a pool of MetalLB has addresses of both families',
  severity: 'warning',
  why: 'MetalLB takes both addresses of a dual-stack Service from one pool. Without such a pool the Service waits without any address, and one that had an address gives it back.',
  source: 'metallb/metallb#1156, metallb/metallb#2482, metallb/metallb PR 2726',
  covers: ['P13'],
  remedy:
    'Add a range of the new family to the IPAddressPool that the Services use; leave them single-stack until then.',
  reads: [...reads, { kind: 'list', resource: poolResource }],
  find: ({ cluster }, added) => {
    const pools = cluster.objects[poolResource] ?? []
    const isUsed = (cluster.objects['v1/services'] ?? []).some(
      service => readService(service).type === 'LoadBalancer',
    )
    if (!isUsed || pools.length === 0) return []
    return pools.some(pool => familiesOfPool(pool).size === 2)
      ? []
      : pools
          .filter(pool => !familiesOfPool(pool).has(added))
          .map(pool => ({
            object: `IPAddressPool ${pool.metadata.name}`,
            field: 'spec.addresses',
            message: `it has no address of ${added}, and no pool has both families`,
          }))
  },
  examples: {
    bad: [() => withPools(['192.0.2.0/28']), () => withPools(['192.0.2.1-192.0.2.9'], ['2001:db8::/124'])],
    good: [() => withPools(['192.0.2.0/28', '2001:db8::/124']), () => withPools()],
  },
})

const withService = (
  spec: Readonly<Record<string, unknown>>,
  annotations: Readonly<Record<string, string>> = {},
) =>
  situation({
    objects: { 'v1/services': [{ metadata: { name: 'web', namespace: 'demo', annotations }, spec }] },
  })

const withPools = (...pools: readonly (readonly string[])[]) => {
  const { cluster, ...rest } = withService({ type: 'LoadBalancer' })
  const objects = pools.map((addresses, index) => ({ metadata: { name: `p${index}` }, spec: { addresses } }))
  return { ...rest, cluster: { ...cluster, objects: { ...cluster.objects, [poolResource]: objects } } }
}

const ingressRanges = [
  'nginx.ingress.kubernetes.io/whitelist-source-range',
  'nginx.ingress.kubernetes.io/allowlist-source-range',
  'haproxy.org/allow-list',
  'haproxy.org/whitelist',
]

const ingress = ruleThere({
  id: 'service-exposure/ingress-ranges',
  title: 'Ingresses that let some networks in name both families',
  severity: 'warning',
  why: 'A list of IPv4 networks lets no IPv6 client in: as soon as the controller’s address has both families, clients of the new one get 403.',
  source: 'kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations',
  covers: ['P35'],
  remedy: 'Add networks of the new family to the annotation.',
  reads: [{ kind: 'list', resource: 'networking.k8s.io/v1/ingresses' }],
  find: ({ cluster }, added) =>
    (cluster.objects['networking.k8s.io/v1/ingresses'] ?? []).flatMap(({ metadata }) =>
      ingressRanges.flatMap(name => {
        const value = metadata.annotations?.[name]
        const ranges = (value ?? '').split(',').map(range => {
          const text = range.trim()
          return text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`
        })
        return value === undefined || familiesIn(ranges).size === 0 || familiesIn(ranges).has(added)
          ? []
          : [
              {
                object: `Ingress ${metadata.namespace ?? ''}/${metadata.name}`,
                field: name,
                message: `${value}: clients of ${added} are refused`,
              },
            ]
      }),
    ),
  examples: {
    bad: [() => withIngress('10.0.0.0/8,192.0.2.1')],
    good: [() => withIngress('10.0.0.0/8,2001:db8::/32'), () => situation()],
  },
})

const withIngress = (value: string) =>
  situation({
    objects: {
      'networking.k8s.io/v1/ingresses': [
        { metadata: { name: 'web', namespace: 'demo', annotations: { [ingressRanges[0] ?? '']: value } } },
      ],
    },
  })

const controllerNames = [
  'ingress-nginx',
  'traefik',
  'contour',
  'haproxy-ingress',
  'kubernetes-ingress',
  'kong',
  'envoy',
]

const chart = ruleThere({
  id: 'service-exposure/ingress-controller',
  title: 'the owner of an ingress controller’s Service knows of both families',
  severity: 'info',
  why: 'Charts write ipFamilyPolicy SingleStack unless their values say otherwise: the next upgrade takes the new family away again.',
  source: 'kubernetes/ingress-nginx#8175, kubernetes/ingress-nginx#11068',
  covers: ['P35', 'P42'],
  remedy:
    'Set the families in the values of the chart (ingress-nginx: controller.service.ipFamilyPolicy and ipFamilies).',
  reads,
  find: ({ cluster }, added) =>
    (cluster.objects['v1/services'] ?? [])
      .filter(({ metadata: { labels = {} } }) =>
        labels['app.kubernetes.io/managed-by'] === 'Helm'
          ? controllerNames.includes(labels['app.kubernetes.io/name'] ?? '')
          : false,
      )
      .filter(service => {
        const { families, type } = readService(service)
        return type !== 'ClusterIP' && families.length > 0 && !families.includes(added)
      })
      .map(service => ({
        object: nameOf(service),
        field: 'spec.ipFamilyPolicy',
        message: `a chart of ${service.metadata.labels?.['app.kubernetes.io/name'] ?? ''} owns it, and it has one family`,
      })),
  examples: {
    bad: [() => withController(['IPv4'])],
    good: [() => withController(['IPv4', 'IPv6']), () => withService({})],
  },
})

const withController = (ipFamilies: readonly string[]) =>
  situation({
    objects: {
      'v1/services': [
        {
          metadata: {
            name: 'ingress-nginx-controller',
            namespace: 'ingress-nginx',
            labels: {
              'app.kubernetes.io/managed-by': 'Helm',
              'app.kubernetes.io/name': 'ingress-nginx',
            },
          },
          spec: { type: 'LoadBalancer', ipFamilies },
        },
      ],
    },
  })

export const serviceExposureRules = [
  sourceRanges,
  pinned,
  localPolicy,
  externalIPs,
  metallb,
  ingress,
  chart,
] as const
