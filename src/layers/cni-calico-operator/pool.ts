import { contains, overlaps, parseCIDR, tryParseCIDR } from '../../address/index.ts'
import type { Family } from '../../address/family.ts'
import type { Json } from '../../base/json.ts'
import { RefusedError } from '../../base/errors.ts'
import { fieldChange, objectChange } from '../../model/changes.ts'
import { type Goal, wants } from '../../model/goal.ts'
import type { Change, FieldChange, Gate, Step } from '../../model/plan.ts'
import { poolResource } from '../cni-calico/read.ts'
import { changingFamilies } from '../shared/families.ts'
import { type Entry, installations, type OperatorCalico, poolsPath } from './read.ts'
import { settledGates } from './gates.ts'

/**
 * The one entry that the operator makes a pool from. It also has every node's CNI configuration name the family, since it looks at the
 * pools that are there; so pool and assignment come at once, and the operator keeps them in that order.
 */
export const poolSteps = (state: OperatorCalico, goal: Goal): readonly Step[] =>
  changingFamilies(goal).flatMap(family =>
    wants(goal, family) ? addPool(state, goal, family) : removePools(state, goal, family),
  )

function addPool(state: OperatorCalico, goal: Goal, family: Family): readonly Step[] {
  const wanted = parseCIDR(goal.pods[family] ?? '')
  const entries = (state.entries ?? []).filter(entry => entry.family === family)
  const foreign = entries.find(({ cidr }) => !isInside(cidr))
  if (foreign !== undefined) {
    throw new RefusedError(
      `Installation default has a pool ${foreign.cidr}, which does not lie in the pod range ${goal.pods[family] ?? ''}`,
      'calico.foreign-pool',
      `A pool's range cannot be changed. Plan with --pods ${foreign.cidr}, or take that pool out.`,
    )
  }
  if (entries.length > 0) return []
  requireNoPool(state, goal, family)
  const name = `default-${family.toLowerCase()}-ippool`
  const fields = Object.entries(entryFor(state, goal, family)).map(([key, value]) =>
    fieldChange(state.installation, [...poolsPath, `name=${name}`, key], value),
  )
  const change = objectChange(target, fields)
  if (change === undefined) return []
  return [step(state, goal, family, `Add a pool ${goal.pods[family] ?? ''} to the Installation`, change)]

  function isInside(cidr: string): boolean {
    const range = tryParseCIDR(cidr, { allowHostBits: true })
    return range !== undefined && contains(wanted, range)
  }
}

const target = { kind: 'object', api: installations, name: 'default' } as const

/** A pool that is there already and not in the Installation: the operator would refuse to touch it, and stay degraded. */
function requireNoPool({ cluster }: OperatorCalico, goal: Goal, family: Family): void {
  const wanted = parseCIDR(goal.pods[family] ?? '')
  const clash = (cluster.objects[poolResource] ?? []).find(pool => {
    const range = tryParseCIDR(cidrOf(pool), { allowHostBits: true })
    return range !== undefined && overlaps(range, wanted)
  })
  if (clash === undefined) return
  throw new RefusedError(
    `IPPool ${clash.metadata.name} (${cidrOf(clash)}) is there, and the Installation does not name it`,
    'calico.pool-overlap',
    'Write it into spec.calicoNetwork.ipPools exactly as it is, so that the operator takes it over; or delete it with calicoctl.',
  )
}

const cidrOf = (pool: { readonly [field: string]: unknown }): string =>
  ((pool['spec'] ?? {}) as { cidr?: string }).cidr ?? ''

/** Said in full: what is left out the operator fills in, NAT off for IPv6 among it. */
function entryFor({ entries }: OperatorCalico, goal: Goal, family: Family): Readonly<Record<string, Json>> {
  const usual: Readonly<Record<string, Json>> = {
    cidr: goal.pods[family] ?? '',
    blockSize: goal.blockSize[family] ?? (family === 'IPv4' ? 26 : 122),
    encapsulation: goal.calico.encapsulation,
    natOutgoing: goal.calico.natOutgoing ? 'Enabled' : 'Disabled',
  }
  const selector = entries?.find(entry => entry.value['nodeSelector'] !== undefined)?.value['nodeSelector']
  return { ...usual, nodeSelector: selector ?? 'all()' }
}

/** Back: the entry goes, and the operator deletes the pool through Calico's API server, which gives all its records back. */
function removePools(state: OperatorCalico, goal: Goal, family: Family): readonly Step[] {
  const entries = (state.entries ?? []).filter(entry => entry.family === family)
  if (entries.length === 0) return []
  const change = objectChange(target, removal(state, entries))
  if (change === undefined) return []
  const title = `Take the pool ${entries.map(({ cidr }) => cidr).join(', ')} out of the Installation`
  return [step(state, goal, family, title, change)]
}

/** Field by field where an entry has a name, so that nobody else's entries are touched; else the list as a whole. */
function removal(state: OperatorCalico, entries: readonly Entry[]): readonly FieldChange[] {
  if (entries.every(({ name }) => name !== undefined)) {
    return entries.flatMap(({ name, value }) =>
      Object.keys(value)
        .filter(key => key !== 'name')
        .map(key => fieldChange(state.installation, [...poolsPath, `name=${name ?? ''}`, key], null)),
    )
  }
  const left = (state.entries ?? []).filter(entry => !entries.includes(entry)).map(({ value }) => value)
  return [fieldChange(state.installation, poolsPath, left)]
}

function step(state: OperatorCalico, goal: Goal, family: Family, title: string, change: Change): Step {
  const isThere = wants(goal, family)
  return {
    id: `cni-calico-operator/pool-${family.toLowerCase()}`,
    stage: 'cni-assignment',
    layer: 'cni-calico-operator',
    title,
    why: isThere
      ? 'The operator makes the pool, and then has the CNI give every new pod an address from it.'
      : 'The operator has the CNI give no address of the family any more, and deletes the pool with all its records.',
    interrupts: isThere
      ? []
      : [
          {
            what: `connections between pods of different nodes over ${family}: routes go with the pool, before the pods are made again. No Service and no DNS name leads there any more`,
            seconds: 60,
          },
        ],
    leaves: [],
    needs: [],
    changes: [change],
    refreshes: [],
    gates: [poolGate(goal.pods[family] ?? '', isThere), ...settledGates(state), assigned(goal)],
  }
}

const poolGate = (cidr: string, present: boolean): Gate => ({
  id: 'cni-calico-operator/pool',
  args: { cidr, present },
  within: 300,
  steady: 2,
  because: 'the operator works by itself: that it was told says nothing',
})

const assigned = (goal: Goal): Gate => ({
  id: 'cni-calico-operator/assigned',
  args: { families: [...goal.families], path: '/etc/cni/net.d/10-calico.conflist' },
  within: 600,
  steady: 5,
  because: 'a pod made on a node with the old configuration would have to be made once more',
})
