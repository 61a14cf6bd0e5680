import type { Goal } from '../../../model/goal.ts'
import { nothingIncluded } from '../../../model/goal.ts'
import type { NodeFacts } from '../../../model/cluster.ts'
import type { AnyRule, Situation } from '../../../model/rule.ts'
import { ruleThere } from '../../../rules/cluster-rule.ts'
import { listed } from '../../shared/families.ts'
import { groupBy } from '../../shared/group.ts'
import { brokenWays, underlayId, underlayOf } from '../underlay.ts'

/** Why nothing is known of the ways between nodes. */
function untried({ cluster, goal }: Situation): string | undefined {
  const ways = goal && underlayOf(goal)
  if (ways === undefined) return 'no two nodes are known by an address of each family'
  const reason = cluster.unread[underlayId]
  if (reason !== undefined) return `could not be tried: ${reason}`
  const isTried = Object.keys(ways.nodes).some(node => cluster.nodes[node]?.reach !== undefined)
  return isTried ? undefined : 'is tried on a live cluster only'
}

const underlay = ruleThere({
  id: underlayId,
  title: 'the nodes reach each other over the new family',
  severity: 'error',
  why: 'Pods of two nodes reach each other over a family only where the nodes do, and nothing in a conversion would notice before.',
  source: 'kubernetes.io/docs/concepts/services-networking/dual-stack/#prerequisites',
  covers: ['P32', 'P33'],
  remedy: `Let the nodes reach each other over the new family as over the other: routes, firewalls, the MTU. Where port 10250 is closed on purpose: --ignore ${underlayId} --i-know.`,
  without: untried,
  find: ({ cluster, goal }) => {
    const ways = goal && underlayOf(goal)
    const broken = ways === undefined ? [] : brokenWays(cluster, ways)
    return [...groupBy(broken, ({ from }) => from)].map(([from, found]) => ({
      object: `Node ${from}`,
      field: '',
      message: listed(
        found.map(({ to, message }) => `to ${to}: ${message}`),
        2,
      ),
    }))
  },
  examples: {
    bad: [
      () => tried({ '[fd00::2]:10250': false, '10.0.0.2:10250': true }, 'full'),
      () => tried({ '[fd00::2]:10250': true, '10.0.0.2:10250': true }, 'small'),
    ],
    good: [
      () => tried({ '[fd00::2]:10250': true, '10.0.0.2:10250': true }, 'full'),
      () => tried({ '[fd00::2]:10250': false, '10.0.0.2:10250': false }, 'full'),
    ],
  },
})

/** Two nodes, of which the first has tried its ways to the second. */
function tried(reach: Readonly<Record<string, boolean>>, echo: 'full' | 'small'): Situation {
  const facts: NodeFacts = { files: {}, sysctls: {}, addresses: [], routes: [] }
  const goal: Goal = {
    families: ['IPv4', 'IPv6'],
    pods: {},
    services: {},
    nodeMask: {},
    blockSize: {},
    nodeAddresses: { n1: { IPv4: '10.0.0.1', IPv6: 'fd00::1' }, n2: { IPv4: '10.0.0.2', IPv6: 'fd00::2' } },
    calico: { encapsulation: 'None', natOutgoing: true },
    include: nothingIncluded,
  }
  const n1 = { ...facts, reach, ping: { 'fd00::2': echo, '10.0.0.2': 'full' as const } }
  const cluster = {
    uid: 'u',
    version: 'v1.36.3',
    objects: {},
    pods: [],
    nodes: { n1, n2: { ...facts, reach: {}, ping: {} } },
    unread: {},
  }
  return { cluster, goal, now: '2026-01-01T00:00:00Z' }
}

export const hostUnderlayRules: readonly AnyRule[] = [underlay]
