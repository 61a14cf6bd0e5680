import { otherFamily } from '../../../address/family.ts'
import { contains, size, tryParseCIDR, tryParseIP } from '../../../address/index.ts'
import type { Cluster, KubeObject } from '../../../model/cluster.ts'
import { getField, getText, getTexts } from '../../../model/fields.ts'
import { ruleThere } from '../../../rules/cluster-rule.ts'
import { madeAgain, workloadReads } from './again.ts'
import { pod, withWorkload } from './example.ts'

const blocks = 'crd.projectcalico.org/v1/ipamblocks'
const pools = 'crd.projectcalico.org/v1/ippools'
const nodes = 'v1/nodes'

const rangeOf = (text: string) => tryParseCIDR(text, { allowHostBits: true })
/** Addresses of a range; as a number, since only those of small ranges matter. */
const sizeOf = (cidr: string): number => {
  const range = rangeOf(cidr)
  return range === undefined ? 0 : Number(size(range))
}

/** Addresses that a Calico block has given out. */
function usedIn(block: KubeObject): number {
  const allocations = getField(block, ['spec', 'allocations'])
  return Array.isArray(allocations) ? allocations.filter(one => one !== null).length : 0
}

function isIn(text: string, outer: string): boolean {
  const [inner, range] = [tryParseIP(text) ?? rangeOf(text), rangeOf(outer)]
  return inner !== undefined && range !== undefined && contains(range, inner)
}

const pool = ruleThere({
  id: 'pod-room/pool-used-up',
  title: 'the pools that pods have now have spare addresses',
  severity: 'error',
  why: 'A pod that is made again gets an address of each family, a new one of the old family too, before the old pod gives its own back. With no address left the new pod stays in ContainerCreating, and so does every other one that dies meanwhile.',
  source:
    'docs.tigera.io/calico/latest/reference/resources/ippool, projectcalico/calico:libcalico-go/lib/ipam',
  covers: ['practice spare-addresses'],
  remedy: 'Add a pool of the old family, or scale something down for the time of the conversion.',
  reads: [
    { kind: 'list', resource: pools },
    { kind: 'list', resource: blocks },
  ],
  find: ({ cluster }, added) => {
    const own = otherFamily(added)
    const live = (cluster.objects[pools] ?? [])
      .filter(one => getField(one, ['spec', 'disabled']) !== true)
      .flatMap(one => getText(one, ['spec', 'cidr']) ?? [])
      .filter(cidr => rangeOf(cidr)?.family === own)
    if (live.length === 0) return []
    const used = (cluster.objects[blocks] ?? [])
      .filter(block => live.some(cidr => isIn(getText(block, ['spec', 'cidr']) ?? '', cidr)))
      .reduce((sum, block) => sum + usedIn(block), 0)
    const all = live.reduce((sum, cidr) => sum + sizeOf(cidr), 0)
    return used < all
      ? []
      : [{ object: 'IPPools', field: 'spec.cidr', message: `all ${all} addresses of ${own} are given out` }]
  },
  examples: {
    bad: [() => withBlocks('10.244.0.0/30', [0, 1, 2, 3])],
    good: [
      () => withBlocks('10.244.0.0/30', [0, 1, null, 3]),
      () => withBlocks('fd00:244::/126', [0, 1, 2, 3]),
      () => withWorkload(),
    ],
  },
})

const withBlocks = (cidr: string, allocations: readonly (number | null)[]) =>
  withWorkload({
    objects: {
      [pools]: [{ metadata: { name: 'default' }, spec: { cidr } }],
      [blocks]: [{ metadata: { name: 'b' }, spec: { cidr, allocations } }],
    },
  })

/** Pods that count for a node's limit; those of its range have an address of their own. */
const podsOn = (cluster: Cluster, node: string) =>
  cluster.pods.filter(one => one.node === node && one.phase !== 'Succeeded' && one.phase !== 'Failed')

