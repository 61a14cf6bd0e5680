import { expect, test } from 'vitest'
import { backGoal, goal } from '../testing/cluster.ts'
import { readArguments } from './arguments.ts'
import { byFamily, pairFor, sameList } from './pair.ts'

test.each([
  { existing: '10.96.0.0/16', there: '10.96.0.0/16,fd00:96::/112', back: '10.96.0.0/16' },
  { existing: '10.96.0.5/16', there: '10.96.0.5/16,fd00:96::/112', back: '10.96.0.5/16' },
  { existing: '10.96.0.0/16,FD00:96::/112', there: '10.96.0.0/16,FD00:96::/112', back: '10.96.0.0/16' },
  { existing: '10.96.0.0/16,fd00:1::/112', there: '10.96.0.0/16,fd00:96::/112', back: '10.96.0.0/16' },
  { existing: '10.96.0.0/16, fd00:96::/112', there: '10.96.0.0/16,fd00:96::/112', back: '10.96.0.0/16' },
  { existing: undefined, there: '10.96.0.0/16,fd00:96::/112', back: '10.96.0.0/16' },
])('$existing becomes $there, and $back on the way back', ({ existing, there, back }) => {
  expect(pairFor(goal, goal.services, existing)).toBe(there)
  expect(pairFor(backGoal, goal.services, existing)).toBe(back)
})

test.each(['10.97.0.0/16', 'fd00:96::/112,10.96.0.0/16', 'nonsense'])(
  '%s first is refused: the first range never changes',
  existing => {
    expect(() => pairFor(goal, goal.services, existing)).toThrow(
      expect.objectContaining({ code: 'range.primary' }),
    )
  },
)

test('parts by family, whatever else stands there', () => {
  expect(byFamily('10.0.0.1,fd00::1')).toEqual({ IPv4: '10.0.0.1', IPv6: 'fd00::1' })
  expect(byFamily('fd00::/64, x')).toEqual({ IPv6: 'fd00::/64' })
  expect(byFamily(undefined)).toEqual({})
})

test.each([
  { one: '10.0.0.1,fd00::1', other: '10.0.0.1,FD00:0::1', same: true },
  { one: '10.0.0.1,fd00::1', other: 'fd00::1,10.0.0.1', same: false },
  { one: '10.0.0.1', other: '10.0.0.1,fd00::1', same: false },
  { one: '10.0.0.0/8', other: '10.0.0.1/8', same: true },
  { one: '', other: '', same: true },
])('$one and $other are the same list: $same', ({ one, other, same }) => {
  expect(sameList(one, other)).toBe(same)
})

test('arguments are read as pflag reads them', () => {
  const argv = ['kubelet', '--a=1', '--b', '2', '--c', '--a=3', '--node_ip=x=y', '-v=2']
  expect([...readArguments(argv)]).toEqual([
    ['a', '3'],
    ['b', '2'],
    ['c', 'true'],
    ['node-ip', 'x=y'],
  ])
})
