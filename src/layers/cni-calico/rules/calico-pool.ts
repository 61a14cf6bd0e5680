import { contains, overlaps, parseCIDR, tryParseCIDR } from '../../../address/index.ts'
import { type Family, families } from '../../../address/family.ts'
import { getField } from '../../../model/fields.ts'
import { affinityResource, blockResource, blocksOf, cidrOf, type Pool, poolResource } from '../read.ts'
import { assignedBy } from '../assignment.ts'
import { attempt } from '../../shared/edit.ts'
import { type CalicoFacts, calicoRule } from './calico-rule.ts'
import { calicoSituation, named, pool4, pool6 } from './example.ts'
import { calicoSelects } from './selector.ts'

const reads = [{ kind: 'list', resource: poolResource } as const]
const validation = 'projectcalico/calico:libcalico-go/lib/clientv3/ippool.go'
/** Prefix lengths of blocks that Calico takes, and its own choice. */
const blocks: Readonly<Record<Family, { least: number; most: number; usual: number }>> = {
  IPv4: { least: 20, most: 32, usual: 26 },
  IPv6: { least: 116, most: 128, usual: 122 },
}

const rangeOf = ({ cidr }: { readonly cidr: string }) => tryParseCIDR(cidr, { allowHostBits: true })
const blockSizeOf = ({ object }: Pool, family: Family): number =>
  Number(getField(object, ['spec', 'blockSize']) ?? blocks[family].usual)
const openOf = ({ calico }: CalicoFacts, family: Family): readonly Pool[] =>
  calico.pools.filter(pool => pool.family === family && !pool.isDisabled)
const objectOf = ({ name }: Pool): string => `IPPool ${name}`
const hasNoConfig = ({ calico }: CalicoFacts): string | undefined =>
  calico.config === undefined ? 'the CNI configuration of Calico was not read' : undefined

const missing = calicoRule({
  id: 'calico-pool/missing',
  title: 'every family that pods get an address of has an open IPPool',
  severity: 'error',
  why: 'The CNI plugin fails the whole ADD when one family cannot be assigned, and gives the other address back: no pod starts any more.',
  source: 'projectcalico/calico:cni-plugin/pkg/ipamplugin/ipam_plugin.go',
  covers: ['cni 2.2', 'P23'],
  remedy:
    'Create (or enable) an IPPool of that family, or take its assign_… out of calico-config until one is there.',
  says: [
    { component: 'calico-cni', line: 'cannot find a qualified ippool' },
    { component: 'calico-cni', line: 'no configured Calico pools*' },
  ],
  reads,
  unless: hasNoConfig,
  find: facts =>
    assigned(facts)
      .filter(family => openOf(facts, family).length === 0)
      .map(family => ({
        object: `ConfigMap ${facts.calico.namespace}/${facts.calico.source?.name ?? 'calico-config'}`,
        field: `assign_${family.toLowerCase()}`,
        message: `pods are to get ${family} addresses, and no open IPPool of ${family} is there`,
      })),
  examples: {
    bad: [
      () => calicoSituation({ ipam: { assign_ipv6: 'true' } }),
      () => calicoSituation({ ipam: { assign_ipv6: 'true' }, pools: [pool4, { ...pool6, disabled: true }] }),
    ],
    good: [
      () => calicoSituation(),
      () => calicoSituation({ ipam: { assign_ipv6: 'true' }, pools: [pool4, pool6] }),
    ],
  },
})

const assigned = ({ calico }: CalicoFacts): readonly Family[] =>
  attempt('calico-config', () => assignedBy(calico.config ?? '{}')).value ?? []

const disabled = calicoRule({
  id: 'calico-pool/disabled',
  title: 'the pool of the new family is open',
  severity: 'info',
  why: 'A pool that somebody disabled gives no addresses. One that lies in the new pod range is opened again by the plan.',
  source: 'docs.tigera.io/calico/latest/reference/resources/ippool',
  covers: ['cni 2.2'],
  remedy: 'Find out who disabled it and why, before it is opened again.',
  reads,
  find: ({ calico, added }) =>
    calico.pools
      .filter(pool => pool.family === added && pool.isDisabled)
      .map(pool => ({
        object: objectOf(pool),
        field: 'spec.disabled',
        message: `the pool ${pool.cidr} of ${added} is there already, and disabled`,
      })),
  examples: {
    bad: [() => calicoSituation({ pools: [pool4, { ...pool6, disabled: true }] })],
    good: [() => calicoSituation({ pools: [pool4, pool6] })],
  },
})

