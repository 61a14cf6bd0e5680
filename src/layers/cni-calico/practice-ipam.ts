import type { Family } from '../../address/family.ts'
import {
  type CIDR,
  contains,
  formatCIDR,
  formatIP,
  nthAddress,
  parseCIDR,
  size,
  tryParseCIDR,
  tryParseIP,
} from '../../address/index.ts'
import { cidrOf as cidrFrom, subnetCount } from '../../address/cidr.ts'
import type { Json } from '../../base/json.ts'
import type { KubeObject, Pod } from '../../model/cluster.ts'
import type { Change } from '../../model/plan.ts'
import type { Assigned, Exit, Index, Surroundings } from '../../model/simulation.ts'
import { affinityResource, blockResource, type Calico, cidrOf, type Pool } from './read.ts'

/** An IPAMBlock's specification, as far as it is kept here: who has which address of it. */
interface Block {
  readonly affinity?: string
  readonly allocations: readonly (number | null)[]
  readonly attributes: readonly Attribute[]
  readonly unallocated: readonly number[]
  readonly [field: string]: Json | undefined
}
type Attribute = { readonly handle_id: string; readonly secondary: { readonly [key: string]: string } }

const blockOf = (object: KubeObject): Block => object['spec'] as Block

/** calico-ipam: an address of each family, from a block of the pod's node, from a new block where those are full. */
export function assignFrom(
  cluster: Surroundings,
  { pools }: Calico,
  pod: Pod,
  families: readonly Family[],
): Assigned | Exit {
  const ips: string[] = []
  const changes: Change[] = []
  for (const family of families) {
    const open = pools.filter(pool => pool.family === family && !pool.isDisabled)
    // Calico 3.28's own words, as a real node has them.
    if (open.length === 0) return { exits: 'cannot find a qualified ippool' }
    const taken = take(cluster, open, pod)
    if (taken === undefined)
      return { exits: `failed to request ${family} addresses: Assigned 0 out of 1 requested` }
    ips.push(taken.ip)
    changes.push(...taken.changes)
  }
  return { ips, changes }
}

/** By the node whose they are: `host:n1`. */
const blocksOfNode: Index = {
  resource: blockResource,
  keys: object => (blockOf(object).affinity === undefined ? [] : [blockOf(object).affinity ?? '']),
}
const blocksByCIDR: Index = { resource: blockResource, keys: object => [cidrOf(object)] }
const blocksByFamily: Index = { resource: blockResource, keys: object => [familyOfText(cidrOf(object))] }
const familyOfText = (cidr: string): Family => (cidr.includes(':') ? 'IPv6' : 'IPv4')

function take(
  cluster: Surroundings,
  pools: readonly Pool[],
  pod: Pod,
): { ip: string; changes: readonly Change[] } | undefined {
  const blocks = cluster.find(blocksOfNode, `host:${pod.node}`)
  for (const pool of pools) {
    const range = parseCIDR(pool.cidr)
    for (const object of blocks) {
      const block = blockOf(object)
      const [ordinal] = block.unallocated
      const cidr = tryParseCIDR(cidrOf(object))
      if (ordinal === undefined || cidr === undefined || !contains(range, cidr)) continue
      return {
        ip: formatIP(nthAddress(cidr, ordinal)),
        changes: [editBlock(object, given(block, ordinal, pod))],
      }
    }
  }
  return newBlock(cluster, pools, pod)
}

/** All blocks of a pool have its size, which cannot be changed. */
function newBlock(cluster: Surroundings, pools: readonly Pool[], pod: Pod) {
  for (const pool of pools) {
    const { blockSize = pool.family === 'IPv4' ? 26 : 122 } = (pool.object['spec'] ?? {}) as {
      blockSize?: number
    }
    const range = parseCIDR(pool.cidr)
    for (const cidr of from(cluster.count(blocksByFamily, range.family), range, blockSize)) {
      const text = formatCIDR(cidr)
      if (cluster.find(blocksByCIDR, text).length > 0) continue
      const name = text.replaceAll(/[^0-9a-f]/g, '-')
      const count = Number(size(cidr))
      const empty: Block = {
        affinity: `host:${pod.node}`,
        allocations: Array.from({ length: count }, () => null),
        attributes: [],
        cidr: text,
        deleted: false,
        strictAffinity: false,
        unallocated: Array.from({ length: count }, (_, index) => index),
      }
      return {
        ip: formatIP(nthAddress(cidr, 0)),
        changes: [
          make(affinityResource, `${pod.node}-${name}`, 'BlockAffinity', {
            cidr: text,
            deleted: 'false',
            node: pod.node,
            state: 'confirmed',
          }),
          make(blockResource, name, 'IPAMBlock', given(empty, 0, pod)),
        ],
      }
    }
  }
  return undefined
}

/** Behind as many as there are: of thousands of blocks the first ones are taken. A real one begins at a random place (libcalico-go, randomBlockGenerator). */
function* from(taken: number, range: CIDR, blockSize: number): Generator<CIDR, void, undefined> {
  const count = subnetCount(range, blockSize)
  const step = range.family === 'IPv4' ? 1n << BigInt(32 - blockSize) : 1n << BigInt(128 - blockSize)
  for (let n = 0n; n < count; n++)
    yield cidrFrom(
      { family: range.family, value: range.value + ((BigInt(taken) + n) % count) * step },
      blockSize,
    )
}

function given(block: Block, ordinal: number, { namespace, name, node, uid }: Pod): Json {
  const attribute: Attribute = {
    handle_id: `k8s-pod-network.${uid}`,
    secondary: { namespace, node, pod: name },
  }
  return {
    ...block,
    allocations: block.allocations.with(ordinal, block.attributes.length),
    attributes: [...block.attributes, attribute],
    unallocated: block.unallocated.filter(one => one !== ordinal),
  }
}

/** The addresses of a pod that is gone are free again, behind those that were free before. */
export function releaseFrom(cluster: Surroundings, { ips, node }: Pod): readonly Change[] {
  const own = cluster.find(blocksOfNode, `host:${node}`)
  return ips.flatMap(text => {
    const ip = tryParseIP(text)
    const isIn = (object: KubeObject): boolean => {
      const cidr = tryParseCIDR(cidrOf(object))
      return cidr !== undefined && ip !== undefined && contains(cidr, ip)
    }
    // Seldom another node's: where that one was full, or has gone.
    const object = own.find(isIn) ?? cluster.objects[blockResource]?.find(isIn)
    const cidr = object && tryParseCIDR(cidrOf(object))
    if (object === undefined || cidr === undefined || ip === undefined) return []
    const ordinal = Number(ip.value - cidr.value)
    const block = blockOf(object)
    const index = block.allocations[ordinal]
    if (index === null || index === undefined) return []
    const shift = (one: number | null) => (one !== null && one > index ? one - 1 : one)
    return [
      editBlock(object, {
        ...block,
        allocations: block.allocations.with(ordinal, null).map(shift),
        attributes: block.attributes.toSpliced(index, 1),
        unallocated: [...block.unallocated, ordinal],
      }),
    ]
  })
}

const editBlock = ({ metadata: { name } }: KubeObject, spec: Json): Change => ({
  target: { kind: 'object', api: blockResource, name },
  fields: [{ path: ['spec'], before: null, after: spec }],
})

const make = (api: string, name: string, kind: string, spec: Json): Change => ({
  target: { kind: 'object', api, name },
  existence: 'create',
  fields: [
    { path: ['apiVersion'], before: null, after: 'crd.projectcalico.org/v1' },
    { path: ['kind'], before: null, after: kind },
    { path: ['spec'], before: null, after: spec },
  ],
})
