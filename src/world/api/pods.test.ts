import { expect, test } from 'vitest'
import type { KubeObject } from '../../model/cluster.ts'
import { Common, projectPod } from './pods.ts'

const raw: KubeObject = {
  metadata: {
    name: 'web-7d4-x1',
    namespace: 'shop',
    uid: 'u1',
    creationTimestamp: '2026-11-23T03:40:01Z',
    labels: { app: 'web', 'pod-template-hash': '7d4' },
    annotations: {
      'cni.projectcalico.org/ipFamilies': '["IPv4"]',
      'kubectl.kubernetes.io/last-applied-configuration': '{}',
    },
    ownerReferences: [
      { apiVersion: 'v1', kind: 'Other', name: 'not-controlling', uid: 'o' },
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-7d4', uid: 'r', controller: true },
    ],
  },
  spec: {
    nodeName: 'n1',
    containers: [
      { name: 'web', image: 'web:1', command: ['/web'], args: ['--a'] },
      { name: 'side', image: 'side:1' },
    ],
  },
  status: {
    phase: 'Running',
    podIP: '10.244.1.5',
    podIPs: [{ ip: '10.244.1.5' }, { ip: 'fd00:10:244::5' }],
    conditions: [
      { type: 'Initialized', status: 'True' },
      { type: 'Ready', status: 'True' },
    ],
  },
}

test('a running pod', () => {
  expect(projectPod(raw, new Common())).toEqual({
    namespace: 'shop',
    name: 'web-7d4-x1',
    uid: 'u1',
    node: 'n1',
    owner: { kind: 'ReplicaSet', name: 'web-7d4' },
    ips: ['10.244.1.5', 'fd00:10:244::5'],
    families: ['IPv4', 'IPv6'],
    hostNetwork: false,
    phase: 'Running',
    ready: true,
    deleting: false,
    labels: { app: 'web', 'pod-template-hash': '7d4' },
    mirror: undefined,
    commands: undefined,
    created: '2026-11-23T03:40:01Z',
    image: 'web:1',
    revision: '7d4',
    annotations: { 'cni.projectcalico.org/ipFamilies': '["IPv4"]' },
  })
})

test('a mirror pod keeps its commands and the hash of its manifest', () => {
  const mirror = {
    ...raw,
    metadata: {
      name: 'kube-apiserver-n1',
      annotations: { 'kubernetes.io/config.mirror': 'abc' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'n', controller: true }],
    },
  }
  expect(projectPod(mirror, new Common())).toMatchObject({
    mirror: 'abc',
    commands: { web: ['/web', '--a'], side: [] },
    owner: { kind: 'Node', name: 'n1' },
    annotations: undefined,
  })
})

test('a pod that has nothing yet', () => {
  const bare: KubeObject = {
    metadata: { name: 'p', namespace: 'a', deletionTimestamp: '2026-01-01T00:00:00Z' },
  }
  expect(projectPod(bare, new Common())).toMatchObject({
    node: '',
    owner: undefined,
    ips: [],
    families: [],
    ready: false,
    deleting: true,
    phase: '',
    image: '',
    revision: undefined,
    labels: {},
  })
})

test.each([
  [{ podIP: 'fd00::5' }, ['IPv6']],
  [{ podIPs: [{ ip: 'fd00::5' }, { ip: '10.0.0.1' }] }, ['IPv6', 'IPv4']],
  [{ podIPs: [{ ip: '10.0.0.1' }] }, ['IPv4']],
])('families follow the addresses, in their order: %j', (status, families) => {
  expect(projectPod({ ...raw, status }, new Common()).families).toEqual(families)
})

test('what repeats is kept once: texts, the owner, and the labels that it gave all its pods', () => {
  const common = new Common()
  const again = (): KubeObject => structuredClone(raw)
  const [first, second] = [projectPod(again(), common), projectPod(again(), common)]
  expect(second).toEqual(first)
  expect(second.owner).toBe(first.owner)
  expect(second.labels).toBe(first.labels)
})

test('a pod with labels of its own keeps them, and so does one of another owner', () => {
  const common = new Common()
  const labelled = (labels: Record<string, string>, owner: string): KubeObject => ({
    ...raw,
    metadata: {
      ...raw.metadata,
      labels,
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'StatefulSet', name: owner, uid: 'u', controller: true },
      ],
    },
  })
  const pods = [
    labelled({ app: 'db', at: '0' }, 'db'),
    labelled({ app: 'db', at: '1' }, 'db'),
    labelled({ app: 'db' }, 'db'),
    labelled({ app: 'db', at: '0' }, 'queue'),
  ].map(pod => projectPod(pod, common))
  expect(pods.map(({ labels, owner }) => [labels, owner?.name])).toEqual([
    [{ app: 'db', at: '0' }, 'db'],
    [{ app: 'db', at: '1' }, 'db'],
    [{ app: 'db' }, 'db'],
    [{ app: 'db', at: '0' }, 'queue'],
  ])
})

test.each([
  [
    { reason: 'CrashLoopBackOff', message: 'back-off 40s restarting' },
    'CrashLoopBackOff: back-off 40s restarting',
  ],
  [{ reason: 'ContainerCreating' }, 'ContainerCreating'],
])('why a container waits is told, with the first that does: %j', (waiting, text) => {
  const running = { state: { running: { startedAt: '2026-01-01T00:00:00Z' } } }
  const status = { initContainerStatuses: [running], containerStatuses: [running, { state: { waiting } }] }
  expect(projectPod({ ...raw, status }, new Common()).waiting).toBe(text)
  expect(projectPod({ ...raw, status: { containerStatuses: [running] } }, new Common())).not.toHaveProperty(
    'waiting',
  )
})
