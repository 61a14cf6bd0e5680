import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bigCluster } from '../bench/big-cluster.ts'
import { layers } from '../src/app/layers.ts'
import { lookAtLarge } from '../src/app/rehearsal/first-look.ts'
import { represent } from '../src/app/rehearsal/represent.ts'
import { nameless } from '../src/app/rehearsal/aspects.ts'
import { Choice } from '../src/app/rehearsal/choice.ts'
import { sortOut } from '../src/app/rehearsal/sort-out.ts'
import { standIns } from '../src/app/rehearsal/stand-ins.ts'
import { rehearse, type Rehearse } from '../src/app/rehearse.ts'
import { allReads } from '../src/app/rules.ts'
import { bundledSample } from '../src/app/sample.ts'
import { systemClock } from '../src/base/clock.ts'
import { silentLogger } from '../src/base/logger.ts'
import type { Cluster, KubeObject, Resource } from '../src/model/cluster.ts'
import { setField } from '../src/model/fields.ts'
import type { Plan } from '../src/model/plan.ts'
import type { Finding } from '../src/model/rule.ts'
import { readBundle } from '../src/observe/bundle.ts'
import { writeBundle } from '../src/observe/snapshot.ts'
import type { World } from '../src/world/ports.ts'
import { sample, whySkipped } from './support/samples.ts'

/** The bundled sample, with more nodes, pods and Services of the kinds that it has. */
const size = { nodes: 40, pods: 320, services: 60 }
const limit = { nodes: 20, pods: 100 }
const minutes = 60_000
const none = { nodes: new Set<string>(), keys: new Set<string>() }

let folder: string
let bundle: string
let whole: Cluster
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stand-ins-'))
  bundle = join(folder, 'bundle')
  const big = await bigCluster(size)
  const api = { version: async () => 'v1.36.3', list: big.list, get: big.get }
  const nodes = { facts: async (node: string) => big.facts(node) }
  const world = { api, nodes, clock: systemClock, logger: silentLogger } as unknown as World
  await writeBundle(world, allReads(layers), bundle)
  whole = await readBundle(bundle, allReads(layers))
}, minutes)
afterAll(() => rm(folder, { recursive: true }))

