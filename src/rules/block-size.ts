import { powerOfTwo, widthOf } from '../address/index.ts'
import type { Family } from '../address/family.ts'
import type { Ranges, Rule, Violation } from '../model/rule.ts'
import { ranges } from './example.ts'
import { nameOf, readRanges, type ReadRange } from './range-input.ts'

/** What Calico takes. */
const bounds = { IPv4: [20, 32], IPv6: [116, 128] } as const
const calicosOwn = { IPv4: 26, IPv6: 122 } as const

const at = (family: Family, block: number, message: string, remedy?: string): Violation => ({
  object: `Calico block /${block} of ${family}`,
  field: 'blockSize',
  message,
  ...(remedy !== undefined && { remedy }),
})

const blocks = (input: Ranges): readonly { range: ReadRange; block: number }[] =>
  readRanges(input, 'pods').flatMap(range => {
    const block = input.blockSize[range.family]
    return block === undefined ? [] : [{ range, block }]
  })

const isAllowed = (family: Family, block: number): boolean =>
  Number.isInteger(block) && block >= bounds[family][0] && block <= bounds[family][1]

const of = (IPv6: string, block: number): Ranges =>
  ranges({ pods: { IPv4: '10.244.0.0/16', IPv6 }, blockSize: { IPv4: 26, IPv6: block } })

const outOfBounds: Rule<'ranges'> = {
  id: 'block-size/out-of-bounds',
  on: 'ranges',
  title: 'Calico takes the block size',
  severity: 'error',
  why: 'calico-node ends at its start with another one in its environment, and the pool is refused.',
  source: 'calico:node/pkg/lifecycle/startup/startup.go, calico:libcalico-go/lib/clientv3/ippool.go',
  covers: ['cni 2.2', 'cni 2.3'],
  remedy: 'Take 122 for IPv6, 26 for IPv4: Calico’s own.',
  judge: input =>
    blocks(input)
      .filter(({ range, block }) => !isAllowed(range.family, block))
      .map(({ range: { family }, block }) =>
        at(family, block, `Calico takes ${bounds[family][0]} to ${bounds[family][1]} for ${family}`),
      ),
  examples: {
    bad: [() => of('fd00:244::/56', 115), () => of('fd00:244::/56', 129), () => of('fd00:244::/56', 64)],
    good: [() => ranges(), () => of('fd00:244::/56', 116), () => ranges({ blockSize: {} })],
  },
}

const largerThanPool: Rule<'ranges'> = {
  id: 'block-size/larger-than-range',
  on: 'ranges',
  title: 'a Calico block fits into the pod range',
  severity: 'error',
  why: 'The pool is refused.',
  source: 'calico:libcalico-go/lib/clientv3/ippool.go',
  covers: ['cni 2.2'],
  remedy: 'Take a larger pod range, or a smaller block.',
  says: [{ component: 'calico', line: 'IP pool size is too small *' }],
  judge: input =>
    blocks(input)
      .filter(({ range, block }) => isAllowed(range.family, block) && block < range.cidr.prefix)
      .map(({ range, block }) => at(range.family, block, `it is larger than the ${nameOf(range)}`)),
  examples: {
    bad: [() => of('fd00:244::/124', 122)],
    good: [() => ranges(), () => of('fd00:244::/122', 122)],
  },
}

const fewBlocks: Rule<'ranges'> = {
  id: 'block-size/few-blocks',
  on: 'ranges',
  title: 'the pool has blocks enough',
  severity: 'warning',
  why: 'Every node takes one block of its own with its first pod, and more as it needs them. When none is left a node borrows single addresses of others, each with a route of its own.',
  source: 'calico:libcalico-go/lib/ipam/ipam.go',
  covers: ['cni 2.2'],
  remedy: 'Take a larger pod range, or a smaller block (a higher number).',
  judge: input =>
    blocks(input).flatMap(({ range, block }) => {
      const bits = block - range.cidr.prefix
      const nodes = input.counts?.nodes ?? 1
      return !isAllowed(range.family, block) || bits < 0 || 2 ** bits >= Math.max(4 * nodes, 16)
        ? []
        : [
            at(
              range.family,
              block,
              `the ${nameOf(range)} has ${powerOfTwo(bits)} ${bits === 0 ? 'block' : 'blocks'}${input.counts === undefined ? '' : ` for ${nodes} nodes`}`,
            ),
          ]
    }),
  examples: {
    bad: [
      () => of('fd00:244::/120', 122),
      () => ({ ...of('fd00:244::/112', 122), counts: { nodes: 300, pods: 1, services: 1 } }),
    ],
    good: [() => ranges(), () => of('fd00:244::/112', 122)],
  },
}

const unusual: Rule<'ranges'> = {
  id: 'block-size/unusual',
  on: 'ranges',
  title: 'the block size is Calico’s own',
  severity: 'info',
  why: 'A block is a route on every node. Smaller ones are more routes, larger ones leave more addresses idle. A pool’s block size cannot be changed later.',
  source: 'https://docs.tigera.io/calico/latest/reference/resources/ippool',
  covers: ['cni 2.2'],
  remedy: 'Nothing to do; or take 122 for IPv6, 26 for IPv4.',
  judge: input =>
    blocks(input)
      .filter(({ range, block }) => isAllowed(range.family, block) && block !== calicosOwn[range.family])
      .map(({ range: { family }, block }) =>
        at(
          family,
          block,
          `a block has ${powerOfTwo(widthOf(family) - block)} ${widthOf(family) === block ? 'address' : 'addresses'}; Calico’s own is /${calicosOwn[family]}`,
        ),
      ),
  examples: {
    bad: [() => of('fd00:244::/56', 128)],
    good: [() => ranges()],
  },
}

/** Blocks of Calico's IPAM against the pod range. */
export const blockSizeRules = [outOfBounds, largerThanPool, fewBlocks, unusual] as const
