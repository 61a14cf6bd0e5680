import { describe, expect, test } from 'vitest'
import type { Cluster } from '../model/cluster.ts'
import { pod } from '../rules/example.ts'
import { lastStart, PodsOfLines, recoveredIn } from './over.ts'

const now = Date.parse('2026-11-23T08:00:00Z')
const ago = (seconds: number): string => new Date(now - seconds * 1000).toISOString()

function clusterOf(more: Partial<Cluster> = {}): Cluster {
  const node = (name: string, status: string, seconds: number) => ({
    metadata: { name },
    status: { conditions: [{ type: 'Ready', status, lastTransitionTime: ago(seconds) }] },
  })
  return {
    uid: 'u',
    version: 'v1.36.3',
    objects: { 'v1/nodes': [node('n1', 'True', 600), node('n2', 'Unknown', 600), node('n3', 'True', 5)] },
    pods: [
      pod({ namespace: 'kube-system', name: 'web', ready: true, readySince: ago(60) }),
      pod({ namespace: 'kube-system', name: 'loops', ready: true, readySince: ago(5) }),
      pod({ namespace: 'kube-system', name: 'waits', ready: false }),
    ],
    nodes: {},
    unread: {},
    ...more,
  }
}

describe('when something became well', () => {
  test.each([
    // Of a time that is cut to seconds the whole second.
    ['web', now - 60_000 + 999],
    // It ends again and again, and is ready for a moment each time.
    ['loops', undefined],
    ['waits', undefined],
    ['gone', Number.POSITIVE_INFINITY],
    // A static pod may run without its mirror.
    ['kube-apiserver-n1', undefined],
  ])('pod %s', (name, since) => {
    expect(recoveredIn(clusterOf(), now).pod('kube-system', name)).toBe(since)
  })

  test('a pod of a namespace that is gone, whatever node it is named after', () => {
    expect(recoveredIn(clusterOf(), now).pod('verify-x', 'peer-n1')).toBe(Number.POSITIVE_INFINITY)
  })

  test('where no pods were read, none is gone', () => {
    const unread = clusterOf({ unread: { 'v1/pods': 'forbidden' } })
    expect(recoveredIn(unread, now).pod('kube-system', 'gone')).toBeUndefined()
    expect(recoveredIn(clusterOf({ pods: [] }), now).pod('kube-system', 'gone')).toBeUndefined()
  })

  test.each([
    ['n1', now - 600_000 + 999],
    ['n2', undefined],
    ['n3', undefined],
    ['n9', undefined],
  ])('node %s', (name, since) => {
    expect(recoveredIn(clusterOf(), now).node(name)).toBe(since)
  })
})

describe('the network of a pod', () => {
  test.each([
    ['web', now - 60_000 + 999],
    // It ends again and again; its network does not.
    ['loops', now - 5_000 + 999],
    ['waits', undefined],
    ['gone', Number.POSITIVE_INFINITY],
    ['kube-apiserver-n1', undefined],
  ])('%s', (name, since) => {
    expect(recoveredIn(clusterOf(), now).network('kube-system', name)).toBe(since)
  })
})

