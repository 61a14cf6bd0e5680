import type { Family } from '../../address/family.ts'
import { fieldChange, objectChange } from '../../model/changes.ts'
import { type Goal, wants } from '../../model/goal.ts'
import type { Gate, Step } from '../../model/plan.ts'
import { clearStep, nodesWith, rulesStep } from '../cni-calico/addresses.ts'
import { changingFamilies } from '../shared/families.ts'
import { settledGates } from './gates.ts'
import { detection, installations, looksFor, type OperatorCalico } from './read.ts'

/** Before the pool: a node whose address is not found must show before a pod depends on it. */
export const addressSteps = (state: OperatorCalico, goal: Goal): readonly Step[] =>
  changingFamilies(goal).flatMap(family =>
    wants(goal, family) ? lookFor(state, goal, family) : leaveFamily(state, family),
  )

const change = (state: OperatorCalico, family: Family, value: { readonly kubernetes: string } | null) =>
  objectChange({ kind: 'object', api: installations, name: 'default' }, [
    fieldChange(state.installation, ['spec', 'calicoNetwork', detection[family]], value),
  ])

/** The kubelets know both addresses by now. Without a word the operator takes the first that it finds, once there is a pool. */
function lookFor(state: OperatorCalico, goal: Goal, family: Family): readonly Step[] {
  const made = looksFor(state, family) ? undefined : change(state, family, { kubernetes: 'NodeInternalIP' })
  if (made === undefined) return []
  return [
    {
      ...step(family),
      title: `Have the operator's calico-node find each node's ${family} address`,
      why: 'BGP sessions, routes and policies of the family need the address of every node; the operator takes the first of any interface unless it is told.',
      needs: [
        {
          id: 'cni-calico-operator/internal-addresses',
          args: { families: [...goal.families] },
          within: 60,
          steady: 0,
          because:
            'calico-node does not start on a node whose address it cannot find, and the roll-out stops there',
        },
      ],
      changes: [made],
      gates: [rendered(state, family, true), ...settledGates(state), nodeAddresses(family, true, 120)],
    },
  ]
}

/** Nobody looks for the address, nobody keeps it, and what the kernel still has of the family goes. */
function leaveFamily(state: OperatorCalico, family: Family): readonly Step[] {
  const made = looksFor(state, family) ? change(state, family, null) : undefined
  const forget: readonly Step[] =
    made === undefined
      ? []
      : [
          {
            ...step(family),
            title: `Have the operator's calico-node leave ${family} alone`,
            why: 'No pod has the family any more.',
            changes: [made],
            gates: [rendered(state, family, false), ...settledGates(state)],
          },
        ]
  if (forget.length === 0 && nodesWith(state, family) === 0) return []
  const layer = 'cni-calico-operator'
  return [...forget, clearStep(family, layer), rulesStep(state, family, layer)]
}

const step = (family: Family) => ({
  id: `cni-calico-operator/addresses-${family.toLowerCase()}`,
  stage: 'cni-addresses',
  layer: 'cni-calico-operator',
  interrupts: [],
  leaves: [],
  needs: [],
  refreshes: [],
})

const rendered = (state: OperatorCalico, family: Family, present: boolean): Gate => ({
  id: 'cni-calico-operator/rendered',
  args: { family, present, namespace: state.namespace },
  within: 300,
  steady: 2,
  because: 'the roll-out of before would look like the one that is to come',
})

const nodeAddresses = (family: Family, present: boolean, within: number): Gate => ({
  id: 'cni-calico-operator/node-addresses',
  args: { family, present },
  within,
  steady: 2,
  because: 'routes to a node exist only where its address is known',
})
