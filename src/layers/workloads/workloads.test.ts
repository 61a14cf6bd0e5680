import { describe, expect, test } from 'vitest'
import type { Family } from '../../address/family.ts'
import type { Json } from '../../base/json.ts'
import { getField, setField } from '../../model/fields.ts'
import type { Goal } from '../../model/goal.ts'
import type { Cluster, KubeObject, Pod, Resource } from '../../model/cluster.ts'
import { apiServerManifest, backGoal, goal, podOf, testCluster } from '../testing/cluster.ts'
import { applied, readingsOf, shown, stepsOf } from '../testing/steps.ts'
import { scaled } from './budget.ts'
import { familiesGate } from './gates.ts'
import { workloads } from './index.ts'

const meta = (name: string, namespace = 'shop') => ({ name, namespace })
const deployment = (name: string, spec: object = {}): KubeObject => ({
  metadata: meta(name),
  spec: {
    replicas: 3,
    strategy: { type: 'RollingUpdate' },
    template: { metadata: { labels: { app: name } } },
    ...spec,
  },
})
const set = (name: string, owner: string): KubeObject => ({
  metadata: {
    ...meta(name),
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: owner, uid: '1', controller: true }],
  },
})
const pods = (
  count: number,
  kind: string | undefined,
  owner: string,
  more: Partial<Pod> = {},
): readonly Pod[] =>
  Array.from({ length: count }, (_, index) =>
    podOf({
      namespace: 'shop',
      name: `${owner}-${index}`,
      hostNetwork: false,
      owner: kind === undefined ? undefined : { kind, name: owner },
      families: ['IPv4'],
      ips: [`10.244.0.${index + 1}`],
      labels: { app: owner.replace(/-rs$/, '') },
      ...more,
    }),
  )
const budget = (app: string, desiredHealthy: number): KubeObject => ({
  metadata: meta(app),
  spec: { selector: { matchLabels: { app } } },
  status: { desiredHealthy },
})
function cluster(
  objects: Record<Resource, readonly KubeObject[]>,
  ...groups: readonly (readonly Pod[])[]
): Cluster {
  const base = testCluster()
  return { ...base, objects: { ...base.objects, ...objects }, pods: [...base.pods, ...groups.flat()] }
}
/** A Deployment `web` of three, with whatever is to differ. */
const web = (
  spec: object = {},
  budgets: readonly KubeObject[] = [],
  more: Partial<Pod> = {},
  count = 3,
): Cluster =>
  cluster(
    {
      'apps/v1/deployments': [deployment('web', spec)],
      'apps/v1/replicasets': [set('web-rs', 'web')],
      'policy/v1/poddisruptionbudgets': budgets,
    },
    pods(count, 'ReplicaSet', 'web-rs', more),
  )
/** How a cluster's pods are made again: the refreshes of its steps, or what a notice says. */
function ways(found: Cluster, to: Goal = goal): readonly string[] {
  const steps = ['workloads-dns', 'workloads'].flatMap(stage => stepsOf(workloads, found, to, stage))
  const state = workloads.read(found)
  const notices = state === undefined ? [] : (workloads.notices?.(state, to) ?? [])
  return [
    ...steps.flatMap(step =>
      step.refreshes.map(refresh =>
        refresh.kind === 'recreate-pods' ? `${refresh.owner.kind} ${refresh.by}` : '',
      ),
    ),
    ...notices.map(notice => notice.message),
  ]
}
const include = (what: Partial<Goal['include']>): Goal => ({ ...goal, include: { ...goal.include, ...what } })

test('a Deployment is rolled out by an annotation of its template', () => {
  expect(shown(stepsOf(workloads, web(), goal, 'workloads'))).toMatchInlineSnapshot(`
    "# workloads/pods: Make the pods again, with IPv4 and IPv6: 1 owner
    web spec.template.metadata.annotations.kubectl-dualstack/families: null → "IPv4,IPv6"
    ! {"kind":"recreate-pods","owner":{"namespace":"shop","kind":"Deployment","name":"web"},"until":["IPv4","IPv6"],"by":"rollout"}"
  `)
})

