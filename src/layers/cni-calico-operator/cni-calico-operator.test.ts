import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { RefusedError } from '../../base/errors.ts'
import type { Cluster, KubeObject } from '../../model/cluster.ts'
import { getField } from '../../model/fields.ts'
import { cniCalico } from '../cni-calico/index.ts'
import { backGoal, goal, testCluster } from '../testing/cluster.ts'
import { applied, readingsOf, shown, stepsOf } from '../testing/steps.ts'
import { cniCalicoOperator } from './index.ts'

const pool4 = {
  name: 'default-ipv4-ippool',
  cidr: '10.244.0.0/16',
  blockSize: 26,
  encapsulation: 'VXLANCrossSubnet',
  natOutgoing: 'Enabled',
  nodeSelector: 'all()',
  allowedUses: ['Workload', 'Tunnel'],
}
const installation = (network: object = {}, more: object = {}): KubeObject => ({
  metadata: { name: 'default' },
  spec: {
    cni: { type: 'Calico', ipam: { type: 'Calico' } },
    calicoNetwork: {
      bgp: 'Enabled',
      ipPools: [pool4],
      nodeAddressAutodetectionV4: { firstFound: true },
      ...network,
    },
    ...more,
  },
  status: { calicoVersion: 'v3.29.1' },
})
const daemonSet: KubeObject = {
  metadata: {
    name: 'calico-node',
    namespace: 'calico-system',
    generation: 1,
    ownerReferences: [
      {
        apiVersion: 'operator.tigera.io/v1',
        kind: 'Installation',
        name: 'default',
        uid: '1',
        controller: true,
      },
    ],
  },
  spec: {
    template: {
      spec: {
        containers: [
          {
            name: 'calico-node',
            env: [
              { name: 'IP', value: 'autodetect' },
              { name: 'IP6', value: 'none' },
            ],
          },
        ],
      },
    },
  },
  status: { observedGeneration: 1, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 },
}
const conflist = (six: boolean): string =>
  JSON.stringify({
    plugins: [
      { type: 'calico', ipam: { type: 'calico-ipam', assign_ipv4: 'true', assign_ipv6: String(six) } },
    ],
  })
const ready: KubeObject = { metadata: { name: 'default' }, status: { state: 'Ready' } }

function operated(objects: Cluster['objects'] = {}): Cluster {
  const base = testCluster({
    files: Object.fromEntries(
      ['n1', 'n2'].map(node => [node, { '/etc/cni/net.d/10-calico.conflist': conflist(false) }]),
    ),
  })
  return {
    ...base,
    objects: {
      ...base.objects,
      'apps/v1/daemonsets': [...(base.objects['apps/v1/daemonsets'] ?? []), daemonSet],
      'operator.tigera.io/v1/installations': [installation()],
      'operator.tigera.io/v1/apiservers': [ready],
      'operator.tigera.io/v1/tigerastatuses': [],
      'crd.projectcalico.org/v1/ippools': [
        { metadata: { name: 'default-ipv4-ippool' }, spec: { cidr: '10.244.0.0/16' } },
      ],
      ...objects,
    },
  }
}
const withInstallation = (object: KubeObject): Cluster =>
  operated({ 'operator.tigera.io/v1/installations': [object] })
const all = (cluster: Cluster, to = goal) =>
  (to === goal
    ? ['cni-pool', 'cni-addresses', 'cni-assignment']
    : ['cni-assignment', 'cni-pool', 'cni-addresses']
  ).reduce(
    (found, stage) => {
      const steps = stepsOf(cniCalicoOperator, found.cluster, to, stage)
      return { cluster: applied(found.cluster, steps), steps: [...found.steps, ...steps] }
    },
    { cluster, steps: [] as ReturnType<typeof stepsOf> },
  )

