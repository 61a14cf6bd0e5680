import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { decide } from './intent.ts'
import { joins } from './joins.ts'
import { smallCluster } from './testing/cluster.ts'

const ranges = { pods: 'fd00:244::/56', services: 'fd00:96::/112' }
const of = (version: string, to: 'dual' | 'single' = 'dual', nodes = {}): readonly string[] => {
  const cluster = { ...smallCluster({ nodes }), version }
  return joins(cluster, decide(cluster, { ...ranges, to }))
}
const bodyOf = (text: string | undefined): unknown => parse((text ?? '').split('\n').slice(1).join('\n'))

test('every way of adding nodes is told, as it is written for it', () => {
  expect(of('v1.36.3').join('\n\n')).toMatchInlineSnapshot(`
    "kubeadm join --config FILE, beside what the file has already
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: JoinConfiguration
    nodeRegistration:
      kubeletExtraArgs:
      - name: node-ip
        value: "<IPv4 address>,<IPv6 address>"

    cloud-init, before the node joins (Red Hat: /etc/sysconfig/kubelet)
    #cloud-config
    write_files:
    - path: /etc/sysctl.d/90-forwarding.conf
      content: |
        net.ipv4.ip_forward = 1
        net.ipv6.conf.all.forwarding = 1
        net.ipv6.conf.default.forwarding = 1
    - path: /etc/default/kubelet
      content: |
        KUBELET_EXTRA_ARGS=--node-ip=<IPv4 address>,<IPv6 address>
    runcmd:
    - sysctl --system

    kubespray, group_vars/k8s_cluster (before 2.28: enable_dual_stack_networks instead of the two stacks)
    ipv4_stack: true
    ipv6_stack: true
    kube_pods_subnet: 10.244.0.0/16
    kube_service_addresses: 10.96.0.0/16
    kube_network_node_prefix: 24
    kube_pods_subnet_ipv6: fd00:244::/56
    kube_service_addresses_ipv6: fd00:96::/112
    kube_network_node_prefix_ipv6: 64

    KubeKey 3, config of the cluster (KubeKey 4: cni.pod_cidr and cni.service_cidr)
    spec:
      hosts:
      - {name: <node>, address: <address for ssh>, internalAddress: "<IPv4 address>,<IPv6 address>"}
      network:
        kubePodsCIDR: 10.244.0.0/16,fd00:244::/56
        kubeServiceCIDR: 10.96.0.0/16,fd00:96::/112"
  `)
})

test.each([
  ['v1.36.3', 'v1beta4', [{ name: 'node-ip', value: '<IPv4 address>,<IPv6 address>' }]],
  ['v1.30.1', 'v1beta3', { 'node-ip': '<IPv4 address>,<IPv6 address>' }],
  ['v1.21.0', 'v1beta2', { 'node-ip': '<IPv4 address>,<IPv6 address>' }],
  [
    'v1.20.0',
    'v1beta2',
    { 'node-ip': '<IPv4 address>,<IPv6 address>', 'feature-gates': 'IPv6DualStack=true' },
  ],
])('%s joins with %s', (version, api, kubeletExtraArgs) => {
  expect(bodyOf(of(version)[0])).toEqual({
    apiVersion: `kubeadm.k8s.io/${api}`,
    kind: 'JoinConfiguration',
    nodeRegistration: { kubeletExtraArgs },
  })
})

test('a route by router advertisement is kept on new nodes too, and before forwarding is on', () => {
  const n1 = {
    routes: [{ family: 'IPv6' as const, destination: 'default', interface: 'eth0', protocol: 'ra' }],
    sysctls: { 'net.ipv6.conf.eth0.accept_ra': '1' },
  }
  const body = bodyOf(of('v1.36.3', 'dual', { n1 })[1]) as { write_files: { content: string }[] }
  expect(body.write_files[0]?.content.split('\n').slice(0, 2)).toEqual([
    'net.ipv6.conf.eth0.accept_ra = 2',
    'net.ipv4.ip_forward = 1',
  ])
})

test('on the way back new nodes get one address', () => {
  const texts = of('v1.36.3', 'single')
  expect(texts.join('\n')).not.toContain('IPv6 address')
  expect(texts.join('\n')).toContain('ipv6_stack: false')
  for (const text of texts) expect(bodyOf(text)).toBeTypeOf('object')
})

test('nothing is said of a cluster whose nodes were not read', () => {
  const cluster = smallCluster()
  expect(joins({ ...cluster, nodes: {} }, decide(cluster, ranges))).toEqual([])
})