test('at the end nothing is left to do, and the way back leaves the object as it was found', () => {
  const found = web()
  const dual = applied(found, stepsOf(workloads, found, goal, 'workloads'))
  expect(ways(dual)).toEqual([])
  const end = applied(dual, stepsOf(workloads, dual, backGoal, 'workloads'))
  expect(end.objects).toEqual(found.objects)
  expect(end.pods).toEqual(found.pods)
  expect(ways(end, backGoal)).toEqual([])
})

test('DNS servers go first, in a step of their own', () => {
  const dns = cluster(
    {
      'apps/v1/deployments': [{ ...deployment('coredns'), metadata: meta('coredns', 'kube-system') }],
      'apps/v1/replicasets': [
        {
          ...set('coredns-rs', 'coredns'),
          metadata: { ...set('coredns-rs', 'coredns').metadata, namespace: 'kube-system' },
        },
      ],
    },
    pods(3, 'ReplicaSet', 'coredns-rs', { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } }),
    pods(1, undefined, 'bare'),
  )
  expect(stepsOf(workloads, dns, include({ barePods: true }), 'workloads-dns').map(step => step.id)).toEqual([
    'workloads/dns',
  ])
  expect(stepsOf(workloads, dns, include({ barePods: true }), 'workloads').map(step => step.id)).toEqual([
    'workloads/pods',
  ])
})

test.each<[string, Cluster, string]>([
  ['surges, and its budget is kept', web({}, [budget('web', 3)]), 'Deployment rollout'],
  [
    'takes one away, and its budget bears it',
    web({ strategy: { rollingUpdate: { maxUnavailable: 1 } } }, [budget('web', 2)]),
    'Deployment rollout',
  ],
  [
    'takes two away, more than its budget bears',
    web({ strategy: { rollingUpdate: { maxUnavailable: 2 } } }, [budget('web', 2)]),
    'Deployment eviction',
  ],
  [
    'ends all at once, against its budget',
    web({ strategy: { type: 'Recreate' } }, [budget('web', 2)]),
    'Deployment eviction',
  ],
  ['ends all at once, and has no budget', web({ strategy: { type: 'Recreate' } }), 'Deployment rollout'],
  ['is paused', web({ paused: true }), 'Deployment eviction'],
  [
    'belongs to an operator, which would undo an annotation',
    {
      ...web(),
      objects: {
        ...web().objects,
        'apps/v1/deployments': [
          {
            ...deployment('web'),
            metadata: {
              ...meta('web'),
              ownerReferences: [
                { apiVersion: 'x/v1', kind: 'Installation', name: 'default', uid: '1', controller: true },
              ],
            },
          },
        ],
      },
    },
    'Deployment eviction',
  ],
  ['has a pod that is not ready', web({}, [], { ready: false }), 'Deployment eviction'],
  [
    'has a budget that nobody has counted yet',
    web({}, [{ ...budget('web', 0), status: {} }]),
    'PodDisruptionBudget shop/web allows no pod to be away, now or ever',
  ],
  [
    'has a budget for all of it, and cannot surge',
    web({ strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } } }, [budget('web', 3)]),
    'PodDisruptionBudget shop/web allows no pod to be away, now or ever',
  ],
  [
    'shall be left',
    {
      ...web(),
      objects: {
        ...web().objects,
        'apps/v1/deployments': [
          setField(deployment('web'), ['metadata', 'annotations', 'kubectl-dualstack/leave'], 'true'),
        ],
      },
    },
    'its annotation kubectl-dualstack/leave says so',
  ],
  [
    'pins its pods to a family',
    web({}, [], { annotations: { 'cni.projectcalico.org/ipFamilies': '["IPv4"]' } }),
    'which decides their families',
  ],
])('a Deployment that %s', (_, found, way) => {
  expect(ways(found)).toEqual([expect.stringContaining(way)])
})

const owned = (
  resource: Resource,
  kind: string,
  spec: object,
  budgets: readonly KubeObject[] = [],
): Cluster =>
  cluster(
    {
      [resource]: [{ metadata: meta('db'), spec: { replicas: 2, ...spec } }],
      'policy/v1/poddisruptionbudgets': budgets,
    },
    pods(2, kind, 'db'),
  )

