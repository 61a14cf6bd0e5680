import { expect, test } from 'vitest'
import { calicoSelects } from './selector.ts'

const labels = { zone: 'a', 'kubernetes.io/os': 'linux', rack: 'r1-north' }

test.each([
  ['all()', true],
  ['', true],
  ['!all()', false],
  ['has(zone)', true],
  ['!has(zone)', false],
  ['has(gone)', false],
  ["zone == 'a'", true],
  ['zone == "b"', false],
  ["zone != 'b'", true],
  ["gone != 'b'", true],
  ["gone == 'b'", false],
  ["zone in {'a', 'b'}", true],
  ["zone in { 'c' }", false],
  ["zone not in {'c'}", true],
  ["gone not in {'c'}", true],
  ["gone in {'c'}", false],
  ["zone == 'a' && rack == 'x' || kubernetes.io/os == 'linux'", true],
  ["zone == 'a' && (rack == 'x' || kubernetes.io/os == 'windows')", false],
  ["!(zone == 'a') || has(rack)", true],
  ["rack contains 'nor'", true],
  ["rack starts with 'r1'", true],
  ["rack ends with 'south'", false],
])('%s', (selector, chosen) => {
  expect(calicoSelects(selector, labels)).toBe(chosen)
})

test.each(['zone == ', 'zone', "zone == 'a' &&", "(zone == 'a'", 'zone ~ x', "zone in {'a'", 'all() all()'])(
  'what cannot be read is not judged: %s',
  selector => {
    expect(calicoSelects(selector, labels)).toBeUndefined()
  },
)
