import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../model/cluster.ts'
import { controlPlane, facts, fakeCluster, fakeWorld, object } from '../observe/testing.ts'
import { observe } from '../observe/live.ts'
import { diagnoseCluster } from './diagnose.ts'

/** What a node of the lab said while it joined, each line as its journal or log has it. */
const sandbox = 'f70bb397c0456f80d372063411f72dfdab0402bd0deb152fdbbca2b3f30c0df8'
const stat =
  'stat /var/lib/calico/nodename: no such file or directory: check that the calico/node container is running and has mounted /var/lib/calico/'
const kubelet = [
  '2026-11-29T14:05:12+0000 n2 systemd[1]: Started kubelet.service - kubelet: The Kubernetes Node Agent.',
  String.raw`2026-11-29T14:05:14+0000 n2 kubelet[189]: E1129 14:05:14.296303     189 pod_workers.go:1338] "Error syncing pod, skipping" err="network is not ready: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized" pod="ops/agent-bjjwn" podUID="7f7fa750-d22c-47b3-8817-02a5c7133a10"`,
  String.raw`2026-11-29T14:05:19+0000 n2 kubelet[189]: E1129 14:05:19.240390     189 remote_runtime.go:237] "RunPodSandbox from runtime service failed" err="rpc error: code = Unknown desc = failed to setup network for sandbox \"${sandbox}\": plugin type=\"calico\" failed (add): ${stat}"`,
  String.raw`2026-11-29T14:05:19+0000 n2 kubelet[189]: E1129 14:05:19.240525     189 kuberuntime_manager.go:1614] "CreatePodSandbox for pod failed" err="rpc error: code = Unknown desc = failed to setup network for sandbox \"${sandbox}\": plugin type=\"calico\" failed (add): ${stat}" pod="ops/agent-bjjwn"`,
].join('\n')
const containerd = [
  String.raw`2026-11-29T14:05:17+0000 n2 containerd[125]: time="2026-11-29T14:05:17.307736418Z" level=error msg="failed to reload cni configuration after receiving fs change event(WRITE         \"/etc/cni/net.d/calico-kubeconfig\")" error="cni config load failed: no network config found in /etc/cni/net.d: cni plugin not initialized: failed to load cni config"`,
  String.raw`2026-11-29T14:05:19+0000 n2 containerd[125]: time="2026-11-29T14:05:19.224177025Z" level=error msg="Failed to destroy network for sandbox \"${sandbox}\"" error="plugin type=\"calico\" failed (delete): ${stat}"`,
  String.raw`2026-11-29T14:05:19+0000 n2 containerd[125]: time="2026-11-29T14:05:19.240089614Z" level=error msg="RunPodSandbox for &PodSandboxMetadata{Name:agent-bjjwn,Uid:7f7fa750-d22c-47b3-8817-02a5c7133a10,Namespace:ops,Attempt:0,} failed, error" error="failed to setup network for sandbox \"${sandbox}\": plugin type=\"calico\" failed (add): ${stat}"`,
].join('\n')
/** In the words of the source: it depends on who hears of the Node first. */
const manager =
  '2026-11-29T14:05:14.111Z stderr F I1129 14:05:14.111000       1 reconciler.go:223] "skipping Pod for Service, Node not found" logger="endpointslice-controller" pod="ops/agent-bjjwn" service="ops/agent" node="n2"\n'

interface Joined {
  /** When it is asked; the pod is ready from 14:05:34 on, the Node from 14:05:17. */
  readonly at: string
  readonly made?: string
  readonly isPodReady?: boolean
  readonly events?: readonly string[]
}

async function foundAt({
  at,
  made = '2026-11-29T14:05:13Z',
  isPodReady = true,
  events = ['NodeReady'],
}: Joined): Promise<readonly string[]> {
  const ready = (since: string, isReady = true) => ({
    conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: since }],
  })
  const node: KubeObject = {
    metadata: { name: 'n2', creationTimestamp: made },
    status: ready('2026-11-29T14:05:17Z'),
  }
  const pod: KubeObject = {
    metadata: { name: 'agent-bjjwn', namespace: 'ops' },
    spec: { nodeName: 'n2', containers: [] },
    status: { phase: 'Running', ...ready('2026-11-29T14:05:34Z', isPodReady) },
  }
  const one = facts({ kubeletArguments: [] })
  const world = fakeWorld(
    fakeCluster({
      objects: {
        'v1/nodes': [{ ...controlPlane('n1'), status: ready('2026-11-29T13:05:13Z') }, node],
        'v1/namespaces': [object('kube-system')],
        'v1/pods': [pod],
        'v1/events': events.map(reason => ({
          metadata: { name: reason, namespace: 'default' },
          reason,
          involvedObject: { kind: 'Node', name: 'n2' },
        })),
      },
      nodes: { n1: one, n2: one },
    }),
  )
  const log = { namespace: 'kube-system', pod: 'kube-controller-manager-n1', attempt: 0 }
  const { found } = await diagnoseCluster(
    {
      world: {
        ...world,
        nodes: {
          ...world.nodes,
          containers: async name => ({
            runtime: 'answered',
            containers: [],
            logs: name === 'n1' ? [{ ...log, container: 'kube-controller-manager', text: manager }] : [],
          }),
          logs: async (name, source) =>
            name === 'n1' ? '' : 'unit' in source && source.unit === 'kubelet' ? kubelet : containerd,
        },
      },
      read: (reads, how) => observe(world, reads, how),
      close: async () => {},
    },
    { now: Date.parse(at) },
  )
  return found.map(({ failure }) => failure)
}

describe('what was said while a node joined', () => {
  test.each(['14:05:36', '14:05:49', '14:06:10', '14:08:00'])(
    'is no cause on a healthy cluster, asked at %s',
    async time => {
      expect(await foundAt({ at: `2026-11-29T${time}Z` })).toEqual([])
    },
  )

  test('is told as long as its pods have no network', async () => {
    expect(await foundAt({ at: '2026-11-29T14:05:49Z', isPodReady: false })).toEqual([
      'kubelet/sandbox-fails',
    ])
  })

  test('is told of a Node that comes and goes', async () => {
    expect(
      await foundAt({ at: '2026-11-29T14:05:36Z', isPodReady: false, events: ['NodeReady', 'NodeNotReady'] }),
    ).toEqual(['kubelet/no-network', 'kubelet/sandbox-fails'])
  })

  test('a Node that was made anew took the pods of the one before away', async () => {
    expect(await foundAt({ at: '2026-11-29T14:06:10Z', made: '2026-11-29T14:05:15Z' })).toEqual([
      'controller-manager/node-collected',
    ])
  })
})