test.each<[string, Cluster, Goal, string]>([
  ['a StatefulSet', owned('apps/v1/statefulsets', 'StatefulSet', {}), goal, 'StatefulSet rollout'],
  [
    'a StatefulSet within its budget',
    owned('apps/v1/statefulsets', 'StatefulSet', {}, [budget('db', 1)]),
    goal,
    'StatefulSet rollout',
  ],
  [
    'a StatefulSet with a partition',
    owned('apps/v1/statefulsets', 'StatefulSet', { updateStrategy: { rollingUpdate: { partition: 1 } } }),
    goal,
    'StatefulSet eviction',
  ],
  ['a DaemonSet', owned('apps/v1/daemonsets', 'DaemonSet', {}), goal, 'DaemonSet rollout'],
  [
    'a DaemonSet that waits for its owner',
    owned('apps/v1/daemonsets', 'DaemonSet', { updateStrategy: { type: 'OnDelete' } }),
    goal,
    'OnDelete',
  ],
  [
    'the same, when asked',
    owned('apps/v1/daemonsets', 'DaemonSet', { updateStrategy: { type: 'OnDelete' } }),
    include({ onDelete: true }),
    'DaemonSet delete',
  ],
  ['a ReplicaSet of its own', cluster({}, pods(2, 'ReplicaSet', 'db')), goal, 'ReplicaSet eviction'],
  ['a Job', cluster({}, pods(1, 'Job', 'db')), goal, 'a Job would start its work from the beginning'],
  ['a Job, when asked', cluster({}, pods(1, 'Job', 'db')), include({ jobs: true }), 'Job delete'],
  ['a bare pod', cluster({}, pods(1, undefined, 'db')), goal, 'it has no owner'],
  [
    'a bare pod, when asked',
    cluster({}, pods(1, undefined, 'db')),
    include({ barePods: true }),
    'Pod delete',
  ],
  [
    'a controller that we do not know',
    cluster({}, pods(1, 'CloneSet', 'db')),
    goal,
    'a controller of kind CloneSet is not known here',
  ],
])('%s', (_, found, to, way) => {
  expect(ways(found, to)).toEqual([expect.stringContaining(way)])
})

const statefulSet = (spec: object, ready: readonly boolean[]): Cluster =>
  cluster(
    { 'apps/v1/statefulsets': [{ metadata: meta('db'), spec: { replicas: 3, ...spec } }] },
    pods(ready.length, 'StatefulSet', 'db').map((pod, index) => ({ ...pod, ready: ready[index] === true })),
  )
/** As when the first pod hangs on a dead node. */
const withoutFirst = (found: Cluster): Cluster => ({
  ...found,
  pods: found.pods.filter(({ name }) => name !== 'db-0'),
})

test.each<[string, Cluster, string]>([
  ['whose first pod is broken', statefulSet({}, [false, true, true]), 'makes none behind that one again'],
  ['whose first pod is gone', withoutFirst(statefulSet({}, [true, true, true])), 'makes none behind that'],
  ['whose last pod is broken', statefulSet({}, [true, true, false]), 'StatefulSet eviction'],
  ['without an order', statefulSet({ podManagementPolicy: 'Parallel' }, [false, true, true]), 'eviction'],
  ['of one pod, broken', statefulSet({ replicas: 1 }, [false]), 'StatefulSet eviction'],
  [
    'that counts from another number',
    withoutFirst(statefulSet({ ordinals: { start: 1 }, replicas: 3 }, [true, true, true, false])),
    'StatefulSet eviction',
  ],
])('no pod of a StatefulSet %s is evicted that would not come back', (_, found, way) => {
  expect(ways(found)).toEqual([expect.stringContaining(way)])
})

test.each<[string, Partial<Pod>]>([
  ['on the host’s network', { hostNetwork: true }],
  ['that have ended', { phase: 'Succeeded' }],
  ['that are going', { deleting: true }],
  ['that have no address yet', { ips: [], families: [] }],
  ['that have both families', { families: ['IPv4', 'IPv6'] }],
])('pods %s are none of its business', (_, more) => {
  expect(ways(web({}, [], more))).toEqual([])
})

test('a template that says it already, with old pods all the same: they are evicted, as no roll-out would start', () => {
  const path = ['spec', 'template', 'metadata', 'annotations', 'kubectl-dualstack/families']
  const base = web()
  const found = {
    ...base,
    objects: { ...base.objects, 'apps/v1/deployments': [setField(deployment('web'), path, 'IPv4,IPv6')] },
  }
  expect(ways(found)).toEqual(['Deployment eviction'])
})

