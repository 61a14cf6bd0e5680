import { expect, test } from 'vitest'
import { layers } from '../layers/index.ts'
import { goal, podOf, testCluster } from '../layers/testing/cluster.ts'
import type { Step } from '../model/plan.ts'
import { leaveNodes, withoutNodes } from './left-out.ts'
import { makePlan } from './make.ts'

const few = layers.filter(layer => ['host', 'kubeadm', 'kube-apiserver', 'kubelet'].includes(layer.id))
const plan = makePlan({ cluster: testCluster({ nodes: 3 }), goal, layers: few, tool: '' })
const names = (...left: readonly string[]) => new Set(left)

test('what was planned on a dead node goes, and the rest keeps its order and its ids', () => {
  const left = withoutNodes(plan, names('n3'))
  const ids = plan.steps.map(step => step.id)
  expect(ids.filter(id => id.endsWith('/n3'))).toEqual(['host/n3', 'kubelet/n3'])
  expect(left.steps.map(step => step.id)).toEqual(ids.filter(id => !id.endsWith('/n3')))
  // A gate about all nodes is about the others.
  expect(JSON.stringify(plan.steps)).toContain('"n3"')
  expect(JSON.stringify(left.steps)).not.toContain('"n3"')
})

test('a step about several nodes keeps what it does on the others', () => {
  const [one, two] = ['n2', 'n3'].map(node => ({
    target: { kind: 'file', node, path: '/etc/cni/net.d/x' } as const,
    before: null,
    after: null,
    edits: [],
  }))
  const [step] = plan.steps
  const both = { ...plan, steps: step && one && two ? [{ ...step, changes: [one, two] }] : [] }
  expect(withoutNodes(both, names('n3')).steps[0]?.changes).toEqual([one])
  expect(withoutNodes(both, names('n2', 'n3')).steps).toEqual([])
})

test('steps that only wait, and a plan without dead nodes, stay as they are', () => {
  expect(withoutNodes(plan, names())).toBe(plan)
  const [step] = plan.steps
  const waits = { ...plan, steps: step ? [{ ...step, changes: [], refreshes: [] }] : [] }
  expect(withoutNodes(waits, names('n3')).steps).toHaveLength(1)
})

test('who agrees to it is told what is left, and what to do when it is back', () => {
  const dead = { name: 'n3', isControlPlane: false, why: 'connection timed out' }
  expect(leaveNodes(plan, [dead], testCluster()).notices[0]).toMatchObject({
    object: 'Node n3',
    message: expect.stringContaining('connection timed out') as string,
    remedy: expect.stringMatching(/kubectl cordon n3.*dualstack apply/) as string,
  })
  const back = leaveNodes(
    { ...plan, direction: 'single' },
    [{ ...dead, isControlPlane: true }],
    testCluster(),
  )
  expect(back.notices[0]).toMatchObject({
    message: expect.stringContaining('old flags') as string,
    remedy: expect.stringContaining('dualstack rollback') as string,
  })
})

test('of pods that died with the node none is waited for', () => {
  const owner = { namespace: 'shop', kind: 'StatefulSet', name: 'db' }
  const [step] = plan.steps
  if (step === undefined) throw new Error('no step')
  const waits: Step = {
    ...step,
    changes: [],
    refreshes: [{ kind: 'recreate-pods', owner, until: ['IPv4', 'IPv6'], by: 'eviction', ready: 3 }],
    gates: [
      {
        id: 'workloads/families',
        args: { families: ['IPv4', 'IPv6'], owners: [{ ...owner, ready: 3 }] },
        within: 600,
        steady: 2,
        because: 'x',
      },
    ],
  }
  const pod = (name: string) =>
    podOf({ namespace: 'shop', name, hostNetwork: false, owner: { kind: 'StatefulSet', name: 'db' } })
  const cluster = { ...testCluster(), pods: [pod('db-0'), pod('db-1')] }
  const dead = { name: 'n3', isControlPlane: false, why: 'connection timed out' }
  const left = leaveNodes({ ...plan, steps: [waits] }, [dead], cluster)
  expect(left.steps).toMatchObject([
    { refreshes: [{ ready: 2 }], gates: [{ args: { owners: [{ ready: 2 }] } }] },
  ])
})