const blockSize = calicoRule({
  id: 'calico-pool/block-size',
  title: 'a pool holds whole blocks of a size that Calico takes',
  severity: 'error',
  why: 'A pool smaller than a block, or of a block size outside 20 to 32 (IPv4) or 116 to 128 (IPv6), gives no addresses; calico-node ends itself when its environment asks for one.',
  source: `${validation}, projectcalico/calico:node/pkg/lifecycle/startup/startup.go`,
  covers: ['cni 2.2'],
  remedy:
    'A block size cannot be changed: disable the pool, let its pods move to another, delete it with calicoctl and make it anew.',
  says: [
    { component: 'calicoctl', line: '*block size must be between 116 and 128*' },
    { component: 'calicoctl', line: '*IP pool size is too small*' },
  ],
  reads,
  find: ({ calico, added, situation }) => {
    const wanted = situation.goal?.blockSize[added]
    const planned = situation.goal?.pods[added]
    const own = calico.pools.flatMap(pool => {
      const range = rangeOf(pool)
      return range === undefined || pool.isDisabled
        ? []
        : [{ object: objectOf(pool), field: 'spec.blockSize', range, size: blockSizeOf(pool, range.family) }]
    })
    const range = planned === undefined ? undefined : tryParseCIDR(planned)
    const future =
      wanted === undefined || range === undefined
        ? []
        : [{ object: `IPPool for ${planned ?? ''}`, field: 'blockSize', range, size: wanted }]
    return [...own, ...future].flatMap(({ object, field, range: { family, prefix }, size }) => {
      const { least, most } = blocks[family]
      if (size < least || size > most)
        return [{ object, field, message: `/${size} is outside /${least} to /${most}` }]
      return prefix > size ? [{ object, field, message: `a /${prefix} holds no block of /${size}` }] : []
    })
  },
  examples: {
    bad: [
      () => calicoSituation({ pools: [pool4, { ...pool6, blockSize: 64 }] }),
      () => calicoSituation({ pools: [pool4, { cidr: 'fd00:244::/124', blockSize: 122 }] }),
      () => calicoSituation({ goal: { blockSize: { IPv4: 26, IPv6: 64 } } }),
    ],
    good: [() => calicoSituation({ pools: [pool4, pool6] }), () => calicoSituation()],
  },
})

const blockConflict = calicoRule({
  id: 'calico-pool/block-conflict',
  title: 'no block of another size lies in the range of a pool',
  severity: 'error',
  why: 'Calico refuses a pool over blocks of another size; a raw write gets past that, and the pool then gives no addresses.',
  source: validation,
  covers: ['cni 2.2'],
  remedy: 'Plan with the block size of the blocks that are there, or release them with calicoctl.',
  says: [
    {
      component: 'calicoctl',
      line: '*IPPool blocksSize conflicts with existing allocations that use a different blockSize*',
    },
  ],
  reads: [...reads, { kind: 'list', resource: blockResource }, { kind: 'list', resource: affinityResource }],
  find: ({ cluster, added, situation: { goal } }) => {
    const size = goal?.blockSize[added]
    const planned = goal?.pods[added]
    const range = planned === undefined ? undefined : tryParseCIDR(planned)
    if (range === undefined || size === undefined) return []
    return blocksOf(cluster, added)
      .blocks.flatMap(block => tryParseCIDR(cidrOf(block), { allowHostBits: true }) ?? [])
      .filter(block => block.prefix !== size && overlaps(block, range))
      .slice(0, 1)
      .map(block => ({
        object: `IPPool for ${planned ?? ''}`,
        field: 'blockSize',
        message: `blocks of /${block.prefix} are there already, /${size} is planned`,
        remedy: `Plan with a block size of ${block.prefix}.`,
      }))
  },
  examples: {
    bad: [
      () => calicoSituation({ objects: { [blockResource]: [named('b', { cidr: 'fd00:244::40/124' })] } }),
    ],
    good: [
      () => calicoSituation({ objects: { [blockResource]: [named('b', { cidr: 'fd00:244::40/122' })] } }),
      () => calicoSituation({ objects: { [blockResource]: [named('b', { cidr: '10.244.0.0/28' })] } }),
    ],
  },
})

