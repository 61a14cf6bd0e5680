import type { Family } from '../../address/family.ts'
import type { KubeObject } from '../../model/cluster.ts'
import { getField } from '../../model/fields.ts'
import type { Change, Step } from '../../model/plan.ts'
import type { FreshRead } from '../../model/read.ts'
import { listed } from '../shared/families.ts'
import { gateKind, holds, waits } from '../shared/gate.ts'
import { affinityResource, blockResource, blocksOf, type Calico, usedIn } from './read.ts'

/**
 * Gives the empty blocks of a family back. As long as a node has one, BIRD keeps a blackhole route for it in that node's kernel.
 * kube-controllers does the same by itself, 15 minutes after the last address went (node/ipam.go, checkEmptyBlocks), and in the same
 * order: the block, then what says whose it is. Nobody else takes part: the pool is disabled, and no node assigns from it.
 */
export function releaseStep(state: Calico, family: Family): readonly Step[] {
  const { blocks, affinities } = blocksOf(state.cluster, family)
  if (blocks.length + affinities.length === 0) return []
  return [
    {
      id: `cni-calico/blocks-${family.toLowerCase()}`,
      stage: 'cni-pool',
      layer: 'cni-calico',
      title: `Release ${affinities.length} ${family} address blocks of nodes`,
      why: 'Each keeps a blackhole route on its node.',
      interrupts: [],
      leaves: [],
      needs: [
        {
          id: 'cni-calico/blocks-empty',
          args: { family },
          within: 300,
          steady: 2,
          because: 'a block with addresses in use belongs to pods that run',
        },
      ],
      changes: [...blocks.map(remove(blockResource)), ...affinities.map(remove(affinityResource))],
      refreshes: [],
      gates: [],
    },
  ]
}

const remove =
  (api: string) =>
  (object: KubeObject): Change => ({
    target: { kind: 'object', api, name: object.metadata.name },
    existence: 'delete',
    fields: [{ path: ['spec'], before: getField(object, ['spec']), after: null }],
  })

/** No address of the family is in use, not by a pod and not by a tunnel. */
export const blocksEmptyGate = gateKind<{ readonly family: Family }>({
  reads: (): readonly FreshRead[] => [{ kind: 'list', resource: blockResource }],
  judge(cluster, { family }) {
    const used = blocksOf(cluster, family).blocks.filter(block => usedIn(block) > 0)
    if (used.length === 0) return holds(`no ${family} address is in use`)
    return waits(
      `${family} addresses in use: ${listed(
        used.map(block => `${block.metadata.name} ${usedIn(block)}`),
        3,
      )}`,
    )
  },
})