const range = ruleThere({
  id: 'pod-room/node-range-used-up',
  title: 'the pod range of each node has spare addresses',
  severity: 'error',
  why: 'Where pods get their addresses from the range of their node (host-local), a new pod needs a free one there before the old pod has given its own back. Plug-ins that end badly leave addresses taken as well.',
  source: 'containernetworking/plugins:plugins/ipam/host-local',
  covers: ['practice spare-addresses'],
  remedy: 'Move pods from that node (cordon it, delete some), before the conversion.',
  reads: [
    { kind: 'list', resource: nodes },
    { kind: 'list', resource: 'v1/pods' },
    { kind: 'list', resource: blocks },
  ],
  // Calico's own IPAM takes from its pools, whatever a Node's podCIDRs say.
  without: ({ cluster }) =>
    (cluster.objects[blocks] ?? []).length > 0 ? 'pods get their addresses from Calico’s pools' : undefined,
  find: ({ cluster }, added) =>
    (cluster.objects[nodes] ?? []).flatMap(node => {
      const { name } = node.metadata
      const own = getTexts(node, ['spec', 'podCIDRs']).find(
        cidr => rangeOf(cidr)?.family === otherFamily(added),
      )
      if (own === undefined) return []
      // All pods whose address is of this range: another range may be in use as well.
      const used = podsOn(cluster, name).filter(one => one.ips.some(ip => isIn(ip, own))).length
      // Network, gateway and broadcast are nobody's.
      return used < sizeOf(own) - 3
        ? []
        : [{ object: `Node ${name}`, field: 'spec.podCIDRs', message: `${own} is used up by ${used} pods` }]
    }),
  examples: {
    bad: [() => withRange('10.244.0.4/30')],
    good: [() => withRange('10.244.0.0/29'), () => withRange('10.244.1.0/30'), () => withWorkload()],
  },
})

const withRange = (cidr: string) =>
  withWorkload({ objects: { [nodes]: [{ metadata: { name: 'n1' }, spec: { podCIDRs: [cidr] } }] } })

const full = ruleThere({
  id: 'pod-room/nodes-full',
  title: 'some node has room for one pod more',
  severity: 'warning',
  why: 'A roll-out that makes the new pod first needs a place for it. Where every node that takes pods holds as many as it may, new pods stay Pending and the roll-out stands still.',
  source: 'kubernetes.io/docs/concepts/scheduling-eviction (allocatable pods)',
  covers: ['practice room-for-pods'],
  remedy: 'Add a node, raise maxPods of the kubelets, or scale something down.',
  reads: [...workloadReads, { kind: 'list', resource: nodes }],
  find: ({ cluster }, added) => {
    if (madeAgain(cluster, added).length === 0) return []
    const open = (cluster.objects[nodes] ?? []).filter(isOpen)
    const isFull = (node: KubeObject): boolean => {
      const most = Number(getField(node, ['status', 'allocatable', 'pods']) ?? Number.NaN)
      return podsOn(cluster, node.metadata.name).length >= most
    }
    return open.length > 0 && open.every(isFull)
      ? [
          {
            object: 'Nodes',
            field: 'status.allocatable.pods',
            message: 'every node holds all the pods it may',
          },
        ]
      : []
  },
  examples: {
    bad: [() => withPlaces('1')],
    good: [() => withPlaces('2'), () => withPlaces(undefined), () => withWorkload()],
  },
})

/** Takes pods that tolerate nothing. */
function isOpen(node: KubeObject): boolean {
  const taints = getField(node, ['spec', 'taints'])
  const effects = (Array.isArray(taints) ? taints : []).map(taint => getText(taint, ['effect']))
  return (
    getField(node, ['spec', 'unschedulable']) !== true &&
    !effects.some(effect => effect === 'NoSchedule' || effect === 'NoExecute')
  )
}

const withPlaces = (pods: string | undefined) =>
  withWorkload({
    pod: pod(),
    objects: { [nodes]: [{ metadata: { name: 'n1' }, status: { allocatable: { pods } } }] },
  })

export const roomRules = [pool, range, full] as const