const part = (cluster: Cluster): Cluster => standIns(sortOut(cluster), none).cluster
const namesOf = (cluster: Cluster, resource: Resource): readonly string[] =>
  (cluster.objects[resource] ?? []).map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`)
/** The cluster with one object that is not like the others. */
function withOdd(resource: Resource, name: string, change: (object: KubeObject) => KubeObject): Cluster {
  const objects = (whole.objects[resource] ?? []).map(object =>
    object.metadata.name === name ? change(object) : object,
  )
  return { ...whole, objects: { ...whole.objects, [resource]: objects } }
}
const withMore = (cluster: Cluster, resource: Resource, object: KubeObject): Cluster => ({
  ...cluster,
  objects: { ...cluster.objects, [resource]: [...(cluster.objects[resource] ?? []), object] },
})
const withNodes = (change: (node: KubeObject) => KubeObject): Cluster => ({
  ...whole,
  objects: { ...whole.objects, 'v1/nodes': (whole.objects['v1/nodes'] ?? []).map(change) },
})
const withLabel = (label: string, valueOf: (node: string) => string): Cluster =>
  withNodes(node => setField(node, ['metadata', 'labels', label], valueOf(node.metadata.name)))
/** Taints of all nodes, and a Deployment that tolerates each value of them. */
const withTaints = (valueOf: (node: string) => string): Cluster => {
  const tainted = withNodes(node =>
    setField(
      node,
      ['spec', 'taints'],
      [{ key: 'for', value: valueOf(node.metadata.name), effect: 'NoSchedule' }],
    ),
  )
  const tolerations = ['gpu', 'web'].map(value => ({ key: 'for', operator: 'Equal', value }))
  return {
    ...tainted,
    objects: {
      ...tainted.objects,
      'apps/v1/deployments': (tainted.objects['apps/v1/deployments'] ?? []).map(one =>
        setField(one, ['spec', 'template', 'spec', 'tolerations'], tolerations),
      ),
    },
  }
}
/** A name from the midst of a list, which nobody takes unless it is a kind of its own. */
const odd = { node: 'worker-00029', app: 'app-00037' }

describe('what stands for a large cluster', () => {
  test('is of every kind of node, workload and Service that the cluster has, and far smaller', () => {
    const { cluster, kinds, left } = standIns(sortOut(whole), none)
    const of = sortOut(cluster)
    expect({
      nodes: of.nodes.groups.length,
      workloads: of.workloads.groups.length,
      services: of.services.groups.length,
    }).toEqual(kinds)
    expect(left).toEqual([])
    expect(Object.keys(cluster.nodes).length).toBeLessThan(size.nodes / 2)
    expect(cluster.pods.length).toBeLessThan(size.pods / 2)
  })

  test.each<readonly [string, () => Cluster, Resource, string]>([
    [
      'a node with another kernel',
      () =>
        withOdd('v1/nodes', odd.node, node => setField(node, ['status', 'nodeInfo', 'kernelVersion'], '5.4')),
      'v1/nodes',
      odd.node,
    ],
    [
      'a node of which one file is different',
      () => {
        const facts = whole.nodes[odd.node]
        if (facts === undefined) throw new Error('no facts')
        const files = {
          ...facts.files,
          '/etc/sysctl.d/99-own.conf': { text: 'net.ipv6.conf.all.forwarding=0\n' },
        }
        return { ...whole, nodes: { ...whole.nodes, [odd.node]: { ...facts, files } } }
      },
      'v1/nodes',
      odd.node,
    ],
    [
      'a node with a label that an IPPool chooses by',
      () =>
        withMore(
          withLabel('rack', name => (name === odd.node ? 'b' : 'a')),
          'crd.projectcalico.org/v1/ippools',
          { metadata: { name: 'rack-b' }, spec: { cidr: '10.1.0.0/16', nodeSelector: "rack == 'b'" } },
        ),
      'v1/nodes',
      odd.node,
    ],
    [
      'a node of another zone, where Services prefer their own',
      () =>
        withMore(
          withLabel('topology.kubernetes.io/zone', name => (name === odd.node ? 'b' : 'a')),
          'v1/services',
          { metadata: { namespace: 'team-1', name: 'near' }, spec: { trafficDistribution: 'PreferClose' } },
        ),
      'v1/nodes',
      odd.node,
    ],
    [
      'a node with a taint of another value, which somebody tolerates',
      () => withTaints(name => (name === odd.node ? 'gpu' : 'web')),
      'v1/nodes',
      odd.node,
    ],
    [
      'a Deployment that is made again at once',
      () =>
        withOdd('apps/v1/deployments', odd.app, one =>
          setField(one, ['spec', 'strategy'], { type: 'Recreate' }),
        ),
      'apps/v1/deployments',
      odd.app,
    ],
    [
      'a budget that allows nothing',
      () =>
        withOdd('policy/v1/poddisruptionbudgets', odd.app, one =>
          setField(one, ['spec', 'maxUnavailable'], 0),
        ),
      'policy/v1/poddisruptionbudgets',
      odd.app,
    ],
    [
      'a Service that keeps traffic on its node',
      () => withOdd('v1/services', odd.app, one => setField(one, ['spec', 'internalTrafficPolicy'], 'Local')),
      'v1/services',
      odd.app,
    ],
  ])('has %s, which there is once', (_, make, resource, name) => {
    expect(namesOf(part(whole), resource).some(one => one.endsWith(`/${name}`))).toBe(false)
    expect(namesOf(part(make()), resource).some(one => one.endsWith(`/${name}`))).toBe(true)
  })

  test('has the Service that a webhook is answered by, which would refuse what the whole cluster takes', () => {
    const webhooks = [
      {
        name: 'a.example.com',
        failurePolicy: 'Fail',
        clientConfig: { service: { namespace: 'team-37', name: odd.app } },
        rules: [{ apiGroups: [''], resources: ['pods'], operations: ['CREATE'] }],
      },
    ]
    const resource = 'admissionregistration.k8s.io/v1/validatingwebhookconfigurations'
    const asked = {
      ...whole,
      objects: { ...whole.objects, [resource]: [{ metadata: { name: 'a' }, webhooks }] },
    }
    const { objects, pods } = part(asked)
    expect(objects['v1/services']?.some(({ metadata }) => metadata.name === odd.app)).toBe(true)
    expect(pods.some(({ labels }) => labels['app'] === odd.app)).toBe(true)
  })

  test('has nodes of a DaemonSet that runs on a few of them, and leaves out a budget that counts its pods', () => {
    const [daemon] = whole.objects['apps/v1/daemonsets'] ?? []
    const [budget] = whole.objects['policy/v1/poddisruptionbudgets'] ?? []
    const [pod] = whole.pods.filter(({ owner }) => owner?.kind === 'DaemonSet')
    if (daemon === undefined || budget === undefined || pod === undefined) throw new Error('none there')
    const metadata = { name: 'gpu', namespace: 'gpu' }
    const labels = { app: 'gpu' }
    const pods = ['worker-00021', 'worker-00029', 'worker-00033'].map(node => ({
      ...pod,
      ...metadata,
      name: `gpu-${node}`,
      uid: `gpu-${node}`,
      node,
      owner: { kind: 'DaemonSet', name: 'gpu' },
      labels,
    }))
    const some: Cluster = {
      ...whole,
      pods: [...whole.pods, ...pods],
      objects: {
        ...whole.objects,
        'apps/v1/daemonsets': [...(whole.objects['apps/v1/daemonsets'] ?? []), { ...daemon, metadata }],
        'policy/v1/poddisruptionbudgets': [
          ...(whole.objects['policy/v1/poddisruptionbudgets'] ?? []),
          { ...budget, metadata, spec: { minAvailable: 3, selector: { matchLabels: labels } } },
        ],
      },
    }
    const { cluster, left } = standIns(sortOut(some), none)
    expect(cluster.pods.filter(({ namespace }) => namespace === 'gpu')).toHaveLength(2)
    expect(namesOf(cluster, 'policy/v1/poddisruptionbudgets')).not.toContain('gpu/gpu')
    expect(left).toEqual(['PodDisruptionBudget gpu/gpu: it counts pods of a DaemonSet'])
  })

  describe('of a DaemonSet that is not done', () => {
    const set = { namespace: 'kube-system', name: 'kube-proxy' }
    const statusOf = ({ objects }: Cluster) =>
      objects['apps/v1/daemonsets']?.find(({ metadata }) => metadata.name === set.name)?.['status'] as
        | Readonly<Record<string, number>>
        | undefined
    const isOn = (pod: Cluster['pods'][number], node: string): boolean =>
      pod.owner?.name === set.name && pod.node === node
    const withCounts = (cluster: Cluster, counts: Readonly<Record<string, number>>): Cluster => ({
      ...cluster,
      objects: {
        ...cluster.objects,
        'apps/v1/daemonsets': (cluster.objects['apps/v1/daemonsets'] ?? []).map(one =>
          one.metadata.name === set.name
            ? { ...one, status: { ...(one['status'] as object), ...counts } }
            : one,
        ),
      },
    })

    test('a pod of the template before is there, and it is counted', () => {
      const pods = whole.pods.map(pod =>
        pod.owner?.name !== set.name || isOn(pod, odd.node)
          ? pod
          : { ...pod, revision: 'new', created: '2026-12-01T00:00:00Z' },
      )
      const half = withCounts({ ...whole, pods }, { updatedNumberScheduled: size.nodes - 1 })
      const some = part(half)
      expect(Object.keys(some.nodes)).toContain(odd.node)
      const { desiredNumberScheduled: desired = 0, updatedNumberScheduled } = statusOf(some) ?? {}
      expect(desired).toBe(some.pods.filter(({ owner }) => owner?.name === set.name).length)
      expect(updatedNumberScheduled).toBe(desired - 1)
    })

    test('none is updated where none is in the whole', () => {
      const counts = statusOf(part(withCounts(whole, { updatedNumberScheduled: 0 })))
      expect(counts).toMatchObject({ updatedNumberScheduled: 0 })
      expect(counts?.['numberReady']).toBe(counts?.['desiredNumberScheduled'])
    })

    test('a pod that is not ready is there, and it is counted', () => {
      const pods = whole.pods.map(pod => (isOn(pod, odd.node) ? { ...pod, ready: false } : pod))
      const counts = { numberReady: size.nodes - 1, numberAvailable: size.nodes - 1, numberUnavailable: 1 }
      const some = statusOf(part(withCounts({ ...whole, pods }, counts)))
      const desired = some?.['desiredNumberScheduled'] ?? 0
      expect(some).toMatchObject({
        numberReady: desired - 1,
        numberAvailable: desired - 1,
        numberUnavailable: 1,
      })
    })

    test('a node that lacks its pod is there, and it is counted', () => {
      const pods = whole.pods.filter(pod => !isOn(pod, odd.node))
      const some = part(withCounts({ ...whole, pods }, { currentNumberScheduled: size.nodes - 1 }))
      expect(Object.keys(some.nodes)).toContain(odd.node)
      const counts = statusOf(some)
      expect(counts?.['currentNumberScheduled']).toBe((counts?.['desiredNumberScheduled'] ?? 0) - 1)
      expect(counts?.['desiredNumberScheduled']).toBe(Object.keys(some.nodes).length)
    })
  })

  test('leaves out, and names, a workload of a kind of its own that has too many pods', () => {
    const many = withOdd('apps/v1/deployments', odd.app, one =>
      setField(one, ['spec', 'strategy'], { type: 'Recreate' }),
    )
    const count = many.pods.filter(({ name }) => name.startsWith(odd.app)).length
    const least = { first: count - 1, second: 1 }
    const { cluster, left } = standIns(sortOut(many), none, least)
    expect(namesOf(cluster, 'apps/v1/deployments')).not.toContain(`team-37/${odd.app}`)
    expect(left).toContain(`Deployment team-37/${odd.app}: it has ${count} pods`)
  })

  test('a node differs by its name and addresses only: that is no kind of its own', () => {
    expect(sortOut(whole).nodes.groups.length).toBeLessThanOrEqual(2)
  })

  test.each<readonly [string, () => Cluster]>([
    ['a label that nothing chooses by', () => withLabel('rack', name => (name === odd.node ? 'b' : 'a'))],
    [
      'a label that says which node it is, though something chooses by it',
      () =>
        withMore(
          withLabel('asset', name => `serial ${name}`),
          'crd.projectcalico.org/v1/ippools',
          { metadata: { name: 'one' }, spec: { cidr: '10.1.0.0/16', nodeSelector: "asset == 'serial n2'" } },
        ),
    ],
  ])('%s makes no kind of node', (_, make) => {
    expect(sortOut(make()).nodes.groups.length).toBe(sortOut(whole).nodes.groups.length)
  })

  test('where each node is a kind of its own, some are practised, one that differs in more among them, and the others are told', () => {
    const files = (name: string) => ({ [`/etc/sysctl.d/${name}.conf`]: { text: `# serial ${name}x\n` } })
    const nodes = Object.entries(whole.nodes).map(([name, facts]) => [
      name,
      { ...facts, files: { ...facts.files, ...files(name) } },
    ])
    const unlike = withOdd('v1/nodes', odd.node, node =>
      setField(node, ['status', 'nodeInfo', 'kernelVersion'], '5.4'),
    )
    const sorted = sortOut({ ...unlike, nodes: Object.fromEntries(nodes) as Cluster['nodes'] })
    expect(sorted.nodes.groups.length).toBe(size.nodes - 1)
    const { cluster, left } = standIns({ ...sorted, nodes: { ...sorted.nodes, most: 3 } }, none)
    expect(Object.keys(cluster.nodes)).toContain(odd.node)
    expect(Object.keys(cluster.nodes).length).toBeLessThan(size.nodes / 2)
    const beyond = size.nodes - Object.keys(cluster.nodes).length
    expect(left).toEqual([
      expect.stringMatching(new RegExp(`^${beyond} rarer kinds of nodes, of ${size.nodes - 1}: `)),
    ])
  })

  test('where there are very many kinds of workloads, what is taken is bounded, and the others are told', () => {
    const sorted = sortOut({
      ...whole,
      objects: {
        ...whole.objects,
        'apps/v1/deployments': (whole.objects['apps/v1/deployments'] ?? []).map((one, index) =>
          setField(one, ['spec', 'strategy'], { rollingUpdate: { maxSurge: index } }),
        ),
      },
    })
    expect(sorted.workloads.groups.length).toBeGreaterThan(size.services - 5)
    const room = { nodes: 5, pods: 1000 }
    const { cluster, left } = standIns(sorted, none, undefined, new Choice(sorted.always, room))
    const fewest = standIns(sorted, none, undefined, new Choice(sorted.always, { nodes: 0, pods: 0 }))
    expect(Object.keys(cluster.nodes).length).toBeLessThanOrEqual(
      Object.keys(fewest.cluster.nodes).length + room.nodes,
    )
    const there = new Set(namesOf(cluster, 'apps/v1/deployments'))
    const away = namesOf(whole, 'apps/v1/deployments').filter(name => !there.has(name))
    expect(away.length).toBeGreaterThan(0)
    expect(left.filter(one => one.startsWith('Deployment '))).toEqual(
      expect.arrayContaining(away.map(name => `Deployment ${name}: there is no room left`)),
    )
  })

  describe('of pods whose owner nobody knows', () => {
    const owned = (change: (pod: Cluster['pods'][number]) => Partial<Cluster['pods'][number]>): Cluster => {
      const [first] = whole.pods.filter(({ labels }) => labels['app'] === odd.app)
      if (first === undefined) throw new Error('none there')
      const pods = Array.from({ length: 20 }, (_, index) => {
        const pod = {
          ...first,
          namespace: 'boxes',
          name: `box-${index + 10}`,
          uid: `box-${index + 10}`,
          labels: {},
          owner: { kind: 'Sandbox', name: `box-${index + 10}` },
        }
        return index === 15 ? { ...pod, ...change(pod) } : pod
      })
      return { ...whole, pods: [...whole.pods, ...pods] }
    }
    const isThere = (cluster: Cluster): boolean => part(cluster).pods.some(({ name }) => name === 'box-25')

    test.each<readonly [string, Partial<Cluster['pods'][number]>]>([
      ['the network of its node', { hostNetwork: true }],
      ['another family', { families: ['IPv6'] }],
      ['an annotation on families', { annotations: { 'cni.projectcalico.org/ipFamilies': '["IPv6"]' } }],
      ['a container that ended', { ended: 'Error: exit code 1' }],
      ['another owner', { owner: { kind: 'Other', name: 'other' } }],
      ['no owner', { owner: undefined }],
    ])('one with %s comes in', (_, change) => {
      expect(isThere(owned(() => ({})))).toBe(false)
      expect(isThere(owned(() => change))).toBe(true)
    })

    test('the value of an annotation on families counts', () => {
      const value = (families: string) => ({ 'cni.projectcalico.org/ipFamilies': families })
      const all = owned(() => ({}))
      const pods = all.pods.map(pod =>
        pod.namespace === 'boxes'
          ? { ...pod, annotations: value(pod.name === 'box-25' ? '["IPv6"]' : '["IPv4"]') }
          : pod,
      )
      expect(isThere({ ...all, pods })).toBe(true)
    })
  })

  describe('of system namespaces', () => {
    const crowded = (count: number): Cluster => {
      const [deployment] = whole.objects['apps/v1/deployments'] ?? []
      const [pod] = whole.pods.filter(({ owner }) => owner?.kind === 'ReplicaSet')
      if (deployment === undefined || pod === undefined) throw new Error('none there')
      const names = Array.from({ length: count }, (_, index) => `agent-${index + 10}`)
      return {
        ...whole,
        pods: [
          ...whole.pods,
          ...names.map(name => ({
            ...pod,
            namespace: 'kube-agents',
            name: `${name}-x`,
            uid: `${name}-x`,
            labels: {},
            owner: { kind: 'Deployment', name },
          })),
        ],
        objects: {
          ...whole.objects,
          'apps/v1/deployments': [
            ...(whole.objects['apps/v1/deployments'] ?? []),
            ...names.map(name => ({ ...deployment, metadata: { namespace: 'kube-agents', name } })),
          ],
        },
      }
    }
    const agents = (cluster: Cluster) => cluster.pods.filter(({ namespace }) => namespace === 'kube-agents')

    test('all workloads stay while they are few', () => {
      expect(agents(part(crowded(10)))).toHaveLength(10)
    })

    test('some stand for the others where they are many, layers read what they need, and the rest is told', () => {
      const { cluster, left } = standIns(sortOut(crowded(40), 20), none)
      const there = agents(cluster).length
      expect(there).toBeLessThan(40)
      expect(there).toBeGreaterThan(0)
      expect(namesOf(cluster, 'apps/v1/deployments')).toContain('kube-system/coredns')
      expect(left).toEqual([
        `${40 - there} workloads of system namespaces, with ${40 - there} pods: there are too many to have all`,
      ])
    })
  })

  test('tells each Service and each budget that is left out of a workload that is practised', () => {
    const apps = Array.from({ length: size.services }, (_, index) => `app-${String(index).padStart(5, '0')}`)
    const pods = whole.pods.map(pod =>
      apps.includes(pod.labels['app'] ?? '')
        ? { ...pod, namespace: 'team-0', labels: { ...pod.labels, all: 'yes' } }
        : pod,
    )
    const moved = (list: readonly KubeObject[] = []) =>
      list.map(one =>
        apps.some(app => one.metadata.name.startsWith(app))
          ? { ...one, metadata: { ...one.metadata, namespace: 'team-0' } }
          : one,
      )
    const cluster = {
      ...whole,
      pods,
      objects: {
        ...whole.objects,
        'apps/v1/deployments': moved(whole.objects['apps/v1/deployments']),
        'apps/v1/replicasets': moved(whole.objects['apps/v1/replicasets']),
        'v1/services': [
          ...(whole.objects['v1/services'] ?? []),
          { metadata: { namespace: 'team-0', name: 'everything' }, spec: { selector: { all: 'yes' } } },
          // Of the same kind, which is there for that reason.
          { metadata: { namespace: 'team-0', name: 'one' }, spec: { selector: { app: 'app-00000' } } },
        ],
      },
    }
    const sorted = sortOut(cluster)
    const choice = new Choice(sorted.always, { nodes: 100, pods: 60 })
    const { cluster: some, left } = standIns(sorted, none, undefined, choice)
    expect(namesOf(some, 'v1/services')).not.toContain('team-0/everything')
    const kept = some.pods.filter(({ labels }) => labels['all'] === 'yes').length
    const all = pods.filter(({ labels }) => labels['all'] === 'yes').length
    expect(kept).toBeGreaterThan(0)
    expect(left).toEqual([`Service team-0/everything: it selects ${all - kept} pods more`])
  })

  test('has every pod of what its Services and budgets select, and every workload with all its pods', () => {
    const small = part(whole)
    const [all, kept] = [sortOut(whole).units, sortOut(small).units]
    for (const selector of kept.selectors) {
      const of = all.selectors.find(({ key }) => key === selector.key)
      const pods = (from: typeof selector | undefined) =>
        [...(from?.units ?? [])]
          .filter(({ kind }) => kind !== 'DaemonSet')
          .map(({ key, pods }) => [key, pods.length])
      expect(pods(selector)).toEqual(pods(of))
    }
    for (const unit of kept.units.values())
      if (unit.kind !== 'DaemonSet') expect(unit.pods).toEqual(all.units.get(unit.key)?.pods)
  })

  test('has nothing of nodes that are left out', () => {
    const small = part(whole)
    const names = Object.keys(whole.nodes).filter(node => !(node in small.nodes))
    expect(names.length).toBeGreaterThan(0)
    expect(small.pods.filter(({ node }) => names.includes(node))).toEqual([])
    const named = Object.entries(small.objects).filter(([, objects]) => {
      const text = JSON.stringify(objects)
      return names.some(name => text.includes(`"${name}"`) || text.includes(`host:${name}"`))
    })
    expect(named.map(([resource]) => resource)).toEqual([])
  })

  test('has its objects as they are, but for how many there are on nodes', () => {
    const known = new Set(Object.values(whole.objects).flat())
    const edited = Object.entries(part(whole).objects).filter(([, objects]) =>
      objects.some(one => !known.has(one)),
    )
    expect(edited.map(([resource]) => resource).toSorted()).toEqual([
      'apps/v1/daemonsets',
      'discovery.k8s.io/v1/endpointslices',
      'v1/endpoints',
    ])
  })

  test('is the same whenever it is asked for, and in whatever order the cluster is read', () => {
    const objects = Object.fromEntries(
      Object.entries(whole.objects).map(([resource, list]) => [resource, list.toReversed()]),
    )
    const other = part({ ...whole, objects, pods: whole.pods.toReversed() })
    const names = ({ objects: lists, pods, nodes }: Cluster) => [
      Object.keys(lists).map(resource => namesOf({ ...whole, objects: lists }, resource).toSorted()),
      pods.map(({ name }) => name).toSorted(),
      Object.keys(nodes),
    ]
    expect(names(other)).toEqual(names(part(whole)))
    expect(part(whole)).toEqual(part(whole))
  })

  test('brings in what a finding or a step of the whole names, until both say the same', () => {
    const { practised, part: cluster } = lookAtLarge(whole, { bundle, layers, intent: {} })
    expect(practised.left).toEqual([])
    expect(practised.nodes).toBe(Object.keys(cluster.nodes).length)
  })
})

