import { expect, test } from 'vitest'
import { fileOf } from '../../model/changes.ts'
import type { Cluster, KubeObject } from '../../model/cluster.ts'
import {
  apiServerManifest,
  apiServerPath,
  backGoal,
  clusterConfiguration,
  goal,
  testCluster,
  withAnswers,
  withMirrors,
} from '../testing/cluster.ts'
import { applied, readingsOf, shown, stepsOf } from '../testing/steps.ts'
import { kubeAPIServer } from './index.ts'

const steps = (cluster: Cluster, to = goal) => stepsOf(kubeAPIServer, cluster, to, 'kube-apiserver')
const three = (files: Record<string, Record<string, string>> = {}) =>
  testCluster({ controlPlanes: 3, nodes: 3, files })
const settled = (cluster: Cluster) => withAnswers(withMirrors(cluster))
const withServiceCIDR = (cluster: Cluster, ...cidrs: string[]): Cluster => {
  const object: KubeObject = { metadata: { name: 'kubernetes' }, spec: { cidrs } }
  return { ...cluster, objects: { ...cluster.objects, 'networking.k8s.io/v1/servicecidrs': [object] } }
}

test('each API server gets the second range, one a step', () => {
  expect(shown(steps(three()))).toMatchInlineSnapshot(`
    "# kube-apiserver/n1: Give the API server of n1 both service ranges
    n1:/etc/kubernetes/manifests/kube-apiserver.yaml
    @@ 12
    -    - --service-cluster-ip-range=10.96.0.0/16
    +    - --service-cluster-ip-range=10.96.0.0/16,fd00:96::/112
    # kube-apiserver/n2: Give the API server of n2 both service ranges
    n2:/etc/kubernetes/manifests/kube-apiserver.yaml
    @@ 12
    -    - --service-cluster-ip-range=10.96.0.0/16
    +    - --service-cluster-ip-range=10.96.0.0/16,fd00:96::/112
    # kube-apiserver/n3: Give the API server of n3 both service ranges
    n3:/etc/kubernetes/manifests/kube-apiserver.yaml
    @@ 12
    -    - --service-cluster-ip-range=10.96.0.0/16
    +    - --service-cluster-ip-range=10.96.0.0/16,fd00:96::/112"
  `)
  expect(
    steps(three()).every(
      step => step.changes[0]?.target.kind === 'file' && step.changes[0].target.swap === 'static-pod',
    ),
  ).toBe(true)
})

test('the first one tells what it leaves for ever, the last one waits for the ServiceCIDR object', () => {
  const all = steps(three())
  expect(all.map(step => step.leaves.length)).toEqual([1, 0, 0])
  expect(all.map(step => step.gates.map(gate => gate.id))).toEqual([
    ['kube-apiserver/runs', 'kube-apiserver/answers'],
    ['kube-apiserver/runs', 'kube-apiserver/answers'],
    ['kube-apiserver/runs', 'kube-apiserver/answers', 'kube-apiserver/service-cidr'],
  ])
})

test('before 1.33 the ServiceCIDR object does not follow, and nobody waits for it', () => {
  const [step] = steps(testCluster({ version: 'v1.32.4' }))
  expect(step?.leaves).toEqual([])
  expect(step?.gates.map(gate => gate.id)).not.toContain('kube-apiserver/service-cidr')
})

