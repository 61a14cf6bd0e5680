import { expect, test } from 'vitest'
import type { Cluster, KubeObject } from '../../model/cluster.ts'
import { backGoal, goal, podOf, testCluster } from '../testing/cluster.ts'
import { applied, shown, stepsOf } from '../testing/steps.ts'
import { dns } from './index.ts'

const kubeDNS: KubeObject = {
  metadata: { name: 'kube-dns', namespace: 'kube-system' },
  spec: { ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv4'], selector: { 'k8s-app': 'kube-dns' } },
}
const corefile = (text: string): KubeObject => ({
  metadata: { name: 'coredns', namespace: 'kube-system' },
  data: { Corefile: text },
})
const kubeadms =
  '.:53 {\n  kubernetes cluster.local in-addr.arpa ip6.arpa {\n    pods insecure\n    ttl 30\n  }\n  cache 30 {\n    disable success cluster.local\n  }\n}'

function cluster(families: readonly ('IPv4' | 'IPv6')[], text = kubeadms): Cluster {
  const base = testCluster()
  const pod = podOf({
    namespace: 'kube-system',
    name: 'coredns-0',
    hostNetwork: false,
    families,
    labels: { 'k8s-app': 'kube-dns' },
  })
  return {
    ...base,
    pods: [pod],
    objects: { ...base.objects, 'v1/services': [kubeDNS], 'v1/configmaps': [corefile(text)] },
  }
}

test('the DNS Service gets both families once its pods have both', () => {
  expect(shown(stepsOf(dns, cluster(['IPv4', 'IPv6']), goal, 'dns'))).toMatchInlineSnapshot(`
    "# dns/service: Give the DNS Service IPv4 and IPv6
    kube-dns spec.ipFamilyPolicy: "SingleStack" → "PreferDualStack"
    kube-dns spec.ipFamilies: ["IPv4"] → ["IPv4","IPv6"]
    kube-dns metadata.annotations.kubectl-dualstack/ip-family-policy: null → "SingleStack""
  `)
})

test('with a server of one family it waits: its answers would be missed', () => {
  expect(stepsOf(dns, cluster(['IPv4']), goal, 'dns')).toEqual([])
})

test('there and back leaves the Service as it was', () => {
  const found = cluster(['IPv4', 'IPv6'])
  const dual = applied(found, stepsOf(dns, found, goal, 'dns'))
  expect(stepsOf(dns, dual, goal, 'dns')).toEqual([])
  const end = applied(dual, stepsOf(dns, dual, backGoal, 'dns'))
  expect(end.objects).toEqual(found.objects)
  expect(stepsOf(dns, end, backGoal, 'dns')).toEqual([])
})

test.each([
  ['kubeadm’s own', kubeadms, 30],
  [
    'one whose cache keeps answers as long again',
    '.:53 {\n kubernetes cluster.local {\n  ttl 30\n }\n cache 30\n}',
    60,
  ],
  ['one that says nothing', '.:53 {\n kubernetes cluster.local\n}', 5],
])(
  'on the way back the time is waited out for which clients may keep an answer: with a Corefile that is %s',
  (_, text, seconds) => {
    const found = cluster(['IPv4', 'IPv6'], text)
    const dual = applied(found, stepsOf(dns, found, goal, 'dns'))
    expect(stepsOf(dns, dual, backGoal, 'dns')[0]?.gates[0]?.steady).toBe(seconds)
  },
)

test('a cluster without a DNS Service has no such layer', () => {
  expect(dns.read(testCluster())).toBeUndefined()
})

test.each([
  ['169.254.20.10,10.96.0.10', 'listens on 169.254.20.10, 10.96.0.10: pods go on asking it there'],
  [undefined, 'listens on addresses that its arguments do not tell'],
  ['169.254.20.10,fd00:96::a', undefined],
])('NodeLocal DNSCache with -localip %s: %s', (localip, message) => {
  const base = cluster(['IPv4', 'IPv6'])
  const args = localip === undefined ? [] : ['-localip', localip, '-conf', '/etc/Corefile']
  const nodeLocal: KubeObject = {
    metadata: { name: 'node-local-dns', namespace: 'kube-system' },
    spec: { template: { spec: { containers: [{ name: 'node-cache', args }] } } },
  }
  const state = dns.read({ ...base, objects: { ...base.objects, 'apps/v1/daemonsets': [nodeLocal] } })
  const told = state === undefined ? [] : (dns.notices?.(state, goal) ?? [])
  expect(told.map(notice => notice.message)).toEqual(
    message === undefined ? [] : [expect.stringContaining(message)],
  )
  expect(state && dns.notices?.(state, backGoal)).toEqual([])
})