describe('where the whole says what the kinds do not show', () => {
  const finding = (object: string, more: Partial<Finding> = {}): Finding => ({
    rule: 'example/seen',
    severity: 'warning',
    object,
    field: '',
    message: '',
    ...more,
  })
  /** What is found of a cluster, by a rule that sees all of it. */
  const findsIn = (find: (cluster: Cluster) => readonly Finding[], cluster = whole, most?: number) => {
    const plan = { steps: [], notices: [] } as unknown as Plan
    const see = (one: Cluster) => ({
      judged: { verdict: 'go' as const, findings: find(one), ignored: [] },
      plan,
    })
    return represent(cluster, see(cluster), see, most)
  }
  const has = (cluster: Cluster, resource: Resource, name: string): boolean =>
    namesOf(cluster, resource).some(one => one.endsWith(name))

  test.each<readonly [string, Resource]>([
    [`Node ${odd.node}`, 'v1/nodes'],
    [`kubelet on ${odd.node}`, 'v1/nodes'],
    [`Deployment team-37/${odd.app}`, 'apps/v1/deployments'],
    [`Service team-37/${odd.app}`, 'v1/services'],
  ])('%s comes in, when a finding names it', (object, resource) => {
    const name = `/${object.split(/[ /]/).at(-1) ?? ''}`
    expect(has(part(whole), resource, name)).toBe(false)
    const { cluster, practised } = findsIn(one => (has(one, resource, name) ? [finding(object)] : []))
    expect(has(cluster, resource, name)).toBe(true)
    expect(practised.left).toEqual([])
  })

  test('the owner of a pod that is named comes in, and a node of which no facts were read', () => {
    // Three of them: two of each kind are there anyway.
    const unread = ['worker-00021', 'worker-00025', odd.node]
    const read = Object.fromEntries(Object.entries(whole.nodes).filter(([node]) => !unread.includes(node)))
    const pod = whole.pods.find(({ labels, node }) => labels['app'] === odd.app && node !== odd.node)
    const named = [`Pod team-37/${pod?.name ?? ''}`, `Node ${odd.node}`]
    const resource = ['v1/deployments', 'v1/nodes'] as const
    const { cluster, practised } = findsIn(
      one => [
        ...(one.pods.some(({ uid }) => uid === pod?.uid) ? [finding(named[0] ?? '', { rule: 'a/pod' })] : []),
        ...(has(one, resource[1], odd.node) ? [finding(named[1] ?? '', { rule: 'a/node' })] : []),
      ],
      { ...whole, nodes: read },
    )
    expect(practised.left).toEqual([])
    expect(practised.nodes).toBe(cluster.objects['v1/nodes']?.length)
  })

  test.each<readonly [string, Partial<Finding>]>([
    ['severity', { severity: 'info' }],
    ['rule', { rule: 'example/other' }],
    ['message', { message: 'it listens nowhere' }],
    ['family', { message: 'app-00001 has no IPv6' }],
  ])('another %s is another thing that is said', (_, more) => {
    const { cluster } = findsIn(one =>
      (one.objects['v1/nodes'] ?? []).map(({ metadata: { name } }) =>
        finding(`Node ${name}`, { message: `${name} has no IPv4`, ...(name === odd.node ? more : {}) }),
      ),
    )
    expect(has(cluster, 'v1/nodes', odd.node)).toBe(true)
  })

  test('names and numbers in a message make no other thing of it', () => {
    const { cluster, practised } = findsIn(one => {
      const all = (one.objects['v1/nodes'] ?? []).map(({ metadata }) => metadata.name)
      const message = `${all.length === 1 ? '1 node has' : `${all.length} nodes have`} one: ${all.slice(0, 2).join(', ')} and ${all.length - 2} more`
      return [
        finding('nodes', { message }),
        ...all.map(name => finding(`Node ${name}`, { message: `${name} has 10.1.1.1/24 beside n1` })),
      ]
    })
    expect(practised.left).toEqual([])
    expect(Object.keys(cluster.nodes)).toEqual(Object.keys(part(whole).nodes))
  })

  test.each([
    ['n2 has no address beside worker-00001', 'gone has no address beside gone'],
    ['open: pool, gone and 3 more', 'open: n1'],
    ['1 pod has IPv4 only', '12 pods have IPv4 only'],
    ['it is of team-1/web (10.1.2.3/24)', 'it is of team-2/api (fd00::1/64)'],
  ])('"%s" says what "%s" says', (one, other) => {
    const names = new Set(['gone', 'pool'])
    expect(nameless(one, names)).toBe(nameless(other, names))
  })

  test.each([
    ['it has no IPv4', 'it has no IPv6'],
    ['it runs v1.35.1', 'it runs v1.36.3'],
    ['web is away', 'web is there'],
  ])('"%s" does not say what "%s" says', (one, other) => {
    expect(nameless(one, new Set())).not.toBe(nameless(other, new Set()))
  })

  test('thousands of things that one rule says bring in some, leave room for others, and the rest is told', () => {
    const letters = (index: number): string =>
      String(index).replaceAll(/\d/g, digit => 'abcdefghij'.charAt(Number(digit)))
    const apps = Array.from({ length: size.services }, (_, index) => String(index).padStart(5, '0'))
    const find = (one: Cluster) => [
      ...(one === whole
        ? apps.flatMap((app, index) =>
            Array.from({ length: 40 }, (_, more) =>
              finding(`Deployment team-${index}/app-${app}`, {
                message: `it says ${letters(40 * index + more)}`,
              }),
            ),
          )
        : []),
      ...(has(one, 'v1/nodes', odd.node) ? [finding(`Node ${odd.node}`, { rule: 'example/node' })] : []),
    ]
    const { cluster, practised } = findsIn(find, whole, 10)
    expect(has(cluster, 'v1/nodes', odd.node)).toBe(true)
    expect(cluster.objects['apps/v1/deployments']?.length).toBeLessThan(size.services / 2)
    expect(practised.left).toEqual([
      'warning example/seen: it says a (Deployment team-0/app-00000), and 2399 more of this',
    ])
  })

  test('what cannot be brought in is told', () => {
    const { practised } = findsIn(one => (one === whole ? [finding('the weather')] : []))
    expect(practised.left).toEqual(['warning example/seen (the weather)'])
  })
})

