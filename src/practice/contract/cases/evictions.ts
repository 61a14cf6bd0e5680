import { contractCase } from '../case.ts'
import { field, type Trial } from '../trial.ts'
import { ready, running, uidsOf } from '../workload.ts'

const needs = ['workload'] as const
const budgets = 'policy/v1/poddisruptionbudgets'

/** A budget over a selector's pods, as soon as its status is counted. */
async function budget(trial: Trial, app: string, spec: object, allowed: number): Promise<string> {
  const name = trial.name('budget')
  await trial.create(budgets, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name },
    spec: { selector: { matchLabels: { app } }, ...spec },
  })
  await trial.eventually('its status is counted', async () => {
    const found = await trial.read(budgets, trial.namespace, name)
    return (
      field(found, 'status', 'observedGeneration') === 1 &&
      field(found, 'status', 'disruptionsAllowed') === allowed
    )
  })
  return name
}

/** Evictions and PodDisruptionBudgets. */
export const evictions = [
  contractCase(
    'evictions/free',
    'without a budget a pod is evicted, and made again',
    { needs },
    async trial => {
      const {
        selector,
        pods: [pod],
      } = await running(trial, 'Deployment')
      const { name = '', uid = '' } = pod?.metadata ?? {}
      trial.same(await trial.api.evict(trial.namespace, name, uid), 'evicted', 'answer')
      await trial.eventually(
        'it was made again',
        async () => !uidsOf(await ready(trial, selector, 1)).includes(uid),
        90,
      )
    },
  ),
  contractCase(
    'evictions/blocked',
    'a budget that allows none says so, and the pod stays',
    { needs },
    async trial => {
      const { name: app, selector, pods } = await running(trial, 'Deployment', { replicas: 2 })
      const name = await budget(trial, app, { minAvailable: 2 }, 0)
      const [pod] = pods
      const answer = await trial.api.evict(trial.namespace, pod?.metadata.name ?? '', pod?.metadata.uid ?? '')
      trial.same(
        answer,
        { blocked: `The disruption budget ${name} needs 2 healthy pods and has 2 currently` },
        'answer',
      )
      trial.same(uidsOf(await trial.list('v1/pods', selector)), uidsOf(pods), 'pods')
    },
  ),
  contractCase(
    'evictions/one-at-a-time',
    'a budget of one lets the second go only when the first is there again',
    { needs },
    async trial => {
      const { name: app, selector, pods } = await running(trial, 'Deployment', { replicas: 2 })
      await budget(trial, app, { maxUnavailable: 1 }, 1)
      const [first, second] = pods
      const evict = (pod: typeof first) =>
        trial.api.evict(trial.namespace, pod?.metadata.name ?? '', pod?.metadata.uid ?? '')
      trial.same(await evict(first), 'evicted', 'the first')
      trial.same(typeof (await evict(second)), 'object', 'the second, at once')
      await trial.eventually('the second may go', async () => (await evict(second)) === 'evicted', 90)
      await trial.eventually(
        'both are new',
        async () => {
          const now = uidsOf(await ready(trial, selector, 2))
          return uidsOf(pods).every(uid => !now.includes(uid))
        },
        90,
      )
    },
  ),
  contractCase(
    'evictions/gone',
    'a pod that is not there, or is another one of that name, counts as gone',
    { needs },
    async trial => {
      const uid = '00000000-0000-4000-8000-000000000000'
      trial.same(await trial.api.evict(trial.namespace, 'absent', uid), 'gone', 'absent')
      const { pods, selector } = await running(trial, 'StatefulSet')
      trial.same(
        await trial.api.evict(trial.namespace, pods[0]?.metadata.name ?? '', uid),
        'gone',
        'another uid',
      )
      trial.same(uidsOf(await trial.list('v1/pods', selector)), uidsOf(pods), 'pods')
    },
  ),
  contractCase('evictions/status', 'the status of a budget counts its pods', { needs }, async trial => {
    const { name: app } = await running(trial, 'Deployment', { replicas: 3 })
    const name = await budget(trial, app, { minAvailable: '50%' }, 1)
    const { expectedPods, currentHealthy, desiredHealthy } = (
      await trial.read(budgets, trial.namespace, name)
    )['status'] as Record<string, number>
    trial.same([expectedPods, currentHealthy, desiredHealthy], [3, 3, 2], 'expected, healthy, desired')
  }),
]
