import { expect, test } from 'vitest'
import { backGoal, goal } from '../testing/cluster.ts'
import { gateChange } from './feature-gate.ts'

test.each([
  ['v1.20.15', undefined, 'IPv6DualStack=true'],
  ['v1.20.15', 'A=true', 'A=true,IPv6DualStack=true'],
  ['v1.20.15', 'IPv6DualStack=false,A=true', 'A=true,IPv6DualStack=true'],
  ['v1.22.17', 'IPv6DualStack=false', 'IPv6DualStack=true'],
])('%s with %s gets %s', (version, existing, expected) => {
  expect(gateChange(version, goal, existing)).toEqual({ 'feature-gates': expected })
})

test.each([
  ['v1.20.15', 'IPv6DualStack=true'],
  ['v1.20.15', 'IPv6DualStack=1'],
  ['v1.21.0', undefined],
  ['v1.22.17', 'A=false'],
  ['v1.23.0', undefined],
  ['v1.36.3', undefined],
  ['v1.19.0', undefined],
  ['', undefined],
])('%s with %s stays as it is', (version, existing) => {
  expect(gateChange(version, goal, existing)).toEqual({})
})

test('on the way back the gate goes where it is off by default, and stays elsewhere', () => {
  expect(gateChange('v1.20.15', backGoal, 'A=true,IPv6DualStack=true')).toEqual({ 'feature-gates': 'A=true' })
  expect(gateChange('v1.20.15', backGoal, 'IPv6DualStack=true')).toEqual({ 'feature-gates': null })
  expect(gateChange('v1.21.0', backGoal, 'IPv6DualStack=true')).toEqual({})
  expect(gateChange('v1.20.15', backGoal, 'A=true')).toEqual({})
})
