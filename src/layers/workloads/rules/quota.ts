import { getField } from '../../../model/fields.ts'
import type { Violation } from '../../../model/rule.ts'
import { ruleThere } from '../../../rules/cluster-rule.ts'
import { quantity } from '../../../text/quantity.ts'
import { type Again, madeAgain, workloadReads } from './again.ts'
import { withWorkload } from './example.ts'
import { makesOneMore } from './roll-out.ts'

const quotas = 'v1/resourcequotas'

/** What one pod more takes of a quota's resource. Init containers, which run before, are left out: it may take more, never less. */
function takes({ spec: { containers = [] } }: Again, resource: string): number {
  if (resource === 'pods' || resource === 'count/pods') return 1
  const [, kind = 'requests', name = ''] = /^(?:(requests|limits)\.)?(cpu|memory)$/.exec(resource) ?? []
  const amounts = containers.map(({ resources }) =>
    quantity((kind === 'limits' ? resources?.limits : resources?.requests)?.[name] ?? '0'),
  )
  return amounts.reduce<number>((sum, one) => sum + (Number.isNaN(one) ? 0 : one), 0)
}

const room = ruleThere({
  id: 'resource-quota/no-room',
  title: 'each quota has room for one pod more of every workload that makes one more',
  severity: 'warning',
  why: 'A rolling update of a Deployment makes the new pod before it takes the old one away. Where the quota of the namespace is used up, the new pod is refused and the update stands still: nothing is lost, and nothing goes on.',
  source: 'kubernetes.io/docs/concepts/policy/resource-quotas',
  covers: ['practice quota'],
  remedy:
    'Raise the quota for the time of the conversion, or set maxSurge 0 and maxUnavailable 1 for these Deployments.',
  says: [{ component: 'kube-controller-manager', line: '*exceeded quota: *' }],
  reads: [...workloadReads, { kind: 'list', resource: quotas }],
  find: ({ cluster }, added) => {
    const workloads = madeAgain(cluster, added).filter(makesOneMore)
    return (cluster.objects[quotas] ?? [])
      .filter(quota => !isScoped(quota))
      .flatMap((quota): readonly Violation[] => {
        const { namespace = '', name } = quota.metadata
        const status = quota['status'] as
          | { hard?: Readonly<Record<string, string>>; used?: Readonly<Record<string, string>> }
          | undefined
        return Object.entries(status?.hard ?? {}).flatMap(([resource, limit]) => {
          const [hard, used] = [quantity(limit), quantity(status?.used?.[resource] ?? '0')]
          if (Number.isNaN(hard) || Number.isNaN(used)) return []
          const stuck = workloads.filter(one => {
            const more = one.namespace === namespace ? takes(one, resource) : 0
            return more > 0 && used + more > hard
          })
          const [first] = stuck
          if (first === undefined) return []
          const others = stuck.length > 1 ? ` and ${stuck.length - 1} more` : ''
          return [
            {
              object: `ResourceQuota ${namespace}/${name}`,
              field: resource,
              message: `${status?.used?.[resource] ?? '0'} of ${limit} are used: no room for one pod more of ${first.name}${others}`,
            },
          ]
        })
      })
  },
  examples: {
    bad: [
      () => withQuota({ pods: '1' }, { pods: '1' }),
      () => withQuota({ 'requests.memory': '1Gi' }, { 'requests.memory': '1000Mi' }),
      () => withQuota({ 'limits.cpu': '2' }, { 'limits.cpu': '1900m' }),
    ],
    good: [
      () => withQuota({ pods: '2' }, { pods: '1' }),
      () => withQuota({ 'requests.memory': '2Gi' }, { 'requests.memory': '1Gi' }),
      () => withQuota({ 'requests.storage': '1Gi' }, { 'requests.storage': '1Gi' }),
      () => withWorkload({ kind: 'Deployment' }),
    ],
  },
})

/** Of some pods only (BestEffort, a priority class): which, is not guessed at. */
const isScoped = (quota: object): boolean =>
  getField(quota, ['spec', 'scopes']) !== null || getField(quota, ['spec', 'scopeSelector']) !== null

const withQuota = (hard: Readonly<Record<string, string>>, used: Readonly<Record<string, string>>) =>
  withWorkload({
    kind: 'Deployment',
    container: { resources: { requests: { memory: '100Mi' }, limits: { cpu: '200m' } } },
    objects: { [quotas]: [{ metadata: { name: 'all', namespace: 'demo' }, status: { hard, used } }] },
  })

export const quotaRules = [room] as const
