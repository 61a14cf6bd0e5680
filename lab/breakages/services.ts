import type { Breakage } from './breakage.ts'
import type { Site } from './site.ts'

const conflist = '/etc/cni/net.d/10-calico.conflist'
const v6 = 'IPv6' as const

/** Pods that are made while the nodes give out IPv4 alone: as they were before the conversion. */
async function madeBefore(site: Site, make: () => Promise<void>): Promise<void> {
  const swap = (from: string, to: string): Promise<unknown> =>
    Promise.all(
      site.lab.nodes.map(node =>
        site.sh(
          node,
          `sed 's/"assign_ipv6": "${from}"/"assign_ipv6": "${to}"/' ${conflist} >${conflist}.new; mv ${conflist}.new ${conflist}; sleep 2`,
        ),
      ),
    )
  await swap('true', 'false')
  try {
    await make()
  } finally {
    await swap('false', 'true')
  }
}

/** A Deployment of the user's with one pod, in a namespace of its own that goes when it is mended. */
async function shop(site: Site, more: readonly object[]): Promise<void> {
  const namespace = 'shop'
  site.undo(async () => void (await site.kubectl('delete', 'namespace', namespace, '--wait=true')))
  const image = await site.kubectl(
    '-n',
    'demo',
    'get',
    'deployment',
    'web',
    '-o',
    'jsonpath={.spec.template.spec.containers[0].image}',
  )
  const labels = { app: 'shop' }
  await site.apply([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'shop', namespace },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            terminationGracePeriodSeconds: 1,
            containers: [
              {
                name: 'shop',
                image,
                args: ['serve', '--port', '8080'],
                readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
              },
            ],
          },
        },
      },
    },
    ...more,
  ])
  await site.kubectl('-n', namespace, 'rollout', 'status', 'deployment/shop', '--timeout=120s')
}

const service = (ipFamilyPolicy: string): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'shop', namespace: 'shop' },
  spec: { ipFamilyPolicy, selector: { app: 'shop' }, ports: [{ port: 80, targetPort: 8080 }] },
})

export const serviceBreakages: readonly Breakage[] = [
  {
    id: 'pods/made-before',
    title: 'pods that were made before the conversion, behind a Service of both families',
    base: 'dual',
    howto: ['S1', 'nothing about existing pods, Services, DNS'],
    break: site => madeBefore(site, () => shop(site, [service('RequireDualStack')])),
    expect: {
      verify: { fails: [{ scenario: 'pod-to-own-service', family: v6 }] },
      diagnose: 'state/service-without-endpoints',
    },
  },
  {
    id: 'services/prefer-dual-stack-flips',
    title:
      'a PreferDualStack Service that waited gets its second family by an update, before its pods have it',
    base: 'dual',
    howto: ['S2', 'nothing about existing pods, Services, DNS'],
    async break(site) {
      await madeBefore(site, () => shop(site, [service('SingleStack')]))
      const patch = JSON.stringify({ spec: { ipFamilyPolicy: 'PreferDualStack' } })
      await site.kubectl('-n', 'shop', 'patch', 'service', 'shop', '--type=merge', '-p', patch)
    },
    expect: {
      verify: { fails: [{ scenario: 'pod-to-own-service', family: v6 }] },
      diagnose: 'state/service-without-endpoints',
    },
  },
  {
    id: 'dns/service-before-pods',
    title: 'kube-dns got its second family before the CoreDNS pods did',
    base: 'dual',
    howto: ['nothing about existing pods, Services, DNS'],
    async break(site) {
      const restart = async (): Promise<void> => {
        await site.restartPods('k8s-app=kube-dns')
        await site.rolledOut('deployment', 'coredns')
      }
      site.undo(restart)
      await madeBefore(site, restart)
    },
    expect: {
      verify: { fails: [{ scenario: 'dns', family: v6 }] },
      diagnose: 'dns/service-before-servers',
    },
  },
  {
    id: 'services/policy-of-one-family',
    title: 'a NetworkPolicy with blocks of IPv4 alone',
    base: 'dual',
    howto: ['S14'],
    break: site =>
      shop(site, [
        service('PreferDualStack'),
        {
          apiVersion: 'networking.k8s.io/v1',
          kind: 'NetworkPolicy',
          metadata: { name: 'shop', namespace: 'shop' },
          spec: {
            podSelector: { matchLabels: { app: 'shop' } },
            policyTypes: ['Ingress'],
            ingress: [{ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }],
          },
        },
      ]),
    expect: {
      verify: { fails: [{ scenario: 'pod-to-own-service', family: v6 }] },
      diagnose: 'state/policy-of-one-family',
    },
  },
]