const cidr = calicoRule({
  id: 'calico-pool/cidr',
  title: 'the range of a pool is a masked CIDR outside link-local',
  severity: 'error',
  why: 'Calico refuses anything else; a raw write of the resource gets past that check, and no block is found in the pool.',
  source: validation,
  covers: ['cni 2.2'],
  remedy:
    'The range of a pool cannot be changed: make another with the masked range, and delete this one with calicoctl.',
  says: [{ component: 'calicoctl', line: '*IPPool CIDR is not strictly masked*' }],
  reads,
  find: ({ calico }) =>
    calico.pools.flatMap(pool => {
      const object = objectOf(pool)
      const range = rangeOf(pool)
      const at = { object, field: 'spec.cidr' }
      if (range === undefined) return [{ ...at, message: `${JSON.stringify(pool.cidr)} is no range` }]
      if (tryParseCIDR(pool.cidr) === undefined)
        return [{ ...at, message: `${pool.cidr} has bits set behind its prefix` }]
      return linkLocal.some(local => overlaps(local, range))
        ? [{ ...at, message: `${pool.cidr} overlaps link-local addresses` }]
        : []
    }),
  examples: {
    bad: [
      () => calicoSituation({ pools: [pool4, { cidr: 'fd00:244::1/56' }] }),
      () => calicoSituation({ pools: [pool4, { cidr: 'fe80::/64' }] }),
      () => calicoSituation({ pools: [pool4, { cidr: '' }] }),
    ],
    good: [() => calicoSituation({ pools: [pool4, pool6] })],
  },
})

const linkLocal = [parseCIDR('fe80::/10'), parseCIDR('169.254.0.0/16')]

const overlap = calicoRule({
  id: 'calico-pool/overlap',
  title: 'no two pools share addresses',
  severity: 'error',
  why: 'Calico refuses a pool that overlaps another, also a disabled one; from 3.30 such a pool is marked as not allocatable.',
  source: validation,
  covers: ['cni 2.2'],
  remedy: 'Choose another pod range, or delete the other pool with calicoctl.',
  says: [{ component: 'calicoctl', line: '*IPPool(*) CIDR overlaps with IPPool(*) CIDR*' }],
  reads,
  find: facts => {
    const { calico, added, situation } = facts
    const planned = situation.goal?.pods[added]
    // Where open pools of the family lie in the planned range, those are used and none is made.
    const range = planned === undefined ? undefined : tryParseCIDR(planned)
    const isUsed =
      range !== undefined &&
      calico.pools.some(pool => {
        const own = rangeOf(pool)
        return own !== undefined && contains(range, own)
      })
    const known = calico.pools.flatMap(pool => {
      const own = rangeOf(pool)
      return own === undefined ? [] : [{ name: objectOf(pool), cidr: pool.cidr, range: own }]
    })
    const all =
      range === undefined || isUsed
        ? known
        : [...known, { name: 'the pod range', cidr: planned ?? '', range }]
    return all.flatMap((one, index) =>
      all
        .slice(0, index)
        .filter(other => overlaps(one.range, other.range))
        .map(other => ({
          object: one.name,
          field: one.cidr,
          message: `${one.cidr} overlaps ${other.cidr} of ${other.name}`,
        })),
    )
  },
  examples: {
    bad: [
      () => calicoSituation({ pools: [pool4, { cidr: '10.244.128.0/17' }] }),
      () => calicoSituation({ pools: [pool4, { cidr: 'fd00::/16', disabled: true }] }),
    ],
    good: [
      () => calicoSituation({ pools: [pool4, pool6] }),
      () => calicoSituation({ pools: [pool4, { cidr: 'fd00:244:0:1::/64' }] }),
    ],
  },
})

