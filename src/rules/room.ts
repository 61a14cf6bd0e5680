import { powerOfTwo, widthOf } from '../address/index.ts'
import type { Ranges, Rule } from '../model/rule.ts'
import { ranges } from './example.ts'
import { nodeMaskOf, ofRange, readRanges, type ReadRange, type RangeUse } from './range-input.ts'

type Counts = NonNullable<Ranges['counts']>

/** Bits of room that one range has for one kind of thing. */
interface Room {
  readonly use: RangeUse
  readonly of: keyof Counts
  readonly bits: (range: ReadRange, input: Ranges) => number
}

const nodes: Room = {
  use: 'pods',
  of: 'nodes',
  bits: ({ family, cidr }, input) => nodeMaskOf(input, family) - cidr.prefix,
}
const pods: Room = { use: 'pods', of: 'pods', bits: ({ family, cidr }) => widthOf(family) - cidr.prefix }
const services: Room = { use: 'services', of: 'services', bits: pods.bits }
const words = { nodes: 'nodes', pods: 'pods', services: 'Services' } as const

/** Every range whose room is less than so many times what there is. */
const judgeRoom =
  (rooms: readonly Room[], times: number): Rule<'ranges'>['judge'] =>
  input =>
    rooms.flatMap(({ use, of, bits }) =>
      readRanges(input, use).flatMap(range => {
        const count = input.counts?.[of] ?? 0
        const room = bits(range, input)
        // Less than none: node-mask says so.
        if (!(room >= 0) || 2 ** room >= count * times) return []
        return [ofRange(range, `it has room for ${powerOfTwo(room)} ${words[of]}, and there are ${count}`)]
      }),
    )

const unknown = ({ counts }: Ranges): string | undefined =>
  counts === undefined ? 'how many nodes, pods and Services there are is not known' : undefined

const counted = (more: Partial<Ranges>, counts: Partial<Counts>): Ranges =>
  ranges({ ...more, counts: { nodes: 3, pods: 50, services: 20, ...counts } })

const tooLittle: Rule<'ranges'> = {
  id: 'room/too-little',
  on: 'ranges',
  title: 'there is room for what is there',
  severity: 'error',
  why: 'A node without a block gets no podCIDR, a pod without an address does not start, a Service without one is refused.',
  source:
    'k/k:pkg/controller/nodeipam/ipam/range_allocator.go, k/k:pkg/registry/core/service/ipallocator/ipallocator.go',
  covers: ['kubernetes 2.5', 'kubernetes 2.6', 'kubernetes 3.2'],
  remedy: 'Take a larger range: dualstack cidr suggest.',
  says: [
    { component: 'kube-apiserver', line: 'failed to allocate a serviceIP for Service *: range is full' },
    { component: 'kube-apiserver', line: 'unable to perform initial IP and Port allocation check' },
  ],
  skip: unknown,
  judge: judgeRoom([nodes, pods, services], 1),
  examples: {
    bad: [
      () => counted({ pods: { IPv6: 'fd00:244::/62' } }, { nodes: 5 }),
      () => counted({ services: { IPv6: 'fd00:96::/124' } }, { services: 17 }),
      () => counted({ pods: { IPv6: 'fd00:244::/122' }, nodeMask: { IPv6: 128 } }, { pods: 65 }),
    ],
    good: [
      () => counted({}, {}),
      () => counted({ services: { IPv6: 'fd00:96::/124' } }, { services: 16 }),
      () => counted({ pods: { IPv6: 'fd00:244::/62' } }, { nodes: 4 }),
    ],
  },
}

const toGrow: Rule<'ranges'> = {
  id: 'room/to-grow',
  on: 'ranges',
  title: 'there is room for twice what is there',
  severity: 'warning',
  why: 'Neither pod range nor service range of a running cluster can be changed, and a roll-out has old and new pods at once.',
  source: 'KEP-563, k/k:pkg/apis/networking/validation/validation.go',
  covers: ['kubernetes 1.3', 'practice'],
  remedy: 'Take a larger range: dualstack cidr suggest.',
  skip: unknown,
  judge: input => {
    const full = judgeRoom([nodes, pods, services], 1)(input)
    return judgeRoom(
      [nodes, pods, services],
      2,
    )(input).filter(one => !full.some(other => other.object === one.object && other.message === one.message))
  },
  examples: {
    bad: [
      () => counted({ pods: { IPv6: 'fd00:244::/62' } }, { nodes: 3 }),
      () => counted({ services: { IPv6: 'fd00:96::/120' } }, { services: 200 }),
    ],
    good: [() => counted({}, {}), () => counted({ pods: { IPv6: 'fd00:244::/62' } }, { nodes: 5 })],
  },
}

/** Ranges against how many nodes, pods and Services there are. */
export const roomRules = [tooLittle, toGrow] as const