describe('a Node that has just joined', () => {
  const event = (reason: string, name: string) => ({
    metadata: { name: `${name}.${reason}`, namespace: 'default' },
    reason,
    involvedObject: { kind: 'Node', name },
  })
  const joined = (made: number, events?: readonly object[], unread: Cluster['unread'] = {}) =>
    recoveredIn(
      clusterOf({
        unread,
        objects: {
          'v1/nodes': [
            {
              metadata: { name: 'n3', creationTimestamp: ago(made) },
              status: { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: ago(5) }] },
            },
          ],
          ...(events !== undefined && { 'v1/events': events as Cluster['objects'][string] }),
        },
      }),
      now,
    )
  const ready = event('NodeReady', 'n3')

  test('is ready for the first time: at once what was said before is over', () => {
    expect(joined(20, [ready, event('NodeNotReady', 'n1')]).node('n3')).toBe(now - 5_000 + 999)
  })

  test.each([
    ['that was not ready in between', joined(20, [ready, event('NodeNotReady', 'n3')])],
    ['that was made long ago, of which events are gone', joined(3600, [ready])],
    ['of which no event tells', joined(20, [event('NodeReady', 'n1')])],
    ['whose events were not read', joined(20, undefined)],
    ['whose events may not be read', joined(20, [ready], { 'v1/events': 'forbidden' })],
  ])('one %s must be well for a while', (_, recovered) => {
    expect(recovered.node('n3')).toBeUndefined()
  })

  const line =
    'I1123 07:59:40.3 1 reconciler.go:223] "skipping Pod for Service, Node not found" logger="endpointslice-controller" pod="ops/agent-x" service="ops/agent" node="n3"'
  test.each([
    ['that is there', line, 19, true],
    ['that was made anew since', line, 25, false],
    ['that is gone', line.replace('"n3"', '"n9"'), 19, false],
    ['not at all', line.replace('not found', 'found'), 19, false],
  ])('a component misses one %s', (_, text, seconds, isMissed) => {
    expect(joined(20, [ready]).missedNode(text, now - seconds * 1000)).toBe(isMissed)
  })
})

const id = '1110c60514124d32a046022d2eb6170128b3c072bcd3fa78cacf7bc5621a6e8f'
const nameless = String.raw`E1129 06:27:12.000926     192 remote_runtime.go:237] "RunPodSandbox from runtime service failed" err="failed to setup network for sandbox \"${id}\": plugin failed"`
const withName = String.raw`E1129 06:27:12.001023     192 kuberuntime_manager.go:1614] "CreatePodSandbox for pod failed" err="failed to setup network for sandbox \"${id}\": plugin failed" pod="ops/bare"`

test.each([
  ['kubelet', withName],
  ['a line before the one that names it', nameless],
  [
    'containerd',
    String.raw`time="2026-11-29T06:27:12Z" level=error msg="RunPodSandbox for &PodSandboxMetadata{Name:bare,Uid:75e8,Namespace:ops,Attempt:0,} failed, error"`,
  ],
  [
    'pod workers',
    String.raw`E1129 06:27:12.1 192 pod_workers.go:1338] "Error syncing pod, skipping" err="failed to \"CreatePodSandbox\" for \"bare_ops(75e85dbc-716b-4336-88ac-826bd1681b46)\" with x"`,
  ],
])('whose pod a line speaks of: %s', (_, line) => {
  expect(new PodsOfLines(`${nameless}\n${withName}\n`).of(line)).toEqual({ namespace: 'ops', name: 'bare' })
})

test('a line about no pod', () => {
  expect(new PodsOfLines('').of(nameless)).toBeUndefined()
  expect(new PodsOfLines('').of('I1129 06:27:12.1 192 kubelet.go:1] started')).toBeUndefined()
})

test('when systemd started a unit last', () => {
  const journal = [
    '2026-11-29T06:26:47+0000 n2 systemd[1]: Started kubelet.service - kubelet: The Kubernetes Node Agent.',
    '2026-11-29T06:26:57+0000 n2 systemd[1]: Stopped kubelet.service - kubelet: The Kubernetes Node Agent.',
    '2026-11-29T06:27:05+0000 n2 systemd[1]: Started kubelet.service - kubelet: The Kubernetes Node Agent.',
    '2026-11-29T06:27:06+0000 n2 kubelet[192]: I1129 06:27:06 192 x.go:1] "Started something"',
  ].join('\n')
  expect(lastStart(journal)).toBe(Date.parse('2026-11-29T06:27:05Z'))
  expect(lastStart('2026-11-29T06:27:06+0000 n2 kubelet[192]: x')).toBeUndefined()
})
