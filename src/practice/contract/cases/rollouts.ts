import { contractCase } from '../case.ts'
import { field, type Trial } from '../trial.ts'
import { isReady, ready, restart, running, uidsOf } from '../workload.ts'

const needs = ['workload'] as const

/** All pods of a selector are Ready, as many as before, and none of the old ones is among them. */
const replaced = (trial: Trial, selector: string, old: readonly string[]) =>
  trial.eventually(
    'every pod was replaced',
    async () => {
      const found = await ready(trial, selector, old.length)
      return uidsOf(found).some(uid => old.includes(uid)) ? undefined : found
    },
    150,
  )

/** What a change of a pod template starts. */
export const rollouts = [
  contractCase(
    'rollouts/deployment',
    'a Deployment replaces its pods through a new ReplicaSet, and its status says when it is done',
    { needs },
    async trial => {
      const { name, selector, pods } = await running(trial, 'Deployment', { replicas: 2 })
      const sets = () => trial.list('apps/v1/replicasets', selector)
      trial.same((await sets()).length, 1, 'ReplicaSets before')
      const { metadata } = await restart(trial, 'apps/v1/deployments', name)
      const now = await replaced(trial, selector, uidsOf(pods))
      await trial.eventually('its status says so', async () => {
        const { status } = await trial.read('apps/v1/deployments', trial.namespace, name)
        const { observedGeneration, updatedReplicas, readyReplicas, replicas } = status as Record<
          string,
          number
        >
        return (
          observedGeneration === metadata.generation &&
          [updatedReplicas, readyReplicas, replicas].every(count => count === 2)
        )
      })
      const both = await sets()
      trial.same(both.length, 2, 'ReplicaSets after')
      trial.same(both.map(set => field(set, 'spec', 'replicas')).toSorted(), [0, 2], 'replicas of the two')
      const hashes = new Set(now.map(pod => pod.metadata.labels?.['pod-template-hash']))
      const owner = both.find(set => field(set, 'spec', 'replicas') === 2)
      trial.same([...hashes], [owner?.metadata.labels?.['pod-template-hash']], 'hash of the new pods')
    },
  ),
  contractCase(
    'rollouts/back',
    'the old template again takes the old ReplicaSet again',
    { needs },
    async trial => {
      const { name, selector, pods } = await running(trial, 'Deployment')
      const before = await trial.read('apps/v1/deployments', trial.namespace, name)
      await restart(trial, 'apps/v1/deployments', name)
      const between = await replaced(trial, selector, uidsOf(pods))
      await trial.edit('apps/v1/deployments', trial.namespace, name, object => ({
        ...object,
        spec: { ...(object['spec'] as object), template: (before['spec'] as { template: unknown }).template },
      }))
      const after = await replaced(trial, selector, uidsOf(between))
      const hash = (list: typeof pods) => list[0]?.metadata.labels?.['pod-template-hash']
      trial.same(hash(after), hash(pods), 'pod-template-hash')
      trial.same((await trial.list('apps/v1/replicasets', selector)).length, 2, 'ReplicaSets')
    },
  ),
  contractCase(
    'rollouts/recreate',
    'a Deployment with Recreate makes new pods when the last old one is gone',
    { needs },
    async trial => {
      const { name, selector, pods } = await running(trial, 'Deployment', {
        replicas: 2,
        spec: { strategy: { type: 'Recreate' } },
      })
      const old = uidsOf(pods)
      await restart(trial, 'apps/v1/deployments', name)
      const isOld = (uid: string): boolean => old.includes(uid)
      await trial.eventually(
        'new pods are there',
        async () => {
          const uids = uidsOf(await trial.list('v1/pods', selector))
          const [some, others] = [uids.filter(isOld).length, uids.filter(uid => !isOld(uid)).length]
          trial.holds(some === 0 || others === 0, 'old and new pods at the same time')
          return others === 2
        },
        90,
      )
      await replaced(trial, selector, old)
    },
  ),
  contractCase(
    'rollouts/stateful-set',
    'a StatefulSet replaces its pods by the same names, one at a time, the last first',
    { needs },
    async trial => {
      const { name, selector, pods } = await running(trial, 'StatefulSet', { replicas: 2 })
      const old = uidsOf(pods)
      await restart(trial, 'apps/v1/statefulsets', name)
      const first = await trial.eventually(
        'the first is replaced',
        async () => {
          const found = await trial.list('v1/pods', selector)
          return found.find(
            pod => !old.includes(pod.metadata.uid ?? '') && pod.metadata.deletionTimestamp === undefined,
          )
        },
        90,
      )
      trial.same(first.metadata.name, `${name}-1`, 'the first')
      const now = await replaced(trial, selector, old)
      trial.same(now.map(pod => pod.metadata.name).toSorted(), [`${name}-0`, `${name}-1`], 'names')
      await trial.eventually('its status says so', async () => {
        const { status } = await trial.read('apps/v1/statefulsets', trial.namespace, name)
        const { updateRevision, currentRevision, readyReplicas } = status as Record<string, unknown>
        return updateRevision === currentRevision && readyReplicas === 2
      })
    },
  ),
  contractCase(
    'rollouts/daemon-set',
    'a DaemonSet replaces its pods, and its status counts them',
    { needs },
    async trial => {
      const pod = { tolerations: [{ operator: 'Exists' }] }
      const { controlPlanes, workers } = trial.place
      const count = controlPlanes.length + workers.length
      const { name, selector, pods } = await runningEverywhere(trial, pod, count)
      trial.same(
        pods.map(one => field(one, 'spec', 'nodeName')).toSorted(),
        [...controlPlanes, ...workers].toSorted(),
        'nodes',
      )
      const { metadata } = await restart(trial, 'apps/v1/daemonsets', name)
      await replaced(trial, selector, uidsOf(pods))
      await trial.eventually('its status says so', async () => {
        const { status } = await trial.read('apps/v1/daemonsets', trial.namespace, name)
        const { observedGeneration, updatedNumberScheduled, numberReady, desiredNumberScheduled } =
          status as Record<string, number>
        return (
          observedGeneration === metadata.generation &&
          [updatedNumberScheduled, numberReady, desiredNumberScheduled].every(one => one === count)
        )
      })
    },
  ),
  contractCase(
    'rollouts/on-delete',
    'a DaemonSet with OnDelete replaces a pod only when it is deleted',
    { needs },
    async trial => {
      const { name, selector, pods } = await running(trial, 'DaemonSet', {
        spec: { updateStrategy: { type: 'OnDelete' } },
      })
      const old = uidsOf(pods)
      await restart(trial, 'apps/v1/daemonsets', name)
      await trial.stays(
        'the old pods',
        async () => uidsOf((await trial.list('v1/pods', selector)).filter(isReady)).join() === old.join(),
        5,
      )
      await trial.eventually('its status counts none as updated', async () => {
        const { status } = await trial.read('apps/v1/daemonsets', trial.namespace, name)
        return ((status as { updatedNumberScheduled?: number }).updatedNumberScheduled ?? 0) === 0
      })
      for (const pod of pods) await trial.api.delete('v1/pods', trial.namespace, pod.metadata.name)
      await replaced(trial, selector, old)
    },
  ),
  contractCase(
    'rollouts/no-change',
    'an annotation of the Deployment itself starts nothing',
    { needs },
    async trial => {
      const { name, selector, pods } = await running(trial, 'Deployment')
      await trial.edit('apps/v1/deployments', trial.namespace, name, object => ({
        ...object,
        metadata: {
          ...object.metadata,
          annotations: { ...object.metadata.annotations, 'contract.example.com/x': 'y' },
        },
      }))
      await trial.stays(
        'the old pods',
        async () => uidsOf(await trial.list('v1/pods', selector)).join() === uidsOf(pods).join(),
        5,
      )
    },
  ),
]

/** A DaemonSet on every node, control planes too. */
async function runningEverywhere(trial: Trial, pod: object, count: number) {
  const name = trial.name('everywhere')
  const labels = { app: name }
  await trial.create('apps/v1/daemonsets', {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [{ ...trial.place.container, name: 'main' }],
          ...pod,
        },
      },
    },
  })
  return { name, selector: `app=${name}`, pods: await ready(trial, `app=${name}`, count) }
}
