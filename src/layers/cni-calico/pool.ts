import { contains, overlaps, parseCIDR, tryParseCIDR } from '../../address/index.ts'
import type { Family } from '../../address/family.ts'
import { RefusedError } from '../../base/errors.ts'
import type { Json } from '../../base/json.ts'
import { fieldChange, objectChange } from '../../model/changes.ts'
import { type Goal, wants } from '../../model/goal.ts'
import type { Change, Gate, Notice, Step } from '../../model/plan.ts'
import { changingFamilies } from '../shared/families.ts'
import { gateKind, holds, waits } from '../shared/gate.ts'
import { type Calico, type Pool, poolResource, readCalico } from './read.ts'
import { releaseStep } from './release.ts'

const vxlanModes = { None: 'Never', VXLAN: 'Always', VXLANCrossSubnet: 'CrossSubnet' } as const

export function poolSteps(state: Calico, goal: Goal): readonly Step[] {
  return changingFamilies(goal).flatMap(family =>
    wants(goal, family) ? openPool(state, goal, family) : closePools(state, family),
  )
}

/** A pool that pods of this family can get an address from: found, opened again, or made. */
function openPool(state: Calico, goal: Goal, family: Family): readonly Step[] {
  const wanted = parseCIDR(goal.pods[family] ?? '')
  const pools = state.pools.filter(pool => pool.family === family)
  const inside = pools.filter(({ cidr }) => {
    const range = tryParseCIDR(cidr, { allowHostBits: true })
    return range !== undefined && contains(wanted, range)
  })
  const foreign = pools.find(pool => !pool.isDisabled && !inside.includes(pool))
  // kube-proxy tells pods from others by the pod range: addresses from elsewhere would be masqueraded.
  if (foreign !== undefined) {
    throw new RefusedError(
      `IPPool ${foreign.name} hands out ${foreign.cidr}, which does not lie in the pod range ${goal.pods[family] ?? ''}`,
      'calico.foreign-pool',
      `A pool's range cannot be changed. Plan with --pods ${foreign.cidr}, or disable that pool.`,
    )
  }
  if (inside.some(pool => !pool.isDisabled)) return []
  const again = inside.find(({ cidr }) => cidr === goal.pods[family]) ?? inside[0]
  if (again !== undefined) {
    const change = poolChange(again, false)
    return change === undefined
      ? []
      : [poolStep(family, `Open IPPool ${again.name} (${again.cidr}) again`, change)]
  }
  const clash = state.pools.find(({ cidr }) => {
    const range = tryParseCIDR(cidr, { allowHostBits: true })
    return range !== undefined && overlaps(range, wanted)
  })
  if (clash !== undefined) {
    throw new RefusedError(
      `the pod range ${goal.pods[family] ?? ''} overlaps IPPool ${clash.name} (${clash.cidr})`,
      'calico.pool-overlap',
      'Choose another --pods, or delete that pool with calicoctl.',
    )
  }
  requireCarrier(state, goal)
  return [poolStep(family, `Make an IPPool for ${goal.pods[family] ?? ''}`, createPool(state, goal, family))]
}

/** Without BIRD nobody exchanges routes: only an overlay that Felix makes carries packets between nodes. */
function requireCarrier(state: Calico, goal: Goal): void {
  if (state.backend === 'bird' || goal.calico.encapsulation !== 'None') return
  throw new RefusedError(
    `Calico's networking backend is ${state.backend}: without BGP, pods of other nodes are reached only through VXLAN`,
    'calico.no-carrier',
    'Plan with --encapsulation vxlan.',
  )
}

/** Named as Calico names its own; where that name is taken by a pool of another range, by the range. */
function createPool(state: Calico, goal: Goal, family: Family): Change {
  const isTaken = (name: string): boolean => state.pools.some(pool => pool.name === name)
  const usual = `default-${family.toLowerCase()}-ippool`
  const name = isTaken(usual) ? `dualstack-${(goal.pods[family] ?? '').replace(/[^0-9a-f]+/g, '-')}` : usual
  const spec: Json = {
    cidr: goal.pods[family] ?? '',
    blockSize: goal.blockSize[family] ?? (family === 'IPv4' ? 26 : 122),
    ipipMode: 'Never',
    vxlanMode: vxlanModes[goal.calico.encapsulation],
    natOutgoing: goal.calico.natOutgoing,
    nodeSelector: 'all()',
    allowedUses: ['Workload', 'Tunnel'],
    // Said, so that a pool which a way back has closed is not taken for the one that this makes.
    disabled: false,
  }
  return {
    target: { kind: 'object', api: poolResource, name },
    existence: 'create',
    fields: [
      { path: ['apiVersion'], before: null, after: 'crd.projectcalico.org/v1' },
      { path: ['kind'], before: null, after: 'IPPool' },
      { path: ['spec'], before: null, after: spec },
    ],
  }
}