const nodeLocal = (spec: object, strategy: object = { maxSurge: 0, maxUnavailable: 1 }): Cluster =>
  cluster(
    {
      'apps/v1/daemonsets': [
        {
          metadata: meta('db'),
          spec: {
            updateStrategy: { type: 'RollingUpdate', rollingUpdate: strategy },
            template: { metadata: { labels: { app: 'db' } }, spec },
          },
        },
      ],
      'v1/services': [
        { metadata: meta('db'), spec: { internalTrafficPolicy: 'Local', selector: { app: 'db' } } },
      ],
    },
    pods(2, 'DaemonSet', 'db'),
  )

test('where a Service asks for the pod of the same node, the new one is ready before the old one goes', () => {
  const found = nodeLocal({ containers: [{}] })
  const steps = stepsOf(workloads, found, goal, 'workloads')
  expect(shown(steps)).toMatchInlineSnapshot(`
    "# workloads/pods: Make the pods again, with IPv4 and IPv6: 1 owner
    db spec.template.metadata.annotations.kubectl-dualstack/families: null → "IPv4,IPv6"
    db metadata.annotations.kubectl-dualstack/update-strategy: null → "{\\"maxSurge\\":0,\\"maxUnavailable\\":1}"
    db spec.updateStrategy.rollingUpdate.maxSurge: 0 → 1
    db spec.updateStrategy.rollingUpdate.maxUnavailable: 1 → 0
    ! {"kind":"recreate-pods","owner":{"namespace":"shop","kind":"DaemonSet","name":"db"},"until":["IPv4","IPv6"],"by":"rollout"}
    # workloads/pods-strategies: Give 1 DaemonSet its own update strategy back
    db metadata.annotations.kubectl-dualstack/update-strategy: "{\\"maxSurge\\":0,\\"maxUnavailable\\":1}" → null
    db spec.updateStrategy.rollingUpdate.maxSurge: 1 → 0
    db spec.updateStrategy.rollingUpdate.maxUnavailable: 0 → 1"
  `)
  const dual = applied(found, steps)
  const end = applied(dual, stepsOf(workloads, dual, backGoal, 'workloads'))
  expect(end.objects).toEqual(found.objects)
})

describe('a run that died before it gave a DaemonSet its strategy back', () => {
  const found = nodeLocal({ containers: [{}] })
  const [first, ...rest] = stepsOf(workloads, found, goal, 'workloads')
  const died = applied(found, first === undefined ? [] : [first])
  const strategy = ['spec', 'updateStrategy', 'rollingUpdate']
  const daemonSet = (cluster: Cluster) => cluster.objects['apps/v1/daemonsets']?.[0]

  test('the next plan there gives it back, and nothing else', () => {
    expect(rest).toHaveLength(1)
    const steps = stepsOf(workloads, died, goal, 'workloads')
    expect(shown(steps)).toMatchInlineSnapshot(`
      "# workloads/left-strategies: Give 1 DaemonSet its own update strategy back
      db metadata.annotations.kubectl-dualstack/update-strategy: "{\\"maxSurge\\":0,\\"maxUnavailable\\":1}" → null
      db spec.updateStrategy.rollingUpdate.maxSurge: 1 → 0
      db spec.updateStrategy.rollingUpdate.maxUnavailable: 0 → 1"
    `)
    expect(stepsOf(workloads, applied(died, steps), goal, 'workloads')).toEqual([])
  })

  test('so does the way back, after its own roll-out', () => {
    const steps = stepsOf(workloads, died, backGoal, 'workloads')
    expect(steps.map(step => step.id)).toEqual(['workloads/pods', 'workloads/pods-strategies'])
    const end = applied(died, steps)
    expect(end.objects).toEqual(found.objects)
    expect(stepsOf(workloads, end, backGoal, 'workloads')).toEqual([])
  })

  test('what its owner wrote since stays', () => {
    const edited = setField(
      setField(daemonSet(died) ?? never(), [...strategy, 'maxUnavailable'], 2),
      [...strategy, 'maxSurge'],
      0,
    )
    const since = { ...died, objects: { ...died.objects, 'apps/v1/daemonsets': [edited] } }
    const end = applied(since, stepsOf(workloads, since, goal, 'workloads'))
    expect(getField(daemonSet(end), strategy)).toEqual({ maxSurge: 0, maxUnavailable: 2 })
    expect(daemonSet(end)?.metadata.annotations).toBeUndefined()
  })
})

