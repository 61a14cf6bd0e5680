import { expect, test } from 'vitest'
import { getField, setField } from '../../model/fields.ts'
import type { Cluster, KubeObject, Resource } from '../../model/cluster.ts'
import { goal as bothGoal, backGoal, otherWayGoal, podOf, testCluster } from '../testing/cluster.ts'
import { applied, readingsOf, shown, stepsOf } from '../testing/steps.ts'
import { cniCalico } from './index.ts'

const config = `{
  "name": "k8s-pod-network",
  "plugins": [
    {
      "type": "calico",
      "mtu": __CNI_MTU__,
      "ipam": {
          "type": "calico-ipam"
      }
    }
  ]
}`
const daemonSet: KubeObject = {
  metadata: { name: 'calico-node', namespace: 'kube-system' },
  spec: {
    updateStrategy: { type: 'RollingUpdate' },
    template: {
      metadata: { labels: { 'k8s-app': 'calico-node' } },
      spec: {
        initContainers: [
          {
            name: 'install-cni',
            env: [
              { name: 'CNI_CONF_NAME', value: '10-calico.conflist' },
              {
                name: 'CNI_NETWORK_CONFIG',
                valueFrom: { configMapKeyRef: { name: 'calico-config', key: 'cni_network_config' } },
              },
            ],
          },
        ],
        containers: [
          {
            name: 'calico-node',
            env: [
              { name: 'DATASTORE_TYPE', value: 'kubernetes' },
              {
                name: 'CALICO_NETWORKING_BACKEND',
                valueFrom: { configMapKeyRef: { name: 'calico-config', key: 'calico_backend' } },
              },
              { name: 'IP', value: 'autodetect' },
              { name: 'FELIX_IPV6SUPPORT', value: 'false' },
            ],
          },
        ],
      },
    },
  },
}
const pool = (name: string, cidr: string, more: object = {}): KubeObject => ({
  metadata: { name },
  spec: { cidr, ...more },
})
const pools = 'crd.projectcalico.org/v1/ippools'

const conflist = '/etc/cni/net.d/10-calico.conflist'

/** As install-cni writes it on a node. */
const rendered = (text: string): string => text.replace('__CNI_MTU__', '0')

const withConflist = (cluster: Cluster, text: string): Cluster => ({
  ...cluster,
  nodes: Object.fromEntries(
    Object.entries(cluster.nodes).map(([node, facts]) => [
      node,
      { ...facts, files: { ...facts.files, [conflist]: { text } } },
    ]),
  ),
})

function calico(data: Record<string, string> = {}): Cluster {
  const cluster = withConflist(testCluster(), rendered(data['cni_network_config'] ?? config))
  return withObjects(cluster, {
    'apps/v1/daemonsets': [daemonSet],
    'v1/configmaps': [
      {
        metadata: { name: 'calico-config', namespace: 'kube-system' },
        data: { calico_backend: 'bird', cni_network_config: config, ...data },
      },
    ],
    [pools]: [pool('default-ipv4-ippool', '10.244.0.0/16')],
  })
}
const withObjects = (cluster: Cluster, objects: Record<Resource, readonly KubeObject[]>): Cluster => ({
  ...cluster,
  objects: { ...cluster.objects, ...objects },
})
const withEnv = (name: string, value: string): KubeObject =>
  setField(
    daemonSet,
    ['spec', 'template', 'spec', 'containers', 'name=calico-node', 'env', `name=${name}`, 'value'],
    value,
  )
const stages = ['cni-pool', 'cni-addresses', 'cni-assignment']
const stagesBack = ['cni-assignment', 'cni-pool', 'cni-addresses']
const convert = (cluster: Cluster, goal = bothGoal, order = stages): Cluster =>
  order.reduce((state, stage) => applied(state, stepsOf(cniCalico, state, goal, stage)), cluster)
const all = (cluster: Cluster, goal = bothGoal, order = stages) =>
  order.flatMap(stage => stepsOf(cniCalico, cluster, goal, stage))

