import { expect, test } from 'vitest'
import { carriesOut } from './same.ts'

const sent = {
  kind: 'Service',
  metadata: { name: 'x', resourceVersion: '1' },
  spec: { ports: [{ port: 80 }], a: null },
}
const stored = {
  ...sent,
  metadata: { name: 'x', resourceVersion: '2', uid: 'u', managedFields: [] },
  status: {},
}

test.each<[string, object, boolean, boolean]>([
  ['the same but for what the server sets', stored, true, true],
  ['a field more, after a replace', { ...stored, spec: { ...sent.spec, b: 1 } }, true, false],
  ['a default more, after a create', { ...stored, spec: { ...sent.spec, b: 1 } }, false, true],
  ['a field missing', { ...stored, spec: { a: null } }, false, false],
  ['null and absent are one', { ...stored, spec: { ports: [{ port: 80 }] } }, true, true],
  ['another value in a list', { ...stored, spec: { ports: [{ port: 81 }] } }, false, false],
  ['a longer list', { ...stored, spec: { ports: [{ port: 80 }, { port: 81 }] } }, false, false],
  ['a label more, after a replace', { ...stored, metadata: { name: 'x', labels: {} } }, true, false],
])('%s', (_name, now, exact, expected) => {
  expect(carriesOut(now, sent, exact)).toBe(expected)
})