test('gates hold when the flags run and the servers answer, and not before', () => {
  const before = settled(testCluster())
  const there = steps(before)
  const gates = there.flatMap(step => step.gates)
  expect(readingsOf(kubeAPIServer, before, gates)).toMatchInlineSnapshot(`
    [
      {
        "holds": false,
        "id": "kube-apiserver/runs",
        "seen": "kube-apiserver on n1 runs with --service-cluster-ip-range=10.96.0.0/16",
      },
      {
        "holds": false,
        "id": "kube-apiserver/answers",
        "seen": "the API server of n1 refuses a dual-stack Service: spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services",
      },
      {
        "holds": false,
        "id": "kube-apiserver/service-cidr",
        "seen": "ServiceCIDR kubernetes: 10.96.0.0/16",
      },
    ]
  `)
  const dual = applied(before, there)
  // Written, and not running yet.
  expect(readingsOf(kubeAPIServer, dual, gates).some(reading => reading.holds)).toBe(false)
  expect(readingsOf(kubeAPIServer, settled(dual), gates)).toMatchInlineSnapshot(`
    [
      {
        "holds": true,
        "id": "kube-apiserver/runs",
        "seen": "kube-apiserver on n1 runs with the new arguments",
      },
      {
        "holds": true,
        "id": "kube-apiserver/answers",
        "seen": "the API server of n1 takes dual-stack Services",
      },
      {
        "holds": true,
        "id": "kube-apiserver/service-cidr",
        "seen": "ServiceCIDR kubernetes: 10.96.0.0/16,fd00:96::/112",
      },
    ]
  `)
})

test('the way back is the same code: the files are as before, and a dual-stack Service is refused again', () => {
  const before = settled(three())
  const dual = settled(applied(before, steps(before)))
  expect(steps(dual)).toEqual([])
  const back = steps(dual, backGoal)
  expect(back.map(step => step.id)).toEqual(['kube-apiserver/n1', 'kube-apiserver/n2', 'kube-apiserver/n3'])
  const gates = back.flatMap(step => step.gates)
  expect(readingsOf(kubeAPIServer, dual, gates).some(reading => reading.holds)).toBe(false)
  // None forgets the family while a Service has it: judged by the layer that knows Services.
  for (const { needs } of back)
    expect(needs).toMatchObject([{ id: 'services/none-dual', args: { families: ['IPv4'] } }])
  expect(steps(before).flatMap(step => step.needs)).toEqual([])
  const end = settled(applied(dual, back))
  expect(['n1', 'n2', 'n3'].map(node => fileOf(end, node, apiServerPath)?.text)).toEqual(
    Array(3).fill(apiServerManifest()),
  )
  expect(readingsOf(kubeAPIServer, end, gates).every(reading => reading.holds)).toBe(true)
  expect(steps(end, backGoal)).toEqual([])
})

test('the way back says that the ServiceCIDR object stays a pair', () => {
  const cluster = withServiceCIDR(testCluster(), '10.96.0.0/16', 'fd00:96::/112')
  const state = kubeAPIServer.read(cluster)
  expect(state && kubeAPIServer.notices?.(state, backGoal)).toEqual([
    expect.objectContaining({
      object: 'ServiceCIDR kubernetes',
      message: expect.stringContaining('cannot become shorter'),
    }),
  ])
  expect(state && kubeAPIServer.notices?.(state, goal)).toEqual([])
})

test('a half-converted cluster gets the rest: the object is a pair already', () => {
  const cluster = withServiceCIDR(
    three({ n1: { [apiServerPath]: apiServerManifest('10.96.0.0/16,fd00:96::/112') } }),
    '10.96.0.0/16',
    'fd00:96::/112',
  )
  const rest = steps(cluster)
  expect(rest.map(step => step.id)).toEqual(['kube-apiserver/n2', 'kube-apiserver/n3'])
  expect(rest.flatMap(step => step.leaves)).toEqual([])
})

test('a range that means the same keeps its spelling', () => {
  const range = '10.96.0.0/16,FD00:96:0::/112'
  expect(steps(testCluster({ files: { n1: { [apiServerPath]: apiServerManifest(range) } } }))).toEqual([])
})

test.each([
  {
    name: 'a pair with another second range',
    cidrs: ['10.96.0.0/16', 'fd00:1::/112'],
    hint: 'An earlier conversion chose fd00:1::/112: take that range again.',
  },
  {
    name: 'another first range',
    cidrs: ['10.97.0.0/16'],
    hint: 'The API servers and this object must name the same first range.',
  },
])('a ServiceCIDR object with $name is refused before anything is touched', ({ cidrs, hint }) => {
  expect(() => steps(withServiceCIDR(testCluster(), ...cidrs))).toThrow(
    expect.objectContaining({ code: 'kube-apiserver.service-cidr', hint }),
  )
})