const never = (): never => {
  throw new Error('no DaemonSet')
}

test.each<[string, Cluster]>([
  ['has a folder of the host', nodeLocal({ volumes: [{ hostPath: {} }] })],
  ['has a port of the host', nodeLocal({ containers: [{ ports: [{ hostPort: 80 }] }] })],
  ['asks for room', nodeLocal({ containers: [{ resources: { requests: { cpu: '1' } } }] })],
  ['sees the processes of the host', nodeLocal({ hostPID: true })],
  ['is of a Kubernetes that knows no surge', { ...nodeLocal({ containers: [{}] }), version: 'v1.21.14' }],
  ['surges by itself', nodeLocal({}, { maxSurge: 1, maxUnavailable: 0 })],
])('not so a DaemonSet that %s', (_, found) => {
  expect(stepsOf(workloads, found, goal, 'workloads')).toHaveLength(1)
})

test('a roll-out that was begun and has made no pod yet is taken back too', () => {
  const found = web()
  const begun = { ...applied(found, stepsOf(workloads, found, goal, 'workloads')), pods: found.pods }
  const end = applied(begun, stepsOf(workloads, begun, backGoal, 'workloads'))
  expect(end.objects).toEqual(found.objects)
  expect(ways(end, backGoal)).toEqual([])
})

test('a roll-out that was begun goes back by one, also where its pods are not ready and a budget forbids evictions', () => {
  const found = web({}, [budget('web', 3)])
  const begun = applied(found, stepsOf(workloads, found, goal, 'workloads'))
  const coming = { ...begun, pods: begun.pods.map(pod => ({ ...pod, ready: false })) }
  expect(ways(coming, backGoal)).toEqual(['Deployment rollout'])
})

test('an annotation of ours goes on the way back where no pod is there at all', () => {
  const found = web()
  const begun = { ...applied(found, stepsOf(workloads, found, goal, 'workloads')), pods: [] }
  const end = applied(begun, stepsOf(workloads, begun, backGoal, 'workloads'))
  expect(end.objects).toEqual(found.objects)
})

describe('back: a pod that is being made', () => {
  const server = {
    '/etc/kubernetes/manifests/kube-apiserver.yaml': apiServerManifest('10.96.0.0/16,fd00:96::/112'),
  }
  const beside = (found: Cluster): Cluster => ({
    ...found,
    nodes: testCluster({ files: { n1: server } }).nodes,
    objects: { ...found.objects, 'apps/v1/daemonsets': [] },
  })

  test.each<[string, Cluster, readonly string[]]>([
    ['has no address yet', web({}, [], { ips: [], families: [] }), ['Deployment eviction']],
    ['is not there yet', web({}, [], {}, 2), ['Deployment eviction']],
    ['is the only one, and not there yet', web({}, [], {}, 0), ['Deployment eviction']],
    [
      'is of nobody, and would be left',
      cluster({}, pods(1, undefined, 'bare', { ips: [], families: [] })),
      [],
    ],
    ['is wanted by nobody: all are there', web(), []],
    [
      'is on the host’s network',
      web({ template: { spec: { hostNetwork: true } } }, [], { hostNetwork: true }),
      [],
    ],
  ])('%s', (_, found, expected) => {
    expect(ways(beside(found), backGoal)).toEqual(expected)
    // No API server knows the family: no pod can get it any more.
    expect(ways(found, backGoal)).toEqual([])
  })
})

test('pods that became dual by themselves go back by a roll-out too', () => {
  const dual: readonly Family[] = ['IPv4', 'IPv6']
  expect(ways(web({}, [], { families: dual }), backGoal)).toEqual(['Deployment rollout'])
})

test('the gate waits for pods of other families, and for as many ready ones as there were', () => {
  const found = web()
  const gates = stepsOf(workloads, found, goal, 'workloads')[0]?.gates ?? []
  const seen = (count: number, more: Partial<Pod>) =>
    readingsOf(workloads, web({}, [], more, count), gates)[0]
  const both: readonly Family[] = ['IPv4', 'IPv6']
  expect(seen(3, {})?.seen).toBe(
    '1 of 1 owners still to come: Deployment shop/web: 3 of 3 pods with other families',
  )
  expect(seen(3, { families: both, ready: false })?.seen).toBe(
    '1 of 1 owners still to come: Deployment shop/web: 0 of 3 pods ready',
  )
  expect(seen(3, { families: both })?.holds).toBe(true)
})