describe.each(['calico-1cp-2w', 'calico-3cp-2w', 'calico-1cp-2w-by-hand', 'calico-3cp-2w-half'])(
  '%s',
  name => {
    const place = sample(name)

    test.skipIf(place === undefined)(
      `practised as if it were large, says what it says as a whole, and comes back${whySkipped(name)}`,
      async () => {
        const given = { bundle: place ?? '', layers, intent: {} }
        const some = await rehearse({ ...given, limit: { nodes: 0, pods: 0 } })
        const all = await rehearse(given)
        expect(some.practised?.left).toEqual([])
        expect(some.preflight).toEqual(all.preflight)
        expect(some.compared.differences.length).toBeLessThanOrEqual(all.compared.differences.length)
        expect([some.there.look.verdict, some.back.look.verdict]).toEqual([
          all.there.look.verdict,
          all.back.look.verdict,
        ])
      },
      minutes,
    )
  },
)

describe('a rehearsal', () => {
  /** Of each way the kinds of things that its steps do. */
  async function rehearsed(more: Partial<Rehearse>) {
    const steps = new Set<string>()
    const rehearsal = await rehearse({
      bundle,
      layers,
      intent: {},
      emit: event => {
        if (event.kind !== 'opened') return
        for (const { layer, stage, changes, refreshes } of event.plan.steps)
          for (const what of [
            ...changes.map(({ target }) => target.kind),
            ...refreshes.map(({ kind }) => kind),
          ])
            steps.add(`${event.plan.direction} ${stage} ${layer} ${what}`)
      },
      ...more,
    })
    return { rehearsal, steps: [...steps].toSorted() }
  }

  test(
    'with stand-ins comes to what one of the whole cluster comes to',
    async () => {
      const some = await rehearsed({ limit })
      const all = await rehearsed({ limit, whole: true })
      expect(some.rehearsal.practised?.nodes).toBeLessThan(size.nodes / 2)
      expect(all.rehearsal.practised).toBeUndefined()
      expect(some.steps).toEqual(all.steps)
      for (const { rehearsal } of [some, all]) {
        expect(rehearsal.compared.differences).toEqual([])
        expect([rehearsal.nodes, rehearsal.pods]).toEqual([
          whole.objects['v1/nodes']?.length,
          whole.pods.length,
        ])
      }
      expect(some.rehearsal.preflight).toEqual(all.rehearsal.preflight)
      expect(some.rehearsal.planned?.interrupts).toEqual(all.rehearsal.there.interrupts)
      for (const way of ['there', 'back'] as const)
        expect(some.rehearsal[way].look.verdict).toBe(all.rehearsal[way].look.verdict)
    },
    3 * minutes,
  )

  test(
    'of a small cluster knows no stand-ins',
    async () => {
      const { rehearsal } = await rehearsed({ bundle: bundledSample() })
      expect(rehearsal.practised).toBeUndefined()
    },
    minutes,
  )

  test.each([
    [`kill@kubelet/${odd.node}`, 'no step of what is practised', /^Something else .* --whole practises all/],
    [`kill@kubelet/n22`, 'no step has the id', /^Did you mean kubelet\/n2\?$/],
    [`kill@kubelet/wroker-00029`, 'no step has the id', /^Did you mean kubelet\/worker-00029\? .*--whole/],
    [`kill@nothing-like-it`, 'no step has the id', /^The ids stand in brackets/],
  ])(
    'with stand-ins says of the fault %s what there is, and of --whole only where it helps',
    async (fault, message, hint) => {
      await expect(rehearsed({ limit, faults: [fault] })).rejects.toMatchObject({
        message: expect.stringContaining(message) as string,
        hint: expect.stringMatching(hint) as string,
      })
    },
    minutes,
  )
})
