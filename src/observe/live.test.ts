import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../model/cluster.ts'
import type { Read } from '../model/read.ts'
import { observe } from './live.ts'
import { fakeWorld, object, smallCluster } from './testing.ts'

const reads: readonly Read[] = [
  { kind: 'list', resource: 'v1/pods' },
  { kind: 'list', resource: 'v1/services' },
  { kind: 'list', resource: 'crd.projectcalico.org/v1/ippools' },
  { kind: 'list', resource: 'v1/services' },
  { kind: 'config-map', namespace: 'kube-system', name: 'kubeadm-config' },
  { kind: 'file', path: '/etc/default/kubelet', on: 'all' },
  { kind: 'files', pattern: '/etc/kubernetes/manifests/*', on: 'control-planes' },
  { kind: 'network', on: 'all' },
]

describe('observe', () => {
  it('reads every list once and every node with one call', async () => {
    const cluster = smallCluster()
    const seen = await observe(fakeWorld(cluster), reads)
    expect(cluster.asked.lists.sort()).toEqual([
      'crd.projectcalico.org/v1/ippools',
      'v1/nodes',
      'v1/pods',
      'v1/services',
    ])
    expect(cluster.asked.facts.map(({ node }) => node).sort()).toEqual(['n1', 'n2'])
    expect(seen.uid).toBe('uid--kube-system')
    expect(seen.version).toBe('v1.36.3')
    expect(seen.pods.map(pod => `${pod.namespace}/${pod.name} ${pod.node} ${pod.families.join()}`)).toEqual([
      'default/a n1 IPv4',
      'default/b n2 IPv4',
    ])
    expect(Object.keys(seen.objects).sort()).toEqual([
      'crd.projectcalico.org/v1/ippools',
      'v1/configmaps',
      'v1/nodes',
      'v1/services',
    ])
    expect(seen.unread).toEqual({})
  })

  it('does not see what tests of traffic stand in the cluster meanwhile, and neither does what looks on', async () => {
    const cluster = smallCluster()
    const before = await observe(fakeWorld(cluster), reads)
    const own = 'kubectl-dualstack-verify-0a1b2c'
    cluster.objects['v1/services']?.push(object('web', own))
    cluster.objects['v1/pods']?.push(object('peer-n1', own))
    const seen: string[] = []
    const onObject = (_: string, { metadata }: KubeObject) => void seen.push(metadata.namespace ?? '')
    expect(await observe(fakeWorld(cluster), reads, { onObject })).toEqual(before)
    expect(seen).not.toContain(own)
  })

  it('asks control planes for more than workers', async () => {
    const cluster = smallCluster()
    await observe(fakeWorld(cluster), reads)
    const byNode = Object.fromEntries(cluster.asked.facts.map(({ node, read }) => [node, read]))
    expect(byNode).toEqual({
      n1: { files: ['/etc/default/kubelet'], patterns: ['/etc/kubernetes/manifests/*'], network: true },
      n2: { files: ['/etc/default/kubelet'], patterns: [], network: true },
    })
  })

  it('gives an empty list for a resource that the cluster does not serve', async () => {
    const seen = await observe(fakeWorld(smallCluster()), reads)
    expect(seen.objects['crd.projectcalico.org/v1/ippools']).toEqual([])
  })

  it('names a list that the server refuses as unread, with the reason, and reads the rest', async () => {
    const cluster = smallCluster()
    cluster.refused.add('v1/services').add('v1/pods').add('v1/configmaps')
    const seen = await observe(fakeWorld(cluster), reads)
    expect(seen.unread).toEqual({
      'v1/services': 'list v1/services: no (403 Forbidden)',
      'v1/pods': 'list v1/pods: no (403 Forbidden)',
      'v1/configmaps/kube-system/kubeadm-config': 'get v1/configmaps: no (403 Forbidden)',
    })
    expect(seen.objects['v1/services']).toBeUndefined()
    expect(seen.pods).toEqual([])
    expect(Object.keys(seen.nodes)).toEqual(['n1', 'n2'])
  })

  it('names all nodes that cannot be reached in one error', async () => {
    const cluster = smallCluster()
    cluster.away.add('n1').add('n2')
    await expect(observe(fakeWorld(cluster), reads)).rejects.toMatchObject({
      name: 'UnreachableError',
      code: 'observe.nodes',
      message: '2 of 2 nodes cannot be reached:\n  n1: connection timed out\n  n2: connection timed out',
      hint: 'Try `ssh` by hand.',
    })
  })

  it('goes on without an unreachable node when it is only for looking', async () => {
    const cluster = smallCluster()
    cluster.away.add('n2')
    const seen = await observe(fakeWorld(cluster), reads, { tolerant: true })
    expect(Object.keys(seen.nodes)).toEqual(['n1'])
    expect(seen.unread).toEqual({ 'nodes/n2': 'node n2: connection timed out' })
  })

  it('stops at once when it is aborted', async () => {
    const stop = new AbortController()
    stop.abort(new Error('stopped'))
    await expect(observe(fakeWorld(smallCluster()), reads, { signal: stop.signal })).rejects.toThrow(
      'stopped',
    )
  })

  it('keeps no managedFields', async () => {
    const cluster = smallCluster()
    cluster.objects['v1/services'] = [
      { metadata: { name: 'web', managedFields: [{ manager: 'x' }] } as { name: string } },
    ]
    expect((await observe(fakeWorld(cluster), reads)).objects['v1/services']).toEqual([
      { metadata: { name: 'web' } },
    ])
  })
})
