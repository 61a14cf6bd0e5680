import { contains, parseCIDR, tryParseIP } from '../../address/index.ts'
import type { Family } from '../../address/family.ts'
import type { KubeObject } from '../../model/cluster.ts'
import { getField } from '../../model/fields.ts'
import type { Change, Step } from '../../model/plan.ts'
import type { FreshRead } from '../../model/read.ts'
import { listed } from '../shared/families.ts'
import { gateKind, holds, waits } from '../shared/gate.ts'
import { affinityResource, blockResource, blocksOf, type Calico, cidrOf, usedIn } from './read.ts'

/**
 * Gives the empty blocks of a family back. As long as a node has one, BIRD keeps a blackhole route for it in that node's kernel.
 * kube-controllers does the same by itself, 15 minutes after the last address went (node/ipam.go, checkEmptyBlocks), and in the same
 * order: the block, then what says whose it is. Nobody else takes part: the pool is disabled, and no node assigns from it.
 */
export function releaseStep(
  state: Pick<Calico, 'cluster'>,
  family: Family,
  layer = 'cni-calico',
): readonly Step[] {
  const { blocks, affinities } = blocksOf(state.cluster, family)
  const kept = keptBlocks(state, family, [...blocks, ...affinities])
  const isReleased = (object: KubeObject): boolean => !kept.has(cidrOf(object))
  const changes = [
    ...blocks.filter(isReleased).map(remove(blockResource)),
    ...affinities.filter(isReleased).map(remove(affinityResource)),
  ]
  if (changes.length === 0) return []
  const cidrs = [...new Set([...blocks, ...affinities].filter(isReleased).map(cidrOf))]
  return [
    {
      id: `${layer}/blocks-${family.toLowerCase()}`,
      stage: 'cni-pool',
      layer,
      title: `Release ${cidrs.length} ${family} address ${cidrs.length === 1 ? 'block' : 'blocks'} of nodes`,
      why: 'Each keeps a blackhole route on its node.',
      interrupts: [],
      leaves: [...kept].map(
        cidr =>
          `block ${cidr} and its route stay as long as pods that were left have addresses in it; kube-controllers releases it 15 min after the last`,
      ),
      needs: [
        {
          id: `${layer}/blocks-empty`,
          args: { family, cidrs },
          within: 300,
          steady: 2,
          because: 'a block with addresses in use belongs to pods that run',
        },
      ],
      changes,
      refreshes: [],
      gates: [],
    },
  ]
}

/** Blocks in which pods have addresses that are not made again on this way. */
function keptBlocks(
  state: Pick<Calico, 'cluster'>,
  family: Family,
  objects: readonly KubeObject[],
): ReadonlySet<string> {
  const inUse = state.cluster.pods
    .filter(pod => !pod.hostNetwork && pod.families.includes(family))
    .flatMap(pod => pod.ips.flatMap(ip => tryParseIP(ip) ?? []))
  const cidrs = new Set(objects.map(cidrOf))
  return new Set([...cidrs].filter(cidr => inUse.some(ip => contains(parseCIDR(cidr), ip))))
}

const remove =
  (api: string) =>
  (object: KubeObject): Change => ({
    target: { kind: 'object', api, name: object.metadata.name },
    existence: 'delete',
    // The rest is a record of every address, which goes on changing until its pods are gone.
    fields: [{ path: ['spec', 'cidr'], before: getField(object, ['spec', 'cidr']), after: null }],
  })

/** No address of these blocks is in use, not by a pod and not by a tunnel. */
export const blocksEmptyGate = gateKind<{ readonly family: Family; readonly cidrs: readonly string[] }>({
  reads: (): readonly FreshRead[] => [{ kind: 'list', resource: blockResource }],
  judge(cluster, { family, cidrs }) {
    const wanted = new Set(cidrs)
    const used = blocksOf(cluster, family).blocks.filter(
      block => wanted.has(cidrOf(block)) && usedIn(block) > 0,
    )
    if (used.length === 0) return holds(`no ${family} address is in use`)
    const counts = used.map(block => `${usedIn(block)} in ${cidrOf(block)}`)
    return waits(`${family} addresses are in use: ${listed(counts, 3)}`)
  },
})