test('the way there is a pool of our own, then the addresses of nodes, then the assignment to pods', () => {
  expect(shown(all(calico()))).toMatchInlineSnapshot(`
    "# cni-calico/pool-ipv6: Make an IPPool for fd00:244::/56
    default-ipv6-ippool apiVersion: null → "crd.projectcalico.org/v1"
    default-ipv6-ippool kind: null → "IPPool"
    default-ipv6-ippool spec: null → {"cidr":"fd00:244::/56","blockSize":122,"ipipMode":"Never","vxlanMode":"Never","natOutgoing":true,"nodeSelector":"all()","allowedUses":["Workload","Tunnel"],"disabled":false}
    # cni-calico/addresses-ipv6: Have calico-node find each node's IPv6 address
    calico-node spec.template.spec.containers.name=calico-node.env.name=IP6.value: null → "autodetect"
    calico-node spec.template.spec.containers.name=calico-node.env.name=IP6_AUTODETECTION_METHOD.value: null → "kubernetes-internal-ip"
    calico-node spec.template.spec.containers.name=calico-node.env.name=FELIX_IPV6SUPPORT.value: "false" → "true"
    # cni-calico/assignment: Give every new pod IPv4 and IPv6
    kube-system/calico-config cni_network_config
    @@ 8
    -          "type": "calico-ipam"
    +          "type": "calico-ipam",
    +          "assign_ipv4": "true",
    +          "assign_ipv6": "true"
    n1:/etc/cni/net.d/10-calico.conflist
    @@ 8
    -          "type": "calico-ipam"
    +          "type": "calico-ipam",
    +          "assign_ipv4": "true",
    +          "assign_ipv6": "true"
    n2:/etc/cni/net.d/10-calico.conflist
    @@ 8
    -          "type": "calico-ipam"
    +          "type": "calico-ipam",
    +          "assign_ipv4": "true",
    +          "assign_ipv6": "true""
  `)
})

test('at the end of the way there nothing is left to do', () => {
  expect(all(convert(calico()))).toEqual([])
})

test('the way back ends with the very objects that were there, but for the pool, which stays disabled', () => {
  const found = calico()
  const end = convert(convert(found), backGoal, stagesBack)
  const { [pools]: poolsAtEnd, ...rest } = end.objects
  const { [pools]: poolsFound, ...restFound } = found.objects
  expect(rest).toEqual(restFound)
  expect(poolsAtEnd?.slice(0, 1)).toEqual(poolsFound)
  expect(getField(poolsAtEnd?.[1], ['spec', 'disabled'])).toBe(true)
  expect(all(end, backGoal, stagesBack)).toEqual([])
})

test('on the way back the blocks of nodes are released, the address goes from the Nodes, and Felix’s rules go', () => {
  const dual = withObjects(convert(calico()), {
    'crd.projectcalico.org/v1/ipamblocks': [
      { metadata: { name: '10-244-1-0-26' }, spec: { cidr: '10.244.1.0/26', allocations: [0] } },
      { metadata: { name: 'fd00-244---122' }, spec: { cidr: 'fd00:244::/122', allocations: [null, null] } },
    ],
    'crd.projectcalico.org/v1/blockaffinities': [
      { metadata: { name: 'n1-fd00-244---122' }, spec: { cidr: 'fd00:244::/122', node: 'n1' } },
    ],
    'v1/nodes': [
      { metadata: { name: 'n1', annotations: { 'projectcalico.org/IPv6Address': 'fd00:10::11/64' } } },
    ],
  })
  expect(shown(all(dual, backGoal, stagesBack))).toMatchInlineSnapshot(`
    "# cni-calico/assignment: Give pods no IPv6 address any more
    kube-system/calico-config cni_network_config
    @@ 8
    -          "type": "calico-ipam",
    -          "assign_ipv4": "true",
    -          "assign_ipv6": "true"
    +          "type": "calico-ipam"
    n1:/etc/cni/net.d/10-calico.conflist
    @@ 8
    -          "type": "calico-ipam",
    -          "assign_ipv4": "true",
    -          "assign_ipv6": "true"
    +          "type": "calico-ipam"
    n2:/etc/cni/net.d/10-calico.conflist
    @@ 8
    -          "type": "calico-ipam",
    -          "assign_ipv4": "true",
    -          "assign_ipv6": "true"
    +          "type": "calico-ipam"
    # cni-calico/pool-ipv6: Disable IPPool default-ipv6-ippool
    default-ipv6-ippool spec.disabled: false → true
    # cni-calico/blocks-ipv6: Release 1 IPv6 address block of nodes
    fd00-244---122 spec.cidr: "fd00:244::/122" → null
    n1-fd00-244---122 spec.cidr: "fd00:244::/122" → null
    # cni-calico/addresses-ipv6: Have calico-node leave IPv6 alone
    calico-node spec.template.spec.containers.name=calico-node.env.name=IP6.value: "autodetect" → null
    calico-node spec.template.spec.containers.name=calico-node.env.name=IP6_AUTODETECTION_METHOD.value: "kubernetes-internal-ip" → null
    calico-node spec.template.spec.containers.name=calico-node.env.name=FELIX_IPV6SUPPORT.value: "true" → "false"
    # cni-calico/clear-ipv6: Take the IPv6 address out of the Nodes, as far as Calico keeps it
    ! {"kind":"clear-annotation","annotation":"projectcalico.org/IPv6Address"}
    # cni-calico/rules-ipv6: Take Felix's IPv6 rules out of the nodes
    ! {"kind":"remove-rules","family":"IPv6","owner":{"namespace":"kube-system","kind":"DaemonSet","name":"calico-node"},"container":"calico-node"}"
  `)
})

