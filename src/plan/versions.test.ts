import { expect, test } from 'vitest'
import type { Cluster } from '../model/cluster.ts'
import { smallCluster } from './testing/cluster.ts'
import { requireVersion } from './versions.ts'

const of = (version: string, kubelet?: string): Cluster => ({
  ...smallCluster({
    objects: {
      'v1/nodes': [
        { metadata: { name: 'n1' }, ...(kubelet && { status: { nodeInfo: { kubeletVersion: kubelet } } }) },
      ],
    },
  }),
  version,
})

test.each(['v1.20.0', 'v1.22.17-gke.1', 'v1.23.0', 'v1.36.3', 'v1.37.0-alpha.1', '', 'unknown'])(
  '%s is planned',
  version => {
    expect(() => requireVersion(of(version))).not.toThrow()
  },
)

test.each([
  ['v1.19.16', 'dual-stack of two families a Service came with 1.20'],
  ['v1.9.0', 'this cluster is Kubernetes v1.9.0'],
  ['v1.38.0', 'after 1.37 were not looked at'],
  ['v2.0.0', 'after 1.37 were not looked at'],
])('%s is refused with what is known', (version, message) => {
  expect(() => requireVersion(of(version))).toThrow(message)
})

test('a kubelet that is too old is named', () => {
  expect(() => requireVersion(of('v1.22.0', 'v1.19.3'))).toThrow(
    'the kubelet of node n1 is Kubernetes v1.19.3',
  )
  expect(() => requireVersion(of('v1.23.0', 'v1.22.3'))).not.toThrow()
})
