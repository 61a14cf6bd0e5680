import { expect, test } from 'vitest'
import { layers } from '../layers/index.ts'
import { backGoal, goal, testCluster } from '../layers/testing/cluster.ts'
import { makePlan } from './make.ts'

const few = layers.filter(layer => ['host', 'kubeadm'].includes(layer.id))
const needs = (to: typeof goal) =>
  makePlan({ cluster: testCluster({ nodes: 3 }), goal: to, layers: few, tool: '' }).steps.map(step =>
    step.needs.map(need => need.id),
  )

test('the way between the nodes is tried in front of the first change, whichever that is', () => {
  const [first, ...others] = needs(goal)
  expect(first).toEqual(['host/underlay'])
  expect(others.length).toBeGreaterThan(0)
  expect(others.flat()).toEqual([])
})

test('the way back needs no way between nodes', () => {
  expect(needs(backGoal).flat()).toEqual([])
})