const poolStep = (family: Family, title: string, change: Change): Step => ({
  id: `cni-calico/pool-${family.toLowerCase()}`,
  stage: 'cni-pool',
  layer: 'cni-calico',
  title,
  why: `Where ${family} is on and no pool is there, calico-node makes one with a random prefix; where it is assigned and none is there, no pod starts.`,
  interrupts: [],
  leaves: [
    `the IPPool of ${family} stays after the way back, disabled: only calicoctl gives all its records back`,
  ],
  needs: [],
  changes: [change],
  refreshes: [],
  gates: [],
})

const poolChange = (pool: Pool, disabled: boolean): Change | undefined =>
  objectChange({ kind: 'object', api: poolResource, name: pool.name }, [
    fieldChange(pool.object, ['spec', 'disabled'], disabled),
  ])

function closePools(state: Calico, family: Family): readonly Step[] {
  const open = state.pools.filter(pool => pool.family === family && !pool.isDisabled)
  const changes = open.flatMap(pool => poolChange(pool, true) ?? [])
  const close: readonly Step[] =
    changes.length === 0
      ? []
      : [
          {
            id: `cni-calico/pool-${family.toLowerCase()}`,
            stage: 'cni-pool',
            layer: 'cni-calico',
            title: `Disable IPPool ${open.map(pool => pool.name).join(', ')}`,
            why: 'Nothing may take an address of it any more. Deleted it must not be: only calicoctl gives all its records back.',
            interrupts: [],
            leaves: open.map(
              pool =>
                `IPPool ${pool.name} (${pool.cidr}) stays, disabled; calicoctl delete ippool ${pool.name} takes it away`,
            ),
            needs: [],
            changes,
            refreshes: [],
            gates: [],
          },
        ]
  return [...close, ...releaseStep(state, family)]
}

/** In front of the assignment: a pod that asks for a family without an open pool does not start at all, on any node. */
export const poolOpen = (added: readonly Family[]): Gate => ({
  id: 'cni-calico/pool-open',
  args: { families: [...added] },
  within: 30,
  steady: 0,
  because: 'where a family is assigned and no enabled IPPool of it is there, no new pod starts',
})

export const poolOpenGate = gateKind<{ readonly families: readonly Family[] }>({
  reads: () => [{ kind: 'list', resource: poolResource }],
  judge(cluster, args) {
    const pools = readCalico(cluster)?.pools ?? []
    const closed = args.families.filter(
      family => !pools.some(pool => pool.family === family && !pool.isDisabled),
    )
    if (closed.length === 0) return holds(`an enabled IPPool of ${args.families.join(' and ')} is there`)
    const disabled = pools.filter(pool => pool.family !== undefined && closed.includes(pool.family))
    const seen = disabled.map(pool => `${pool.name} (${pool.cidr}) is disabled`).join(', ')
    return waits(`no enabled IPPool of ${closed.join(' and ')}: ${seen || 'there is none'}`)
  },
})

export function poolNotices(state: Calico, goal: Goal): readonly Notice[] {
  return changingFamilies(goal)
    .filter(family => wants(goal, family))
    .flatMap(family =>
      state.pools
        .filter(pool => pool.family === family && pool.cidr !== goal.pods[family])
        .map(pool => ({
          layer: 'cni-calico',
          object: `IPPool ${pool.name}`,
          message: `is there already with ${pool.cidr}${pool.isDisabled ? ', disabled' : ''}: pods get their ${family} addresses from it where it is open`,
          remedy: `A pool's range cannot be changed; delete it with calicoctl if ${goal.pods[family] ?? ''} as a whole is wanted.`,
        })),
    )
}