test('the gate waits for pods that are all away at once, but not for those that nobody wants any more', () => {
  const gates = stepsOf(workloads, web(), goal, 'workloads')[0]?.gates ?? []
  const both: readonly Family[] = ['IPv4', 'IPv6']
  const seen = (replicas: number, count: number) =>
    readingsOf(workloads, web({ replicas }, [], { families: both }, count), gates)[0]
  expect(seen(3, 0)?.seen).toBe('1 of 1 owners still to come: Deployment shop/web: 0 of 3 pods ready')
  expect(seen(3, 2)?.holds).toBe(false)
  // Scaled down meanwhile.
  expect(seen(2, 2)?.holds).toBe(true)
  expect(seen(0, 0)?.holds).toBe(true)
})

describe('of many owners only those that are still to come are asked again', () => {
  const both: readonly Family[] = ['IPv4', 'IPv6']
  const owner = (name: string) => ({ kind: 'Deployment', namespace: 'shop', name, ready: 2 })
  const args = { families: both, owners: [owner('done'), owner('rest')] }
  /** `done` is done. `rest` has two pods with these families, and its controller says how many it has replaced. */
  const seen = (updated: number, families: readonly Family[]): Cluster => {
    const rest = {
      ...deployment('rest', { replicas: 2 }),
      status: { replicas: 2, updatedReplicas: updated, availableReplicas: 2 },
    }
    return cluster(
      {
        'apps/v1/deployments': [deployment('done', { replicas: 2 }), rest],
        'apps/v1/replicasets': [set('done-rs', 'done'), set('rest-rs', 'rest')],
      },
      pods(2, 'ReplicaSet', 'done-rs', { families: both }),
      pods(2, 'ReplicaSet', 'rest-rs', { families }),
    )
  }
  const narrowed = (of: Cluster, from: unknown = args) => familiesGate.narrow?.(of, from as Json) ?? null
  const kindsOf = (of: Cluster, from: Json) => familiesGate.reads(from, of).map(({ kind }) => kind)

  test('by themselves, and their pods only when their controller is done', () => {
    const half = seen(1, ['IPv4'])
    const rest = narrowed(half)
    expect(rest).toMatchObject({ owners: [{ name: 'rest' }], rest: { of: 2 } })
    expect(kindsOf(half, rest)).toEqual(['object'])
    expect(familiesGate.judge(half, rest).seen).toBe(
      '1 of 2 owners still to come: Deployment shop/rest: 1 of 2 pods updated',
    )
    const updated = seen(2, both)
    expect(kindsOf(updated, rest)).toEqual(['object', 'list', 'pods'])
    expect(familiesGate.judge(updated, rest)).toEqual({
      holds: true,
      seen: 'all pods of 2 owners have IPv4 and IPv6',
    })
  })

  test('pods are looked at now and then where a controller gets no further', () => {
    const still = seen(1, both)
    let rest = narrowed(seen(1, ['IPv4']))
    const looked: boolean[] = []
    for (let times = 0; times < 20; times++) {
      looked.push(kindsOf(still, rest).includes('pods'))
      rest = narrowed(seen(1, ['IPv4']), rest)
    }
    expect(looked.filter(Boolean)).toHaveLength(2)
  })

  test('a namespace with many of them is listed', () => {
    const many = { ...args, owners: Array.from({ length: 50 }, (_, index) => owner(`w${index}`)) }
    const none = cluster({ 'apps/v1/deployments': many.owners.map(({ name }) => deployment(name)) })
    expect(familiesGate.reads(narrowed(none, many), none)[0]).toEqual({
      kind: 'list',
      resource: 'apps/v1/deployments',
      namespace: 'shop',
    })
  })
})

test.each<[unknown, number, 'up' | 'down', number]>([
  [2, 10, 'up', 2],
  ['25%', 3, 'up', 1],
  ['25%', 3, 'down', 0],
  ['50%', 4, 'down', 2],
  [undefined, 8, 'down', 2],
  ['nonsense', 8, 'down', 0],
])('%s of %s, rounded %s, is %s', (value, total, round, expected) => {
  expect(scaled(value, total, round, '25%')).toBe(expected)
})