test('there: addresses first, then the pool, by fields of the Installation alone', () => {
  const { cluster, steps } = all(operated())
  expect(shown(steps)).toMatchInlineSnapshot(`
    "# cni-calico-operator/addresses-ipv6: Have the operator's calico-node find each node's IPv6 address
    default spec.calicoNetwork.nodeAddressAutodetectionV6: null → {"kubernetes":"NodeInternalIP"}
    # cni-calico-operator/pool-ipv6: Add a pool fd00:244::/56 to the Installation
    default spec.calicoNetwork.ipPools.name=default-ipv6-ippool.cidr: null → "fd00:244::/56"
    default spec.calicoNetwork.ipPools.name=default-ipv6-ippool.blockSize: null → 122
    default spec.calicoNetwork.ipPools.name=default-ipv6-ippool.encapsulation: null → "None"
    default spec.calicoNetwork.ipPools.name=default-ipv6-ippool.natOutgoing: null → "Enabled"
    default spec.calicoNetwork.ipPools.name=default-ipv6-ippool.nodeSelector: null → "all()""
  `)
  for (const { changes } of steps)
    for (const { target } of changes)
      expect(target).toMatchObject({ api: 'operator.tigera.io/v1/installations' })
  expect(all(cluster).steps).toEqual([])
})

test('back: the Installation is what it was', () => {
  const start = operated()
  const end = all(start).cluster
  const { cluster, steps } = all(end, backGoal)
  expect(shown(steps)).toMatchInlineSnapshot(`
    "# cni-calico-operator/pool-ipv6: Take the pool fd00:244::/56 out of the Installation
    default spec.calicoNetwork.ipPools.name=default-ipv6-ippool.cidr: "fd00:244::/56" → null
    default spec.calicoNetwork.ipPools.name=default-ipv6-ippool.blockSize: 122 → null
    default spec.calicoNetwork.ipPools.name=default-ipv6-ippool.encapsulation: "None" → null
    default spec.calicoNetwork.ipPools.name=default-ipv6-ippool.natOutgoing: "Enabled" → null
    default spec.calicoNetwork.ipPools.name=default-ipv6-ippool.nodeSelector: "all()" → null
    # cni-calico-operator/addresses-ipv6: Have the operator's calico-node leave IPv6 alone
    default spec.calicoNetwork.nodeAddressAutodetectionV6: {"kubernetes":"NodeInternalIP"} → null
    # cni-calico-operator/clear-ipv6: Take the IPv6 address out of the Nodes, as far as Calico keeps it
    ! {"kind":"clear-annotation","annotation":"projectcalico.org/IPv6Address"}
    # cni-calico-operator/rules-ipv6: Take Felix's IPv6 rules out of the nodes
    ! {"kind":"remove-rules","family":"IPv6","owner":{"namespace":"calico-system","kind":"DaemonSet","name":"calico-node"},"container":"calico-node"}"
  `)
  expect(cluster.objects['operator.tigera.io/v1/installations']).toEqual(
    start.objects['operator.tigera.io/v1/installations'],
  )
  expect(all(cluster, backGoal).steps).toEqual([])
  expect(all(start, backGoal).steps).toEqual([])
})

test('an entry that the operator has filled in since goes as a whole, and one without a name by the list', () => {
  const filled = {
    name: 'default-ipv6-ippool',
    cidr: 'fd00:244::/56',
    blockSize: 122,
    assignmentMode: 'Automatic',
    allowedUses: ['Workload'],
  }
  for (const entry of [filled, { ...filled, name: undefined }]) {
    const { cluster } = all(withInstallation(installation({ ipPools: [pool4, entry] })), backGoal)
    expect(
      getField(cluster.objects['operator.tigera.io/v1/installations']?.[0], [
        'spec',
        'calicoNetwork',
        'ipPools',
      ]),
    ).toEqual([pool4])
  }
})

test('what Calico keeps of each node goes on the way back, with its rules', () => {
  const base = operated()
  const nodes = (base.objects['v1/nodes'] ?? []).map(node => ({
    ...node,
    metadata: { ...node.metadata, annotations: { 'projectcalico.org/IPv6Address': 'fd00:10::11/64' } },
  }))
  const { steps } = all({ ...base, objects: { ...base.objects, 'v1/nodes': nodes } }, backGoal)
  expect(steps.map(({ id }) => id)).toEqual([
    'cni-calico-operator/clear-ipv6',
    'cni-calico-operator/rules-ipv6',
  ])
  expect(steps[1]?.refreshes).toMatchObject([{ owner: { namespace: 'calico-system' } }])
})

test('the layer for calico.yaml does not touch what the operator runs', () => {
  expect(cniCalico.read(operated())).toBeUndefined()
  expect(cniCalicoOperator.read(testCluster())).toBeUndefined()
})

