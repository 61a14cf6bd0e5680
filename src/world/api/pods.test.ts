import { expect, test } from 'vitest'
import type { KubeObject } from '../../model/cluster.ts'
import { createIntern, projectPod } from './pods.ts'

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
  expect(projectPod(raw, createIntern())).toEqual({
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
  expect(projectPod(mirror, createIntern())).toMatchObject({
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
  expect(projectPod(bare, createIntern())).toMatchObject({
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
  expect(projectPod({ ...raw, status }, createIntern()).families).toEqual(families)
})

test('all texts that repeat are interned, and labels are not copied', () => {
  const interned: string[] = []
  const pod = projectPod(raw, text => {
    interned.push(text)
    return text
  })
  expect(interned.sort()).toEqual(['7d4', 'ReplicaSet', 'Running', 'n1', 'shop', 'web-7d4', 'web:1'])
  expect(pod.labels).toBe(raw.metadata.labels)
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
  expect(projectPod({ ...raw, status }, createIntern()).waiting).toBe(text)
  expect(projectPod({ ...raw, status: { containerStatuses: [running] } }, createIntern())).not.toHaveProperty(
    'waiting',
  )
})
