import { describe, expect, test } from 'vitest'
import type { Cluster, NodeFacts } from '../../model/cluster.ts'
import type { Goal } from '../../model/goal.ts'
import { goal as threeGoal, testCluster } from '../testing/cluster.ts'
import { host } from './index.ts'
import { underlayGate } from './underlay.ts'

const { n1, n2 } = threeGoal.nodeAddresses
const goal: Goal = { ...threeGoal, nodeAddresses: { ...(n1 && { n1 }), ...(n2 && { n2 }) } }
const gate = underlayGate(goal)
const judged = (cluster: Cluster) => host.gates['underlay']?.judge(cluster, gate?.args ?? null)

type Answers = Pick<NodeFacts, 'ping' | 'reach'>
/** What n1 finds of n2; n2 finds n1 well. */
const found = (answers: Answers, more: Partial<NodeFacts> = {}): Cluster =>
  testCluster({
    facts: {
      n1: answers,
      n2: { reach: { '[fd00:10::11]:10250': true }, ping: { 'fd00:10::11': 'full' }, ...more },
    },
  })
const four = (open: boolean): Record<string, boolean> => ({ '10.0.0.12:10250': open })
const six = (open: boolean): Record<string, boolean> => ({ '[fd00:10::12]:10250': open })

test('each node tries the kubelet of each other, and packets as large as its interface allows', () => {
  const cluster = testCluster()
  const facts = cluster.nodes['n1']
  const addresses = facts?.addresses.map(one => ({ ...one, mtu: 1450 })) ?? []
  const jumbo = { ...cluster, nodes: { ...cluster.nodes, ...(facts && { n1: { ...facts, addresses } }) } }
  expect(host.gates['underlay']?.reads(gate?.args ?? null, jumbo)).toEqual([
    { kind: 'reach', node: 'n1', addresses: ['[fd00:10::12]:10250', '10.0.0.12:10250'] },
    {
      kind: 'ping',
      node: 'n1',
      targets: [
        { address: 'fd00:10::12', bytes: 1402 },
        { address: '10.0.0.12', bytes: 16 },
      ],
    },
    { kind: 'reach', node: 'n2', addresses: ['[fd00:10::11]:10250', '10.0.0.11:10250'] },
    {
      kind: 'ping',
      node: 'n2',
      targets: [
        { address: 'fd00:10::11', bytes: 1452 },
        { address: '10.0.0.11', bytes: 16 },
      ],
    },
  ])
})

test.each<[string, Answers]>([
  ['the kubelet answers, and packets of full size do', { reach: six(true), ping: { 'fd00:10::12': 'full' } }],
  ['the kubelet answers, and echoes are dropped', { reach: six(true), ping: { 'fd00:10::12': 'none' } }],
  ['the node has no ping, and the kubelet answers', { reach: six(true), ping: {} }],
  [
    'the port is closed to nodes in both families, and echoes come back',
    { reach: { ...six(false), ...four(false) }, ping: { 'fd00:10::12': 'full' } },
  ],
  [
    'nothing answers in either family: silence says nothing',
    { reach: { ...six(false), ...four(false) }, ping: { 'fd00:10::12': 'none', '10.0.0.12': 'none' } },
  ],
  ['the node has no tool to try with', { reach: {}, ping: {} }],
])('it goes on where %s', (_, answers) => {
  expect(judged(found(answers))).toMatchObject({ holds: true })
})

test.each<[string, Answers, string]>([
  [
    'large packets are lost',
    { reach: six(true), ping: { 'fd00:10::12': 'small' } },
    'small packets arrive, those of full size do not',
  ],
  [
    'a firewall lets ICMPv6 through and no more',
    { reach: { ...six(false), ...four(true) }, ping: { 'fd00:10::12': 'full' } },
    'not on port 10250 as it does over IPv4',
  ],
  [
    'nothing of the new family arrives',
    { reach: { ...six(false), ...four(true) }, ping: { 'fd00:10::12': 'none', '10.0.0.12': 'full' } },
    'nothing answers over IPv6',
  ],
  [
    'there is no ping, and nothing arrives',
    { reach: { ...six(false), ...four(true) } },
    'nothing answers over IPv6',
  ],
])('it stops where %s', (_, answers, seen) => {
  expect(judged(found(answers))).toMatchObject({
    holds: false,
    seen: expect.stringMatching(
      `^n1 to n2 \\(fd00:10::12\\): .*${seen}.* \\(1 of 2 ways tried\\)$`,
    ) as string,
  })
})

test.each<[string, Partial<NodeFacts>]>([
  ['its configuration', { files: { '/var/lib/kubelet/config.yaml': { text: 'address: 10.0.0.12\n' } } }],
  ['a flag', { kubeletArguments: ['--address=10.0.0.12'] }],
])('a kubelet bound to one address by %s is no firewall', (_, more) => {
  const answers: Answers = { reach: { ...six(false), ...four(true) }, ping: { 'fd00:10::12': 'full' } }
  expect(judged(found(answers, more))).toMatchObject({ holds: true })
})

describe('of many nodes', () => {
  const many = (count: number): Goal => ({
    ...goal,
    nodeAddresses: Object.fromEntries(
      Array.from({ length: count }, (_, index) => [
        `n${String(index).padStart(5, '0')}`,
        { IPv4: `10.1.${index >> 8}.${index & 255}`, IPv6: `fd00::${(index + 1).toString(16)}` },
      ]),
    ),
  })
  const asked = (count: number) => {
    const args = underlayGate(many(count))?.args ?? null
    return (host.gates['underlay']?.reads(args, testCluster()) ?? []).flatMap(read =>
      read.kind === 'reach' ? [`${read.node} ${read.addresses[0] ?? ''}`] : [],
    )
  }

  test.each([
    [2, 2],
    [8, 56],
    [9, 27],
    [200, 600],
    [5000, 600],
  ])('%i nodes try %i ways', (count, ways) => {
    expect(asked(count)).toHaveLength(ways)
    expect(new Set(asked(count)).size).toBe(ways)
  })

  test('one node has nobody to ask', () => {
    expect(underlayGate({ ...goal, nodeAddresses: n1 === undefined ? {} : { n1 } })).toBeUndefined()
  })
})