test('an object that became another pair meanwhile is hopeless', () => {
  const before = testCluster()
  const gate = steps(before)
    .flatMap(step => step.gates)
    .filter(gate => gate.id.endsWith('service-cidr'))
  const [reading] = readingsOf(kubeAPIServer, withServiceCIDR(before, '10.96.0.0/16', 'fd00:1::/112'), gate)
  expect(reading?.hopeless).toContain('immutable')
})

test('a copy of the manifest beside it is refused: the kubelet would read both', () => {
  const manifests = [
    apiServerPath,
    `${apiServerPath}.bak`,
    '/etc/kubernetes/manifests/.kube-apiserver.yaml.tmp',
  ]
  expect(() => steps(testCluster({ facts: { n1: { manifests } } }))).toThrow(
    'n1:/etc/kubernetes/manifests/kube-apiserver.yaml.bak may define the pod of /etc/kubernetes/manifests/kube-apiserver.yaml a second time',
  )
})

test('the draft of an agent beside it is no copy: the kubelet does not read hidden files', () => {
  const manifests = [apiServerPath, '/etc/kubernetes/manifests/.kube-apiserver.yaml.tmp']
  expect(steps(testCluster({ facts: { n1: { manifests } } }))).toHaveLength(1)
})

test.each([
  { name: 'a webhook', refused: 'admission webhook "x" denied the request' },
  { name: 'an allocator that is not ready yet', refused: 'failed to allocate IP: allocator not ready' },
])('a refusal by $name says nothing about the flag, on either way', ({ refused }) => {
  const dual = applied(testCluster(), steps(testCluster()))
  for (const [cluster, to] of [
    [testCluster(), goal],
    [dual, backGoal],
  ] as const) {
    const gates = steps(cluster, to)
      .flatMap(step => step.gates)
      .filter(gate => gate.id.endsWith('answers'))
    const facts = cluster.nodes['n1']
    const asked = {
      ...cluster,
      nodes: {
        ...cluster.nodes,
        n1: { ...facts, apiServer: { ready: true, requireDualStack: { refused } } },
      },
    }
    expect(readingsOf(kubeAPIServer, asked as Cluster, gates)).toEqual([
      expect.objectContaining({ holds: false }),
    ])
  }
})

test('a server that runs the flags and is not ready is waited for', () => {
  const before = testCluster()
  const there = steps(before)
  const runs = withMirrors(applied(before, there))
  const pods = runs.pods.map(pod => ({ ...pod, ready: false }))
  const [reading] = readingsOf(
    kubeAPIServer,
    { ...runs, pods },
    there.flatMap(step => step.gates),
  )
  expect(reading).toMatchObject({ holds: false, seen: 'kube-apiserver on n1 is not ready yet' })
})

test('a manifest that cannot be edited exactly is refused with node, path and line; status still works', () => {
  const text = apiServerManifest().replace(
    / {2}- command:\n(?: {4}- .*\n)+/,
    '  - command: [sh, -c, "exec kube-apiserver --service-cluster-ip-range=10.96.0.0/16"]\n',
  )
  const cluster = testCluster({ files: { n1: { [apiServerPath]: text } } })
  expect(() => steps(cluster)).toThrow(/^n1:\/etc\/kubernetes\/manifests\/kube-apiserver\.yaml: .*line 9/)
  const state = kubeAPIServer.read(cluster)
  expect(state && kubeAPIServer.status(state)[0]).toMatchObject({
    subject: 'kube-apiserver',
    note: expect.stringContaining('line 9'),
  })
})