test.each([
  [
    'no Installation',
    operated({ 'operator.tigera.io/v1/installations': [] }),
    'Installation `default` could not be read',
  ],
  [
    'an overlay',
    operated({ 'operator.tigera.io/v1/installations': [installation(), { metadata: { name: 'overlay' } }] }),
    'named overlay',
  ],
  [
    'another CNI',
    withInstallation(installation({}, { cni: { type: 'AmazonVPC' } })),
    'cni.type is AmazonVPC',
  ],
  [
    'host-local',
    withInstallation(installation({}, { cni: { type: 'Calico', ipam: { type: 'HostLocal' } } })),
    'cni.ipam.type is HostLocal',
  ],
  ['pools of others', withInstallation(installation({ ipPools: [] })), 'managed outside the operator'],
  [
    'an old operator',
    withInstallation({
      ...installation({ ipPools: [{ ...pool4, name: undefined }] }),
      status: { calicoVersion: 'v3.26.4' },
    }),
    'Calico v3.26.4 by the operator: ipPools',
  ],
  [
    'no API server of Calico',
    operated({ 'operator.tigera.io/v1/apiservers': [] }),
    'there is no APIServer `default`',
  ],
  [
    'an API server that is not ready',
    operated({ 'operator.tigera.io/v1/apiservers': [{ metadata: { name: 'default' } }] }),
    'is not ready',
  ],
  ['no BGP and no overlay', withInstallation(installation({ bgp: 'Disabled' })), 'bgp is Disabled'],
  [
    'a pool of somebody else',
    operated({
      'crd.projectcalico.org/v1/ippools': [{ metadata: { name: 'mine' }, spec: { cidr: 'fd00:244::/64' } }],
    }),
    'IPPool mine (fd00:244::/64) is there, and the Installation does not name it',
  ],
  [
    'a pool elsewhere',
    withInstallation(installation({ ipPools: [pool4, { name: 'x', cidr: 'fd00:999::/64' }] })),
    'does not lie in the pod range',
  ],
])('%s is refused before anything is planned', (_, cluster, message) => {
  expect(() => all(cluster)).toThrow(message)
})

test('VXLAN without BGP, and a detection that somebody chose, are taken as they are', () => {
  const cluster = withInstallation(
    installation({ bgp: 'Disabled', nodeAddressAutodetectionV6: { interface: 'eth1' } }),
  )
  const overlay = { ...goal, calico: { encapsulation: 'VXLAN' as const, natOutgoing: false } }
  const steps = ['cni-addresses', 'cni-assignment'].flatMap(stage =>
    stepsOf(cniCalicoOperator, cluster, overlay, stage),
  )
  expect(steps.map(({ id }) => id)).toEqual(['cni-calico-operator/pool-ipv6'])
  expect(shown(steps)).toContain('"VXLAN"')
  expect(shown(steps)).toContain('"Disabled"')
})