test('a block in which a pod that is left has an address stays', () => {
  const block = (cidr: string): KubeObject => ({
    metadata: { name: cidr },
    spec: { cidr, allocations: [null] },
  })
  const dual: Cluster = {
    ...withObjects(convert(calico()), {
      'crd.projectcalico.org/v1/ipamblocks': [block('fd00:244::/122'), block('fd00:244::40/122')],
    }),
    pods: [podOf({ hostNetwork: false, families: ['IPv4', 'IPv6'], ips: ['10.244.0.1', 'fd00:244::1'] })],
  }
  const step = stepsOf(cniCalico, dual, backGoal, 'cni-pool').find(one => one.id === 'cni-calico/blocks-ipv6')
  expect(step?.changes.map(change => 'name' in change.target && change.target.name)).toEqual([
    'fd00:244::40/122',
  ])
  expect(step?.leaves.join()).toContain('block fd00:244::/122')
})

test.each([
  ['demo', false],
  ['kubectl-dualstack-verify-0a1b2c', true],
])('addresses of pods in %s are waited for: a block counts as empty: %s', (namespace, holds) => {
  const attributes = [{ handle_id: 'k8s-pod-network.x', secondary: { namespace, node: 'n1', pod: 'a' } }]
  const spec = { cidr: 'fd00:244::/122', allocations: [null, 0], attributes }
  const dual = withObjects(convert(calico()), {
    'crd.projectcalico.org/v1/ipamblocks': [{ metadata: { name: 'fd00-244---122' }, spec }],
  })
  const step = stepsOf(cniCalico, dual, backGoal, 'cni-pool').find(
    ({ id }) => id === 'cni-calico/blocks-ipv6',
  )
  expect(readingsOf(cniCalico, dual, step?.needs ?? [])).toMatchObject([{ holds }])
})

test('a second way there opens the same pool again', () => {
  const again = convert(convert(convert(calico()), backGoal, stagesBack))
  expect(again).toEqual(convert(calico()))
})

test('an IPv6 cluster gets IPv4 by the same code', () => {
  const ipv6 = withObjects(
    calico({
      cni_network_config: config.replace(
        '"calico-ipam"',
        '"calico-ipam", "assign_ipv4": "false", "assign_ipv6": "true"',
      ),
    }),
    {
      'apps/v1/daemonsets': [
        setField(
          withEnv('IP6', 'autodetect'),
          ['spec', 'template', 'spec', 'containers', 'name=calico-node', 'env', 'name=IP', 'value'],
          'none',
        ),
      ],
      [pools]: [pool('default-ipv6-ippool', 'fd00:244::/56')],
    },
  )
  expect(shown(all(ipv6, otherWayGoal))).toMatchInlineSnapshot(`
    "# cni-calico/pool-ipv4: Make an IPPool for 10.244.0.0/16
    default-ipv4-ippool apiVersion: null → "crd.projectcalico.org/v1"
    default-ipv4-ippool kind: null → "IPPool"
    default-ipv4-ippool spec: null → {"cidr":"10.244.0.0/16","blockSize":26,"ipipMode":"Never","vxlanMode":"Never","natOutgoing":true,"nodeSelector":"all()","allowedUses":["Workload","Tunnel"],"disabled":false}
    # cni-calico/addresses-ipv4: Have calico-node find each node's IPv4 address
    calico-node spec.template.spec.containers.name=calico-node.env.name=IP.value: "none" → "autodetect"
    calico-node spec.template.spec.containers.name=calico-node.env.name=IP_AUTODETECTION_METHOD.value: null → "kubernetes-internal-ip"
    # cni-calico/assignment: Give every new pod IPv6 and IPv4
    kube-system/calico-config cni_network_config
    @@ 8
    -          "type": "calico-ipam", "assign_ipv4": "false", "assign_ipv6": "true"
    +          "type": "calico-ipam", "assign_ipv4": "true", "assign_ipv6": "true"
    n1:/etc/cni/net.d/10-calico.conflist
    @@ 8
    -          "type": "calico-ipam", "assign_ipv4": "false", "assign_ipv6": "true"
    +          "type": "calico-ipam", "assign_ipv4": "true", "assign_ipv6": "true"
    n2:/etc/cni/net.d/10-calico.conflist
    @@ 8
    -          "type": "calico-ipam", "assign_ipv4": "false", "assign_ipv6": "true"
    +          "type": "calico-ipam", "assign_ipv4": "true", "assign_ipv6": "true""
  `)
})