test('status shows what is written and what runs, one row for all or one for each', () => {
  const cluster = three()
  const rows = (of: Cluster) => {
    const state = kubeAPIServer.read(of)
    return (
      state &&
      kubeAPIServer
        .status(state)
        .map(row => `${row.subject}: ${JSON.stringify(row.configured)} ${JSON.stringify(row.running)}`)
    )
  }
  expect(rows(cluster)).toMatchInlineSnapshot(`
    [
      "kube-apiserver: {"IPv4":"10.96.0.0/16"} {"IPv4":"10.96.0.0/16"}",
      "ServiceCIDR kubernetes: {"IPv4":"10.96.0.0/16"} {"IPv4":"10.96.0.0/16"}",
    ]
  `)
  expect(rows(applied(cluster, steps(cluster).slice(0, 1)))).toMatchInlineSnapshot(`
    [
      "kube-apiserver n1: {"IPv4":"10.96.0.0/16","IPv6":"fd00:96::/112"} {"IPv4":"10.96.0.0/16"}",
      "kube-apiserver n2: {"IPv4":"10.96.0.0/16"} {"IPv4":"10.96.0.0/16"}",
      "kube-apiserver n3: {"IPv4":"10.96.0.0/16"} {"IPv4":"10.96.0.0/16"}",
      "ServiceCIDR kubernetes: {"IPv4":"10.96.0.0/16"} {"IPv4":"10.96.0.0/16"}",
    ]
  `)
})

test('without a control plane of this kind there is no such layer', () => {
  expect(kubeAPIServer.read(testCluster({ controlPlanes: 0 }))).toBeUndefined()
})

test('the control plane that holds the virtual address comes last; where nobody is seen to hold it, a notice says so', () => {
  const text = `${clusterConfiguration}controlPlaneEndpoint: 10.0.0.100:6443\n`
  const ha = testCluster({ controlPlanes: 3, nodes: 3, clusterConfiguration: text })
  const order = (cluster: Cluster) =>
    stepsOf(kubeAPIServer, cluster, goal, 'kube-apiserver').map(step => step.id)
  const told = (cluster: Cluster) => {
    const state = kubeAPIServer.read(cluster)
    return (state === undefined ? [] : (kubeAPIServer.notices?.(state, goal) ?? [])).map(
      ({ object }) => object,
    )
  }
  expect(order(ha)).toEqual(['kube-apiserver/n1', 'kube-apiserver/n2', 'kube-apiserver/n3'])
  expect(told(ha)).toEqual(['the virtual address of the API'])
  const lease = {
    metadata: { name: 'plndr-cp-lock', namespace: 'kube-system' },
    spec: { holderIdentity: 'n1' },
  }
  const held = { ...ha, objects: { ...ha.objects, 'coordination.k8s.io/v1/leases': [lease] } }
  expect(order(held)).toEqual(['kube-apiserver/n2', 'kube-apiserver/n3', 'kube-apiserver/n1'])
  expect(told(held)).toEqual([])
})

test('etcd elsewhere, and manifests of kube-vip and keepalived beside it, change nothing of the edit', () => {
  const external = apiServerManifest().replace(
    '    - --secure-port=6443\n',
    '    - --etcd-servers=https://10.9.0.1:2379,https://10.9.0.2:2379\n    - --secure-port=6443\n',
  )
  const folder = '/etc/kubernetes/manifests'
  const manifests = ['kube-apiserver.yaml', 'kube-vip.yaml', 'keepalived.yaml', 'haproxy.yaml'].map(
    name => `${folder}/${name}`,
  )
  const cluster = testCluster({ files: { n1: { [apiServerPath]: external } }, facts: { n1: { manifests } } })
  const [step] = stepsOf(kubeAPIServer, cluster, goal, 'kube-apiserver')
  expect(applied(cluster, step === undefined ? [] : [step]).nodes['n1']?.files[apiServerPath]?.text).toBe(
    external.replace('=10.96.0.0/16', '=10.96.0.0/16,fd00:96::/112'),
  )
})
