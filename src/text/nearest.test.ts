import { expect, test } from 'vitest'
import { nearest } from './nearest.ts'

test.each([
  ['cidrs', ['cidr', 'nodeMask'], 'cidr'],
  ['node-mask', ['cidr', 'nodeMask'], 'nodeMask'],
  ['NODEMASK', ['cidr', 'nodeMask'], 'nodeMask'],
  ['sevrices', ['pods', 'services'], 'services'],
  ['pod', ['pods', 'services'], 'pods'],
  ['vxlan', ['None', 'VXLAN', 'VXLANCrossSubnet'], 'VXLAN'],
  ['', ['pods'], undefined],
  ['mtu', ['pods', 'services'], undefined],
  ['anything', [], undefined],
])('%s among %j is %s', (word, known, expected) => {
  expect(nearest(word, known)).toBe(expected)
})