test('a method of finding the address that a person chose stays', () => {
  const cluster = withObjects(calico(), {
    'apps/v1/daemonsets': [withEnv('IP6_AUTODETECTION_METHOD', 'interface=eth0')],
  })
  expect(shown(stepsOf(cniCalico, cluster, bothGoal, 'cni-addresses'))).not.toContain('METHOD')
})

test('a name that another pool has taken is not used', () => {
  const cluster = withObjects(calico(), {
    [pools]: [pool('default-ipv6-ippool', 'fd00:999::/48', { disabled: true })],
  })
  expect(stepsOf(cniCalico, cluster, bothGoal, 'cni-pool')[0]?.changes[0]?.target).toMatchObject({
    name: 'dualstack-fd00-244-56',
  })
})

test('a pool inside the pod range will do', () => {
  const cluster = withObjects(calico(), { [pools]: [pool('mine', 'fd00:244::/60')] })
  expect(stepsOf(cniCalico, cluster, bothGoal, 'cni-pool')).toEqual([])
  const state = cniCalico.read(cluster)
  expect(state && cniCalico.notices?.(state, bothGoal)).toMatchObject([{ object: 'IPPool mine' }])
})

test.each<[string, Cluster, string]>([
  [
    'another pool hands out addresses',
    withObjects(calico(), { [pools]: [pool('old', 'fd00:999::/48')] }),
    'calico.foreign-pool',
  ],
  [
    'a pool overlaps',
    withObjects(calico(), { [pools]: [pool('old', 'fd00:244::/48', { disabled: true })] }),
    'calico.pool-overlap',
  ],
  ['there is no BGP and no encapsulation', calico({ calico_backend: 'vxlan' }), 'calico.no-carrier'],
  ['Calico does policies only', calico({ calico_backend: 'none' }), 'calico.policy-only'],
  [
    'addresses come from podCIDRs',
    calico({ cni_network_config: config.replace('calico-ipam', 'host-local') }),
    'calico.ipam',
  ],
  [
    'the datastore is etcd',
    withObjects(calico(), { 'apps/v1/daemonsets': [withEnv('DATASTORE_TYPE', 'etcdv3')] }),
    'calico.datastore',
  ],
  [
    'a change would reach no node',
    withObjects(calico(), {
      'apps/v1/daemonsets': [setField(daemonSet, ['spec', 'updateStrategy', 'type'], 'OnDelete')],
    }),
    'calico.on-delete',
  ],
])('it refuses where %s', (_, cluster, code) => {
  expect(() => all(cluster)).toThrow(expect.objectContaining({ code }))
})

test('a value that comes from elsewhere is not written over', () => {
  const elsewhere = setField(
    daemonSet,
    ['spec', 'template', 'spec', 'containers', 'name=calico-node', 'env', 'name=IP6', 'valueFrom'],
    { fieldRef: { fieldPath: 'status.hostIP' } },
  )
  const cluster = withObjects(calico(), { 'apps/v1/daemonsets': [elsewhere] })
  expect(() => all(cluster)).toThrow(expect.objectContaining({ code: 'calico.value-from' }))
})

