import type { Ask } from '../../model/verification.ts'

/** One request from a pod to another, without an address. */
export const askOf = (rest: Partial<Ask> = {}): Ask => ({
  id: 'x',
  scenario: 'pod-to-pod',
  family: 'IPv4',
  protocol: 'HTTP',
  from: { kind: 'pod', name: 'a' },
  to: { kind: 'pod', name: 'b' },
  expect: 'answers',
  ...rest,
})