const foreign = calicoRule({
  id: 'calico-pool/outside-pod-range',
  title: 'every open pool of the new family lies in the pod range',
  severity: 'error',
  why: 'kube-proxy tells pods from others by the pod range: pods with addresses from elsewhere are masqueraded. Where nobody named a range, calico-node makes a pool with a random prefix, and no pool changes its range later.',
  source: 'projectcalico/calico:node/pkg/lifecycle/startup/startup.go, k/k:pkg/proxy/util/localdetector.go',
  covers: ['cni 2.2', 'cni 2.3', 'P24'],
  remedy: 'Plan with the range of that pool as pod range, or disable it.',
  reads,
  find: facts => {
    const planned = facts.situation.goal?.pods[facts.added]
    const range = planned === undefined ? undefined : tryParseCIDR(planned)
    if (range === undefined) return []
    return openOf(facts, facts.added).flatMap(pool => {
      const own = rangeOf(pool)
      if (own === undefined || contains(range, own)) return []
      return [
        {
          object: objectOf(pool),
          field: 'spec.cidr',
          message: `${pool.cidr} does not lie in the pod range ${planned ?? ''}`,
          remedy: `Plan with --pods ${pool.cidr}, or disable the pool.`,
        },
      ]
    })
  },
  examples: {
    bad: [() => calicoSituation({ pools: [pool4, { cidr: 'fd5a:1b2c:3d4e::/48' }] })],
    good: [
      () => calicoSituation({ pools: [pool4, pool6] }),
      () => calicoSituation({ pools: [pool4, { cidr: 'fd5a:1b2c:3d4e::/48', disabled: true }] }),
    ],
  },
})

const nodeSelector = calicoRule({
  id: 'calico-pool/node-selector',
  title: 'every node has a pool of each family that pods get',
  severity: 'error',
  why: 'A pool gives addresses only on nodes that its nodeSelector chooses. On a node without a pool of the new family no pod starts once it is assigned.',
  source: 'projectcalico/calico:libcalico-go/lib/ipam/ipam.go',
  covers: ['cni 2.2', 'P23'],
  remedy: 'Make a pool of that family for these nodes, or let the nodeSelector of one choose them.',
  says: [{ component: 'calico-cni', line: 'no configured Calico pools for node *' }],
  reads: [...reads, { kind: 'list', resource: 'v1/nodes' }],
  find: facts =>
    families.flatMap(family => {
      const open = openOf(facts, family)
      if (open.length === 0) return []
      return (facts.cluster.objects['v1/nodes'] ?? [])
        .filter(({ metadata: { labels = {} } }) =>
          open.every(({ object }) => {
            const selector = getField(object, ['spec', 'nodeSelector'])
            return typeof selector === 'string' && calicoSelects(selector, labels) === false
          }),
        )
        .map(({ metadata: { name } }) => ({
          object: `Node ${name}`,
          field: 'spec.nodeSelector',
          message: `no open pool of ${family} is for this node: ${open.map(pool => pool.name).join(', ')}`,
        }))
    }),
  examples: {
    bad: [
      () => calicoSituation({ pools: [pool4, { ...pool6, nodeSelector: "zone == 'a'" }] }),
      () => calicoSituation({ pools: [pool4, { ...pool6, nodeSelector: '!all()' }] }),
    ],
    good: [
      () => calicoSituation({ pools: [pool4, { ...pool6, nodeSelector: 'all()' }] }),
      () =>
        calicoSituation({
          pools: [pool4, { ...pool6, nodeSelector: "zone in {'a', 'b'} && !has(edge)" }],
          nodes: [{ metadata: { name: 'n1', labels: { zone: 'b' } } }],
        }),
      // The goal's own pool is made for all nodes.
      () => calicoSituation(),
    ],
  },
})

export const poolRules = [
  missing,
  disabled,
  blockSize,
  blockConflict,
  cidr,
  overlap,
  foreign,
  nodeSelector,
] as const