test('Calico that an operator runs is another layer’s', () => {
  const owned = setField(
    daemonSet,
    ['metadata', 'ownerReferences'],
    [{ apiVersion: 'operator.tigera.io/v1', kind: 'Installation', name: 'default', uid: '1' }],
  )
  expect(cniCalico.read(withObjects(calico(), { 'apps/v1/daemonsets': [owned] }))).toBeUndefined()
})

test('the gates tell the nodes that are not there yet', () => {
  const cluster = withObjects(calico(), {
    'v1/nodes': [
      {
        metadata: { name: 'n1', annotations: { 'projectcalico.org/IPv6Address': 'fd00:10::11/64' } },
        status: {
          addresses: [
            { type: 'InternalIP', address: '10.0.0.11' },
            { type: 'InternalIP', address: 'fd00:10::11' },
          ],
        },
      },
      { metadata: { name: 'n2' }, status: { addresses: [{ type: 'InternalIP', address: '10.0.0.12' }] } },
    ],
  })
  const gates = all(cluster).flatMap(step => [...step.needs, ...step.gates])
  const seen = readingsOf(cniCalico, cluster, gates).filter(reading => !reading.id.endsWith('rolled-out'))
  expect(seen).toMatchInlineSnapshot(`
    [
      {
        "holds": false,
        "id": "cni-calico/internal-addresses",
        "seen": "n2 has no IPv6",
      },
      {
        "holds": false,
        "id": "cni-calico/node-addresses",
        "seen": "1 Nodes without projectcalico.org/IPv6Address: n2",
      },
      {
        "holds": false,
        "id": "cni-calico/pool-open",
        "seen": "no enabled IPPool of IPv6: there is none",
      },
      {
        "holds": false,
        "id": "cni-calico/assigned",
        "seen": "/etc/cni/net.d/10-calico.conflist not yet written for IPv4 and IPv6 on n1, n2",
      },
    ]
  `)
})

test('a node is done when the file that its runtime reads says so', () => {
  const [step] = stepsOf(cniCalico, calico(), bothGoal, 'cni-assignment')
  const gate = step?.gates.filter(one => one.id === 'cni-calico/assigned') ?? []
  const written = (text: string): Cluster => withConflist(calico(), text)
  const plain = rendered(config)
  const both = plain.replace('"calico-ipam"', '"calico-ipam", "assign_ipv6": "true"')
  expect(readingsOf(cniCalico, written(plain), gate)[0]?.holds).toBe(false)
  expect(readingsOf(cniCalico, written(both), gate)[0]?.holds).toBe(true)
  // A JSON boolean is not what calico-ipam compares with.
  expect(readingsOf(cniCalico, written(both.replace('"true"', 'true')), gate)[0]?.holds).toBe(false)
})

test('a node whose file the ConfigMap has overtaken is brought along, and no other', () => {
  const [step] = stepsOf(cniCalico, calico(), bothGoal, 'cni-assignment')
  const files = step?.changes.filter(({ target }) => target.kind === 'file').map(({ target }) => target)
  expect(files).toEqual(['n1', 'n2'].map(node => ({ kind: 'file', node, path: conflist })))
  const half = applied(calico(), step === undefined ? [] : [{ ...step, changes: step.changes.slice(0, 2) }])
  const [rest] = stepsOf(cniCalico, half, bothGoal, 'cni-assignment')
  expect(rest?.changes.map(({ target }) => target)).toEqual(files?.slice(1))
})

test('pods are given a family only when an enabled pool of it is there', () => {
  const [step] = stepsOf(cniCalico, calico(), bothGoal, 'cni-assignment')
  const seen = (more: readonly KubeObject[]) =>
    readingsOf(
      cniCalico,
      withObjects(calico(), { [pools]: [pool('default-ipv4-ippool', '10.244.0.0/16'), ...more] }),
      step?.needs ?? [],
    )
  expect(seen([])).toMatchObject([{ holds: false, seen: 'no enabled IPPool of IPv6: there is none' }])
  expect(seen([pool('six', 'fd00:244::/56', { disabled: true })])).toMatchObject([
    { holds: false, seen: 'no enabled IPPool of IPv6: six (fd00:244::/56) is disabled' },
  ])
  expect(seen([pool('six', 'fd00:244::/56')])).toMatchObject([{ holds: true }])
  const dual = convert(calico())
  expect(stepsOf(cniCalico, dual, backGoal, 'cni-assignment').flatMap(one => one.needs)).toEqual([])
})
