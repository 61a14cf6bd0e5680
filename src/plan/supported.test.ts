import { expect, test } from 'vitest'
import { layers } from '../layers/index.ts'
import { RefusedError } from '../base/errors.ts'
import type { Cluster } from '../model/cluster.ts'
import { requireSupported } from './supported.ts'
import { smallCluster } from './testing/cluster.ts'

const withAgent = (name: string, namespace = 'kube-system'): Cluster =>
  smallCluster({ objects: { 'apps/v1/daemonsets': [{ metadata: { name, namespace } }] } })

function refusal(cluster: Cluster): { readonly message: string; readonly hint: string } {
  try {
    requireSupported(cluster, layers)
  } catch (error) {
    if (error instanceof RefusedError) return { message: error.message, hint: error.hint ?? '' }
  }
  return { message: 'nothing was refused', hint: '' }
}

test.each([
  ['kube-flannel-ds', 'Flannel', 'new Nodes first'],
  ['canal', 'Canal', 'new Nodes first'],
  ['cilium', 'Cilium', 'cluster-pool'],
  ['antrea-agent', 'Antrea', 'new Nodes'],
  ['kube-router', 'kube-router', 'kube-router.io/pod-cidrs'],
  ['kube-ovn-cni', 'Kube-OVN', 'cidrBlock'],
  ['ovnkube-node', 'OVN-Kubernetes', 'net_cidr'],
  ['weave-net', 'Weave Net', 'no IPv6 at all'],
])('%s is named with what is missing', (name, title, missing) => {
  const { message, hint } = refusal(withAgent(name))
  expect(message).toBe(
    `the CNI of this cluster is not supported yet: found ${title} (DaemonSet kube-system/${name})`,
  )
  expect(hint).toContain(missing)
  expect(hint).toContain('Nothing was changed.')
})

test('what no name is known for is told by the files on the nodes, or as not found', () => {
  const files = { '/etc/cni/net.d/10-bridge.conflist': { text: '{}' } }
  expect(refusal(smallCluster({ nodes: { n2: { files } } })).message).toContain(
    'found /etc/cni/net.d/10-bridge.conflist',
  )
  expect(refusal(smallCluster()).message).toContain('no Calico was found')
})

test('Calico in either way of installing it is planned', () => {
  expect(() => requireSupported(withAgent('calico-node'), layers)).not.toThrow()
  const operated = smallCluster({
    objects: { 'operator.tigera.io/v1/installations': [{ metadata: { name: 'default' } }] },
  })
  expect(() => requireSupported(operated, layers)).not.toThrow()
})
