import { getField, getText } from '../../../model/fields.ts'
import type { KubeObject } from '../../../model/cluster.ts'
import type { Violation } from '../../../model/rule.ts'
import { ruleThere } from '../../../rules/cluster-rule.ts'
import { scaled } from '../budget.ts'
import { type Again, madeAgain, workloadReads } from './again.ts'
import { withWorkload } from './example.ts'

const claims = 'v1/persistentvolumeclaims'

/** Does the roll-out of a Deployment make a pod before it takes one away? */
export const makesOneMore = ({ workload, object, replicas }: Again): boolean =>
  workload.owner.kind === 'Deployment' &&
  getText(object, ['spec', 'strategy', 'type']) !== 'Recreate' &&
  scaled(getField(object, ['spec', 'strategy', 'rollingUpdate', 'maxSurge']), replicas, 'up', '25%') > 0

/** Must the new pod be ready before an old one may go? */
const keepsAll = ({ object, replicas }: Again): boolean =>
  scaled(
    getField(object, ['spec', 'strategy', 'rollingUpdate', 'maxUnavailable']),
    replicas,
    'down',
    '25%',
  ) === 0

/** Access modes that let one node, or one pod, alone have the volume. */
const alone: readonly string[] = ['ReadWriteOnce', 'ReadWriteOncePod']

function claimsOf({ namespace, spec }: Again, list: readonly KubeObject[]): readonly KubeObject[] {
  const names = (spec.volumes ?? []).map(volume => getText(volume, ['persistentVolumeClaim', 'claimName']))
  return list.filter(
    ({ metadata }) => metadata.namespace === namespace && names.some(name => name === metadata.name),
  )
}

const volumes = ruleThere({
  id: 'pod-roll-out/volume-of-one-node',
  title: 'no Deployment rolls out over a volume that one node alone may hold',
  severity: 'warning',
  why: 'A rolling update makes the new pod first. On another node it cannot attach a ReadWriteOnce volume that the old pod holds, with ReadWriteOncePod not even on the same one: it waits for the old pod, which waits for it. The application stays up, the roll-out does not end.',
  source: 'kubernetes.io/docs/concepts/storage/persistent-volumes (access modes)',
  covers: ['practice volumes'],
  remedy:
    'Set strategy Recreate (its pod is away for a moment), or maxSurge 0 with maxUnavailable 1, for the time of the conversion.',
  reads: [...workloadReads, { kind: 'list', resource: claims }],
  find: ({ cluster }, added) =>
    madeAgain(cluster, added)
      .filter(one => makesOneMore(one) && keepsAll(one))
      .flatMap((one): readonly Violation[] =>
        claimsOf(one, cluster.objects[claims] ?? []).flatMap(claim => {
          const modes = getField(claim, ['spec', 'accessModes'])
          const isAlone = Array.isArray(modes) && modes.every(mode => alone.includes(String(mode)))
          return isAlone
            ? [
                {
                  object: one.name,
                  field: 'spec.strategy',
                  message: `its volume ${claim.metadata.name} is ${modes.join(', ')}, and its update makes the new pod first`,
                },
              ]
            : []
        }),
      ),
  examples: {
    bad: [() => withVolume(['ReadWriteOnce'], {}), () => withVolume(['ReadWriteOncePod'], {})],
    good: [
      () => withVolume(['ReadWriteMany', 'ReadWriteOnce'], {}),
      () => withVolume(['ReadWriteOnce'], { strategy: { type: 'Recreate' } }),
      () =>
        withVolume(['ReadWriteOnce'], { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } } }),
      () => withVolume([], {}),
    ],
  },
})

const withVolume = (accessModes: readonly string[], spec: object) =>
  withWorkload({
    kind: 'Deployment',
    spec,
    template: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] },
    objects: {
      [claims]:
        accessModes.length === 0
          ? []
          : [{ metadata: { name: 'data', namespace: 'demo' }, spec: { accessModes } }],
    },
  })

const onDelete = ruleThere({
  id: 'pod-roll-out/on-delete',
  title: 'somebody makes the pods of every workload again',
  severity: 'info',
  why: 'With the strategy OnDelete no controller makes pods anew by itself when their template changes: they keep one family until somebody deletes them.',
  source: 'kubernetes.io/docs/tasks/manage-daemon/update-daemon-set',
  covers: ['practice on-delete', 'P40'],
  remedy: 'Delete its pods when its owner wants it, or let the conversion do it: --include on-delete.',
  reads: [...workloadReads],
  find: ({ cluster, goal }, added) =>
    goal?.include.onDelete === true
      ? []
      : madeAgain(cluster, added)
          .filter(({ object }) => getText(object, ['spec', 'updateStrategy', 'type']) === 'OnDelete')
          .map(({ name }) => ({
            object: name,
            field: 'spec.updateStrategy.type',
            message: 'is OnDelete: its pods are left as they are',
          })),
  examples: {
    bad: [() => withWorkload({ kind: 'DaemonSet', spec: { updateStrategy: { type: 'OnDelete' } } })],
    good: [
      () => withWorkload({ kind: 'DaemonSet', spec: { updateStrategy: { type: 'RollingUpdate' } } }),
      () =>
        withWorkload({
          spec: { updateStrategy: { type: 'OnDelete' } },
          pod: { ips: ['10.244.0.5', 'fd00:244::5'], families: ['IPv4', 'IPv6'] },
        }),
    ],
  },
})

const budgets = 'policy/v1/poddisruptionbudgets'

const budget = ruleThere({
  id: 'pod-roll-out/budget-allows-nothing',
  title: 'every PodDisruptionBudget lets a pod go once all are well',
  severity: 'warning',
  why: 'Where a budget lets no pod be away even when all are healthy, its pods cannot be evicted: the plan leaves those that a roll-out would break it for, and draining a node waits for ever.',
  source: 'kubernetes.io/docs/tasks/run-application/configure-pdb',
  covers: ['practice disruption-budgets'],
  remedy: 'Add a replica, or loosen minAvailable or maxUnavailable; then plan again.',
  reads: [{ kind: 'list', resource: budgets }],
  find: ({ cluster }) =>
    (cluster.objects[budgets] ?? []).flatMap(({ metadata, ...object }) => {
      const status = object['status'] as { expectedPods?: number; desiredHealthy?: number } | undefined
      const { expectedPods = 0, desiredHealthy = 0 } = status ?? {}
      return expectedPods > 0 && desiredHealthy >= expectedPods
        ? [
            {
              object: `PodDisruptionBudget ${metadata.namespace ?? ''}/${metadata.name}`,
              field: 'status.desiredHealthy',
              message: `wants ${desiredHealthy} of ${expectedPods} healthy: none may ever be away`,
            },
          ]
        : []
    }),
  examples: {
    bad: [() => withBudget({ expectedPods: 2, desiredHealthy: 2, disruptionsAllowed: 0 })],
    good: [
      // One is away just now: it comes back.
      () => withBudget({ expectedPods: 3, desiredHealthy: 2, currentHealthy: 2, disruptionsAllowed: 0 }),
      () => withBudget({ expectedPods: 0, desiredHealthy: 1 }),
    ],
  },
})

const withBudget = (status: object) =>
  withWorkload({ objects: { [budgets]: [{ metadata: { name: 'web', namespace: 'demo' }, status }] } })

export const rollOutRules = [volumes, onDelete, budget] as const
