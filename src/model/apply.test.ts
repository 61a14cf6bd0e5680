import { expect, test } from 'vitest'
import { applyStep, applySteps } from './apply.ts'
import { textChange } from './changes.ts'
import type { Cluster, NodeFacts, Pod } from './cluster.ts'
import type { Change, Refresh, Step } from './plan.ts'

const facts = (text: string): NodeFacts => ({
  files: { '/a': { text, mode: 0o600 } },
  sysctls: { 'net.ipv4.ip_forward': '0' },
  addresses: [],
  routes: [],
  kubeletArguments: ['--v=2'],
})
const pod = (name: string, set: string): Pod =>
  ({
    namespace: 'demo',
    name,
    owner: { kind: 'ReplicaSet', name: set },
    families: ['IPv4'],
  }) as unknown as Pod
const controlled = (name: string, by: string) => ({
  metadata: {
    name,
    namespace: 'demo',
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: by, uid: 'u', controller: true }],
  },
})

const start: Cluster = {
  uid: 'uid',
  version: 'v1.36.3',
  objects: { 'apps/v1/replicasets': [controlled('web-1', 'web'), controlled('api-1', 'api')] },
  pods: [pod('w1', 'web-1'), pod('w2', 'web-1'), pod('a1', 'api-1')],
  nodes: { n1: facts('one\n'), n2: facts('two\n') },
  unread: {},
}
const frozen = JSON.stringify(start)

const step = (
  id: string,
  changes: readonly (Change | undefined)[],
  refreshes: readonly Refresh[] = [],
): Step => ({
  id,
  stage: 's',
  layer: 'l',
  title: 't',
  why: 'w',
  interrupts: [],
  leaves: [],
  needs: [],
  changes: changes.filter(change => change !== undefined),
  refreshes,
  gates: [],
})
const file = (node: string, before: string | null, after: string | null) =>
  textChange({ kind: 'file', node, path: '/a' }, before, after)
const recreated = (name: string): Refresh => ({
  kind: 'recreate-pods',
  owner: { namespace: 'demo', kind: 'Deployment', name },
  until: ['IPv4', 'IPv6'],
  by: 'rollout',
})

const steps: readonly Step[] = [
  step('a', [
    file('n1', 'one\n', '1\n'),
    { target: { kind: 'sysctl', node: 'n1', key: 'net.ipv4.ip_forward' }, before: '0', after: '1' },
  ]),
  step(
    'b',
    [file('n1', '1\n', '11\n'), file('n2', 'two\n', null)],
    [{ kind: 'restart', node: 'n2', unit: 'kubelet' }],
  ),
  step('c', [], [recreated('web')]),
  step('d', [], [recreated('api')]),
]

test('several steps at once leave what the same steps leave one after the other, and the start as it was', () => {
  const end = applySteps(start, steps)
  expect(end).toEqual(steps.reduce(applyStep, start))
  expect(JSON.stringify(start)).toBe(frozen)
  expect(end.nodes).toMatchObject({
    n1: { files: { '/a': { text: '11\n', mode: 0o600 } }, sysctls: { 'net.ipv4.ip_forward': '1' } },
    n2: { files: { '/a': null } },
  })
  expect([end.nodes['n1']?.kubeletArguments, end.nodes['n2']?.kubeletArguments]).toEqual([
    ['--v=2'],
    undefined,
  ])
})

test('each state is shown as its step leaves it', () => {
  const seen: string[] = []
  applySteps(start, steps, (state, { id }) => {
    const dual = state.pods.filter(({ families }) => families.length > 1).map(({ name }) => name)
    seen.push(`${id} ${state.nodes['n1']?.files['/a']?.text.trim()} ${dual.join()}`)
  })
  expect(seen).toEqual(['a 1 ', 'b 11 ', 'c 11 w1,w2', 'd 11 w1,w2,a1'])
})

test('a text that is not what a change starts from ends it', () => {
  expect(() => applySteps(start, [step('x', [file('n1', 'other\n', 'y\n')])])).toThrow()
  expect(JSON.stringify(start)).toBe(frozen)
})