describe('gates', () => {
  const { cluster: end, steps } = all(operated())
  const gates = steps.flatMap(step => step.gates)
  const seen = (cluster: Cluster) =>
    Object.fromEntries(
      readingsOf(cniCalicoOperator, cluster, gates).map(({ id, holds, seen: words }) => [id, holds || words]),
    )
  const working = (six: string, state: 'Available' | 'Progressing' | 'Degraded'): Cluster['objects'] => ({
    'apps/v1/daemonsets': [
      {
        ...daemonSet,
        spec: {
          template: { spec: { containers: [{ name: 'calico-node', env: [{ name: 'IP6', value: six }] }] } },
        },
      },
    ],
    'operator.tigera.io/v1/tigerastatuses': ['calico', 'ippools'].map(name => ({
      metadata: { name },
      status: { conditions: [{ type: state, status: 'True', message: 'Unable to modify IP pools' }] },
    })),
  })

  test('right after the write nothing holds: the roll-out of before is not taken for the one that is to come', () => {
    expect(seen(end)).toMatchInlineSnapshot(`
      {
        "cni-calico-operator/assigned": "/etc/cni/net.d/10-calico.conflist not yet written for IPv4 and IPv6 on n1, n2",
        "cni-calico-operator/available": "TigeraStatus calico is not there",
        "cni-calico-operator/node-addresses": "2 Nodes without projectcalico.org/IPv6Address: n1, n2",
        "cni-calico-operator/pool": "the operator has not made a pool fd00:244::/56 yet",
        "cni-calico-operator/rendered": "calico-node: IP6 is still none: the operator has not rendered it yet",
        "cni-calico-operator/rolled-out": true,
      }
    `)
  })

  test('a degraded operator says why', () => {
    const cluster = { ...end, objects: { ...end.objects, ...working('none', 'Degraded') } }
    expect(seen(cluster)['cni-calico-operator/available']).toContain(
      'ippools is degraded: Unable to modify IP pools',
    )
  })

  test('all hold when pool, calico-node, nodes and CNI configuration are there', () => {
    const nodes = (end.objects['v1/nodes'] ?? []).map(node => ({
      ...node,
      metadata: { ...node.metadata, annotations: { 'projectcalico.org/IPv6Address': 'x' } },
    }))
    const pools = [{ metadata: { name: 'default-ipv6-ippool' }, spec: { cidr: 'fd00:244::/56' } }]
    const facts = Object.fromEntries(
      Object.entries(end.nodes).map(([name, one]) => [
        name,
        { ...one, files: { ...one.files, '/etc/cni/net.d/10-calico.conflist': { text: conflist(true) } } },
      ]),
    )
    const cluster = {
      ...end,
      nodes: facts,
      objects: {
        ...end.objects,
        ...working('autodetect', 'Available'),
        'v1/nodes': nodes,
        'crd.projectcalico.org/v1/ippools': pools,
      },
    }
    expect(Object.values(seen(cluster)).every(one => one === true)).toBe(true)
  })
})

test('status tells what the Installation says and what is there', () => {
  const state = cniCalicoOperator.read(operated())
  expect(state && cniCalicoOperator.status(state)).toMatchInlineSnapshot(`
    [
      {
        "configured": {
          "IPv4": "10.244.0.0/16",
        },
        "running": {
          "IPv4": "10.244.0.0/16",
        },
        "subject": "Calico pools (operator)",
      },
      {
        "configured": {
          "IPv4": "found by calico-node",
        },
        "running": {},
        "subject": "Calico node addresses",
      },
      {
        "configured": {},
        "running": {
          "IPv4": "2 of 2 nodes",
        },
        "subject": "Calico assignment",
      },
    ]
  `)
})

const corpus = resolve(import.meta.dirname, '../../../../shared/corpus/6-tigera')
const isThere = existsSync(corpus)
test.skipIf(!isThere)(
  `Installations from real life are planned to the end and back, or refused with a code${isThere ? '' : ` (skipped: no ${corpus})`}`,
  () => {
    let planned = 0
    for (const name of readdirSync(corpus)) {
      const object = parseAllDocuments(readFileSync(join(corpus, name), 'utf8'), { logLevel: 'silent' })
        .map(doc => doc.toJS() as unknown)
        .find(doc => getField(doc, ['kind']) === 'Installation') as KubeObject | undefined
      if (object === undefined) continue
      const start = withInstallation({ ...object, metadata: { name: 'default' } })
      const first = getField(object, ['spec', 'calicoNetwork', 'ipPools'])
      const old = (Array.isArray(first) ? first : [])
        .map(pool => getField(pool, ['cidr']))
        .find(cidr => typeof cidr === 'string' && !cidr.includes(':'))
      const to = { ...goal, pods: { ...goal.pods, ...(typeof old === 'string' && { IPv4: old }) } }
      try {
        const steps = ['cni-pool', 'cni-addresses', 'cni-assignment'].reduce(
          (state, stage) => applied(state, stepsOf(cniCalicoOperator, state, to, stage)),
          start,
        )
        const back = ['cni-assignment', 'cni-pool', 'cni-addresses'].reduce(
          (state, stage) =>
            applied(state, stepsOf(cniCalicoOperator, state, { ...to, families: ['IPv4'] }, stage)),
          steps,
        )
        const pools = getField(back.objects['operator.tigera.io/v1/installations']?.[0], [
          'spec',
          'calicoNetwork',
          'ipPools',
        ])
        expect(JSON.stringify(pools), name).not.toContain('fd00:244::')
        planned++
      } catch (error) {
        if (!(error instanceof RefusedError)) throw error
        expect(error.code, name).toMatch(/^calico\./)
      }
    }
    expect(planned).toBeGreaterThan(2)
  },
)
