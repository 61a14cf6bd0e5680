import { expect, test } from 'vitest'
import type { Json } from '../../base/json.ts'
import type { Cluster, KubeObject } from '../../model/cluster.ts'
import { rolledOut, type Rollout, rolloutGate } from './rollout.ts'

const judge = (resource: Rollout['resource'], object: Partial<KubeObject> | undefined) => {
  const rollout = { resource, namespace: 'x', name: 'y' }
  const objects =
    object === undefined ? [] : [{ metadata: { name: 'y', namespace: 'x', generation: 3 }, ...object }]
  const cluster = { objects: { [resource]: objects }, pods: [] } as unknown as Cluster
  return rolloutGate.judge(cluster, rollout)
}
const deployment = 'apps/v1/deployments'
const statefulSet = 'apps/v1/statefulsets'
const daemonSet = 'apps/v1/daemonsets'

test.each([
  {
    name: 'done',
    replicas: 2,
    status: { replicas: 2, updatedReplicas: 2, availableReplicas: 2 },
    holds: true,
  },
  {
    name: 'half',
    replicas: 2,
    status: { replicas: 3, updatedReplicas: 1, availableReplicas: 2 },
    holds: false,
  },
  {
    name: 'old pods left',
    replicas: 2,
    status: { replicas: 3, updatedReplicas: 2, availableReplicas: 3 },
    holds: false,
  },
  {
    name: 'not ready',
    replicas: 2,
    status: { replicas: 2, updatedReplicas: 2, availableReplicas: 1 },
    holds: false,
  },
  { name: 'scaled to nothing', replicas: 0, status: {}, holds: true },
  {
    name: 'without replicas, which means one',
    replicas: undefined,
    status: { replicas: 1, updatedReplicas: 1, availableReplicas: 1 },
    holds: true,
  },
])('a Deployment that is $name: $holds', ({ replicas, status, holds }) => {
  const object = { spec: { replicas }, status: { observedGeneration: 3, ...status } }
  expect(judge(deployment, object).holds).toBe(holds)
  expect(judge(deployment, { ...object, status: { ...status, observedGeneration: 2 } }).holds).toBe(false)
})

test.each([
  {
    name: 'done',
    status: { currentRevision: 'b', updateRevision: 'b', replicas: 2, readyReplicas: 2 },
    holds: true,
  },
  {
    name: 'half',
    status: { currentRevision: 'a', updateRevision: 'b', replicas: 2, updatedReplicas: 1, readyReplicas: 2 },
    holds: false,
  },
  {
    name: 'done but for readiness',
    status: { currentRevision: 'b', updateRevision: 'b', replicas: 2, readyReplicas: 1 },
    holds: false,
  },
])('a StatefulSet that is $name: $holds', ({ status, holds }) => {
  expect(
    judge(statefulSet, { spec: { replicas: 2 }, status: { observedGeneration: 3, ...status } }).holds,
  ).toBe(holds)
})

test('a DaemonSet whose pods nobody makes again is hopeless', () => {
  const status = {
    observedGeneration: 3,
    desiredNumberScheduled: 2,
    updatedNumberScheduled: 0,
    numberAvailable: 2,
  }
  expect(judge(daemonSet, { spec: { updateStrategy: { type: 'OnDelete' } }, status }).hopeless).toContain(
    'OnDelete',
  )
  expect(judge(daemonSet, { spec: {}, status }).hopeless).toBeUndefined()
})

test('a controller that is gone is hopeless', () => {
  expect(judge(daemonSet, undefined).hopeless).toBe('DaemonSet x/y was deleted: make a new plan.')
})

test('only the controller and its own pods are read again', () => {
  const object = {
    metadata: { name: 'y', namespace: 'x' },
    spec: { selector: { matchLabels: { a: 'b', c: 'd' } } },
  }
  const cluster = { objects: { [daemonSet]: [object] }, pods: [] } as unknown as Cluster
  const gate = rolledOut(
    'cni',
    { resource: daemonSet, namespace: 'x', name: 'y' },
    { within: 60, because: 'so' },
  )
  expect(gate.id).toBe('cni/rolled-out')
  expect(rolloutGate.reads(gate.args, cluster)).toEqual([
    { kind: 'object', resource: daemonSet, namespace: 'x', name: 'y' },
    { kind: 'pods', namespace: 'x', labelSelector: 'a=b,c=d' },
  ])
})

test('while it goes on, pods are not read; where it stands still they are now and then, and a crash is seen', () => {
  const at = (updated: number) =>
    ({
      objects: {
        [daemonSet]: [
          {
            metadata: { name: 'y', namespace: 'x' },
            spec: { selector: { matchLabels: { a: 'b' } } },
            status: {
              desiredNumberScheduled: 9,
              updatedNumberScheduled: updated,
              numberAvailable: updated,
            },
          },
        ],
      },
      pods: [],
    }) as unknown as Cluster
  let args: Json = { resource: daemonSet, namespace: 'x', name: 'y' }
  const look = (cluster: Cluster): readonly string[] => {
    const kinds = rolloutGate.reads(args, cluster).map(({ kind }) => kind)
    args = rolloutGate.narrow?.(cluster, args) ?? args
    return kinds
  }
  expect(look(at(0))).toEqual(['object', 'pods'])
  for (let updated = 1; updated < 9; updated++) expect(look(at(updated))).toEqual(['object'])
  const still = Array.from({ length: 16 }, () => look(at(8)))
  expect(still.filter(kinds => kinds.includes('pods'))).toHaveLength(2)
})
